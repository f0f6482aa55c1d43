/**
 * Makes the package for the npm registry, `dist/npm/`: the program `coord.mjs` and the library
 * `mod.mjs`, a file each that runs on Node, Deno and Bun alike, with the library's types,
 * `package.json`, README and license. What speaks the Model Context Protocol is `mcp.mjs`, which only
 * `coord mcp` loads, and the client of PostgreSQL is `postgres.mjs`. Prints what it made.
 *
 * Usage: deno task bundle; then `npm pack ./dist/npm`, or `node dist/npm/coord.mjs --help`.
 */
import { fileURLToPath } from "node:url";
import { bundle } from "./compile/bundle.ts";
import { declarations } from "./compile/types.ts";
import { copy, emptyDir } from "./deps.ts";
import { run } from "./support/run.ts";
import { bunPath } from "./support/toolchain.ts";

/** Seconds for each step. */
const LIMIT = 120;

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The oldest Node that the package runs on. */
export const NODE = ">=20.16";

/** A module that is a file of its own, which few calls load: how it is imported, and its name. */
interface Apart {
  readonly from: string;
  readonly name: string;
}

const MCP: Apart = { from: "../deps/mcp.ts", name: "mcp" };
const POSTGRES: Apart = { from: "../../deps/postgres.ts", name: "postgres" };

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
    const program = `${folder}/coord.mjs`;
    await withApart("mod", work, `${folder}/mod.mjs`, [POSTGRES]);
    await withApart("cli", work, program, [MCP, POSTGRES], "--banner=#!/usr/bin/env node");
    for (const { name } of [MCP, POSTGRES]) {
      const made = await bundle(ROOT, work, { split: false, entry: `src/deps/${name}` });
      await forNode(made, `${folder}/${name}.mjs`);
    }
    await Deno.chmod(program, 0o755);
    for (const [path, text] of declarations(ROOT)) {
      const file = `${folder}/types/${path}`;
      await Deno.mkdir(file.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(file, text);
    }
    await Deno.writeTextFile(`${folder}/package.json`, packageJson());
    for (const name of ["README.md", "LICENSE"]) await copy(`${ROOT}/${name}`, `${folder}/${name}`);
    return program;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Bundles an entry into a file that loads some modules from files beside it. */
async function withApart(
  entry: "cli" | "mod",
  work: string,
  file: string,
  apart: readonly Apart[],
  ...flags: string[]
): Promise<void> {
  const external = apart.map(({ from }) => from);
  const made = await bundle(ROOT, work, { split: false, entry, external });
  // Bun leaves no path out, but a name.
  for (const { from, name } of apart) await reimport(made, from, name);
  await forNode(made, file, ...flags, ...apart.map(({ name }) => `--external=${name}`));
  for (const { name } of apart) await reimport(file, name, `./${name}.mjs`);
}

/** Has a file import a module by another name. */
async function reimport(file: string, from: string, to: string): Promise<void> {
  const parts = (await Deno.readTextFile(file)).split(`import("${from}")`);
  if (parts.length !== 2) throw new Error(`${file} imports "${from}" ${parts.length - 1} times`);
  await Deno.writeTextFile(file, parts.join(`import("${to}")`));
}

/** Deno keeps `using` as it is, which Node cannot read before version 24; Bun rewrites it. */
async function forNode(entry: string, file: string, ...flags: string[]): Promise<void> {
  const args = ["build", "--target=node", "--format=esm", "--minify", ...flags];
  const { code, output } = await run(
    await bunPath(),
    [...args, `--outfile=${file}`, entry],
    { limit: LIMIT },
  );
  if (code !== 0) throw new Error(`Cannot bundle for Node: ${output.trim()}`);
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
    exports: { ".": { types: "./types/mod.d.ts", default: "./mod.mjs" } },
    files: ["coord.mjs", "mcp.mjs", "mod.mjs", "postgres.mjs", "types"],
    engines: { node: NODE },
  };
  return `${JSON.stringify(fields, undefined, 2)}\n`;
}

if (import.meta.main) {
  try {
    const program = await bundleForNpm("dist/npm");
    for (
      const file of [
        program,
        ...["mcp", "mod", "postgres"].map((name) => `dist/npm/${name}.mjs`),
      ]
    ) {
      console.log(`${file}  ${(Deno.statSync(file).size / 1e3).toFixed(0)} KB`);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
