/** Opens the queue of a workspace of plain files. */
import type { Clock } from "../../domain/time.ts";
import type { Host } from "../../ports/host.ts";
import type { TaskStore } from "../../ports/tasks.ts";
import type { Warn } from "../../ports/warnings.ts";
import { enter } from "./layout.ts";
import { FsTaskStore } from "./task/store.ts";

/** The store of tasks of the workspace at `location`, as `findWorkspace` returns it. */
export function openFsTasks(
  machine: Host,
  location: string,
  clock: Clock,
  warn: Warn,
): TaskStore {
  const { host, layout } = enter(machine, location);
  return new FsTaskStore(host, layout, clock, warn);
}
