/** Puts together what the status of a workspace reads and nothing else, which is there sooner than all. */
import { exposureOf, findWorkspace, openFsCounts } from "../adapters/fs/watch/open.ts";
import type { Coord } from "../engine/coord.ts";
import { workspaceStatus } from "../engine/watch/status.ts";
import type { Host } from "../ports/host.ts";
import { onceEach } from "./once_each.ts";
import type { OpenOptions } from "./open.ts";
import { processesOf } from "./processes.ts";

/** Opens the status of a workspace on a given machine. */
export function openStatusOn(host: Host, options: OpenOptions): Pick<Coord, "status"> {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const { path, foundBy } = findWorkspace(host, options.dir, warn);
  const store = openFsCounts(host, path, clock, warn);
  const exposure = () => exposureOf(host, path);
  const context = { store, clock, warn, foundBy, exposure, processes: processesOf(host) };
  return { status: () => workspaceStatus(context) };
}
