/** coord on PostgreSQL, as a library: the source, or the package where that is named. */
import type { Connect } from "./client.ts";
import { workOn } from "./coord_work.ts";

export const connect: Connect = async ({ host, library, store: at }) => {
  const from = library ?? new URL("../../../../mod.ts", import.meta.url).href;
  const { initStore, openWorkspace }: typeof import("../../../../mod.ts") = await import(from);
  const store = at ?? `postgres://bench@localhost/postgres?host=${host}&space=bench`;
  await initStore({ store });
  return workOn(await openWorkspace({ store }));
};
