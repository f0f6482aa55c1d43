/** The tasks of a fleet: how many stand where, and which of them are worth a look. */
import type { JsonObject } from "../../../domain/json.ts";
import { AHEAD_S } from "../../../domain/limits.ts";
import { afterOf, endedBadly, onFailureOf } from "../../../domain/task/after.ts";
import { type ClaimRecord, isTerminal, taskStatus } from "../../../domain/task/claim.ts";
import {
  type ListedTask,
  QueueCounts,
  type TaskCounts,
  type TaskEntry,
  type TaskListing,
} from "../../../domain/task/listing.ts";
import { parseClaim } from "../../../domain/task/parse_claim.ts";
import { pendingExpiry, presentTask } from "../../../domain/task/pending.ts";
import {
  claimableFrom,
  compareTasks,
  orderOf,
  parseTask,
  type TaskRecord,
  type TaskStatus,
} from "../../../domain/task/task.ts";
import { parseTime } from "../../../domain/time.ts";
import type { FleetAttempts } from "./attempts.ts";
import { FleetCompletions, FleetFailures } from "./ends.ts";
import type { FleetFailure } from "./types.ts";

/** How a task stands that has ended and may have left its files; what expired may also not have ended. */
const ENDED: readonly TaskStatus[] = ["completed", "failed", "cancelled"];

/** A task and its claim, and how they stand until an instant. */
interface Known {
  task: TaskRecord | undefined;
  claim: ClaimRecord | undefined;
  status: TaskStatus;
  /** When the task was created, milliseconds since 1970. */
  readonly createdMs: number;
  /** The status holds from this instant on, milliseconds since 1970, */
  from: number;
  /** and changes at this one at the earliest. */
  until: number;
}

/** A task that has ended. */
interface Ended {
  readonly task: TaskRecord;
  readonly status: TaskStatus;
}

/** How the tasks stand at a moment. */
export interface TasksNow {
  readonly counts: TaskCounts;
  readonly queues: ReadonlyMap<string, TaskCounts>;
  /** Those that have a claim which is not over, in their order. */
  readonly claimed: readonly ListedTask[];
  /** Those that a predecessor's end keeps from ever being claimed, with that one. */
  readonly blocked: readonly { readonly task: TaskRecord; readonly by: string }[];
  /** Those that may be claimed, and were granted before. */
  readonly retried: readonly ListedTask[];
  /** By queue, the pending task that was created first. */
  readonly oldest: ReadonlyMap<string, { readonly task: TaskRecord }>;
  readonly failures: readonly FleetFailure[];
  /** By queue, how many were completed within the last minute. */
  readonly completed: ReadonlyMap<string, number>;
}

/** A fold of the changes of tasks and claims. Tasks that have ended cost nothing but their memory. */
export class FleetTasks {
  readonly #open = new Map<string, Known>();
  readonly #ended = new Map<string, Ended>();
  /** Counts of those that have ended. */
  readonly #endedCounts = new Map<string, Map<TaskStatus, number>>();
  /** Counts of those which the feed does not give. */
  readonly #unseen = new Map<string, ReadonlyMap<TaskStatus, number>>();
  readonly #failures = new FleetFailures();
  readonly #attempts: FleetAttempts | undefined;
  readonly #completions = new FleetCompletions();

  /** @param attempts Hears of each claim. */
  constructor(attempts?: FleetAttempts) {
    this.#attempts = attempts;
  }

  task(id: string, data: JsonObject | undefined): void {
    if (data === undefined) return this.#forget(id, "task");
    const task = parseTask(data, id);
    if (typeof task === "string") return this.#forget(id, "task");
    this.#put(id, { task: { ...task, payload: {} } });
  }

  claim(id: string, data: JsonObject | undefined): void {
    if (data === undefined) return this.#forget(id, "claim");
    const claim = parseClaim(data, id);
    // A claim that cannot be read holds its task for a minute, and then counts as none.
    if (typeof claim === "string") return this.#forget(id, "claim");
    this.#put(id, { claim: { ...claim, result: null } });
  }

  #put(id: string, news: Partial<TaskEntry>): void {
    const ended = this.#ended.get(id);
    // The definition of a task never changes.
    if (ended !== undefined && news.claim === undefined) return;
    const known = this.#open.get(id);
    const task = news.task ?? known?.task ?? ended?.task;
    const claim = news.claim ?? known?.claim;
    if (ended !== undefined) this.#dropEnded(id, ended);
    if (task !== undefined && claim !== undefined) this.#attempts?.put(task, claim);
    if (task !== undefined && claim !== undefined && isTerminal(claim)) {
      this.#open.delete(id);
      this.#end(task, claim, ended);
    } else {
      const isNew = known === undefined || news.task !== undefined;
      const createdMs = !isNew ? known.createdMs : task ? orderOf(task).createdMs : 0;
      const unknown = { status: "pending", from: Infinity, until: 0 } as const;
      this.#open.set(id, { task, claim, createdMs, ...unknown });
    }
  }

  #end(task: TaskRecord, claim: ClaimRecord, before: Ended | undefined): void {
    const { task_id: id, title, queue } = task;
    const { status, claimer_run_id: run_id, error, attempt, ended_at = null } = claim;
    const ended = { task, status: status as TaskStatus };
    this.#ended.set(id, ended);
    this.#count(ended, 1);
    if (status === "failed") {
      this.#failures.put({ task_id: id, title, queue, run_id, error, attempt, ended_at });
    }
    const at = parseTime(ended_at);
    if (status !== "completed" || at === undefined || before?.status === status) return;
    this.#completions.put(queue, at);
  }

  #dropEnded(id: string, ended: Ended): void {
    this.#ended.delete(id);
    if (ended.status === "failed") this.#failures.drop(id);
    this.#count(ended, -1);
  }

  #count({ task: { queue }, status }: Ended, by: number): void {
    const counts = this.#endedCounts.get(queue) ?? new Map<TaskStatus, number>();
    this.#endedCounts.set(queue, counts.set(status, (counts.get(status) ?? 0) + by));
  }

  #forget(id: string, what: "task" | "claim"): void {
    const ended = this.#ended.get(id);
    // The claim of a task that is removed goes first; the task itself says that it is gone.
    if (ended !== undefined) return what === "task" ? this.#dropEnded(id, ended) : undefined;
    const known = this.#open.get(id);
    if (known === undefined) return;
    const left = { ...known, [what]: undefined, from: Infinity };
    if (left.task === undefined && left.claim === undefined) this.#open.delete(id);
    else this.#open.set(id, left);
  }

  /**
   * Takes in a listing of the same moment. The feed does not give tasks that ended long ago, when they
   * have left their files: of those the listing's counts are taken, and the items that it shows.
   */
  listed({ queues, items }: Pick<TaskListing, "queues" | "items">): void {
    for (const { task, claim } of items) {
      const { task_id: id } = task;
      if (this.#ended.has(id) || this.#open.has(id)) continue;
      this.#put(id, { task, claim });
    }
    this.#unseen.clear();
    for (const [queue, counts] of queues) {
      const seen = this.#endedCounts.get(queue);
      const unseen = ENDED.map((status) =>
        [status, Math.max(0, counts[status] - (seen?.get(status) ?? 0))] as const
      );
      this.#unseen.set(queue, new Map(unseen));
    }
  }

  /** How all stand at `now`. */
  at(now: number): TasksNow {
    const counted = new QueueCounts();
    for (const [queue, counts] of [...this.#endedCounts, ...this.#unseen]) {
      for (const [status, count] of counts) if (count > 0) counted.add(queue, status, count);
    }
    const claimed: ListedTask[] = [];
    const blocked: { task: TaskRecord; by: string }[] = [];
    const retried: ListedTask[] = [];
    const oldest = new Map<string, { readonly task: TaskRecord; readonly createdMs: number }>();
    for (const known of this.#open.values()) {
      const { task, claim, createdMs } = known;
      if (task === undefined) continue;
      const status = statusAt(known, now);
      counted.add(task.queue, status, 1);
      if (status === "pending") {
        const first = oldest.get(task.queue);
        if (first === undefined || createdMs < first.createdMs) {
          oldest.set(task.queue, { task, createdMs });
        }
      }
      if (status === "claimed" || status === "timed_out") claimed.push({ task, claim, status });
      else if (status === "blocked") {
        const by = this.#blocker(task);
        if (by !== undefined) blocked.push({ task, by });
      } else if (claim !== undefined && claim.attempt > 0 && status !== "expired") {
        retried.push({ task, claim, status });
      }
    }
    const { all: counts, queues } = counted;
    const completed = this.#completions.lastMinute(now);
    const failures = this.#failures.last();
    return {
      counts,
      queues,
      claimed: inOrder(claimed),
      blocked,
      retried,
      oldest,
      completed,
      failures,
    };
  }

  /** The task whose end keeps another one blocked for good, if there is one. */
  #blocker(task: TaskRecord): string | undefined {
    if (onFailureOf(task) !== "block") return undefined;
    return afterOf(task).find((id) => {
      const ended = this.#ended.get(id);
      return ended !== undefined && endedBadly({ task_id: id, status: ended.status });
    });
  }
}

function inOrder(tasks: readonly ListedTask[]): ListedTask[] {
  return tasks.map((item) => ({ item, order: orderOf(presentTask(item.task, item.claim)) }))
    .sort((a, b) => compareTasks(a.order, b.order)).map(({ item }) => item);
}

/** Where a task stands at `now`; asked again, it answers at once until something may have changed. */
function statusAt(known: Known, now: number): TaskStatus {
  const { task, claim, from, until } = known;
  if (task === undefined || (now >= from && now < until)) return known.status;
  known.status = taskStatus(task, claim, now);
  known.from = now;
  const instants = claim === undefined ? [] : [
    parseTime(claim.expires_at) ?? 0,
    (parseTime(claim.heartbeat_at) ?? 0) - AHEAD_S * 1000,
  ];
  const next = [claimableFrom(task), pendingExpiry(task, claim), ...instants]
    .filter((at) => at > now);
  known.until = Math.min(...next);
  return known.status;
}
