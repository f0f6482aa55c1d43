/** The error for an unknown command. */
import { CoordError } from "../domain/errors.ts";
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
