/** What the tests of packaging build: in folders of their own, so that `dist/` stays as it is. */
import { compile } from "../../../scripts/compile.ts";
import { type Plan } from "../../../scripts/compile/args.ts";
import { fileName, targetOf } from "../../../scripts/compile/targets.ts";
import { makeTempDir } from "../scene/scratch.ts";

/** The files of a build, and what it printed. */
export interface Built {
  readonly dist: string;
  readonly printed: readonly string[];
}

export async function build(plan: Plan): Promise<Built> {
  const dist = makeTempDir();
  const printed: string[] = [];
  await compile(plan, dist, (line) => printed.push(line));
  return { dist, printed };
}

let own: Promise<string> | undefined;

/** The executable for this machine, built once a process. */
export function ownExecutable(): Promise<string> {
  return own ??= buildOwn();
}

async function buildOwn(): Promise<string> {
  const target = targetOf(Deno.build.target);
  if (target === undefined) throw new Error(`There is no target for ${Deno.build.target}`);
  const { dist } = await build({ targets: [target], runtime: "auto" });
  return `${dist}/${fileName(target)}`;
}
