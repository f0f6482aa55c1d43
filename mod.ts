/**
 * coord lets a fleet of agents that share one checkout work without stepping on each other:
 * reservations of what they are about to touch, exclusive leases of parts of the tree, a task queue
 * whose tasks go to exactly one of any number of racing agents, and a stream of everything that
 * changes, over plain files and without a daemon.
 *
 * It needs the permissions to read and write the project (`--allow-read=DIR --allow-write=DIR`) and
 * nothing else. What more it may see, it uses: `--allow-env=COORD_DIR,COORD_BRANCH` the variables of
 * these names, `--allow-sys=hostname --allow-read=/proc` whether the process that holds a lane still
 * runs, `--allow-env=LOG` what source files import (the parsers ask for that variable when they load).
 *
 * @example
 * ```ts
 * import { initWorkspace, openWorkspace } from "@coord/coord";
 *
 * const project = await Deno.makeTempDir();
 * await initWorkspace(project);
 * const coord = await openWorkspace({ dir: project });
 *
 * {
 *   await using hold = await coord.reservations.hold({
 *     addresses: ["src/billing/**", "src/tax.py::total"],
 *     runId: "agent-1",
 *     exclusive: true,
 *   });
 *   console.assert(hold.status === "held");
 *
 *   const addresses = ["src/tax.py"];
 *   const other = await coord.reservations.reserve({ addresses, runId: "agent-2" });
 *   console.assert(other.conflicts[0]?.their_address === "src/tax.py::total");
 * }
 *
 * {
 *   await using lease = await coord.lanes.hold({ tree: ["src/api/**"], owner: "agent-1" });
 *   console.assert(lease.status === "held");
 * }
 *
 * await coord.tasks.enqueue({ title: "Refactor billing", priority: 5, runId: "planner" });
 *
 * {
 *   await using hold = await coord.tasks.hold({ runId: "agent-1" });
 *   if (hold.status === "held") await hold.complete({ files: 3 });
 * }
 *
 * const { completed } = await coord.tasks.list();
 * console.assert(completed === 1);
 * ```
 *
 * @module
 */
export {
  type InitResult,
  initWorkspace,
  openJournal,
  openWorkspace,
  whoami,
} from "./src/workspace/open.ts";
export type { OpenOptions } from "./src/workspace/store/options.ts";
export {
  exportStore,
  importStore,
  initStore,
  migrateStore,
  storeStatus,
} from "./src/workspace/store/calls.ts";
export type {
  NamedStore,
  StoreCall,
  StoreInit,
  StoreInitInput,
  StoreMade,
  StoreMigration,
  StoreMoveInput,
  StoreRefused,
  StoreStatus,
} from "./src/engine/upkeep/store.ts";
export type { HoldRemarks, Progress } from "./src/domain/input/progress.ts";
export type { Identity } from "./src/domain/input/run_id.ts";
export { Coord } from "./src/engine/coord.ts";
export { Upkeep } from "./src/engine/upkeep/upkeep.ts";
export type { DamageClass, DamageRemedy, DamageRepair } from "./src/ports/upkeep.ts";
export type { AgentItem, AgentList, AgentStatus, AgentTask } from "./src/engine/watch/agents.ts";
export type { DoctorInput, DoctorReport } from "./src/engine/upkeep/doctor.ts";
export type { FoundBy } from "./src/ports/store.ts";
export type { CheckoutPlace } from "./src/ports/checkout.ts";
export type { Scope as HookScope } from "./src/domain/input/hosts/hosts.ts";
export type { SettingsFile, SettingsState } from "./src/ports/host_settings.ts";
export type {
  Examination,
  FileSystem,
  Problem,
  StoreSize,
  TriedPromise,
} from "./src/ports/store.ts";
export type {
  Fleet,
  FleetAlert,
  FleetAlertKind,
  FleetAttempt,
  FleetConflict,
  FleetFailure,
  FleetHotspot,
  FleetOptions,
  FleetPending,
  FleetQueue,
  FleetWait,
} from "./src/engine/watch/fleet/types.ts";
export type { FollowFleet } from "./src/engine/watch/fleet/follow.ts";
export type { Log, LogEvent, LogInput, LogKind } from "./src/engine/watch/log.ts";
export type {
  BlockingTask,
  IntentShown,
  LaneShown,
  ReservationShown,
  Shown,
  TaskNote,
  TaskShown,
} from "./src/engine/watch/show.ts";
export { Exchange } from "./src/engine/watch/exchange.ts";
export type { Metrics } from "./src/engine/watch/metrics.ts";
export type { Moved, MoveRefused } from "./src/engine/watch/transfer/move.ts";
export type {
  ExportDocument,
  ExportedTask,
  ExportEnd,
  ExportHead,
} from "./src/engine/watch/transfer/export.ts";
export type { Imported, ImportInput, ImportRefused } from "./src/engine/watch/transfer/import.ts";
export type { ImportConflict, OnConflict } from "./src/engine/watch/transfer/plan.ts";
export { expositionLines, type Metric, type MetricSample } from "./src/domain/watch/exposition.ts";
export type { WorkspaceStatus } from "./src/engine/watch/status.ts";
export type { Configuration, ConfigValue } from "./src/domain/input/configuration.ts";
export { Hold } from "./src/engine/hold/hold.ts";
export { TaskHold, type TaskKeeper, type TaskNotHeld } from "./src/engine/task/hold.ts";
export type { Forecast, ForecastInput } from "./src/engine/forecast/forecast.ts";
export type { Reconciliation } from "./src/engine/forecast/reconcile.ts";
export { ReservationHold, type ReservationKeeper } from "./src/engine/reservation/hold.ts";
export type { NamingInput } from "./src/engine/names.ts";
export { Reservations } from "./src/engine/reservation/reservations.ts";
export type {
  IntentInput,
  IntentItem,
  ReservationActorInput,
  ReservationConflicts,
  ReservationDenied,
  ReservationGranted,
  ReservationHeartbeat,
  ReservationHeartbeatInput,
  ReservationHoldInput,
  ReservationInput,
  ReservationItem,
  ReservationList,
  ReservationListInput,
  ReservationRefused,
  ReservationReleased,
  ReservationReleaseInput,
} from "./src/engine/reservation/types.ts";
export { type LaneNotHeld, Lanes } from "./src/engine/lane/lanes.ts";
export { LaneHold, type LaneKeeper } from "./src/engine/lane/hold.ts";
export type {
  LaneAcquired,
  LaneAcquireInput,
  LaneAdopted,
  LaneAdoptInput,
  LaneArbitrateInput,
  LaneBusy,
  LaneCheckInput,
  LaneDecision,
  LaneDefined,
  LaneDenied,
  LaneFenceCheck,
  LaneHalted,
  LaneHaltInput,
  LaneHeartbeat,
  LaneHeartbeatInput,
  LaneHolderInput,
  LaneHoldInput,
  LaneInput,
  LaneItem,
  LaneList,
  LaneListInput,
  LaneLivenessInput,
  LaneLockInput,
  LaneRefused,
  LaneReleased,
  LaneScavenged,
  LaneSpawned,
  LaneSpawnInput,
  LaneTaxonomy,
  LaneVerdict,
  LeaseAnswer,
} from "./src/engine/lane/types.ts";
export {
  type JournalCompaction,
  type JournalProblem,
  type JournalReplay,
  type JournalTail,
  type JournalTailInput,
  type JournalVerdict,
  LaneJournal,
} from "./src/engine/lane/journal.ts";
export type { Refusal } from "./src/engine/refusal.ts";
export type { AnyHeartbeat, AnyHeartbeatInput } from "./src/engine/holds/heartbeat.ts";
export type { PrimeAnswer, PrimeInput } from "./src/engine/holds/prime.ts";
export type { CheckAnswer, CheckInput } from "./src/engine/holds/check.ts";
export {
  type FreshAnswer,
  type SeenAnswer,
  type SeenFile,
  SeenFiles,
  type SeenInput,
} from "./src/engine/holds/seen.ts";
export type { ComparedFile } from "./src/engine/holds/stale.ts";
export type { FileState } from "./src/domain/input/hook/sighting.ts";
export type { GuardAnswer, GuardInput } from "./src/engine/holds/guard.ts";
export type { CheckedHold } from "./src/engine/holds/checked.ts";
export type {
  MineAnswer,
  MineHeartbeat,
  MineHeartbeatInput,
  MineReleased,
  MineReleaseInput,
} from "./src/engine/holds/mine.ts";
export type { WithDone, WithHeld, WithInput, WithRefused } from "./src/engine/holds/with.ts";
export type { FsckFinding, FsckInput, FsckReport } from "./src/engine/upkeep/fsck.ts";
export type { GcInput, GcItem, GcReport } from "./src/engine/upkeep/gc.ts";
export type { TaskInput } from "./src/engine/task/new_task.ts";
export {
  GIVE_BACK,
  type TaskBody,
  type TaskInHand,
  type TaskWorked,
  type TaskWorkInput,
  type TaskWorkReport,
} from "./src/engine/task/work_types.ts";
export type { TaskCounts } from "./src/domain/task/listing.ts";
export type {
  TaskActorInput,
  TaskCancelInput,
  TaskClaimed,
  TaskClaimInput,
  TaskCompleteInput,
  TaskEnqueued,
  TaskFailInput,
  TaskHeartbeat,
  TaskHeartbeatInput,
  TaskHolderInput,
  TaskItem,
  TaskKeyConflict,
  TaskList,
  TaskListInput,
  TaskQueueEmpty,
  TaskRefused,
  TaskRetried,
} from "./src/engine/task/types.ts";
export type {
  TaskNotReprioritized,
  TaskNotRequeued,
  TaskReprioritize,
  TaskReprioritized,
  TaskReprioritizeInput,
  TaskRequeue,
  TaskRequeued,
  TaskRequeueInput,
} from "./src/engine/task/requeue.ts";
export type {
  QueueItem,
  QueueList,
  QueuePaused,
  QueuePauseInput,
  QueueResumed,
  QueueResumeInput,
  QueuesPaused,
  QueuesResumed,
} from "./src/engine/task/queues.ts";
export { Queues } from "./src/engine/task/queues.ts";
export type { QueuePause } from "./src/domain/task/keeping/pause.ts";
export type { UnmetNeeds } from "./src/ports/tasks.ts";
export { Tasks } from "./src/engine/task/tasks.ts";
export type { AwaitedTask, WaitAnswer, WaitInput } from "./src/engine/wait/types.ts";
export type { WatchOptions, WatchStream } from "./src/engine/watch/watch.ts";
export type {
  ConflictBase,
  HoldConflict,
  LeaseConflict,
  ReservationConflict,
  WaiterConflict,
} from "./src/domain/glob/holds/comparison.ts";
export type { ConflictType, PredictedConflict } from "./src/domain/forecast/clash.ts";
export type { Hotspot, MergeStep, MergeStrategy } from "./src/domain/forecast/merge_order.ts";
export type {
  HeartbeatRecord,
  IntentRecord,
  ReleaseRecord,
  ReservationOperation,
  ReservationRecord,
} from "./src/domain/reservation/reservation.ts";
export type { LaneConflict, LaneRefusalClass } from "./src/domain/lane/arbiter.ts";
export type { LaneDeathEvidence, Lease } from "./src/domain/lane/lease.ts";
export type {
  LaneLiveness,
  LaneLivenessEvidence,
  LaneLivenessVerdict,
} from "./src/domain/lane/liveness.ts";
export type { JournalEntry } from "./src/domain/journal/line.ts";
export type { AttemptEnd, TaskAttempt } from "./src/domain/task/attempts.ts";
export type { ClaimRecord } from "./src/domain/task/claim.ts";
export type { OnFailure } from "./src/domain/task/after.ts";
export type { Reprioritized } from "./src/domain/task/pending.ts";
export type {
  Requeued,
  TaskBackoff,
  TaskEndBefore,
  TaskRequeuing,
} from "./src/domain/task/retry.ts";
export type { TaskRecord, TaskStatus } from "./src/domain/task/task.ts";
export type {
  ClaimEventData,
  LaneEventData,
  LaneEventOp,
  RecordEvent,
  RecordKind,
  ReservationEventData,
  TaskEventData,
  WatchEvent,
  WatchEventData,
  WatchEventOf,
  WatchEventType,
  WatchPulse,
} from "./src/domain/watch/event.ts";
export {
  CoordError,
  type CoordErrorCode,
  type InputProblem,
  type LostCode,
} from "./src/domain/errors.ts";
export type { JsonObject, JsonValue } from "./src/domain/json.ts";
