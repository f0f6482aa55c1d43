/** A folder in which programs run that find `coord` on their path, on Deno. */
import { run } from "../../../scripts/support/run.ts";
import { makeTempDir } from "../scene/scratch.ts";

const ROOT = new URL("../../..", import.meta.url).pathname.replace(/\/$/, "");

/** Seconds after which a program that hangs is killed. */
const LIMIT = 60;

/** An empty folder, and a way to run programs in it. `before` is what the shell does before `coord`. */
export function project(before = "") {
  const folder = makeTempDir();
  const bin = makeTempDir();
  const coord =
    `exec '${Deno.execPath()}' run -A '--config=${ROOT}/deno.json' '${ROOT}/cli.ts' "$@"`;
  Deno.writeTextFileSync(`${bin}/coord`, `#!/bin/sh\n${before}\n${coord}\n`, { mode: 0o755 });
  return {
    folder,
    run: (program: string, args: readonly string[], env: Record<string, string> = {}) =>
      run(program, args, {
        cwd: folder,
        limit: LIMIT,
        env: { PATH: `${bin}:${Deno.env.get("PATH")}`, ...env },
      }),
  };
}
