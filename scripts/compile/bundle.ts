/** All of coord as plain JavaScript. */
import { run } from "../support/run.ts";

/**
 * The client of PostgreSQL, which is no ES module: among the others it would have each of them load
 * `node:module`, which takes Deno time, and `/proc`.
 */
const POSTGRES = { from: "../../deps/postgres.ts", entry: "src/deps/postgres" } as const;

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
  { split = true, entry = "cli", external = [] }: {
    readonly split?: boolean;
    readonly entry?: "cli" | "mod" | `src/deps/${string}`;
    /** How modules are imported that stay out of the bundle. */
    readonly external?: readonly string[];
  } = {},
): Promise<string> {
  const outside = split ? [...external, POSTGRES.from] : external;
  const { code, output } = await run(Deno.execPath(), [
    "bundle",
    `--config=${root}/deno.json`,
    "--frozen",
    "--check",
    ...outside.map((specifier) => `--external=${specifier}`),
    ...(split ? ["--minify", "--code-splitting"] : []),
    `--outdir=${folder}`,
    `${root}/${entry}.ts`,
  ]);
  if (code !== 0) throw new Error(`Cannot bundle ${entry}.ts: ${output}`);
  if (split) {
    const name = (await bundle(root, folder, { split: false, entry: POSTGRES.entry }))
      .slice(folder.length + 1);
    for (const file of Deno.readDirSync(folder)) {
      const text = Deno.readTextFileSync(`${folder}/${file.name}`);
      if (!text.includes(POSTGRES.from)) continue;
      Deno.writeTextFileSync(`${folder}/${file.name}`, text.replaceAll(POSTGRES.from, `./${name}`));
    }
  }
  return `${folder}/${entry.split("/").at(-1)}.js`;
}
