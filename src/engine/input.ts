/** Checking a caller's input against a table of fields, all problems at once. */
import { badInput, type InputProblem } from "../domain/errors.ts";
import type { InputRule } from "../domain/input/rule.ts";

/** The fields of an input, shared by the library and the command line's flags. */
export type FieldTable = Readonly<Record<string, InputRule>>;

/** Checks an input against a table of fields and throws all problems at once. */
export function checkInput(
  input: object,
  table: FieldTable,
  required: readonly string[] = [],
): void {
  const problems = inputProblems(input, table, required);
  if (problems.length > 0) throw badInput(problems);
}

/** All that is wrong with an input; unknown fields are wrong too, since they are mostly typos. */
export function inputProblems(
  input: object,
  table: FieldTable,
  required: readonly string[] = [],
): InputProblem[] {
  const problems: InputProblem[] = [];
  for (const field of required) {
    if ((input as Record<string, unknown>)[field] === undefined) {
      problems.push({ field, code: table[field]?.code ?? "bad_args", message: "is required" });
    }
  }
  for (const [field, value] of Object.entries(input)) {
    const rule = Object.hasOwn(table, field) ? table[field] : undefined;
    if (rule === undefined) {
      const known = Object.keys(table).join(", ");
      problems.push({ field, code: "bad_args", message: `is unknown; known are ${known}` });
      continue;
    }
    if (value === undefined) continue;
    for (const message of rule.problems(value)) {
      problems.push({ field, code: rule.code, message });
    }
  }
  return problems;
}
