/**
 * Publishes the library on JSR, from a folder of its own: the `imports` of this repository's
 * `deno.json` lead the `jsr:` packages to the npm registry, which is for this repository alone, and
 * `deno publish` would write those addresses into the sources.
 *
 * Usage: deno task publish            lists what would be published
 *        deno task publish --execute  publishes it
 */
import { copy, emptyDir } from "./deps.ts";

const ROOT = `${import.meta.dirname}/..`;

/** What consumers get. */
const PUBLISHED = ["mod.ts", "cli.ts", "src", "README.md", "CHANGELOG.md", "LICENSE"];

/** Copies what is published into a folder, which is emptied first, with a `deno.json` of its own. */
export async function stage(folder: string): Promise<void> {
  await emptyDir(folder);
  for (const name of PUBLISHED) await copy(`${ROOT}/${name}`, `${folder}/${name}`);
  const { name, version, license, exports } = JSON.parse(
    await Deno.readTextFile(`${ROOT}/deno.json`),
  );
  const fields = { name, version, license, exports };
  await Deno.writeTextFile(`${folder}/deno.json`, `${JSON.stringify(fields, undefined, 2)}\n`);
}

/** Runs `deno publish` in a staged folder. */
export function publish(folder: string, execute: boolean): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["publish", "--allow-dirty", "--no-check", ...(execute ? [] : ["--dry-run"])],
    cwd: folder,
  });
}

if (import.meta.main) {
  const unknown = Deno.args.find((arg) => arg !== "--execute");
  if (unknown !== undefined) {
    console.error(`Cannot publish: unknown argument "${unknown}", known is --execute`);
    Deno.exit(1);
  }
  await stage("dist/jsr");
  const { code } = await publish("dist/jsr", Deno.args.includes("--execute")).spawn().status;
  Deno.exit(code);
}
