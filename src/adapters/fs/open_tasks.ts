/** Opens the queue of a workspace of plain files. */
import type { Clock } from "../../domain/time.ts";
import type { Host } from "../../ports/host.ts";
import type { TaskStore } from "../../ports/tasks.ts";
import type { Warn } from "../../ports/warnings.ts";
import { checkFormat, Layout } from "./layout.ts";
import { hostWithin } from "./disk/real_folders.ts";
import { FsTaskStore } from "./task/store.ts";

export { findWorkspace } from "./find.ts";
export { FsAgreement } from "./team_config.ts";

/** The store of tasks of the workspace at `location`, as `findWorkspace` returns it. */
export function openFsTasks(
  host: Host,
  location: string,
  clock: Clock,
  warn: Warn,
): TaskStore {
  host = hostWithin(host, location, true);
  checkFormat(host.fs, location);
  return new FsTaskStore(host, new Layout(location), clock, warn);
}
