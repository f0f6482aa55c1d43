/** Rows of `work`: what a worker adds to the calls that it makes, and what blocked tasks cost a claim. */
import type { Coord, TaskInput } from "../../mod.ts";
import { startProgram } from "./children.ts";
import { ratioRow, type Row, sideBySide, sized } from "./measure.ts";
import { scene } from "./scene.ts";
import { executables } from "./startup_rows.ts";

/** Rounds of a worker, and of its calls apart; what they run is warm after the first ones. */
const ROUNDS = sized(40, 25);
const WARM = 5;

/** Tasks of a round, which begins with the end of one more. */
const TASKS = 20;

/** What is run for each task, and does nothing. */
const NOTHING = "true";

/** A task by `coord work` against a claim, a process and a completion, each by itself. */
export async function workRow(parent: string): Promise<Row> {
  const [worked, apart] = [await scene(parent, {}), await scene(parent, {})];
  const { coord: program, runtime } = await executables(parent);
  const call = ["work", "--run-id", "worker", "--json", "--dir", worked.dir, "--", NOTHING];
  await using worker = startProgram([program, ...call]);
  const values: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < WARM + ROUNDS; round++) {
    await enqueue(worked.coord, TASKS + 1);
    const start = (await worker.next()).at;
    let end = start;
    for (let i = 0; i < TASKS; i++) end = (await worker.next()).at;
    values.push((end - start) / TASKS);
    await enqueue(apart.coord, TASKS);
    floors.push(await partsOf(apart.coord, TASKS));
  }
  const figure = "task by `work`, against claim, process and complete apart";
  const [warm, floor] = [values.slice(WARM), floors.slice(WARM)];
  return { ...ratioRow(figure, warm, floor, "ms", { atMost: 1.3 }), runtime };
}

/** Milliseconds that a claim, a process and a completion take, one kind after the other. */
async function partsOf(coord: Coord, times: number): Promise<number> {
  const start = performance.now();
  const ids: string[] = [];
  for (let i = 0; i < times; i++) ids.push(await claim(coord));
  for (let i = 0; i < times; i++) {
    const child = new Deno.Command(NOTHING, { stdin: "null", stdout: "piped", stderr: "piped" });
    await child.output();
  }
  for (const id of ids) await coord.tasks.complete({ id, runId: "bench" });
  return (performance.now() - start) / times;
}

/** Processes that share a queue, and its tasks. */
const WORKERS = 3;
const SHARED = 60;

/** What an agent's shell would do without `work`. */
const LOOP = `while id=$("$0" claim --run-id "$1" --print task_id 2> "$2"); do
  ${NOTHING}
  "$0" complete "$id" --run-id "$1" > "$2"
done`;

/** Tasks by three workers against three shells that call claim and complete. */
export async function loopRow(parent: string): Promise<Row> {
  const { coord: program, runtime } = await executables(parent);
  const calls: Record<"work" | "loop", (runId: string) => readonly string[]> = {
    work: (runId) => [program, "work", "--drain", "--run-id", runId, "--", NOTHING],
    loop: (runId) => ["sh", "-c", LOOP, program, runId, "/dev/null"],
  };
  const times = { work: [] as number[], loop: [] as number[] };
  for (let round = 0; round < sized(9, 5); round++) {
    for (const kind of ["work", "loop"] as const) {
      const { coord, dir } = await scene(parent, {});
      await enqueue(coord, SHARED);
      const start = performance.now();
      const runIds = Array.from({ length: WORKERS }, (_, i) => `worker-${i}`);
      await Promise.all(runIds.map(async (runId) => {
        await using child = startProgram(calls[kind](runId), { COORD_DIR: dir });
        await child.rest();
      }));
      times[kind].push(performance.now() - start);
      const { completed } = await coord.tasks.list({ limit: 1 });
      if (completed !== SHARED) throw new Error(`${completed} tasks are completed by ${kind}`);
    }
  }
  const figure = "60 tasks by 3 of `work`, against 3 shells that claim and complete";
  return { ...ratioRow(figure, times.work, times.loop, "ms", { atMost: 0.33 }), runtime };
}

const CALLS = 25;

/** Blocked tasks; `--blocked=100000` measures with more. */
const BLOCKED = Number(
  Deno.args.find((arg) => arg.startsWith("--blocked="))?.slice("--blocked=".length) ?? 20_000,
);

/** Blocked tasks that wait for one and the same. */
const FAN = 100;

/** Claim and complete in a queue with many blocked tasks against one with none. */
export async function blockedRow(parent: string): Promise<Row> {
  const [many, none] = [await scene(parent, {}), await scene(parent, {})];
  await addBlocked(many.coord, BLOCKED);
  const tasks = (WARM + ROUNDS) * CALLS;
  for (const { coord } of [many, none]) await enqueue(coord, tasks);
  const taken = (coord: Coord) => async (times: number) => {
    for (let i = 0; i < times; i++) {
      await coord.tasks.complete({ id: await claim(coord), runId: "bench" });
    }
  };
  const bodies = { many: taken(many.coord), none: taken(none.coord) };
  await sideBySide(bodies, WARM, CALLS);
  const cost = await sideBySide(bodies, ROUNDS, CALLS);
  const { blocked } = await many.coord.tasks.list({ limit: 1 });
  if (blocked !== BLOCKED) throw new Error(`${blocked} tasks are blocked, not ${BLOCKED}`);
  const figure = `claim and complete beside ${BLOCKED.toLocaleString("en")} blocked, against none`;
  return ratioRow(figure, cost.many, cost.none, "ms", { atMost: 1.1 });
}

/** Adds blocked tasks, and in another queue what they wait for. */
async function addBlocked(coord: Coord, count: number): Promise<void> {
  for (let left = count; left > 0; left -= FAN) {
    const { task_id } = await coord.tasks.enqueue({
      title: "first",
      queue: "held",
      runId: "bench",
    });
    await enqueue(coord, Math.min(FAN, left), { after: [task_id] });
  }
}

async function enqueue(coord: Coord, count: number, more: Partial<TaskInput> = {}): Promise<void> {
  const task = { title: "task", runId: "bench", ...more };
  await coord.tasks.enqueueAll(Array.from({ length: count }, () => task));
}

async function claim(coord: Coord): Promise<string> {
  const claim = await coord.tasks.claim({ runId: "bench", queue: "default" });
  if (claim.status !== "claimed") throw new Error("the queue ran dry");
  return claim.task_id;
}
