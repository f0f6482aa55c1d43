/** Executables on Deno. */
import { run } from "../support/run.ts";
import { PERMISSIONS } from "./permissions.ts";

/**
 * Compiles a bundle for a target. Deno takes its base executable, `denort`, from its cache, from the
 * file that `DENORT_BIN` names, or from dl.deno.land.
 *
 * @param options.limit Seconds for all of it.
 * @param options.base Another base executable.
 * @returns `undefined` when it worked, else why not, in one line.
 */
export async function compileWithDeno(
  entry: string,
  triple: string,
  out: string,
  { limit, base }: { readonly limit: number; readonly base?: string },
): Promise<string | undefined> {
  const { code, output, seconds } = await run(Deno.execPath(), [
    "compile",
    "--no-config",
    "--no-lock",
    "--no-check", // the bundle was made of checked sources
    ...PERMISSIONS,
    `--target=${triple}`,
    `--output=${out}`,
    entry,
  ], { limit, env: base === undefined ? {} : { DENORT_BIN: base } });
  if (code === 0) return undefined;
  if (seconds >= limit) return `it was not there after ${limit} s`;
  return reasonIn(output);
}

/** The line that says most: the cause that names the address, else the error itself. */
function reasonIn(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  return lines.find((line) => /^\d+: .*https?:/.test(line))?.replace(/^\d+: /, "") ??
    lines.find((line) => line.startsWith("error: "))?.slice("error: ".length) ?? output.trim();
}
