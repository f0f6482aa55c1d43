/** Tasks: the definition, which never changes once written, and what follows from it. */
import { isObject, type JsonObject } from "../json.ts";
import { TASK_TTL_S, UNKNOWN_RUN } from "../limits.ts";
import { isGated, type OnFailure } from "./after.ts";
import { isBackoff, type TaskBackoff } from "./retry.ts";
import { parseTime } from "../time.ts";

/** A task's definition, as it lies in `tasks/` and in every answer. */
export interface TaskRecord {
  /** `sha256:` and 64 hex digits over the canonical JSON of the other fields. */
  readonly task_id: string;
  /** For people; at most 200 characters. */
  readonly title: string;
  /** Higher goes first. */
  readonly priority: number;
  /** The queue that it waits in. */
  readonly queue: string;
  /** Seconds that the task may stay pending. */
  readonly ttl_seconds: number;
  /** The run id that enqueued it. */
  readonly created_by: string;
  /** ISO 8601 UTC. */
  readonly created_at: string;
  /** Words to find it by. */
  readonly tags: readonly string[];
  /** Whatever the agent that claims it needs. */
  readonly payload: JsonObject;
  /** When it may be claimed first, ISO 8601 UTC; absent when that is at once. */
  readonly not_before?: string;
  /** What a claimer must have, all of it, sorted; absent when that is nothing. */
  readonly needs?: readonly string[];
  /** After how many failed attempts it has failed; absent when after one. */
  readonly max_attempts?: number;
  /** How long it waits after an attempt that failed; absent when it does not. */
  readonly backoff?: TaskBackoff;
  /** What no other unfinished task of its queue has. */
  readonly key?: string;
  /** Of a task with a key, the delay that was asked for. */
  readonly delay_seconds?: number;
  /** The ids of the tasks that have to be completed before; absent when there are none. */
  readonly after?: readonly string[];
  /** What becomes of it when one of them ends otherwise; absent when it stays blocked. */
  readonly on_failure?: OnFailure;
}

/** What a claimer must have, as far as it can be read; other tools may mean other things. */
export function needsOf({ needs }: { readonly needs?: unknown }): readonly string[] {
  return Array.isArray(needs) && needs.every((each) => typeof each === "string")
    ? [...new Set<string>(needs)].sort()
    : [];
}

/** Which tasks a claimer asks for. */
export interface Wanted {
  /** Only tasks of these queues; of any when `undefined`. */
  readonly queues?: readonly string[] | undefined;
  /** Only tasks with this tag. */
  readonly tag?: string | undefined;
  /** What the claimer has, default nothing: a task that needs more is not for it. */
  readonly has?: readonly string[] | undefined;
  /** The queues whose tasks are not handed out. */
  readonly paused?: ReadonlySet<string> | undefined;
}

/** Whether a task has a tag. */
export function hasTag({ tags }: TaskRecord, tag: string): boolean {
  return tags.includes(tag);
}

/** Milliseconds for which a claimer that has something counts as one that may come again. */
export const CLAIMER_MS = 3_600_000;

/** Whether a claimer asks for a task, and may have it. */
export function mayTake(task: TaskRecord, { queues, tag, has = [], paused }: Wanted): boolean {
  if (paused?.has(task.queue)) return false;
  return queues?.includes(task.queue) !== false && (tag === undefined || hasTag(task, tag)) &&
    needsOf(task).every((need) => has.includes(need));
}

/**
 * Where a task stands; `completed`, `failed` and `cancelled` are terminal, and so is `expired` once a
 * process has ended it.
 */
export type TaskStatus =
  | "pending"
  | "claimed"
  | "timed_out"
  | "expired"
  | "completed"
  | "failed"
  | "cancelled"
  | "delayed"
  | "blocked";

/** Whether a task that stands so may be handed out. */
export function isClaimable(status: TaskStatus): boolean {
  return status === "pending" || status === "timed_out";
}

/** All statuses, in the order in which they are counted. */
export const TASK_STATUSES: readonly TaskStatus[] = [
  "pending",
  "claimed",
  "timed_out",
  "completed",
  "failed",
  "cancelled",
  "expired",
  "delayed",
  "blocked",
];

/** What `claim` sorts by: priority descending, then creation, then id. */
export interface TaskOrder {
  readonly priority: number;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  readonly id: string;
}

/** Negative when `a` is handed out before `b`. */
export function compareTasks(a: TaskOrder, b: TaskOrder): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.createdMs !== b.createdMs) return a.createdMs - b.createdMs;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Where a task stands that may still be completed. */
export const UNFINISHED: readonly TaskStatus[] = [
  "pending",
  "claimed",
  "timed_out",
  "delayed",
  "blocked",
];

/** The order of a task's record. */
export function orderOf(task: TaskRecord): TaskOrder {
  return {
    priority: task.priority,
    // What claims to be older than 1970 is as old as that.
    createdMs: Math.max(0, parseTime(task.created_at) ?? 0),
    id: task.task_id,
  };
}

/** What a record says of its beginning, also one that was not checked yet. */
interface Created {
  readonly created_at: unknown;
  readonly not_before?: unknown;
}

/** From when on a task may be claimed that no agent has claimed, milliseconds since 1970. */
export function claimableFrom({ created_at, not_before }: Created): number {
  return Math.max(parseTime(created_at) ?? 0, parseTime(not_before) ?? 0);
}

/** Whether an unclaimed task may not be claimed yet. */
export function isDelayed({ not_before }: TaskRecord, now: number): boolean {
  return not_before !== undefined && (parseTime(not_before) ?? 0) > now;
}

/**
 * When the ttl of an unclaimed task ends, milliseconds since 1970. That of one which waits for others
 * begins when it is let go.
 */
export function taskExpiry(
  task: Created & Pick<TaskRecord, "ttl_seconds"> & { readonly after?: unknown },
): number {
  return isGated(task) ? Infinity : claimableFrom(task) + task.ttl_seconds * 1000;
}

/** Whether an unclaimed task has exceeded its TTL. */
export function taskExpired(task: TaskRecord, now: number): boolean {
  return taskExpiry(task) <= now;
}

/**
 * Reads a task's record. Only what the order and the queue need is required, so that other tools'
 * tasks count; unknown fields are kept.
 *
 * @returns The record, or what is wrong with it.
 */
export function parseTask(value: unknown, id: string): TaskRecord | string {
  if (!isObject(value)) return "is not a JSON object";
  const { title, priority = 0, queue = "default", ttl_seconds = TASK_TTL_S.default } = value;
  const { created_by = UNKNOWN_RUN, created_at, tags = [], payload = {}, task_id = id } = value;
  const wrong: string[] = [];
  if (task_id !== id) wrong.push("task_id (differs from the file's name)");
  if (typeof title !== "string") wrong.push("title");
  if (!Number.isSafeInteger(priority)) wrong.push("priority");
  if (typeof queue !== "string" || !/^[A-Za-z0-9_-]{1,64}$/.test(queue)) wrong.push("queue");
  if (typeof ttl_seconds !== "number" || ttl_seconds < 0) wrong.push("ttl_seconds");
  if (typeof created_by !== "string") wrong.push("created_by");
  if (parseTime(created_at) === undefined) wrong.push("created_at");
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== "string")) wrong.push("tags");
  if (!isObject(payload)) wrong.push("payload");
  const { not_before, max_attempts: max, backoff, key } = value;
  if (not_before !== undefined && parseTime(not_before) === undefined) wrong.push("not_before");
  if (max !== undefined && !Number.isSafeInteger(max)) wrong.push("max_attempts");
  if (backoff !== undefined && !isBackoff(backoff)) wrong.push("backoff");
  if (key !== undefined && typeof key !== "string") wrong.push("key");
  if (wrong.length > 0) return `has no valid ${wrong.join(", ")}`;
  const fields = {
    task_id,
    title,
    priority,
    queue,
    ttl_seconds,
    created_by,
    created_at,
    tags,
    payload,
  };
  // In the documented order, wherever the file has them.
  return { ...fields, ...value, ...fields } as TaskRecord;
}
