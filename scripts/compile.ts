/**
 * Makes executables of coord: `dist/coord-<target>` and `dist/SHA256SUMS`. Prints what made each.
 *
 * Usage: deno task compile [--target T]… [--all] [--runtime deno|bun|auto]; `--help` says more.
 */
import { HELP, type Plan, readArgs } from "./compile/args.ts";
import { compileWithBun } from "./compile/bun.ts";
import { bundle } from "./compile/bundle.ts";
import { compileWithDeno } from "./compile/deno.ts";
import { joined } from "./compile/joined.ts";
import { writeSums } from "./compile/sums.ts";
import { fileName, type Target } from "./compile/targets.ts";
import { BUN_VERSION, bunPath } from "./support/toolchain.ts";

/** Seconds for one executable, with the download of its base. */
const LIMIT = 300;

/** Seconds after which `auto` no longer waits for Deno's base, so that a build takes under 60. */
const AUTO_LIMIT = 30;

const ROOT = `${import.meta.dirname}/..`;

/**
 * Builds what a plan asks for, into a folder.
 *
 * @param print Gets a line for each file, with what made it.
 * @throws {Error} that says what could not be had or built.
 */
export async function compile(
  { targets, runtime }: Plan,
  dist: string,
  print: (line: string) => void,
): Promise<void> {
  await Deno.mkdir(dist, { recursive: true });
  const work = await Deno.makeTempDir({ dir: dist, prefix: "build-" });
  try {
    const entry = await bundle(ROOT, `${work}/bundle`);
    const build = builder(entry, runtime, print, joined);
    for (const target of targets) {
      const made = `${work}/${fileName(target)}`;
      const by = await build(target, made);
      const out = `${dist}/${fileName(target)}`;
      await Deno.rename(made, out);
      const size = `${(Deno.statSync(out).size / 1e6).toFixed(0)} MB`;
      print(`${out.padEnd(dist.length + 27)}  ${size.padStart(6)}  ${by}`);
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  print(await writeSums(dist));
}

/**
 * A function that makes one executable of an entry point and returns which runtime it got.
 *
 * @param forBun Makes the entry point for Bun of that for Deno.
 */
export function builder(
  entry: string,
  runtime: Plan["runtime"],
  print: (line: string) => void,
  forBun = (_bun: string, entry: string) => Promise.resolve(entry),
) {
  let bun: string | undefined;
  let bunEntry: string | undefined;
  let noDeno: string | undefined; // why, once that is known: the next target would wait in vain
  return async (target: Target, out: string): Promise<string> => {
    if (target.deno !== undefined && runtime !== "bun" && noDeno === undefined) {
      const limit = runtime === "deno" ? LIMIT : AUTO_LIMIT;
      noDeno = await compileWithDeno(entry, target.deno, out, { limit });
      if (noDeno === undefined) return `deno ${Deno.version.deno}`;
      if (runtime === "deno") throw new Error(`Cannot compile for ${target.name}: ${noDeno}`);
      print(`Deno's base executable cannot be had, so Bun takes its place: ${noDeno}`);
    }
    bun ??= await bunPath();
    bunEntry ??= await forBun(bun, entry);
    await compileWithBun(bun, bunEntry, target.bun, out, LIMIT);
    return `bun ${BUN_VERSION}`;
  };
}

if (import.meta.main) {
  const plan = readArgs(Deno.args, Deno.build.target);
  if (plan === "help") console.log(HELP.trimEnd());
  else if ("problems" in plan) {
    for (const problem of plan.problems) console.error(`Cannot compile: ${problem}`);
    Deno.exit(1);
  } else {
    try {
      await compile(plan, "dist", console.log);
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
      Deno.exit(1);
    }
  }
}
