/** Splits arguments into flags, with their texts, and operands. */
import type { InputProblem } from "../domain/errors.ts";
import { flagsOf, type FlagSpecs, type GivenFlag, takesNext } from "./locate.ts";
import { nearest } from "../domain/input/suggest.ts";

/** Arguments, taken apart by the flags that a command knows. */
export interface Split {
  /** Each flag that is there, by its name: its texts in their order, `true` for one that takes none. */
  readonly flags: ReadonlyMap<string, readonly string[] | true>;
  readonly operands: readonly string[];
  /** How many of them stand before `--`. */
  readonly before: number;
  readonly problems: readonly InputProblem[];
}

/** Reads arguments. Nothing is guessed: a boolean takes no value, and `-5` is an operand. */
export function split(
  specs: FlagSpecs,
  args: readonly string[],
): Split {
  const flags = new Map<string, string[] | true>();
  const operands: string[] = [];
  const problems: InputProblem[] = [];
  let before: number | undefined;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      before = operands.length;
      operands.push(...args.slice(at + 1));
      break;
    }
    const found = flagsOf(specs, arg);
    if (found.length === 0) operands.push(arg);
    for (const flag of found) {
      const { name, value, spec } = flag;
      const next = args[at + 1];
      if (spec === undefined) {
        const meant = nearest(name, Object.keys(specs));
        const hint = meant === undefined ? "" : `, did you mean --${meant}?`;
        problems.push(problem(typed(arg, flag), "bad_args", `is unknown${hint}`));
        // Its value is no operand.
        if (meant !== undefined && takesNext(flag, specs[meant], next)) at++;
      } else if (spec.type === "boolean") {
        if (value === undefined) flags.set(name, true);
        else problems.push(problem(`--${name}`, "bad_args", "takes no value"));
      } else if (value !== undefined) {
        add(flags, name, value);
      } else if (takesNext(flag, spec, next)) {
        add(flags, name, next);
        at++;
      } else {
        const hint = next === undefined || next === "--"
          ? ""
          : `, write --${name}=… for one that begins with "-"`;
        problems.push(problem(`--${name}`, "bad_args", `needs a value${hint}`));
      }
    }
  }
  return { flags, operands, before: before ?? operands.length, problems };
}

function add(flags: Map<string, string[] | true>, name: string, text: string): void {
  const texts = flags.get(name);
  if (Array.isArray(texts)) texts.push(text);
  else flags.set(name, [text]);
}

/** A problem of the command line. */
export function problem(field: string, code: InputProblem["code"], message: string): InputProblem {
  return { field, code, message };
}

/** Characters of an unknown flag that a message repeats. */
const MAX_LABEL = 40;

/** What was typed: `-x` and not `--x`. */
function typed(arg: string, { name }: GivenFlag): string {
  const flag = `${arg.startsWith("--") ? "--" : "-"}${name}`;
  return flag.length > MAX_LABEL ? `${flag.slice(0, MAX_LABEL).toWellFormed()}…` : flag;
}
