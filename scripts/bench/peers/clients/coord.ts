/** coord, as a library. */
import { openWorkspace } from "../../../../mod.ts";
import type { Connect } from "./client.ts";
import { workOn } from "./coord_work.ts";

export const connect: Connect = async ({ dir }) => workOn(await openWorkspace({ dir }));
