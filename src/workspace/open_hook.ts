/** Puts together what a hook needs and nothing else: it runs before every edit. */
import { afterEnd, beforeEdit, type Hook } from "../engine/holds/hook.ts";
import { remember } from "../engine/holds/hook_files.ts";
import type { Host } from "../ports/host.ts";
import { reservingOn } from "./open_reserving.ts";

/** Opens the workspace of an agent that works in `cwd`, on a given machine. */
export function openHookOn(
  host: Host,
  cwd: string,
  options: Parameters<typeof reservingOn>[1],
): Hook {
  const there: Host = Object.create(host, { cwd: { value: () => cwd } });
  const { context, reservations } = reservingOn(there, options);
  const hook = { ...context, reservations };
  return {
    before: (run, edit) => beforeEdit(hook, run, edit),
    remember: (run, use) => remember(hook, run, use),
    async prime({ runId }) {
      const { mode } = context.agreement.hook();
      if (mode === "off") return [];
      const { openFilesOn } = await import("./open.ts");
      return (await openFilesOn(there, options).prime({ runId })).lines;
    },
    ended: (run) => afterEnd(hook, run),
  };
}
