/** Mistakes in the words of the command line: an unknown command, and fields of the library's input. */
import type { Described } from "../commands/command.ts";
import { badInput, CoordError, type InputProblem } from "../domain/errors.ts";
import { quoted } from "../domain/text.ts";
import { nearest } from "../domain/input/suggest.ts";

/** The error for a name that is none of `names`, with the nearest one or with what may follow. */
export function unknownCommand(name: string, names: ReadonlySet<string>): CoordError {
  const [first = ""] = name.split(" ");
  const next = wordsAfter(first, names);
  if (name === first && next.length > 0) {
    const message = `"${name}" is a command group; use one of: ${next.join(", ")}`;
    return new CoordError("bad_args", message, { command: name });
  }
  const firsts = [...names].map((each) => each.split(" ")[0] ?? each);
  const meant = nearest(name, new Set([...names, ...firsts]));
  const help = next.length > 0 ? `coord help ${first}` : "coord help";
  const hint = meant === undefined ? `see "${help}"` : `did you mean "${meant}"?`;
  return new CoordError("bad_args", `Unknown command ${quoted(name)}; ${hint}`, {
    command: name,
    ...(meant !== undefined && { suggestion: meant }),
  });
}

function wordsAfter(first: string, names: ReadonlySet<string>): string[] {
  return [...names].filter((name) => name.startsWith(`${first} `))
    .map((name) => name.slice(first.length + 1));
}

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
