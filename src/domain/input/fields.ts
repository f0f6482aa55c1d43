/**
 * The rules for single input values. The command line and the library check with these same
 * rules, so that a rule and its message exist once.
 */
import { idProblem } from "../ids.ts";
import * as limits from "../limits.ts";
import { ANYTHING, NUMBER, ruled, TEXT } from "./rule.ts";

// Control characters (C0, DEL, C1) and the line and paragraph separators.
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** What is wrong with a text that is longer than `max` characters; `undefined` when it is not. */
export function lengthProblem(text: string, max: number): string | undefined {
  if (text.length <= max) return undefined; // no character takes less than one unit
  const characters = [...text].length;
  return characters <= max ? undefined : `is longer than ${max} characters (${characters})`;
}

/** What is wrong with a name that an agent chooses; `undefined` when nothing is. */
export function identifierProblem(
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

/** A run id that is about to hold something: it must name an agent. */
export const holderId = ruled(
  TEXT,
  (value) =>
    value === limits.UNKNOWN_RUN
      ? `must name you: two "${limits.UNKNOWN_RUN}" agents never count as the same agent`
      : identifierProblem(value),
);

/** One of these words. */
export function oneOf(words: readonly string[]) {
  return ruled(
    TEXT,
    (value) => words.includes(value) ? undefined : `must be one of ${words.join(", ")}`,
  );
}

/** Why something ends. */
export const reason = ruled(TEXT, (value) => identifierProblem(value, limits.MAX_REASON));

/** What a holder says of its hold: one line, or nothing. */
export const note = ruled(
  TEXT,
  (value) => value === "" ? undefined : identifierProblem(value, limits.MAX_NOTE),
);

/** Text for people, of any characters. */
export function prose(max: number) {
  return ruled(TEXT, (value) => {
    if (!value.isWellFormed()) return "must be well-formed Unicode";
    return lengthProblem(value, max);
  });
}

/** An explanation for people. */
export const detail = prose(limits.MAX_DETAIL);

export const grace = integer(limits.GRACE_S);
export const extension = integer(limits.EXTENSION_S);
export const wait = decimal(limits.WAIT_S);
export const fence = integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** The id of a record, or a unique prefix of one. */
export const recordId = ruled(TEXT, idProblem, "bad_id");

/** For values that the type system alone can check. */
export const anything = ruled(ANYTHING, () => undefined);
