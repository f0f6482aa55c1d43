/** Rows that take several processes. */
import { denoHost } from "../../src/host/deno.ts";
import { pause, startLines, startTogether } from "./children.ts";
import { ratioRow, type Row, sized, tailRow } from "./measure.ts";
import { scene } from "./scene.ts";

const { fs } = denoHost;
const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const CLAIMER = new URL("./claimer.ts", import.meta.url).pathname;

const BATCH = 10_000;

/** `enqueue --stdin` as a whole process against the files that it must make. */
export async function batchRow(parent: string): Promise<Row> {
  const input = Array.from(
    { length: BATCH },
    (_, i) => JSON.stringify({ title: `task ${i}`, payload: { path: `src/module_${i}.ts` } }),
  ).join("\n");
  const values: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < sized(5, 3); round++) {
    const { dir, workspace } = await scene(parent, {});
    const start = performance.now();
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", CLI, "enqueue", "--stdin", "--json", "--run-id", "bench", "--dir", dir],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    const { success } = await child.output();
    values.push(performance.now() - start);
    if (!success) throw new Error("enqueue --stdin failed");
    const [first] = fs.list(`${workspace}/tasks`) ?? [];
    const size = fs.lstat(`${workspace}/tasks/${first?.name}`)?.size ?? 0;
    const bytes = new Uint8Array(size).fill(65);
    const floorDir = await Deno.makeTempDir({ dir: parent });
    const floorStart = performance.now();
    for (let i = 0; i < BATCH; i++) fs.createNew(`${floorDir}/${i}`, bytes);
    fs.syncDir(floorDir);
    floors.push(performance.now() - floorStart);
  }
  return ratioRow("`enqueue --stdin` of 10,000, process", values, floors, "ms", { atMost: 3 });
}

/** Tasks a second that a number of processes get out of one queue together. */
async function throughput(parent: string, processes: number, tasks: number): Promise<number> {
  const { coord, dir } = await scene(parent, { pending: tasks });
  const warm = Array.from({ length: processes * 300 }, () => ({ title: "warm", queue: "warm" }));
  await coord.tasks.enqueueAll(warm);
  const children = Array.from(
    { length: processes },
    () => startLines(CLAIMER, ["drain", dir]),
  );
  const startMs = await startTogether(children);
  const results = await Promise.all(children.map(async (child) => {
    const { line } = await child.next();
    await child.rest();
    return line.split(" ").map(Number);
  }));
  const total = results.reduce((sum, [count = 0]) => sum + count, 0);
  if (total !== tasks) throw new Error(`${tasks} tasks were claimed ${total} times`);
  return tasks / ((Math.max(...results.map(([, last = 0]) => last)) - startMs) / 1000);
}

/** Eight processes on one queue against one. */
export async function contentionRow(parent: string): Promise<Row> {
  const one: number[] = [];
  const eight: number[] = [];
  const tasks = sized(12_000, 4_000);
  for (let round = 0; round < sized(5, 3); round++) {
    one.push(await throughput(parent, 1, tasks));
    eight.push(await throughput(parent, 8, tasks));
  }
  return ratioRow("claims of 8 processes, against 1", eight, one, "tasks/s", { atLeast: 0.8 });
}

/** From the answer of `enqueue` to the line of the process that waits for a task. */
export async function waitRow(parent: string): Promise<Row> {
  const { coord, dir } = await scene(parent, {});
  await using waiter = startLines(CLAIMER, ["wait", dir]);
  await pause(500);
  const latencies: number[] = [];
  for (let i = 0; i < sized(520, 270); i++) {
    await coord.tasks.enqueue({ title: "x", runId: "bench" });
    const start = performance.now();
    const { at } = await waiter.next();
    if (i >= 20) latencies.push(at - start);
    await pause(10);
  }
  return tailRow("`claim --wait`, from enqueue to claim, p99", latencies, 25);
}
