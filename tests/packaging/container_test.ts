/** The executable in roots that hold nothing but it and its libraries. */
import { assert_, assertEquals, itIf } from "../deps.ts";
import { bundle } from "../../scripts/compile/bundle.ts";
import { PERMISSIONS } from "../../scripts/compile/permissions.ts";
import { COMMANDS } from "../../src/commands/registry.ts";
import { ownExecutable } from "../support/program/built.ts";
import {
  type BoxChild,
  type BoxOptions,
  canBox,
  makeRoot,
  startIn,
} from "../support/program/container.ts";
import { sleep } from "../support/race/processes.ts";
import { isHeavy } from "../support/length.ts";
import { programPath } from "../support/program/programs.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const it = isHeavy()
  ? itIf(canBox(), "namespaces and chroot take root, outside of a sandbox")
  : itIf(false, "it builds an executable, only with COORD_HEAVY=1");

const ROOT = `${import.meta.dirname}/../..`;

/** A number of no user: it has no entry in any passwd, and there is no passwd either. */
const STRANGER = 54_321;

/** How coord is started in a root. */
interface Installed extends BoxOptions {
  readonly root: string;
  readonly command: readonly string[];
}

let made: Promise<Installed> | undefined;

/** A root with the executable. */
function executable(): Promise<Installed> {
  return made ??= ownExecutable().then((coord) => ({
    root: makeRoot({ coord }),
    command: ["/coord"],
  }));
}

type Json = Record<string, unknown>;

function start({ root, command, ...options }: Installed, args: readonly string[]): BoxChild {
  const [program = "", ...before] = command;
  return startIn(root, program, [...before, ...args], options);
}

/** Runs a command with `--json` to its end; it must end well and say nothing on standard error. */
async function coord(installed: Installed, args: readonly string[]): Promise<Json> {
  const { code, out, err } = await start(installed, [...args, "--json"]).ended;
  assertEquals({ code, err }, { code: 0, err: "" }, `coord ${args.join(" ")}: ${out}`);
  return JSON.parse(out.split("\n")[0] ?? "");
}

/** The work that every root must be good for, in the workspace of one folder. */
async function workIn(folder: string, installed: Installed): Promise<void> {
  const dir = ["--dir", folder];
  const runId = (name: string) => ["--run-id", name];
  assertEquals((await coord(installed, ["init", folder])).created, true);

  const watch = start(installed, ["watch", "--json", ...dir]);
  const wait = ["claim", "--wait", "30", "--json", ...runId("agent-1"), ...dir];
  const waiting = start(installed, wait);
  await sleep(300);
  const task = await coord(installed, ["enqueue", "Fix it", ...runId("planner"), ...dir]);
  const claimed = await waiting.ended;
  assertEquals(claimed.code, 0, claimed.out + claimed.err);
  const claim: Json = JSON.parse(claimed.out);
  assertEquals([claim.task_id, claim.attempt], [task.task_id, 1]);

  if (Object.hasOwn(COMMANDS, "lane acquire")) {
    const lane = ["--lane", "api", "--owner", "agent-1", "--loop-ts", "1", ...dir];
    const acquire = ["lane", "acquire", "--tree", "src/**", ...runId("agent-1"), ...lane];
    const acquired = await coord(installed, acquire);
    assertEquals([acquired.outcome, acquired.lane], ["acquire", "api"]);
    const live = JSON.stringify(await coord(installed, ["lane", "live", ...dir]));
    assert_(live.includes('"api"'), `the lane is live: ${live}`);
  }

  const complete = ["complete", String(task.task_id), ...runId("agent-1"), ...dir];
  assertEquals((await coord(installed, complete)).status, "completed");
  await watch.printed(`"status":"completed"`);
  watch.signal("SIGTERM");
  const { code, err } = await watch.ended;
  assertEquals({ code, err }, { code: 0, err: "" });
  assertEquals((await coord(installed, ["tasks", ...dir])).completed, 1);
}

it("coord works in an empty root, with neither HOME nor any other variable", async () => {
  await workIn("/work", await executable());
});

/** The blocks of `sh` in a section of the README, as one script, without those that say they are not run. */
function scriptOf(section: string): string {
  const [, text = ""] = Deno.readTextFileSync(`${ROOT}/README.md`).split(`\n## ${section}\n`);
  const [own = ""] = text.split("\n## ");
  const found = own.matchAll(/(^<!-- not run: .*-->\n\n)?^```sh\n([^]*?)^```$/gm);
  const blocks = [...found].flatMap(([, isLeft, block]) => isLeft === undefined ? block : []);
  assert_(blocks.length > 0, `the README has command lines in "${section}"`);
  return blocks.join("\n");
}

/** A root with the executable and what a shell of a small container has, on its path. */
async function withShell(): Promise<Installed> {
  const shell = ["sh", "bash", "mkdir", "sleep", "cat", "echo"].map((
    name,
  ) => [name, programPath(name) ?? name]);
  const coord = await ownExecutable();
  return {
    root: makeRoot({ coord, ...Object.fromEntries(shell) }),
    command: ["/coord"],
    env: { PATH: "/" },
  };
}

/** Runs a script in a folder of the root, to its end. */
async function inShell(installed: Installed, folder: string, script: string): Promise<string> {
  const { root, command: _, ...options } = installed;
  Deno.writeTextFileSync(`${root}/script.sh`, `cd ${folder}\n${script}`);
  const { code, out, err } = await startIn(root, "/sh", ["-e", "/script.sh"], options).ended;
  assertEquals(code, 0, out + err);
  return out + err;
}

/** Tasks by their titles, with their ends and the first word of their claimers' names. */
async function endsIn(installed: Installed, folder: string): Promise<string[]> {
  const { items } = await coord(installed, ["tasks", "--dir", folder]);
  return (items as Json[]).map(({ title, status, claimer_run_id }) =>
    `${title}: ${status} ${String(claimer_run_id).replace(/^worker-\d+$/, "worker")}`
  ).sort();
}

it("the README's tour and recipes work as printed, in a root with a shell and coord", async () => {
  const installed = await withShell();
  const said = await inShell(installed, "/work", `${scriptOf("A tour")}\n${scriptOf("Recipes")}`);
  const { reservations } = await coord(installed, ["list", "--dir", "/work/tour"]);
  assertEquals((reservations as Json[]).map(({ run_id }) => run_id), ["agent-1"]);
  assertEquals(await endsIn(installed, "/work/tour"), [
    "Fix the login form: claimed agent-1",
    "Review src/tax.ts: completed worker",
    "Update the docs: claimed agent-3",
  ]);
  const lines = ["agent-2 takes something else", "agent-1 may publish", "deploying"];
  assertEquals(said.split("\n").filter((line) => lines.includes(line)), lines);
});

it("worker.sh drains a queue in a root with a shell and coord", async () => {
  const installed = await withShell();
  Deno.copyFileSync(`${ROOT}/examples/worker.sh`, `${installed.root}/worker.sh`);
  const script = `coord init
printf 'one\\ntwo\\n' | coord enqueue --stdin --queue review --run-id planner
COORD_RUN_ID=worker-1 bash /worker.sh review '[ "$TITLE" = one ]'`;
  await inShell(installed, "/work", script);
  assertEquals(await endsIn(installed, "/work"), ["one: completed worker", "two: failed worker"]);
});

it("coord works in a read-only root, in its one writable volume", async () => {
  const volume = makeTempDir();
  const installed = { ...await executable(), volume };
  await workIn("/vol", installed);
  const left = [...Deno.readDirSync(volume)].map(({ name }) => name);
  assertEquals(left, [".coord"], "nothing else is left behind");
  const { code, out } = await start(installed, ["init", "/elsewhere", "--json"]).ended;
  assertEquals([code, JSON.parse(out).reason], [3, "read_only"]);
});

it("coord works for a user whom no passwd knows", async () => {
  const volume = makeTempDir();
  Deno.chownSync(volume, STRANGER, STRANGER);
  await workIn("/vol", { ...await executable(), volume, uid: STRANGER });
});

it("coord works where /proc shows processes alone", async () => {
  const installed = await executable();
  Deno.mkdirSync(`${installed.root}/work/pids`);
  await workIn("/work/pids", { ...installed, proc: "pids" });
});

// Bun on glibc cannot even start an empty program without /proc, whence it takes the bounds of its
// stack. So this is the same bundle on the Deno that runs the test.
it("coord works without /proc", async () => {
  const root = makeRoot({ deno: Deno.execPath() });
  await bundle(ROOT, `${root}/bundle`);
  const command = ["/deno", "run", "--no-config", ...PERMISSIONS, "/bundle/cli.js"];
  await workIn("/work", { root, command, env: { DENO_DIR: "/work/deno" }, proc: "none" });
});

it("coord as the first process ends with 0 on SIGTERM while it streams", async () => {
  const installed = await executable();
  Deno.mkdirSync(`${installed.root}/work/first`);
  await coord(installed, ["init", "/work/first"]);
  await coord(installed, ["enqueue", "x", "--dir", "/work/first"]);
  const watch = start(installed, ["watch", "--dir", "/work/first", "--json"]);
  await watch.printed("\n");
  watch.signal("SIGTERM");
  assertEquals((await watch.ended).code, 0);
});

it("coord as the first process ends with 1 on SIGTERM while it waits for a task", async () => {
  const installed = await executable();
  Deno.mkdirSync(`${installed.root}/work/waits`);
  await coord(installed, ["init", "/work/waits"]);
  const args = ["claim", "--wait", "60", "--run-id", "a", "--dir", "/work/waits", "--json"];
  const waiting = start(installed, args);
  await sleep(500);
  waiting.signal("SIGTERM");
  const { code, out } = await waiting.ended;
  assertEquals([code, JSON.parse(out).status], [1, "empty"]);
});
