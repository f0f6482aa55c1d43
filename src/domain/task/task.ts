/** Tasks: the definition, which never changes once written, and what follows from it. */
import { isObject, type JsonObject } from "../json.ts";
import { TASK_TTL_S, UNKNOWN_RUN } from "../limits.ts";
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
}

/** Where a task stands. The last three are terminal. */
export type TaskStatus =
  | "pending"
  | "claimed"
  | "timed_out"
  | "expired"
  | "completed"
  | "failed"
  | "cancelled";

/** All statuses, in the order in which they are counted. */
export const TASK_STATUSES: readonly TaskStatus[] = [
  "pending",
  "claimed",
  "timed_out",
  "completed",
  "failed",
  "cancelled",
  "expired",
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

/** The order of a task's record. */
export function orderOf(task: TaskRecord): TaskOrder {
  return {
    priority: task.priority,
    // What claims to be older than 1970 is as old as that.
    createdMs: Math.max(0, parseTime(task.created_at) ?? 0),
    id: task.task_id,
  };
}

/** Whether an unclaimed task has exceeded its TTL. */
export function taskExpired(task: TaskRecord, now: number): boolean {
  return (parseTime(task.created_at) ?? 0) + task.ttl_seconds * 1000 <= now;
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
