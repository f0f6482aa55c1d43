/** `deno task compile`: its arguments, what it embeds, and the files that it makes. */
import { assert_, assertEquals, assertMatch, it, itIf } from "../deps.ts";
import { readArgs } from "../../scripts/compile/args.ts";
import { compileWithBun } from "../../scripts/compile/bun.ts";
import { bundle } from "../../scripts/compile/bundle.ts";
import { compileWithDeno } from "../../scripts/compile/deno.ts";
import { PERMISSIONS } from "../../scripts/compile/permissions.ts";
import { fileName, targetOf, TARGETS } from "../../scripts/compile/targets.ts";
import { sourceFacts } from "../../scripts/support/source_facts.ts";
import { listFiles, readSources } from "../../scripts/support/sources.ts";
import { run } from "../../scripts/support/run.ts";
import { BUN_VERSION, bunPath, DENO_VERSION } from "../../scripts/support/toolchain.ts";
import { COMMANDS } from "../../src/commands/registry.ts";
import { VERSION } from "../../src/domain/version.ts";
import { build } from "../support/program/built.ts";
import { isHeavy } from "../support/length.ts";
import { itWith } from "../support/program/programs.ts";
import { isWritten, until } from "../support/program/working.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const ROOT = `${import.meta.dirname}/../..`;
const LINUX = "x86_64-unknown-linux-gnu";
const itHeavy = itIf(isHeavy(), "it builds executables, only with COORD_HEAVY=1");
const itWithFile = isHeavy() ? itWith("file") : itHeavy;

function planned(...args: string[]) {
  const plan = readArgs(args, LINUX);
  if (plan === "help" || "problems" in plan) return plan;
  return { targets: plan.targets.map(({ name }) => name), runtime: plan.runtime };
}

it("readArgs() takes this machine's target unless others are named", () => {
  assertEquals(planned(), { targets: ["linux-x64"], runtime: "auto" });
  assertEquals(
    planned("--target=windows-x64", "--target", "linux-x64-musl", "--runtime", "bun"),
    { targets: ["linux-x64-musl", "windows-x64"], runtime: "bun" },
  );
  assertEquals(planned("--all", "--target", "macos-x64"), {
    targets: TARGETS.map(({ name }) => name),
    runtime: "auto",
  });
  assertEquals(planned("--target", "nonsense", "--help"), "help");
});

it("readArgs() reports all problems together", () => {
  assertEquals(planned("--targt", "x", "--target", "linux-64", "--runtime=node", "--all=1", "y"), {
    problems: [
      'unknown flag "--targt", did you mean "--target"?',
      'unknown target "linux-64", did you mean "linux-x64"?',
      'unknown runtime "node", known are auto, deno, bun',
      "--all takes no value",
      'unknown argument "y"',
    ],
  });
  assertEquals(planned("--target", "--all"), { problems: ["--target needs a value"] });
});

it("readArgs() refuses what cannot be built", () => {
  assertEquals(planned("--runtime", "deno", "--target", "linux-arm64-musl"), {
    problems: ['target "linux-arm64-musl" can only be built with Bun'],
  });
  assertEquals(readArgs([], "riscv64-unknown"), {
    problems: ["there is no target for this machine (riscv64-unknown), name one with --target"],
  });
});

it("fileName() is coord-<os>-<arch>[-musl][.exe]", () => {
  assertEquals(TARGETS.map(fileName), [
    "coord-linux-x64",
    "coord-linux-arm64",
    "coord-linux-x64-musl",
    "coord-linux-arm64-musl",
    "coord-macos-x64",
    "coord-macos-arm64",
    "coord-windows-x64.exe",
  ]);
});

it("CI and the README start the Deno that the executables are built with", () => {
  for (const path of [".ci/run", "README.md"]) {
    const named = [...Deno.readTextFileSync(`${ROOT}/${path}`).matchAll(/deno@([\d.]+\d)/g)];
    assert_(named.length > 0, path);
    for (const [text] of named) assertEquals(text, `deno@${DENO_VERSION}`, path);
  }
});

// Deno's own base is a download; any executable will do to see what is embedded in it.
itHeavy("deno compile embeds every command and all else that is loaded on demand", async () => {
  const folder = makeTempDir();
  const entry = await bundle(ROOT, `${folder}/bundle`);
  const out = `${folder}/coord`;
  const limits = { limit: 60, base: "/bin/true" };
  assertEquals(await compileWithDeno(entry, LINUX, out, limits), undefined);
  const embedded = Deno.readTextFileSync(out);
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    const { examples = [] } = await load();
    assert_(examples.length > 0, `${name} has no example to look for`);
    for (const example of examples) {
      const asText = JSON.stringify(example).slice(1, -1); // or as it is, in other quotes
      assert_(embedded.includes(example) || embedded.includes(asText), `${name}: ${example}`);
    }
  }
  for (const path of loadedOnDemand()) {
    const name = path.replace(/^.*\/|\.ts$/g, "");
    assert_(new RegExp(`\\b${name}(-[A-Z0-9]{8})?\\.js`).test(embedded), `${path} has a chunk`);
  }
});

/** The modules that `cli.ts` and what it imports load by `import("…")`. */
function loadedOnDemand(): string[] {
  const sources = readSources(ROOT);
  const reached = new Set(["cli.ts"]);
  const found = new Set<string>();
  for (const path of reached) { // goes on with what is added meanwhile
    const text = sources.get(path) ?? "";
    for (const { specifier, typeOnly } of sourceFacts(path, text).imports) {
      if (specifier === undefined || typeOnly || !/^\..*\.ts$/.test(specifier)) continue;
      const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
      reached.add(target);
      if (text.includes(`import("${specifier}")`)) found.add(target);
    }
  }
  assert_(found.has("src/cli/help/help.ts"), "the walk finds modules");
  return [...found];
}

/** Runs a program that must end well, and gives what it printed. */
async function output(
  program: string,
  args: readonly string[],
  options: Parameters<typeof run>[2] = {},
): Promise<string> {
  const { code, output } = await run(program, args, { limit: 120, ...options });
  assertEquals(code, 0, `${program} ${args.join(" ")}: ${output}`);
  return output;
}

itHeavy(
  "an executable on Bun starts in a folder that was removed, and takes every argument",
  async () => {
    const dir = makeTempDir();
    const text = 'console.log(process.argv.slice(2).join(" "))';
    Deno.writeTextFileSync(`${dir}/entry.js`, text);
    const target = targetOf(Deno.build.target)?.bun ?? "";
    await compileWithBun(await bunPath(), `${dir}/entry.js`, target, `${dir}/program`, 120);
    const inRemoved = 'mkdir gone && cd gone && rmdir "$PWD" && exec "$0" "$@"';
    const args = ["--version", "--help", "-e", "x", "--", "--eval"];
    const printed = await output("sh", ["-c", inRemoved, `${dir}/program`, ...args], { cwd: dir });
    assertEquals(printed, `${args.join(" ")}\n`);
  },
);

itHeavy("deno task compile makes a working executable of a fresh copy within 60 s", async () => {
  const copy = makeTempDir();
  for (const path of listFiles(ROOT)) {
    Deno.mkdirSync(`${copy}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.copyFileSync(`${ROOT}/${path}`, `${copy}/${path}`);
  }
  const start = performance.now();
  const printed = await output(Deno.execPath(), ["task", "--quiet", "compile"], {
    cwd: copy,
    env: { DENO_DIR: makeTempDir() },
  });
  const seconds = (performance.now() - start) / 1000;
  assert_(seconds < 60, `it took ${seconds.toFixed(0)} s`);
  const [, path = "", by = ""] = /^(dist\/\S+) .* ((?:deno|bun) \S+)$/m.exec(printed) ?? [];
  const answer = JSON.parse(await output(`${copy}/${path}`, ["--version", "--json"]));
  assertEquals([answer.version, answer.runtime], [VERSION, by], printed);
  await output("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: `${copy}/dist` });
  await usesWhatIsLoadedOnDemand([`${copy}/${path}`]);
  await startsItself([`${copy}/${path}`]);
});

// What `deno compile` would put into an executable, with the rights that it would have there.
itHeavy("the bundle works on Deno with PERMISSIONS and no others", async () => {
  const entry = await bundle(ROOT, `${makeTempDir()}/bundle`);
  const command = [Deno.execPath(), "run", "--no-config", ...PERMISSIONS, entry];
  await usesWhatIsLoadedOnDemand(command);
  await startsItself(command);
});

/** Has a coord read a source file of each language, and `lanes.json`. */
async function usesWhatIsLoadedOnDemand(command: readonly string[]): Promise<void> {
  const [program = "", ...before] = command;
  const cwd = makeTempDir();
  const coord = (...args: readonly string[]) => output(program, [...before, ...args], { cwd });
  await coord("init");
  const sources = {
    "a.ts": 'import "./b.ts";\n',
    "b.ts": "",
    "c.py": "import d\n",
    "d.py": "",
    "go.mod": "module m\n",
    "e/e.go": 'package e\n\nimport "m/f"\n',
    "f/f.go": "package f\n",
    "src/lib.rs": "mod g;\n",
    "src/g.rs": "",
    ".coord/lanes.json": '{"lanes": {"api": {"tree": ["docs/**"]}}}',
  };
  for (const folder of ["e", "f", "src"]) Deno.mkdirSync(`${cwd}/${folder}`);
  for (const [name, text] of Object.entries(sources)) {
    Deno.writeTextFileSync(`${cwd}/${name}`, text);
  }
  assertMatch(await coord("lane", "acquire", "--lane", "api", "--owner", "a"), /docs\/\*\*/);
  const pairs = [["a.ts", "b.ts"], ["c.py", "d.py"], ["e/e.go", "f/f.go"], [
    "src/lib.rs",
    "src/g.rs",
  ]];
  for (const [at, pair] of pairs.entries()) {
    for (const [of, address = ""] of pair.entries()) {
      await coord("reserve", address, "--run-id", `agent-${at}-${of}`);
    }
  }
  const { conflicts } = JSON.parse(await coord("forecast", "--json"));
  assertEquals(
    conflicts.map(({ type, addresses }: Record<string, unknown>) => [type, addresses]),
    pairs.map((pair) => ["dependency_overlap", pair]),
  );
}

/** Has a coord in a workspace of last week start itself once more, which is how ended records go. */
async function startsItself(command: readonly string[]): Promise<void> {
  const [program = "", ...before] = command;
  const cwd = makeTempDir();
  const coord = (...args: readonly string[]) => output(program, [...before, ...args], { cwd });
  await coord("init");
  Deno.utimeSync(`${cwd}/.coord/.gitignore`, 0, 0);
  await coord("enqueue", "One", "--run-id", "p");
  await until("it has begun", () => isWritten(`${cwd}/.coord/index/collected`));
}

/** What `file` says of each executable, as far as the name says it. */
const KINDS: Readonly<Record<string, RegExp>> = {
  "coord-linux-x64": /^ELF 64-bit .*x86-64.*interpreter \/lib64\/ld-linux-x86-64/,
  "coord-linux-arm64": /^ELF 64-bit .*aarch64.*interpreter \/lib\/ld-linux-aarch64/,
  "coord-linux-x64-musl": /^ELF 64-bit .*x86-64.*interpreter \/lib\/ld-musl-x86_64/,
  "coord-linux-arm64-musl": /^ELF 64-bit .*aarch64.*interpreter \/lib\/ld-musl-aarch64/,
  "coord-macos-x64": /^Mach-O 64-bit x86_64 executable/,
  "coord-macos-arm64": /^Mach-O 64-bit arm64 executable/,
  "coord-windows-x64.exe": /^PE32\+ executable.*x86-64/,
};

itWithFile("deno task compile --all makes what each name says", async () => {
  const { dist, printed } = await build({ targets: TARGETS, runtime: "auto" });
  const made = [...Deno.readDirSync(dist)].map(({ name }) => name).sort();
  assertEquals(made, [...Object.keys(KINDS), "SHA256SUMS"].sort());
  for (const [name, kind] of Object.entries(KINDS)) {
    assertMatch(await output("file", ["--brief", `${dist}/${name}`]), kind);
    const by = printed.find((line) => line.includes(`/${name} `))?.split("  ").at(-1) ?? "";
    assert_([`bun ${BUN_VERSION}`, `deno ${Deno.version.deno}`].includes(by), `${name}: ${by}`);
  }
  await output("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: dist });
});
