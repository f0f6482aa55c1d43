/**
 * The npm packages of the peers. They are loaded by name at run time, and locked in a file of their own,
 * so that neither the product nor the checks of this repository ever depend on them.
 */
import { run } from "../../../support/run.ts";

const VERSIONS = {
  "ioredis": "6.0.0",
  "bullmq": "6.7.0",
  "pg": "8.23.1",
  "pg-boss": "12.38.0",
  "graphile-worker": "0.18.0",
} as const;

export type PackageName = keyof typeof VERSIONS;

/** What Deno imports; Node has them in a folder, which knows the versions. */
export function specifier(name: PackageName): string {
  return "Deno" in globalThis ? `npm:${name}@${VERSIONS[name]}` : name;
}

/** Puts those that are downloaded where Node finds them. */
export async function installForNode(folder: string): Promise<void> {
  const manifest = { private: true, type: "module", dependencies: VERSIONS };
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(manifest));
  await Deno.copyFile(LOCK, `${folder}/deno.lock`);
  const args = ["install", "--node-modules-dir=auto", "--cached-only"];
  const { code, output } = await run(Deno.execPath(), args, { cwd: folder });
  if (code !== 0) throw new Error(`Cannot install the packages of the bench: ${output.trim()}`);
}

const LOCK = new URL("./packages.lock", import.meta.url).pathname;

/** Options of `deno run` for a worker that loads one of them. */
export const PACKAGE_OPTIONS = ["--no-config", `--lock=${LOCK}`, "--frozen", "--cached-only"];

/** The modules of a package; what is used of it has to be described by the caller. */
export async function load<T>(name: PackageName): Promise<T> {
  return await import(specifier(name));
}

/** Downloads all of them; the lock says which versions of what they need. */
export async function installPackages(): Promise<{ code: number; output: string }> {
  const names = Object.keys(VERSIONS) as PackageName[];
  return await run(Deno.execPath(), [
    "cache",
    "--no-config",
    `--lock=${LOCK}`,
    "--frozen",
    ...names.map(specifier),
  ]);
}

/** Why a package cannot be loaded; nothing when it can. */
export async function packageMissing(name: PackageName): Promise<string | undefined> {
  const load = `await import("${specifier(name)}")`;
  const { code } = await run(Deno.execPath(), ["eval", ...PACKAGE_OPTIONS, load]);
  return code === 0 ? undefined : `the npm package ${name} ${VERSIONS[name]} is not installed`;
}
