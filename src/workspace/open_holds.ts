/**
 * Puts together what `check` reads and nothing else. Hooks and agents call it before every edit, and all
 * of coord would take twice as long to load.
 */
import { openFsHolds } from "../adapters/fs/open_holds.ts";
import type { Coord } from "../engine/coord.ts";
import { checkAddresses } from "../engine/holds/check.ts";
import type { GuardContext } from "../engine/holds/guard.ts";
import type { HookVerdict } from "../engine/holds/hook.ts";
import type { SweepContext, SweepInput } from "../engine/holds/sweep.ts";
import type { Host } from "../ports/host.ts";
import { locate } from "./store/locate.ts";
import { onceEach } from "./once_each.ts";
import type { Opening } from "./store/options.ts";

/** Opens who holds what in a workspace on a given machine. */
export async function openHoldsOn(
  host: Host,
  options: Opening,
): Promise<Pick<Coord, "check" | "guard">> {
  const context = await holdsOn(host, options);
  return {
    check: (input) => checkAddresses(context, input),
    async guard(input) {
      const { guardFiles } = await import("../engine/holds/guard.ts");
      return guardFiles(context, input);
    },
  };
}

/** Opens the same to look at calls of git in a folder. */
export async function openSweepsOn(host: Host, options: Opening) {
  const context = { ...await holdsOn(host, options), folder: host.cwd() };
  return async (runId: string, sweep: SweepInput): Promise<HookVerdict> => {
    const { beforeSweep } = await import("../engine/holds/sweep.ts");
    return beforeSweep(context, runId, sweep);
  };
}

async function holdsOn(
  host: Host,
  options: Opening,
): Promise<GuardContext & Pick<SweepContext, "top">> {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const at = locate(host, options, warn);
  if (at.store !== undefined) {
    const { holdsElsewhere } = await import("./store/elsewhere.ts");
    return holdsElsewhere(host, at, at.store, options);
  }
  const { found: { path }, agreement } = at;
  const holds = openFsHolds(host, path, clock, warn);
  return {
    ...holds,
    agreement,
    clock,
    warn,
    async lanes() {
      const lanes = await holds.lanes();
      if (lanes === undefined) return undefined;
      const { processesOf } = await import("./processes.ts");
      return { lanes, clock, warn, processes: processesOf(host) };
    },
  };
}
