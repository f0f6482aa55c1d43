/**
 * The runtimes that coord is built and tested with. `.ci/run` and the README name the same Deno,
 * since they are what starts it.
 */
import { run } from "./run.ts";

export const DENO_VERSION = "2.9.6";
export const BUN_VERSION = "1.4.5";

/** The package of the npm registry that brings Bun. */
export const BUN = `bun@${BUN_VERSION}`;

/**
 * Where Bun lies, fetched by npx if it has to be. Asked for its own path, so that later no wrapper
 * stands between a kill and the program.
 *
 * @throws {Error} when npx cannot deliver it.
 */
export function bunPath(): Promise<string> {
  return pathOf(BUN);
}

/**
 * Where a release of Node lies, in the same way.
 *
 * @throws {Error} when npx cannot deliver it.
 */
export function nodePath(version: string): Promise<string> {
  return pathOf(`node@${version}`);
}

async function pathOf(runtime: string): Promise<string> {
  const npx = Deno.build.os === "windows" ? "npx.cmd" : "npx";
  const { code, output } = await run(npx, ["-y", runtime, "--print", "process.execPath"]);
  const path = output.trim().split("\n").at(-1);
  if (code !== 0 || path === undefined) throw new Error(`Cannot get ${runtime} by npx: ${output}`);
  return path;
}
