/** Puts together what the list of leases reads and nothing else, which is there sooner than all. */
import { openFsLanesAlone } from "../adapters/fs/lane/open.ts";
import type { Lanes } from "../engine/lane/lanes.ts";
import { liveLeases } from "../engine/lane/live.ts";
import type { Host } from "../ports/host.ts";
import { locate } from "./store/locate.ts";
import { onceEach } from "./once_each.ts";
import type { Opening } from "./store/options.ts";
import { processesOf } from "./processes.ts";

/** Opens the list of leases of a workspace on a given machine. */
export async function openLanesOn(host: Host, options: Opening): Promise<Pick<Lanes, "live">> {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const at = locate(host, options, warn);
  if (at.store !== undefined) {
    const { openElsewhere } = await import("./store/elsewhere.ts");
    return (await openElsewhere(host, at, at.store, options)).lanes;
  }
  const lanes = openFsLanesAlone(host, at.found.path, clock, warn);
  const context = { lanes, clock, warn, processes: processesOf(host) };
  return { live: (input = {}) => liveLeases(context, input) };
}
