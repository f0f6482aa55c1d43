/** The names that a command line has for the fields of the library's input. */
import type { Described } from "../commands/command.ts";
import { badInput, CoordError, type InputProblem } from "../domain/errors.ts";

/** What the library says is wrong with its input, said of the operands. */
export function relabelled(error: unknown, { operands }: Described): unknown {
  if (!(error instanceof CoordError) || !Array.isArray(error.details["problems"])) return error;
  const problems = error.details["problems"] as InputProblem[];
  const nameOf = (field: string) =>
    operands.find(({ as, part }) => (part ?? as) === field)?.name ?? field;
  const isOurs = problems.some(({ field }) => nameOf(field) !== field);
  // Other errors have a message of their own.
  return isOurs
    ? badInput(problems.map((each) => ({ ...each, field: nameOf(each.field) })))
    : error;
}
