/** `deno task bundle`: one file for Node, Deno and Bun, and the package around it. */
import { assert_, assertEquals, assertMatch, itIf } from "../deps.ts";
import { bundleForNpm } from "../../scripts/bundle.ts";
import { ts } from "../../scripts/deps.ts";
import { run } from "../../scripts/support/run.ts";
import { bunPath } from "../../scripts/support/toolchain.ts";
import { VERSION } from "../../src/domain/version.ts";
import { type Call, type Outcome, replay } from "../support/program/transcript.ts";
import { isHeavy } from "../support/length.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const itHeavy = itIf(isHeavy(), "it bundles and starts many processes, only with COORD_HEAVY=1");

/** Seconds after which a program that hangs is killed. */
const LIMIT = 60;

const TRANSCRIPTS = `${import.meta.dirname}/../transcripts`;

let made: Promise<string> | undefined;

/** The program, bundled once. */
function program(): Promise<string> {
  return made ??= bundleForNpm(`${makeTempDir()}/npm`);
}

itHeavy("coord.mjs runs on Node, Deno and Bun, and is under 1.53 MB", async () => {
  const file = await program();
  const { size } = await Deno.stat(file);
  // Of 1.5 MB, metrics, export and import with the issues of beads take 30 KB, fsck and doctor as much. The
  // page of `web` and the store in PostgreSQL came last; the client of that is a file of its own. What a
  // process remembers of a workspace, the note of segments and tables with whole paths take 20 KB.
  assert_(size < 1_530_000, `${size} bytes`);
  const runtimes: readonly (readonly [name: string, ...command: string[]])[] = [
    ["node", "node", file],
    ["deno", Deno.execPath(), "run", "-A", "--no-config", file],
    ["bun", await bunPath(), file],
  ];
  const cwd = makeTempDir();
  for (const [name, command = "", ...args] of runtimes) {
    const coord = async (...more: string[]) => {
      const { code, output } = await run(command, [...args, ...more], { cwd, limit: LIMIT });
      assertEquals(code, 0, output);
      return output;
    };
    assertMatch(await coord("--version"), new RegExp(`^coord ${VERSION} \\(${name} `));
    await coord("init");
    await coord("enqueue", "A task", "--run-id", "planner");
    assertEquals(JSON.parse(await coord("claim", "--run-id", name, "--json")).task.title, "A task");
    await coord("lane", "acquire", "src/**", "--owner", name);
    await coord("lane", "release", "--lane", "src/**", "--owner", name);
  }
});

itHeavy("the package brings the client of PostgreSQL", async () => {
  const nowhere = "postgres://me@127.0.0.1:1/coord?space=a";
  const args = [await program(), "store", "status", "--store", nowhere];
  const { code, output } = await run("node", args, { limit: LIMIT });
  assertEquals(code, 3, output);
  assertMatch(output, /the server does not answer \(ECONNREFUSED\)/);
});

itHeavy("the package can be packed and installed, and brings the program coord", async () => {
  const folder = (await program()).replace(/\/[^/]+$/, "");
  const prefix = makeTempDir();
  const packed = await run("npm", ["pack", "--json", folder], { cwd: prefix, limit: LIMIT });
  assertEquals(packed.code, 0, packed.output);
  const [name = ""] = /[\w.-]+\.tgz/.exec(packed.output) ?? [];
  const install = ["install", "--global", "--offline", "--prefix", prefix, `${prefix}/${name}`];
  const installed = await run("npm", install, { limit: LIMIT });
  assertEquals(installed.code, 0, installed.output);
  const { output } = await run(`${prefix}/bin/coord`, ["--version"], { limit: LIMIT });
  assertMatch(output, new RegExp(`^coord ${VERSION} \\(node `));
});

itHeavy("the package brings the library to Node, Deno and Bun, as the README uses it", async () => {
  const folder = (await program()).replace(/\/[^/]+$/, "");
  const cwd = makeTempDir();
  const installed = await run("npm", ["install", "--offline", folder], { cwd, limit: LIMIT });
  assertEquals(installed.code, 0, installed.output);
  const file = `${cwd}/worker.mjs`;
  await Deno.writeTextFile(
    file,
    `import { initWorkspace, openWorkspace } from "@coord/coord";
await initWorkspace(process.argv[2]);
const coord = await openWorkspace({ dir: process.argv[2] });
await coord.tasks.enqueue({ title: "Refactor billing", runId: "planner" });
const hold = await coord.tasks.hold({ runId: "agent-1" });
try {
  if (hold.status === "held") await hold.complete({ files: 3 });
} finally {
  await hold[Symbol.asyncDispose]();
}
console.log((await coord.tasks.list()).completed);
`,
  );
  const runtimes = [["node"], [Deno.execPath(), "run", "-A"], [await bunPath()]];
  for (const [command = "", ...args] of runtimes) {
    const { code, output } = await run(command, [...args, file, makeTempDir()], {
      cwd,
      limit: LIMIT,
    });
    assertEquals([code, output.trim()], [0, "1"], command);
  }
});

itHeavy("the package brings the library's types to TypeScript", async () => {
  const folder = (await program()).replace(/\/[^/]+$/, "");
  const cwd = makeTempDir();
  const installed = await run("npm", ["install", "--offline", folder], { cwd, limit: LIMIT });
  assertEquals(installed.code, 0, installed.output);
  const file = `${cwd}/worker.mts`;
  await Deno.writeTextFile(
    file,
    `import { openWorkspace, type TaskClaimed } from "@coord/coord";
const coord = await openWorkspace({ dir: "." });
const claim = await coord.tasks.claim({ runId: "agent-1" });
if (claim.status === "claimed") print(claim);
await using hold = await coord.tasks.hold({ runId: "agent-1" });
if (hold.status === "held") await hold.complete({ files: hold.fence });
export const completed: number = (await coord.tasks.list()).completed;
// @ts-expect-error: there is no such field
await coord.tasks.claim({ run: "agent-1" });
// @ts-expect-error: it is a number
export const wrong: string = completed;
function print(_: TaskClaimed): void {}
`,
  );
  // The declarations are checked as well. AbortSignal is also in the types of Node.
  const project = ts.createProgram([file], {
    noEmit: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  });
  const problems = ts.getPreEmitDiagnostics(project);
  const text = (each: ts.Diagnostic) => ts.flattenDiagnosticMessageText(each.messageText, " ");
  assertEquals(problems.map((each) => `${each.file?.fileName} ${text(each)}`), []);
});

/** Stops the clock of a Node process where a transcript wants it. */
const CLOCK =
  "data:text/javascript,const now = Number(process.env.TEST_NOW); Date.now = () => now;";

async function onNode({ args, cwd, env, stdin, now, command }: Call): Promise<Outcome> {
  const child = new Deno.Command("node", {
    args: ["--import", CLOCK, await program(), ...args],
    cwd,
    env: { ...env, PATH: `${env["PATH"] ?? ""}:${Deno.env.get("PATH")}`, TEST_NOW: String(now) },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT * 1000);
  const writer = child.stdin.getWriter();
  // A command that does not read its input may have gone before it comes.
  await writer.write(new TextEncoder().encode(stdin)).then(() => writer.close()).catch(() => {});
  const { code, signal, stdout, stderr } = await child.output();
  clearTimeout(timer);
  assert_(signal === null, `No end after ${LIMIT} s: ${command}`);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr), pid: child.pid };
}

/** What goes by the stamps of files, which are of the real clock; `other_systems_test.ts` runs it. */
const BY_REAL_STAMPS = ["doctor.txt", "fsck.txt"];

for (
  const { name } of [...Deno.readDirSync(TRANSCRIPTS)].sort((a, b) => a.name < b.name ? -1 : 1)
) {
  if (!name.endsWith(".txt") || BY_REAL_STAMPS.includes(name)) continue;
  itHeavy(`coord.mjs on Node prints what transcript ${name} says`, async () => {
    const script = await Deno.readTextFile(`${TRANSCRIPTS}/${name}`);
    assertEquals(await replay(script, onNode), script);
  });
}
