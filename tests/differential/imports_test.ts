/**
 * What coord reads as imports, compared with what the languages' own parsers say, on real files:
 * those of the machine's Python, Go and Rust, and npm packages.
 *
 * `COORD_FILES` says how many files of each language are compared; from 1,000 on npm packages are
 * fetched for it, also of Flow. Which files, a printed seed decides. All that there are:
 * `COORD_FILES=100000 deno test -A tests/differential`.
 */
import { importsIn } from "../../src/adapters/fs/checkout/syntax/imports.ts";
import { type Language, languageOf } from "../../src/domain/forecast/imports.ts";
import { MAX_SOURCE_BYTES } from "../../src/domain/limits.ts";
import { run } from "../../scripts/support/run.ts";
import { assert_, assertEquals, itIf } from "../deps.ts";
import { hasProgram, itWith } from "../support/program/programs.ts";
import { isHeavy, sized } from "../support/length.ts";
import { newSeed } from "../support/random.ts";
import { typescriptImports } from "./readers/typescript_imports.ts";

const FILES = Number(Deno.env.get("COORD_FILES") ?? sized(8, 500, 3_000));
const IS_LONG = FILES >= 1_000;
const HERE = new URL(".", import.meta.url).pathname;
const MODULES = new URL("../../node_modules", import.meta.url).pathname;
const CRATES = "/usr/share/cargo/registry";

/** Packages of every kind: sources in TypeScript, declarations, types in JSDoc, CommonJS, Flow. */
const PACKAGES = ["rxjs@7.8.2", "zod@4.6.7", "svelte@5.57.3", "webpack@5.113.0", "three@0.187.0"];
PACKAGES.push("effect@4.1.0", "core-js@3.51.0", "@types/node@26.6.7", "react-native@0.86.3");
PACKAGES.push("flow-parser@0.339.0");

/** What a parser says of one file, sorted; `null` where the file has errors. */
type Said = readonly string[] | null;

itIf(IS_LONG || exists(MODULES), "there is no node_modules")(
  "importsIn() agrees with TypeScript's own parser on npm packages",
  async () => {
    const { files } = await packages();
    const isOurs = (path: string) =>
      ["ts", "tsx", "js"].includes(languageOf(path) ?? "") && !isFlow(path);
    const sample = sampled("TypeScript", files.filter(isOurs));
    await compare(
      "TypeScript",
      sample,
      (paths) => paths.map((path) => typescriptImports(path, Deno.readTextFileSync(path)) ?? null),
    );
  },
);

itIf(IS_LONG, "COORD_FILES is below 1000")(
  "importsIn() agrees with Flow's own parser on npm packages",
  async () => {
    const { folder, files } = await packages();
    const sample = sampled("Flow", files.filter((path) => path.endsWith(".js") && isFlow(path)));
    await compare("Flow", sample, said("node", `${HERE}readers/flow_imports.cjs`, folder));
  },
);

itWith("python3")("importsIn() agrees with Python's own parser on its library", async () => {
  const { output } = await run("python3", [
    "-c",
    "import sysconfig; print(sysconfig.get_path('stdlib'))",
  ]);
  const files = [output.trim(), "/usr/lib/python3"].flatMap((folder) => filesIn(folder, ".py"));
  const sample = sampled("Python", files);
  await compare("Python", sample, said("python3", `${HERE}readers/python_imports.py`));
});

itWith("go")("importsIn() agrees with Go's own parser on its library", async () => {
  const { output } = await run("go", ["env", "GOROOT"]);
  // Debian keeps the sources behind a link.
  const sample = sampled("Go", filesIn(Deno.realPathSync(`${output.trim()}/src`), ".go"));
  await compare("Go", sample, said("go", "run", `${HERE}readers/go_imports.go`));
});

const itInRust = isHeavy() || IS_LONG
  ? itWith("cargo", hasProgram("cargo") && crate("syn"))
  : itIf(false, "building syn takes long, and is left to COORD_HEAVY=1");

itInRust(
  "importsIn() agrees with syn, a parser of Rust, on crates and the standard library",
  async () => {
    const target = Deno.makeTempDirSync({ prefix: "coord_rust_" });
    try {
      // In a copy, since cargo writes beside what it reads.
      const { code, output } = await run("cp", ["-R", `${HERE}readers/rust_imports/.`, target]);
      assertEquals({ code, output }, { code: 0, output: "" });
      const built = await run("cargo", ["build", "--offline", "--quiet"], { cwd: target });
      assertEquals(built.code, 0, built.output);
      const folders = [CRATES, ...rustSources()];
      const sample = sampled("Rust", folders.flatMap((folder) => filesIn(folder, ".rs")));
      await compare("Rust", sample, said(`${target}/target/debug/rust_imports`));
    } finally {
      Deno.removeSync(target, { recursive: true });
    }
  },
);

/** Compares all that importsIn() says of files with all that a parser says, and prints the sums. */
async function compare(
  name: string,
  files: readonly string[],
  read: (paths: readonly string[]) => readonly Said[] | Promise<readonly Said[]>,
): Promise<void> {
  const all = await read(files);
  assertEquals(all.length, files.length);
  const differences: { path: string; missing: string[]; extra: string[] }[] = [];
  const sums = { files: 0, imports: 0, withErrors: 0 };
  for (const [at, path] of files.entries()) {
    const theirs = all[at] ?? null;
    if (theirs === null) {
      sums.withErrors++;
      continue;
    }
    const text = Deno.readTextFileSync(path);
    const imports = await importsIn(languageOf(path) as Language, text, 60_000);
    const ours = (imports ?? [{ module: "not understood", name: null }])
      .map(({ module, name }) => name === null ? module : `${module} ${name}`);
    const missing = theirs.filter((each) => !ours.includes(each));
    const extra = ours.filter((each) => !theirs.includes(each));
    if (missing.length + extra.length > 0) differences.push({ path, missing, extra });
    sums.files++;
    sums.imports += theirs.length;
  }
  console.log(`${name}: ${JSON.stringify(sums)}, ${differences.length} differ`);
  assertEquals(differences, []);
  assert_(sums.files > files.length / 2, "too few files have no errors");
}

/** Runs a parser over files: their names on its stdin, one line of JSON for each on its stdout. */
function said(program: string, ...args: readonly string[]) {
  return async (paths: readonly string[]): Promise<Said[]> => {
    const child = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const output = child.output();
    const stdin = child.stdin.getWriter();
    await stdin.write(new TextEncoder().encode(paths.map((path) => `${path}\n`).join("")));
    await stdin.close();
    const lines = new TextDecoder().decode((await output).stdout).trimEnd().split("\n");
    return lines.map((line): Said => JSON.parse(line));
  };
}

/** As many of the files as are asked for; those that coord would read. */
function sampled(name: string, files: readonly string[]): string[] {
  const random = newSeed(`${name}, ${FILES} of ${files.length} files`);
  const left = [...files];
  const sample: string[] = [];
  while (sample.length < FILES && left.length > 0) {
    const at = random.below(left.length);
    const path = left[at] ?? "";
    left[at] = left.at(-1) ?? "";
    left.pop();
    if (isReadable(path)) sample.push(path);
  }
  return sample;
}

function isReadable(path: string): boolean {
  if (Deno.statSync(path).size > MAX_SOURCE_BYTES) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(path));
    return true;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return false;
  }
}

/** npm packages: those of this repository, or for long comparisons others. */
let fetched: Promise<{ folder: string; files: string[] }> | undefined;

function packages(): Promise<{ folder: string; files: string[] }> {
  fetched ??= IS_LONG ? fetchAll() : Promise.resolve({ folder: MODULES, files: filesIn(MODULES) });
  return fetched;
}

async function fetchAll(): Promise<{ folder: string; files: string[] }> {
  const folder = Deno.makeTempDirSync({ prefix: "coord_npm_" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps"];
  const { code, output } = await run("npm", ["install", ...flags, "--prefix", folder, ...PACKAGES]);
  assertEquals(code, 0, output);
  return { folder, files: filesIn(folder) };
}

function isFlow(path: string): boolean {
  return /^[^]{0,2000}@flow\b/.test(Deno.readTextFileSync(path));
}

function filesIn(folder: string, ending = ""): string[] {
  const files: string[] = [];
  const folders = exists(folder) ? [folder] : [];
  for (const each of folders) {
    for (const { name, isDirectory, isFile } of Deno.readDirSync(each)) {
      if (isDirectory) folders.push(`${each}/${name}`);
      else if (isFile && name.endsWith(ending)) files.push(`${each}/${name}`);
    }
  }
  return files.sort();
}

/** Where Debian's package and rustup have the sources of Rust itself. */
function rustSources(): string[] {
  if (!exists("/usr/src")) return [];
  return [...Deno.readDirSync("/usr/src")].filter(({ name }) => name.startsWith("rustc-"))
    .map(({ name }) => `/usr/src/${name}`);
}

/** Whether Debian's package of a crate is there. */
function crate(name: string): boolean {
  return exists(CRATES) &&
    [...Deno.readDirSync(CRATES)].some((each) => each.name.startsWith(`${name}-`));
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}
