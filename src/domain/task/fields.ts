/** The rules for single values of tasks and claims. */
import { identifierProblem, integer, lengthProblem, oneOf, prose } from "../input/fields.ts";
import { ANYTHING, ruled, TEXT, TEXTS } from "../input/rule.ts";
import { idProblem } from "../ids.ts";
import { isObject, jsonProblem } from "../json.ts";
import * as limits from "../limits.ts";
import { TASK_STATUSES } from "./task.ts";

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

/** A task's title; its length is no problem, since it is cut. */
export const title = ruled(TEXT, (value) => {
  if (value.trim() === "") return "must not be empty";
  return value.isWellFormed() ? undefined : "must be well-formed Unicode";
});

/** A tag. */
export const tags = ruled(TEXTS, (values) => {
  if (values.length > limits.MAX_TAGS) {
    return `holds ${values.length} tags, and ${limits.MAX_TAGS} are allowed`;
  }
  for (const tag of values) {
    const tooLong = lengthProblem(tag, limits.MAX_TAG);
    if (tooLong !== undefined) return tooLong.replace("is", "holds a tag");
    const problem = identifierProblem(tag);
    if (problem !== undefined) return `holds ${JSON.stringify(tag)}, which ${problem}`;
  }
  return undefined;
});

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

export const claimTtl = integer(limits.CLAIM_TTL_S);

export const listLimit = integer(limits.LIST_LIMIT);

export const statusFilter = oneOf(TASK_STATUSES);
