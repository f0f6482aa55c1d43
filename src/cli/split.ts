/** Splits arguments into flags, one word each, and operands. */
import type { InputProblem } from "../domain/errors.ts";
import { flagsOf, type FlagSpecs, type GivenFlag, takesNext } from "./locate.ts";
import { nearest } from "../domain/input/suggest.ts";

/** Arguments in a form in which parseArgs() has nothing to guess. */
export interface Split {
  /** `--name`, or `--name=value`. */
  readonly flags: readonly string[];
  readonly operands: readonly string[];
  readonly problems: readonly InputProblem[];
}

/**
 * parseArgs() guesses where a command line is ambiguous: it takes `true` after a boolean for its
 * value and `-5` for three flags. So it gets one word a flag, and the operands after `--`.
 */
export function split(
  specs: FlagSpecs,
  args: readonly string[],
): Split {
  const flags: string[] = [];
  const operands: string[] = [];
  const problems: InputProblem[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
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
        if (value === undefined) flags.push(`--${name}`);
        else problems.push(problem(`--${name}`, "bad_args", "takes no value"));
      } else if (value !== undefined) {
        flags.push(`--${name}=${value}`);
      } else if (takesNext(flag, spec, next)) {
        flags.push(`--${name}=${next}`);
        at++;
      } else {
        const hint = next === undefined || next === "--"
          ? ""
          : `, write --${name}=… for one that begins with "-"`;
        problems.push(problem(`--${name}`, "bad_args", `needs a value${hint}`));
      }
    }
  }
  return { flags, operands, problems };
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
