/** The examples do what they say: each is run as a reader would run it. */
import { initWorkspace, openWorkspace } from "../../mod.ts";
import { type Ran, run } from "../../scripts/support/run.ts";
import { bunPath } from "../../scripts/support/toolchain.ts";
import { assertEquals, assertMatch, it, itIf } from "../deps.ts";
import { project } from "../support/program/project.ts";
import { until } from "../support/program/working.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** Whether a folder has a name. */
const has = (folder: string, name: string) =>
  [...Deno.readDirSync(folder)].some((entry) => entry.name === name);

/** Seconds after which an example that hangs is killed. */
const LIMIT = 60;

const itOnBun = itIf(has(ROOT, "node_modules"), "deno task test fills node_modules");

/** A workspace with three tasks in the queue `review`. */
async function withTasks(folder: string) {
  await initWorkspace(folder);
  const coord = await openWorkspace({ dir: folder });
  for (const title of ["first", '$(touch evil) "second"', "third"]) {
    await coord.tasks.enqueue({ title, queue: "review", runId: "planner" });
  }
  return coord;
}

async function endsOf(coord: Awaited<ReturnType<typeof withTasks>>) {
  const { items } = await coord.tasks.list({});
  const ends = items.map(({ title, status, claimer_run_id }) => ({
    title,
    status,
    claimer_run_id,
  }));
  return ends.sort((a, b) => a.title < b.title ? -1 : 1);
}

/** Lines in alphabetical order: tasks of one millisecond come in any. */
const sorted = (text: string) => text.trimEnd().split("\n").sort();

const endsWell = ({ code, output }: Ran) => assertEquals({ code, output }, { code: 0, output });

it("worker.sh drains a queue; the exit code of its command ends the task", async () => {
  const { folder, run } = project();
  const coord = await withTasks(folder);
  const command = 'echo "$FENCE $TITLE" >> done; [ "$TITLE" != third ]';
  const worker = `${ROOT}/examples/worker.sh`;
  endsWell(await run(worker, ["review", command], { COORD_RUN_ID: "agent-1" }));
  assertEquals(
    sorted(Deno.readTextFileSync(`${folder}/done`)),
    ['1 $(touch evil) "second"', "1 first", "1 third"],
  );
  assertEquals(await endsOf(coord), [
    { title: '$(touch evil) "second"', status: "completed", claimer_run_id: "agent-1" },
    { title: "first", status: "completed", claimer_run_id: "agent-1" },
    { title: "third", status: "failed", claimer_run_id: "agent-1" },
  ]);
  assertEquals(has(folder, "evil"), false);
});

it("worker.sh stops its command, and all that this started, when it is stopped", async () => {
  const { folder, run } = project();
  await withTasks(folder);
  const work = "while sleep 0.05; do echo >> beats; done & wait; true";
  const script = `'${ROOT}/examples/worker.sh' review '${work}' &
until [ -s beats ]; do sleep 0.05; done
kill $! && wait $! || echo "worker $?"
count=$(wc -c < beats)
sleep 0.5
[ "$count" -eq "$(wc -c < beats)" ] && echo stopped`;
  const ran = await run("bash", ["-c", script], { COORD_RUN_ID: "agent-1" });
  assertEquals({ code: ran.code, output: ran.output }, {
    code: 0,
    output: "worker 143\nstopped\n",
  });
});

it("worker.sh fails where claim fails, and says why", async () => {
  const { run } = project();
  const { code, output } = await run(`${ROOT}/examples/worker.sh`, ["review", "true"], {
    COORD_RUN_ID: "agent-1",
  });
  assertEquals({ code, says: output.includes("coord init") }, { code: 2, says: true });
});

/** Has `worker.ts` drain a queue. */
async function drains(program: string, ...args: readonly string[]): Promise<void> {
  const { folder, run } = project();
  const coord = await withTasks(folder);
  const ran = await run(program, [...args, `${ROOT}/examples/worker.ts`, "review"], {
    COORD_RUN_ID: "agent-1",
  });
  assertEquals({ code: ran.code, lines: sorted(ran.output) }, {
    code: 0,
    lines: ['working on $(touch evil) "second"', "working on first", "working on third"],
  });
  const ended = { status: "completed" as const, claimer_run_id: "agent-1" };
  assertEquals(await endsOf(coord), [
    { title: '$(touch evil) "second"', ...ended },
    { title: "first", ...ended },
    { title: "third", ...ended },
  ]);
}

it("worker.ts drains a queue, on Deno", () => drains(Deno.execPath(), "run", "-A"));

itOnBun("worker.ts drains a queue, on Bun", async () => drains(await bunPath()));

/** The `run:` lines of a workflow, in order. */
function steps(workflow: string): string[] {
  const found = workflow.matchAll(/^( +)run: (?:\|\n((?:\1 {2}.*\n)+)|(.+)\n)/gm);
  return [...found].map(([, , block, line]) => block ?? line ?? "");
}

it("ci.yml deploys under its lane, and stops when another agent takes that over", async () => {
  const { folder, run } = project();
  await initWorkspace(folder);
  const coord = await openWorkspace({ dir: folder });
  const stub = '#!/bin/sh\necho "$COORD_LANE" > deployed\n[ ! -e slow ] || exec sleep 60\n';
  Deno.writeTextFileSync(`${folder}/deploy.sh`, stub, { mode: 0o755 });
  const lines = steps(Deno.readTextFileSync(`${ROOT}/examples/ci.yml`));
  assertEquals(lines.length, 1);
  // As a runner of GitHub's runs it.
  const deploy = async () => {
    const env = { COORD_DIR: folder, COORD_RUN_ID: "ci-1" };
    const { code } = await run("bash", ["-e", "-c", lines[0] ?? ""], env);
    const { leases } = await coord.lanes.live();
    return { code, holders: leases.map(({ lane, holder }) => `${lane} ${holder}`) };
  };
  assertEquals(await deploy(), { code: 0, holders: [] });
  assertEquals(Deno.readTextFileSync(`${folder}/deployed`), "@deploy\n");

  Deno.removeSync(`${folder}/deployed`);
  Deno.writeTextFileSync(`${folder}/slow`, "");
  const deploying = deploy();
  await until("it deploys", () => has(folder, "deployed"));
  await coord.lanes.adopt({ lane: "@deploy", owner: "operator" });
  assertEquals(await deploying, { code: 143, holders: ["@deploy operator"] });
});

it("merge.sh merges one agent after the other, and pushes nothing that its check refuses", async () => {
  const { folder, run } = project();
  await initWorkspace(folder);
  const git = async (cwd: string, ...args: string[]) => {
    const who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    const { code, output } = await run("git", ["-C", cwd, ...who, ...args]);
    assertEquals(code, 0, output);
    return output;
  };
  const main = `${folder}/main.git`;
  await git(folder, "init", "--quiet", "--bare", "--initial-branch=main", main);
  const cloned = async (name: string, check: string) => {
    const clone = `${folder}/${name}`;
    await git(folder, "clone", "--quiet", main, clone);
    if (name === "first") await git(clone, "checkout", "--quiet", "-B", "main");
    Deno.writeTextFileSync(`${clone}/check.sh`, `#!/bin/sh\n${check}\n`, { mode: 0o755 });
    Deno.writeTextFileSync(`${clone}/${name}`, name);
    await git(clone, "add", name);
    await git(clone, "commit", "--quiet", "-m", name);
    return clone;
  };
  await git(await cloned("first", ""), "push", "--quiet", "origin", "main");
  const merge = async (name: string, check: string) => {
    const clone = await cloned(name, check);
    const identity = { GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@example.org" };
    const env = { COORD_DIR: folder, COORD_RUN_ID: name, ...identity };
    const script = `cd '${clone}' && exec '${ROOT}/examples/merge.sh'`;
    return (await run("sh", ["-c", script], env)).code;
  };
  const codes = await Promise.all([
    merge("a", "sleep 0.2"),
    merge("b", ""),
    merge("bad", "exit 3"),
  ]);
  assertEquals(codes, [0, 0, 3]);
  const subjects = (await git(main, "log", "--format=%s", "main")).trim().split("\n");
  assertEquals([subjects.at(-1), ...subjects.toSorted()], ["first", "a", "b", "first"]);
  assertEquals((await git(main, "log", "--merges", "--format=%s", "main")).trim(), "");
});

it("the README's deno install makes a coord of a clone", async () => {
  const root = makeTempDir();
  const path = `${Deno.execPath().replace(/\/[^/]+$/, "")}:${Deno.env.get("PATH")}`;
  const [line = ""] = /^deno install .*$/m.exec(Deno.readTextFileSync(`${ROOT}/README.md`)) ?? [];
  const env = { PATH: path, DENO_INSTALL_ROOT: root };
  endsWell(await run("bash", ["-c", line], { cwd: ROOT, limit: LIMIT, env }));
  const cwd = makeTempDir();
  const coord = async (...args: string[]) => {
    const ran = await run(`${root}/bin/coord`, args, { cwd, limit: LIMIT, env });
    endsWell(ran);
    return ran.output;
  };
  await coord("init");
  await coord("enqueue", "写文档", "--run-id", "planner");
  assertMatch(await coord("tasks"), /pending .* 写文档/);
});
