/** All of coord as plain JavaScript. */
import { run } from "../support/run.ts";

/**
 * Type-checks an entry, the program or the library, and bundles it into `folder`.
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
  { split = true, entry = "cli" }: {
    readonly split?: boolean;
    readonly entry?: "cli" | "mod";
  } = {},
): Promise<string> {
  const { code, output } = await run(Deno.execPath(), [
    "bundle",
    `--config=${root}/deno.json`,
    "--frozen",
    "--check",
    ...(split ? ["--minify", "--code-splitting"] : []),
    `--outdir=${folder}`,
    `${root}/${entry}.ts`,
  ]);
  if (code !== 0) throw new Error(`Cannot bundle ${entry}.ts: ${output}`);
  return `${folder}/${entry}.js`;
}
