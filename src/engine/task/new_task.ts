/** From a caller's task to the record that is kept. */
import * as fields from "../../domain/input/fields.ts";
import * as taskFields from "../../domain/task/fields.ts";
import type { JsonObject } from "../../domain/json.ts";
import { MAX_TITLE, PRIORITY, TASK_TTL_S, UNKNOWN_RUN } from "../../domain/limits.ts";
import type { TaskRecord } from "../../domain/task/task.ts";
import { formatTime } from "../../domain/time.ts";
import { nonce } from "../context.ts";
import { contentId } from "../content_id.ts";

/** A task to enqueue. */
export interface TaskInput {
  /** For people; cut after 200 characters, with a warning. */
  readonly title: string;
  /** Higher goes first; a 32-bit integer, default 0. */
  readonly priority?: number;
  /** 1 to 64 of `A-Za-z0-9_-`, default `default`. */
  readonly queue?: string;
  /** Seconds that the task may stay pending, default a day. */
  readonly ttl?: number;
  /** Who enqueues it, default `unknown`. */
  readonly runId?: string;
  /** Anything for the agent that claims it: at most 65536 bytes as JSON. */
  readonly payload?: JsonObject;
  /** At most 32, each at most 64 characters. */
  readonly tags?: readonly string[];
}

/** The rule of each field, shared with the command line's flags. */
export const TASK_FIELDS = {
  title: taskFields.title,
  priority: taskFields.priority,
  queue: taskFields.queue,
  ttl: taskFields.taskTtl,
  runId: fields.identifier,
  payload: taskFields.payload,
  tags: taskFields.tags,
} as const;

/** The record of a valid input, with its content-addressed id. */
export async function taskRecord(
  input: TaskInput,
  now: number,
  warn: (message: string) => void,
): Promise<TaskRecord> {
  let title = input.title.trim();
  const characters = title.length > MAX_TITLE ? [...title] : [];
  if (characters.length > MAX_TITLE) {
    warn(`Title cut after ${MAX_TITLE} characters, it has ${characters.length}`);
    title = characters.slice(0, MAX_TITLE).join("");
  }
  const record = {
    title,
    priority: input.priority ?? PRIORITY.default,
    queue: input.queue ?? "default",
    ttl_seconds: input.ttl ?? TASK_TTL_S.default,
    created_by: input.runId ?? UNKNOWN_RUN,
    created_at: formatTime(now),
    tags: input.tags ?? [],
    payload: input.payload ?? {},
    nonce: nonce(),
  };
  return { task_id: await contentId(record), ...record };
}
