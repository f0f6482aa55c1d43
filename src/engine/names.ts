/** Checking an input that names paths, and reading what it names. */
import { badInput } from "../domain/errors.ts";
import { anything } from "../domain/input/fields.ts";
import { ruled, TEXT } from "../domain/input/rule.ts";
import type { Checkout, Named, Naming } from "../ports/checkout.ts";
import { type FieldTable, inputProblems } from "./input.ts";

/** How the paths in an input are meant. */
export interface NamingInput {
  /** The folder that they are relative to, absolute or from the top; default the top of the checkout. */
  readonly base?: string;
  /** Each is a path, letter for letter, and no pattern. */
  readonly literal?: boolean;
  /** A path where nothing is yet will be a file: a pattern overlaps it only if it matches it. */
  readonly file?: boolean;
}

/** The fields of it. */
export const NAMING = {
  base: ruled(TEXT, (value) => value.includes("\0") ? "must not hold a zero byte" : undefined),
  literal: anything,
  file: anything,
} as const;

/** Where an input has its names, and what they are. */
export interface NamesField {
  readonly field: string;
  readonly kind: Naming["kind"];
  /** What is wrong with all together, as a record is to have them. */
  together(entries: readonly string[]): readonly string[];
}

/**
 * Checks an input and reads the names in it.
 *
 * @throws {CoordError} that lists all problems.
 */
export function checkedNames(
  input: NamingInput,
  table: FieldTable,
  required: readonly string[],
  checkout: Pick<Checkout, "named">,
  { field, kind, together }: NamesField,
): Named {
  const problems = inputProblems(input, table, required);
  const { base, literal, file } = input;
  const texts = (input as Readonly<Record<string, unknown>>)[field];
  const isGood = texts !== undefined &&
    problems.every((problem) => problem.field !== field && problem.field !== "base");
  const named = isGood
    ? checkout.named(texts as readonly string[], { kind, base, literal, file })
    : { entries: [], files: [], problems: [] };
  const code = table[field]?.code ?? "bad_args";
  const wrong = named.problems.length > 0 ? named.problems : together(named.entries);
  problems.push(...wrong.map((message) => ({ field, code, message })));
  if (problems.length > 0) throw badInput(problems);
  return named;
}
