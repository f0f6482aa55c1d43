/**
 * coord lets a fleet of agents that share one checkout work without doing anything twice: a task
 * queue whose tasks go to exactly one of any number of racing agents, and a stream of everything that
 * changes, over plain files and without a daemon.
 *
 * It needs the permissions to read and write the workspace (`--allow-read=DIR --allow-write=DIR`) and
 * nothing else; `--allow-env=COORD_DIR` lets the environment name the workspace.
 *
 * @example
 * ```ts
 * import { initWorkspace, openWorkspace } from "@coord/coord";
 *
 * const project = await Deno.makeTempDir();
 * await initWorkspace(project);
 * const coord = await openWorkspace({ dir: project });
 *
 * await coord.tasks.enqueue({ title: "Refactor billing", priority: 5, runId: "planner" });
 *
 * {
 *   await using hold = await coord.hold({ runId: "agent-1" });
 *   if (hold !== undefined) await hold.complete({ files: 3 });
 * }
 *
 * const { completed } = await coord.tasks.list();
 * console.assert(completed === 1);
 * ```
 *
 * @module
 */
export { initWorkspace, type OpenOptions, openWorkspace } from "./src/open.ts";
export { Coord, type Status } from "./src/engine/coord.ts";
export { ClaimHold } from "./src/engine/hold.ts";
export type { NewTask } from "./src/engine/task_input.ts";
export type {
  Beat,
  CancelInput,
  Claimed,
  ClaimInput,
  CompleteInput,
  FailInput,
  HeartbeatInput,
  HolderInput,
  ListInput,
  NothingToClaim,
  Refused,
  TaskCounts,
  TaskItem,
  TaskList,
} from "./src/engine/task_types.ts";
export { Tasks } from "./src/engine/tasks.ts";
export type { WatchOptions } from "./src/engine/watch.ts";
export type { ClaimRecord } from "./src/domain/claim.ts";
export type { TaskRecord, TaskStatus } from "./src/domain/task.ts";
export type { EventType, RecordKind, WatchEvent } from "./src/domain/event.ts";
export { CoordError, type CoordErrorCode, type Problem } from "./src/domain/errors.ts";
export type { JsonObject, JsonValue } from "./src/domain/json.ts";
