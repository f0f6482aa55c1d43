/**
 * Makes the package for the npm registry, `dist/npm/`: `coord.mjs`, one file that runs on Node, Deno
 * and Bun alike, with its `package.json`, README and license. Prints what it made.
 *
 * Usage: deno task bundle; then `npm pack ./dist/npm`, or `node dist/npm/coord.mjs --help`.
 */
import { bundle } from "./compile/bundle.ts";
import { copy, emptyDir } from "./deps.ts";
import { run } from "./support/run.ts";
import { bunPath } from "./support/toolchain.ts";

/** Seconds for each step. */
const LIMIT = 120;

const ROOT = `${import.meta.dirname}/..`;

/** The oldest Node that the package runs on. */
export const NODE = ">=20.16";

/**
 * Bundles coord into a folder, which is emptied first.
 *
 * @returns The program's path.
 * @throws {Error} with what the bundler says when it cannot.
 */
export async function bundleForNpm(folder: string): Promise<string> {
  await emptyDir(folder);
  const work = await Deno.makeTempDir({ prefix: "coord_bundle_" });
  try {
    const entry = await bundle(ROOT, work, { split: false });
    const program = `${folder}/coord.mjs`;
    // Deno keeps `using` as it is, which Node cannot read before version 24; Bun rewrites it.
    const { code, output } = await run(await bunPath(), [
      "build",
      "--target=node",
      "--format=esm",
      "--minify",
      "--banner=#!/usr/bin/env node",
      `--outfile=${program}`,
      entry,
    ], { limit: LIMIT });
    if (code !== 0) throw new Error(`Cannot bundle for Node: ${output.trim()}`);
    await Deno.chmod(program, 0o755);
    await Deno.writeTextFile(`${folder}/package.json`, packageJson());
    for (const name of ["README.md", "LICENSE"]) await copy(`${ROOT}/${name}`, `${folder}/${name}`);
    return program;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** What the registry wants to know, from `deno.json`. */
function packageJson(): string {
  const { name, version, license } = JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`));
  const description =
    "Reservations, a task queue, leases and one event stream for AI agents that " +
    "share one checkout: plain files, no daemon";
  const fields = {
    name,
    version,
    description,
    license,
    type: "module",
    bin: { coord: "coord.mjs" },
    files: ["coord.mjs"],
    engines: { node: NODE },
  };
  return `${JSON.stringify(fields, undefined, 2)}\n`;
}

if (import.meta.main) {
  try {
    const program = await bundleForNpm("dist/npm");
    console.log(`${program}  ${(Deno.statSync(program).size / 1e3).toFixed(0)} KB`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
