/** From a caller's task to the record that is kept. */
import type { InputProblem } from "../../domain/errors.ts";
import * as fields from "../../domain/input/fields.ts";
import * as taskFields from "../../domain/task/fields.ts";
import type { JsonObject } from "../../domain/json.ts";
import { MAX_TITLE, PRIORITY, TASK_TTL_S, UNKNOWN_RUN } from "../../domain/limits.ts";
import { afterOf, type OnFailure } from "../../domain/task/after.ts";
import { parseBackoff } from "../../domain/task/retry.ts";
import { needsOf, type TaskRecord } from "../../domain/task/task.ts";
import { formatTime, parseTime } from "../../domain/time.ts";
import { nonce } from "../context.ts";
import { contentId, type Sha256 } from "../content_id.ts";
import { inputProblems } from "../input.ts";

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
  /** The instant from which it may be claimed, ISO 8601, UTC without an offset; default now. */
  readonly notBefore?: string;
  /** Seconds from now until it may be claimed, in the place of `notBefore`. */
  readonly delay?: number;
  /** What a claimer must have, all of it: at most 32 names, each at most 64 characters. */
  readonly needs?: readonly string[];
  /** How many attempts it has, 1 to 1000, timeouts among them; without it the first that fails ends it. */
  readonly maxAttempts?: number;
  /**
   * What no other unfinished task of its queue has, 1 to 256 characters: the same call made again answers
   * the same task until that has ended.
   */
  readonly key?: string;
  /** How long it waits after one, such as `30s`, `30s,x2` or `30s,x2,max=10m`; default not at all. */
  readonly backoff?: string;
  /**
   * The tasks that have to be completed before it may be claimed: their ids, unique prefixes of at
   * least 6 hex digits, or keys; at most 128. A key means the unfinished task of the same queue, or
   * else the newest that had it; where it looks like an id, write `key:` before it. In a call for
   * several it may be the key of an earlier one.
   */
  readonly after?: readonly string[];
  /**
   * What becomes of it when one of them fails, is cancelled or expires: it stays blocked, which is the
   * default, is cancelled as well, or may run all the same.
   */
  readonly onFailure?: OnFailure;
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
  notBefore: taskFields.notBefore,
  delay: taskFields.delay,
  needs: taskFields.needs,
  maxAttempts: taskFields.maxAttempts,
  backoff: taskFields.backoff,
  key: fields.identifier,
  after: taskFields.after,
  onFailure: taskFields.onFailure,
} as const;

/** All that is wrong with a task to enqueue. */
export function taskProblems(input: object): InputProblem[] {
  const problems = inputProblems(input, TASK_FIELDS, ["title"]);
  return problems.length > 0 ? problems : [...jointProblems(input)];
}

/** What is wrong with values that are fine one by one. */
export function jointProblems(input: Partial<TaskInput>): readonly InputProblem[] {
  const problems: InputProblem[] = [];
  const problem = (field: string, message: string) =>
    void problems.push({ field, code: "bad_args", message });
  if (input.notBefore !== undefined && input.delay !== undefined) {
    problem("delay", "cannot go together with an instant");
  }
  if (input.backoff !== undefined && input.maxAttempts === undefined) {
    problem("backoff", "goes together with a number of attempts");
  }
  if (input.onFailure !== undefined && input.after === undefined) {
    problem("onFailure", "goes together with tasks to wait for");
  }
  return problems;
}

/** The record of a valid input that names tasks by their whole ids, with its content-addressed id. */
export async function taskRecord(
  input: TaskInput,
  now: number,
  warn: (message: string) => void,
  sha256?: Sha256,
): Promise<TaskRecord> {
  let title = input.title.trim();
  const characters = title.length > MAX_TITLE ? [...title] : [];
  if (characters.length > MAX_TITLE) {
    warn(`Title cut after ${MAX_TITLE} characters, it has ${characters.length}`);
    title = characters.slice(0, MAX_TITLE).join("");
  }
  const from = input.delay === undefined ? parseTime(input.notBefore) : now + input.delay * 1000;
  const needs = needsOf(input);
  const after = afterOf(input);
  const backoff = input.backoff === undefined ? undefined : parseBackoff(input.backoff);
  const record = {
    title,
    priority: input.priority ?? PRIORITY.default,
    queue: input.queue ?? "default",
    ttl_seconds: input.ttl ?? TASK_TTL_S.default,
    created_by: input.runId ?? UNKNOWN_RUN,
    created_at: formatTime(now),
    tags: input.tags ?? [],
    payload: input.payload ?? {},
    ...(from === undefined ? {} : { not_before: formatTime(from) }),
    ...(needs.length > 0 && { needs }),
    ...(input.maxAttempts === undefined ? {} : { max_attempts: input.maxAttempts }),
    ...(backoff === undefined ? {} : { backoff }),
    ...(input.key === undefined ? {} : { key: input.key }),
    ...(input.key !== undefined && input.delay !== undefined && { delay_seconds: input.delay }),
    ...(after.length > 0 && { after }),
    ...(input.onFailure !== undefined && input.onFailure !== "block" &&
      { on_failure: input.onFailure }),
    nonce: nonce(),
  };
  return { task_id: await contentId(record, sha256), ...record };
}
