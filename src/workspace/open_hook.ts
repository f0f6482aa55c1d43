/** Puts together what a hook needs and nothing else: it runs before every edit. */
import { afterEnd, beforeEdit, type HookEdit, type HookVerdict } from "../engine/holds/hook.ts";
import type { HookRun } from "../domain/input/hook/run.ts";
import type { Host } from "../ports/host.ts";
import { reservingOn } from "./open_reserving.ts";

/** What a hook does in a workspace. */
export interface Hook {
  before(run: HookRun, edit: HookEdit): Promise<HookVerdict>;
  ended(run: HookRun): Promise<void>;
}

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
    ended: (run) => afterEnd(hook, run),
  };
}
