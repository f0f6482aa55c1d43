/** The arguments of `deno task compile`. */
import { nearest } from "../../src/domain/input/suggest.ts";
import { type Runtime, type Target, targetOf, TARGETS } from "./targets.ts";

/** What to build, and on what. */
export interface Plan {
  readonly targets: readonly Target[];
  /** `auto`: Deno where its base can be had, else Bun. */
  readonly runtime: Runtime | "auto";
}

const NAMES = TARGETS.map(({ name }) => name);
const RUNTIMES = ["auto", "deno", "bun"] as const;
const FLAGS = ["--target", "--all", "--runtime", "--help"];

export const HELP = `Compiles coord into dist/, with dist/SHA256SUMS beside it.

Usage: deno task compile [--target T]… [--all] [--runtime R]

  --target T   ${NAMES.slice(0, 4).join(", ")},
               ${NAMES.slice(4).join(", ")}
               (default: that of this machine; may be repeated)
  --all        all of them
  --runtime R  auto, deno or bun (default: auto): auto takes Deno where its base
               executable can be had, else Bun; musl is always Bun
  --help       this text
`;

/** The plan that the arguments ask for, `"help"`, or everything that is wrong with them. */
export function readArgs(
  args: readonly string[],
  denoTriple: string,
): Plan | "help" | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const targets = new Set<Target>();
  let runtime: Plan["runtime"] = "auto";
  let all = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const equals = arg.indexOf("=");
    const flag = equals === -1 ? arg : arg.slice(0, equals);
    const value = () => {
      if (equals !== -1) return arg.slice(equals + 1);
      const next = args[at + 1];
      if (next === undefined || next.startsWith("-")) {
        problems.push(`${flag} needs a value`);
        return undefined;
      }
      at++;
      return next;
    };
    if (arg === "--help" || arg === "-h") return "help";
    if (arg === "--all") all = true;
    else if (flag === "--target") {
      const name = value();
      const target = TARGETS.find((each) => each.name === name);
      if (target !== undefined) targets.add(target);
      else if (name !== undefined) problems.push(unknown("target", name, NAMES));
    } else if (flag === "--runtime") {
      const name = value();
      const known = RUNTIMES.find((each) => each === name);
      if (known !== undefined) runtime = known;
      else if (name !== undefined) problems.push(unknown("runtime", name, RUNTIMES));
    } else if (FLAGS.includes(flag)) problems.push(`${flag} takes no value`);
    else if (arg.startsWith("-")) {
      problems.push(unknown("flag", flag, FLAGS));
      if (equals === -1 && !(args[at + 1] ?? "-").startsWith("-")) at++; // its value, most likely
    } else problems.push(`unknown argument "${arg}"`);
  }
  const own = targetOf(denoTriple);
  if (all) TARGETS.forEach((target) => targets.add(target));
  else if (targets.size === 0 && own !== undefined) targets.add(own);
  else if (targets.size === 0 && problems.length === 0) {
    problems.push(`there is no target for this machine (${denoTriple}), name one with --target`);
  }
  const chosen = TARGETS.filter((target) => targets.has(target));
  if (runtime === "deno") {
    for (const { name, deno } of chosen) {
      if (deno === undefined) problems.push(`target "${name}" can only be built with Bun`);
    }
  }
  return problems.length > 0 ? { problems } : { targets: chosen, runtime };
}

function unknown(what: string, word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  const hint = meant === undefined ? `known are ${known.join(", ")}` : `did you mean "${meant}"?`;
  return `unknown ${what} "${word}", ${hint}`;
}
