/**
 * Puts together what `check` reads and nothing else. Hooks and agents call it before every edit, and all
 * of coord would take twice as long to load.
 */
import { findWorkspace, FsAgreement, openFsHolds } from "../adapters/fs/open_holds.ts";
import type { Coord } from "../engine/coord.ts";
import { checkAddresses } from "../engine/holds/check.ts";
import type { HookVerdict } from "../engine/holds/hook.ts";
import type { SweepInput } from "../engine/holds/sweep.ts";
import type { Host } from "../ports/host.ts";
import { onceEach } from "./once_each.ts";
import type { OpenOptions } from "./open.ts";

/** Opens who holds what in a workspace on a given machine. */
export function openHoldsOn(
  host: Host,
  options: OpenOptions,
): Pick<Coord, "check" | "guard"> {
  const context = holdsOn(host, options);
  return {
    check: (input) => checkAddresses(context, input),
    async guard(input) {
      const { guardFiles } = await import("../engine/holds/guard.ts");
      return guardFiles(context, input);
    },
  };
}

/** Opens the same to look at calls of git in a folder. */
export function openSweepsOn(host: Host, options: OpenOptions) {
  const context = { ...holdsOn(host, options), folder: host.cwd() };
  return async (runId: string, sweep: SweepInput): Promise<HookVerdict> => {
    const { beforeSweep } = await import("../engine/holds/sweep.ts");
    return beforeSweep(context, runId, sweep);
  };
}

function holdsOn(host: Host, options: OpenOptions) {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const found = findWorkspace(host, options.dir, warn);
  const { path } = found;
  const holds = openFsHolds(host, path, clock, warn);
  return {
    ...holds,
    agreement: new FsAgreement(host, found),
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
