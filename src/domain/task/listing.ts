/** What a listing of tasks says of all of them, and which it shows. */
import { type ClaimRecord, taskStatus } from "./claim.ts";
import { compareTasks, orderOf, TASK_STATUSES, type TaskRecord, type TaskStatus } from "./task.ts";

/** A task with its newest state. */
export interface TaskEntry {
  readonly task: TaskRecord;
  readonly claim: ClaimRecord | undefined;
}

/** How many tasks stand where, over all queues. */
export type TaskCounts = Readonly<Record<TaskStatus | "total", number>>;

/** Which tasks to show; by default all. */
export interface TaskFilter {
  readonly status?: TaskStatus | undefined;
  readonly queue?: string | undefined;
  /** The run that has the task, or had it last. */
  readonly runId?: string | undefined;
  /** How many at most. */
  readonly limit?: number | undefined;
}

/** A task that is shown, and where it stands. */
export interface ListedTask extends TaskEntry {
  readonly status: TaskStatus;
}

export interface TaskListing {
  /** Of all tasks, whatever the filter. */
  readonly counts: TaskCounts;
  /** The first that was created of all that are pending, whatever the filter. */
  readonly oldestPending: TaskRecord | undefined;
  /** How many match. */
  readonly matched: number;
  /** Those of them that are shown, in the order in which they would be handed out. */
  readonly items: readonly ListedTask[];
}

/** Lists tasks as they stand at `now`. */
export function listingOf(
  entries: readonly TaskEntry[],
  { status: wanted, queue, runId, limit = Infinity }: TaskFilter,
  now: number,
): TaskListing {
  const counts = { total: entries.length } as Record<TaskStatus | "total", number>;
  for (const status of TASK_STATUSES) counts[status] = 0;
  let oldest: TaskRecord | undefined;
  const matching: ListedTask[] = [];
  for (const { task, claim } of entries) {
    const status = taskStatus(task, claim, now);
    counts[status]++;
    if (status === "pending" && (oldest === undefined || isOlder(task, oldest))) oldest = task;
    if (wanted !== undefined && status !== wanted) continue;
    if (queue !== undefined && task.queue !== queue) continue;
    if (runId !== undefined && claim?.claimer_run_id !== runId) continue;
    matching.push({ task, claim, status });
  }
  const sorted = matching.map((item) => ({ item, order: orderOf(item.task) }))
    .sort((a, b) => compareTasks(a.order, b.order));
  const items = sorted.slice(0, limit).map(({ item }) => item);
  return { counts, oldestPending: oldest, matched: matching.length, items };
}

function isOlder(a: TaskRecord, b: TaskRecord): boolean {
  return orderOf(a).createdMs < orderOf(b).createdMs;
}
