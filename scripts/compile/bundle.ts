/** All of coord as plain JavaScript. */
import { run } from "../support/run.ts";

/**
 * Type-checks an entry, the program, the library, or what the program loads as `external`, and bundles
 * it into `folder`.
 *
 * With `split`, a command that is loaded on demand stays a file of its own, and all is minified. In
 * one file, Deno would also have to load the half that is for Bun, which takes longer than all the
 * rest.
 *
 * @returns The entry point.
 * @throws {Error} with what Deno says when it cannot.
 */
export async function bundle(
  root: string,
  folder: string,
  { split = true, entry = "cli", external }: {
    readonly split?: boolean;
    readonly entry?: "cli" | "mod" | "src/deps/mcp";
    /** How a module is imported that stays out of the bundle. */
    readonly external?: string;
  } = {},
): Promise<string> {
  const { code, output } = await run(Deno.execPath(), [
    "bundle",
    `--config=${root}/deno.json`,
    "--frozen",
    "--check",
    ...(external === undefined ? [] : [`--external=${external}`]),
    ...(split ? ["--minify", "--code-splitting"] : []),
    `--outdir=${folder}`,
    `${root}/${entry}.ts`,
  ]);
  if (code !== 0) throw new Error(`Cannot bundle ${entry}.ts: ${output}`);
  return `${folder}/${entry.split("/").at(-1)}.js`;
}
