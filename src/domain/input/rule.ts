/**
 * Rules for single values. A schema library would do the same, and take as long to load as all the
 * rest of a short command.
 */
import type { InputProblem } from "../errors.ts";

/** A rule for the value of one field. */
export interface InputRule {
  /** The code of an error that is about such a value alone. */
  readonly code: InputProblem["code"];
  /** Everything that is wrong with a value; empty when nothing is. */
  problems(value: unknown): readonly string[];
}

/** What a value must be before a rule looks closer, and what is said when it is not. */
export interface Kind<T> {
  readonly is: (value: unknown) => value is T;
  readonly message: string;
}

export const TEXT: Kind<string> = {
  is: (value) => typeof value === "string",
  message: "must be text",
};

export const TEXTS: Kind<string[]> = {
  is: (value): value is string[] => Array.isArray(value) && [...value].every(TEXT.is),
  message: "must be a list of texts",
};

export const NUMBER: Kind<number> = {
  is: (value): value is number => Number.isFinite(value),
  message: "must be a number",
};

export const ANYTHING: Kind<unknown> = {
  is: (_value): _value is unknown => true,
  message: "",
};

/** A rule from a function that returns what is wrong: nothing, one thing, or several. */
export function ruled<T>(
  kind: Kind<T>,
  problem: (value: T) => string | readonly string[] | undefined,
  code: InputProblem["code"] = "bad_args",
): InputRule {
  return {
    code,
    problems: (value) => kind.is(value) ? [problem(value) ?? []].flat() : [kind.message],
  };
}
