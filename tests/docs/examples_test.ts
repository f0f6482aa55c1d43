/** The examples do what they say: each is run as a reader would run it. */
import { initWorkspace, openWorkspace } from "../../mod.ts";
import { type Ran, run } from "../../scripts/support/run.ts";
import { bunPath } from "../../scripts/support/toolchain.ts";
import { assertEquals, assertMatch, it, itIf } from "../deps.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** Whether a folder has a name. */
const has = (folder: string, name: string) =>
  [...Deno.readDirSync(folder)].some((entry) => entry.name === name);

/** Seconds after which an example that hangs is killed. */
const LIMIT = 60;

const itOnBun = itIf(has(ROOT, "node_modules"), "deno task test fills node_modules");

/** An empty folder, and a way to run programs in it that find `coord` on their path. */
function project() {
  const folder = makeTempDir();
  const bin = makeTempDir();
  const coord =
    `exec '${Deno.execPath()}' run -A '--config=${ROOT}/deno.json' '${ROOT}/cli.ts' "$@"`;
  Deno.writeTextFileSync(`${bin}/coord`, `#!/bin/sh\n${coord}\n`, { mode: 0o755 });
  return {
    folder,
    run: (program: string, args: readonly string[], env: Record<string, string> = {}) =>
      run(program, args, {
        cwd: folder,
        limit: LIMIT,
        env: { PATH: `${bin}:${Deno.env.get("PATH")}`, ...env },
      }),
  };
}

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

it(
  "ci.yml deploys under its lane, and not after another agent has adopted it",
  async () => {
    const { folder, run } = project();
    await initWorkspace(folder);
    const coord = await openWorkspace({ dir: folder });
    const stub = "#!/bin/sh\necho deployed >> deployed\n";
    Deno.writeTextFileSync(`${folder}/deploy.sh`, stub, { mode: 0o755 });
    const all = steps(Deno.readTextFileSync(`${ROOT}/examples/ci.yml`));
    assertEquals(all.length, 3);
    // As a runner of GitHub's runs them.
    const step = async (index: number) => {
      const env = { COORD_DIR: folder, COORD_RUN_ID: "ci-1" };
      const { code } = await run("bash", ["-e", "-c", all[index] ?? ""], env);
      const { leases } = await coord.lanes.live();
      const deployed = has(folder, "deployed");
      return { code, deployed, holders: leases.map(({ lane, holder }) => `${lane} ${holder}`) };
    };
    const held = ["@deploy ci-1"];
    assertEquals(await step(0), { code: 0, deployed: false, holders: held });
    assertEquals(await step(1), { code: 0, deployed: true, holders: held });
    assertEquals(await step(2), { code: 0, deployed: true, holders: [] });

    Deno.removeSync(`${folder}/deployed`);
    assertEquals(await step(0), { code: 0, deployed: false, holders: held });
    await coord.lanes.adopt({ lane: "@deploy", owner: "operator" });
    assertEquals(await step(1), { code: 1, deployed: false, holders: ["@deploy operator"] });
  },
);

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
