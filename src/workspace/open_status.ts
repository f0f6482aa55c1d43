/** Puts together what the status of a workspace reads and nothing else, which is there sooner than all. */
import { exposureOf, openFsCounts } from "../adapters/fs/watch/open.ts";
import type { Coord } from "../engine/coord.ts";
import { workspaceStatus } from "../engine/watch/status.ts";
import type { Host } from "../ports/host.ts";
import { locate } from "./store/locate.ts";
import { onceEach } from "./once_each.ts";
import type { Opening } from "./store/options.ts";
import { processesOf } from "./processes.ts";

/** Opens the status of a workspace on a given machine. */
export async function openStatusOn(host: Host, options: Opening): Promise<Pick<Coord, "status">> {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const at = locate(host, options, warn);
  if (at.store !== undefined) {
    const { openElsewhere } = await import("./store/elsewhere.ts");
    return openElsewhere(host, at, at.store, options);
  }
  const { path, foundBy } = at.found;
  const store = openFsCounts(host, path, clock, warn);
  const exposure = () => exposureOf(host, path);
  const context = { store, clock, warn, foundBy, exposure, processes: processesOf(host) };
  return { status: () => workspaceStatus(context) };
}
