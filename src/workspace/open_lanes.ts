/** Puts together what the list of leases reads and nothing else, which is there sooner than all. */
import { findWorkspace, openFsLanesAlone } from "../adapters/fs/lane/open.ts";
import type { Lanes } from "../engine/lane/lanes.ts";
import { liveLeases } from "../engine/lane/live.ts";
import type { Host } from "../ports/host.ts";
import { onceEach } from "./once_each.ts";
import type { OpenOptions } from "./open.ts";
import { processesOf } from "./processes.ts";

/** Opens the list of leases of a workspace on a given machine. */
export function openLanesOn(host: Host, options: OpenOptions): Pick<Lanes, "live"> {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const { path } = findWorkspace(host, options.dir, warn);
  const lanes = openFsLanesAlone(host, path, clock, warn);
  const context = { lanes, clock, warn, processes: processesOf(host) };
  return { live: (input = {}) => liveLeases(context, input) };
}
