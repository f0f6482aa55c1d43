/**
 * The rules for single input values. The command line and the library check with these same
 * schemas, so that a rule and its message exist once.
 */
import type { Problem } from "./errors.ts";
import { idProblem } from "./ids.ts";
import { isObject, jsonProblem } from "./json.ts";
import * as limits from "./limits.ts";
import { OPERATIONS } from "./reservation.ts";
import { ANYTHING, NUMBER, type Rule, ruled, TEXT, TEXTS } from "./rule.ts";
import { TASK_STATUSES } from "./task.ts";

// Control characters (C0, DEL, C1) and the line and paragraph separators.
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** What a text says that is longer than so many characters. */
function lengthProblem(text: string, max: number): string | undefined {
  if (text.length <= max) return undefined; // no character takes less than one unit
  const characters = [...text].length;
  return characters <= max ? undefined : `is longer than ${max} characters (${characters})`;
}

function identifierProblem(
  text: string,
  max: number = limits.MAX_IDENTIFIER,
): string | undefined {
  if (text.length === 0) return "must not be empty";
  const tooLong = lengthProblem(text, max);
  if (tooLong !== undefined) return tooLong;
  if (CONTROL.test(text)) return "must not hold control or line-separator characters";
  if (text.trim() !== text) return "must not begin or end with a space";
  if (!text.isWellFormed()) return "must be well-formed Unicode";
  return undefined;
}

/** An integer within bounds. */
export function integer(bounds: { min: number; max: number }) {
  return ruled(NUMBER, (value) => {
    if (!Number.isInteger(value)) return "must be a whole number";
    return outside(value, bounds);
  });
}

/** A number within bounds. */
export function decimal(bounds: { min: number; max: number }) {
  return ruled(NUMBER, (value) => outside(value, bounds));
}

function outside(value: number, { min, max }: { min: number; max: number }): string | undefined {
  if (value >= min && value <= max) return undefined;
  if (max >= Number.MAX_SAFE_INTEGER && value < min) return `must be at least ${min}, got ${value}`;
  return `must be between ${min} and ${max}, got ${value}`;
}

/** A run id, an owner, a lane name. */
export const identifier = ruled(TEXT, (value) => identifierProblem(value));

/** A run id that is about to hold something: it must name somebody. */
export const holderId = ruled(
  TEXT,
  (value) =>
    value === limits.UNKNOWN_RUN
      ? `must name you: two "${limits.UNKNOWN_RUN}" agents never count as the same agent`
      : identifierProblem(value),
);

/** A queue's name. */
export const queue = ruled(
  TEXT,
  (value) =>
    new RegExp(`^[A-Za-z0-9_-]{1,${limits.MAX_QUEUE}}$`).test(value)
      ? undefined
      : `must be 1 to ${limits.MAX_QUEUE} of the characters A-Z a-z 0-9 _ -`,
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

/** One of these words. */
function oneOf(words: readonly string[]) {
  return ruled(
    TEXT,
    (value) => words.includes(value) ? undefined : `must be one of ${words.join(", ")}`,
  );
}

/** What an agent is about to do. */
export const operation = oneOf(OPERATIONS);

/** Why a reservation is released. */
export const reason = ruled(TEXT, (value) => identifierProblem(value, limits.MAX_REASON));

/** A payload or a result: a JSON object of bounded size that JSON keeps exactly. */
export const payload = ruled(ANYTHING, (value) => {
  if (!isObject(value)) return "must be a JSON object";
  const problem = jsonProblem(value);
  if (problem !== undefined) return problem;
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
  return bytes <= limits.MAX_PAYLOAD_BYTES
    ? undefined
    : `is larger than ${limits.MAX_PAYLOAD_BYTES} bytes (${bytes})`;
});

/** Text for people, of any characters. */
function prose(max: number) {
  return ruled(TEXT, (value) => {
    if (!value.isWellFormed()) return "must be well-formed Unicode";
    return lengthProblem(value, max);
  });
}

/** The error text of a failed task. */
export const errorText = prose(limits.MAX_ERROR);

/** What an intent says for people. */
export const detail = prose(limits.MAX_DETAIL);

export const priority = integer(limits.PRIORITY);
export const taskTtl = integer(limits.TASK_TTL_S);
export const claimTtl = integer(limits.CLAIM_TTL_S);
export const reservationTtl = integer(limits.RESERVATION_TTL_S);
export const grace = integer(limits.GRACE_S);
export const extension = integer(limits.EXTENSION_S);
export const wait = decimal(limits.WAIT_S);
export const fence = integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
export const listLimit = integer(limits.LIST_LIMIT);

/** The id of a record, or a unique prefix of one. */
export const recordId = ruled(TEXT, idProblem);

export const taskStatus = oneOf(TASK_STATUSES);

/** What a list of reservations may be narrowed to. */
export const reservationKind = oneOf(["reservation", "intent"]);

/** For values that the type system alone can check. */
export const anything: Rule = () => [];

/** The rule for a value, and the code of its problems. */
export interface FieldRule {
  readonly schema: Rule;
  readonly code: Problem["code"];
}

/** What a schema says against a value; empty when nothing. */
export function problemsOf(schema: Rule, value: unknown): string[] {
  return [...schema(value)];
}
