/** The rules for single values of tasks and claims. */
import {
  decimal,
  identifierProblem,
  integer,
  lengthProblem,
  oneOf,
  prose,
} from "../input/fields.ts";
import { ANYTHING, ruled, TEXT, TEXTS } from "../input/rule.ts";
import { idProblem } from "../ids.ts";
import { isObject, jsonProblem } from "../json.ts";
import * as limits from "../limits.ts";
import { ON_FAILURE } from "./after.ts";
import { parseBackoff } from "./retry.ts";
import { TASK_STATUSES } from "./task.ts";
import { quoted } from "../text.ts";
import { parseTime } from "../time.ts";

/** A task's id, or a unique prefix of one. */
export const taskId = ruled(TEXT, idProblem, "bad_task_id");

/** A queue's name. */
export const queue = ruled(
  TEXT,
  (value) =>
    new RegExp(`^[A-Za-z0-9_-]{1,${limits.MAX_QUEUE}}$`).test(value)
      ? undefined
      : `must be 1 to ${limits.MAX_QUEUE} of the characters A-Z a-z 0-9 _ -`,
  "bad_queue",
);

/** Several queues. */
export const queues = ruled(TEXTS, (values) => {
  if (values.length === 0) return "must name a queue";
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice !== undefined) return `holds ${JSON.stringify(twice)} twice`;
  for (const value of values) {
    const [problem] = queue.problems(value);
    if (problem !== undefined) return `holds ${JSON.stringify(value)}, which ${problem}`;
  }
  return undefined;
}, "bad_queue");

/** A task's title; its length is no problem, since it is cut. */
export const title = ruled(TEXT, (value) => {
  if (value.trim() === "") return "must not be empty";
  return value.isWellFormed() ? undefined : "must be well-formed Unicode";
});

/** A short list of words. */
function words(word: string) {
  return ruled(TEXTS, (values) => {
    if (values.length > limits.MAX_TAGS) {
      return `holds ${values.length} ${word}s, and ${limits.MAX_TAGS} are allowed`;
    }
    for (const each of values) {
      const tooLong = lengthProblem(each, limits.MAX_TAG);
      if (tooLong !== undefined) return tooLong.replace("is", `holds a ${word}`);
      const problem = identifierProblem(each);
      if (problem !== undefined) return `holds ${JSON.stringify(each)}, which ${problem}`;
    }
    return undefined;
  });
}

/** A task's tags. */
export const tags = words("tag");

/** One of them. */
export const tag = ruled(
  TEXT,
  (value) => lengthProblem(value, limits.MAX_TAG) ?? identifierProblem(value),
);

/** What a task needs, and what a claimer has. */
export const needs = words("need");
export const has = words("name");

/** A payload or a result: a JSON object of bounded size that JSON keeps exactly. */
export const payload = ruled(ANYTHING, (value) => {
  if (!isObject(value)) return "must be a JSON object";
  const problem = jsonProblem(value);
  if (problem !== undefined) return problem;
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
  return bytes <= limits.MAX_PAYLOAD_BYTES
    ? undefined
    : `is larger than ${limits.MAX_PAYLOAD_BYTES} bytes (${bytes})`;
}, "bad_payload");

/** The error text of a failed task. */
export const errorText = prose(limits.MAX_ERROR);

export const priority = integer(limits.PRIORITY);

export const taskTtl = integer(limits.TASK_TTL_S);

export const delay = decimal({ ...limits.TASK_TTL_S, min: 0 });

/** The instant before which a task is delayed. */
export const notBefore = ruled(TEXT, (value) => {
  const ms = parseTime(value);
  if (ms === undefined) return `must be such as 2026-11-21T09:30:00Z, got ${quoted(value)}`;
  return ms < 0 ? `must not be before 1970, got ${quoted(value)}` : undefined;
});

export const maxAttempts = integer(limits.MAX_ATTEMPTS);

/** How long a task waits after an attempt that failed. */
export const backoff = ruled(
  TEXT,
  (value) =>
    parseBackoff(value) === undefined
      ? `must be such as 30s, 30s,x2 or 30s,x2,max=10m, of at most a year and x100, got ${
        quoted(value)
      }`
      : undefined,
);

/** Tasks, each by its id, a unique prefix of that, or its key. */
function tasksNamed(fewest: number) {
  return ruled(TEXTS, (values) => {
    if (values.length < fewest) return "must not be empty";
    if (values.length > limits.MAX_AFTER) {
      return `holds ${values.length} tasks, and ${limits.MAX_AFTER} are allowed`;
    }
    for (const each of values) {
      const problem = identifierProblem(each);
      if (problem !== undefined) return `holds ${quoted(each, 80)}, which ${problem}`;
    }
    return undefined;
  }, "bad_task_id");
}

/** The tasks of one call. */
export const taskNames = tasksNamed(1);

/** The tasks that a task waits for. */
export const after = tasksNamed(0);

/** What becomes of a task when one that it waits for ends without being completed. */
export const onFailure = oneOf(ON_FAILURE);

export const claimTtl = integer(limits.CLAIM_TTL_S);

export const listLimit = integer(limits.LIST_LIMIT);

const oneStatus = oneOf(TASK_STATUSES);

/** A status, or several. */
export const statusFilter = ruled(
  ANYTHING,
  (value) => [value].flat().flatMap((each) => oneStatus.problems(each)),
);
