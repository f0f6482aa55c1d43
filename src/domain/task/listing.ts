/** What a listing of tasks says of all of them, and which it shows. */
import { type ClaimRecord, taskStatus } from "./claim.ts";
import { presentTask } from "./pending.ts";
import { isLetGo } from "./retry.ts";
import {
  compareTasks,
  orderOf,
  TASK_STATUSES,
  type TaskOrder,
  type TaskRecord,
  type TaskStatus,
} from "./task.ts";

/** A task with its newest state. */
export interface TaskEntry {
  readonly task: TaskRecord;
  readonly claim: ClaimRecord | undefined;
}

/** How many tasks stand where. */
export type TaskCounts = Readonly<Record<TaskStatus | "total", number>>;

/** Which tasks to show; by default all. */
export interface TaskFilter {
  /** Where they stand: there, or in one of these places. */
  readonly status?: TaskStatus | readonly TaskStatus[] | undefined;
  readonly queue?: string | undefined;
  /** The run that has the task, or had it last. */
  readonly runId?: string | undefined;
  /** A tag that the task has. */
  readonly tag?: string | undefined;
  /** Where to begin; what comes before is counted, and not shown. */
  readonly from?: TaskOrder | undefined;
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
  /** The same by queue. */
  readonly queues: ReadonlyMap<string, TaskCounts>;
  /** The first that was created of all that are pending, whatever the filter. */
  readonly oldestPending: TaskRecord | undefined;
  /** How many match, those before `from` too. */
  readonly matched: number;
  /** Those of them that are shown, in the order in which they would be handed out. */
  readonly items: readonly ListedTask[];
  /** The id of the first that matches after them; `undefined` when there is none. */
  readonly next: string | undefined;
}

/** Tasks that can be counted unread. */
export interface TaskGroup {
  /** How many stand how, in each queue. */
  readonly counts: Iterable<{ queue: string; status: TaskStatus; count: number }>;
  /** What comes first of them. */
  readonly first: TaskOrder;
  /** The first that was created of those that are pending. */
  readonly oldest?: UnreadTask | undefined;
  /** Whether `read` gives them in their order. */
  readonly isSorted?: boolean;
  /** All of them. */
  read(): Iterable<UnreadTask>;
  /** Those of them that may be a run's, all that are; none without it. */
  readByRun?(runId: string): Iterable<UnreadTask>;
}

/** One of them. */
export interface UnreadTask {
  readonly order: TaskOrder;
  readonly status: TaskStatus;
  readonly queue: string;
  /** `undefined` when it is damaged, or gone by now. */
  read(): TaskEntry | undefined;
}

/** Lists tasks as they stand at `now`; of those in groups it reads the ones that it shows. */
export function listingOf(
  entries: readonly TaskEntry[],
  filter: TaskFilter,
  now: number,
  groups: readonly TaskGroup[] = [],
): TaskListing {
  const counted = new QueueCounts();
  const isWanted = wantedOf(filter);
  const { limit = Infinity } = filter;
  const isCounted = isKnownUnread(filter);
  let [shown, matched, oldest] = entriesShown(entries, filter, now, counted);
  for (const { counts, oldest: first } of groups) {
    for (const each of counts) counted.add(each.queue, each.status, each.count);
    const created = oldest && orderOf(oldest).createdMs;
    if (first && (created === undefined || first.order.createdMs < created)) {
      oldest = first.read()?.task ?? oldest;
    }
  }
  const some = groups.flatMap((group) => {
    let count = 0;
    for (const each of group.counts) if (isWanted(each)) count += each.count;
    if (isCounted) matched += count;
    return count > 0 && (filter.runId === undefined || group.readByRun !== undefined)
      ? [group]
      : [];
  }).sort((a, b) => compareTasks(a.first, b.first));
  for (const group of some) {
    // How many are of a run, or have a tag, is known when all are read.
    const last = isCounted ? shown[limit] : undefined;
    if (last !== undefined && compareTasks(group.first, last.order) > 0) break;
    const [found, count] = groupShown(group, filter, last?.order);
    matched += count;
    shown = sorted([...shown, ...found]).slice(0, limit + 1);
  }
  const items = shown.slice(0, limit).flatMap(({ status, read }) => {
    const entry = read();
    return entry === undefined ? [] : [{ ...entry, status }];
  });
  const { all: counts, queues } = counted;
  return { counts, queues, oldestPending: oldest, matched, items, next: shown[limit]?.order.id };
}

/** A task that is to be shown. */
type Shown = Pick<UnreadTask, "order" | "status" | "read">;

function sorted(tasks: Shown[]): Shown[] {
  return tasks.sort((a, b) => compareTasks(a.order, b.order));
}

function wantedOf({ status, queue: only }: TaskFilter) {
  const statuses = status === undefined ? undefined : new Set([status].flat());
  return ({ status, queue }: { status: TaskStatus; queue: string }) =>
    (statuses === undefined || statuses.has(status)) && (only === undefined || queue === only);
}

/** Whether a task need not be read to know whether it matches. */
function isKnownUnread({ runId, tag }: TaskFilter): boolean {
  return runId === undefined && tag === undefined;
}

/** Whether a task that was read is of the run, and has the tag, that are asked for. */
function isAsked({ task, claim }: TaskEntry, { runId, tag }: TaskFilter): boolean {
  return (runId === undefined || runOf(claim) === runId) &&
    (tag === undefined || task.tags.includes(tag));
}

/** The run that has a task, or had it last. */
export function runOf(claim: ClaimRecord | undefined): string | undefined {
  return claim === undefined || isLetGo(claim) ? undefined : claim.claimer_run_id;
}

function isBefore(order: TaskOrder, from: TaskOrder | undefined): boolean {
  return from !== undefined && compareTasks(order, from) < 0;
}

/**
 * Those of a group that may be shown, none after `last`, and how many match beside those that were
 * counted unread.
 */
function groupShown(
  group: TaskGroup,
  filter: TaskFilter,
  last: TaskOrder | undefined,
): [found: UnreadTask[], matched: number] {
  const { runId, from, limit = Infinity } = filter;
  const isCounted = isKnownUnread(filter);
  const isWanted = wantedOf(filter);
  const found: UnreadTask[] = [];
  let matched = 0;
  for (const each of runId === undefined ? group.read() : group.readByRun?.(runId) ?? []) {
    const isLate = last !== undefined && compareTasks(each.order, last) > 0;
    const isEnough = isLate || isCounted && found.length > limit;
    if (isEnough && group.isSorted) break;
    if (isLate || !isWanted(each)) continue;
    if (!isCounted) {
      const entry = each.read();
      if (entry === undefined || !isAsked(entry, filter)) continue;
      matched++;
    }
    if (!isBefore(each.order, from)) found.push(each);
  }
  return [found, matched];
}

/** What is to be shown of tasks that were read, how many match, and which has been pending longest. */
function entriesShown(
  entries: readonly TaskEntry[],
  filter: TaskFilter,
  now: number,
  counted: QueueCounts,
): [shown: Shown[], matched: number, oldest: TaskRecord | undefined] {
  const { from, limit = Infinity } = filter;
  const isWanted = wantedOf(filter);
  let oldest: TaskRecord | undefined;
  let matched = 0;
  const shown: Shown[] = [];
  for (const entry of entries) {
    const { task, claim } = entry;
    const status = taskStatus(task, claim, now);
    counted.add(task.queue, status, 1);
    if (status === "pending" && (oldest === undefined || isOlder(task, oldest))) oldest = task;
    if (!isWanted({ status, queue: task.queue })) continue;
    if (!isAsked(entry, filter)) continue;
    matched++;
    const order = orderOf(presentTask(task, claim));
    if (!isBefore(order, from)) shown.push({ order, status, read: () => entry });
  }
  return [sorted(shown).slice(0, limit + 1), matched, oldest];
}

/** Counts of tasks: of all, and by queue. */
export class QueueCounts {
  readonly all = noTasks();
  readonly queues = new Map<string, Record<TaskStatus | "total", number>>();

  add(queue: string, status: TaskStatus, count: number): void {
    let own = this.queues.get(queue);
    if (own === undefined) this.queues.set(queue, own = noTasks());
    for (const counts of [this.all, own]) {
      counts.total += count;
      counts[status] += count;
    }
  }
}

/** The counts of a queue that has none. */
export function noTasks(): Record<TaskStatus | "total", number> {
  const counts = { total: 0 } as Record<TaskStatus | "total", number>;
  for (const status of TASK_STATUSES) counts[status] = 0;
  return counts;
}

function isOlder(a: TaskRecord, b: TaskRecord): boolean {
  return orderOf(a).createdMs < orderOf(b).createdMs;
}
