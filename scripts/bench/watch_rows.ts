/** Rows of the stream. */
import { pause, startLines } from "./children.ts";
import { absoluteRow, cpuMs, ratioRow, type Row, sized, tailRow } from "./measure.ts";
import { largeScene, scene } from "./scene.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** A stream that has emitted its snapshots and come to rest. */
async function restingWatch(dir: string) {
  const child = startLines(CLI, ["watch", "--json", "--synced", "--dir", dir]);
  while (!(await child.next()).line.includes('"event_type":"synced"'));
  await pause(1_500);
  return child;
}

/** From a change to its line on the pipe, with 10,000 records there. */
export async function latencyRow(parent: string): Promise<Row> {
  const { coord, dir } = await scene(parent, { pending: 10_000 });
  await using watch = await restingWatch(dir);
  const latencies: number[] = [];
  for (let i = 0; i < sized(520, 270); i++) {
    const start = performance.now();
    await coord.tasks.enqueue({ title: "x", runId: "bench" });
    const { at } = await watch.next();
    if (i >= 20) latencies.push(at - start);
    await pause(15);
  }
  return tailRow("`watch`, from change to line, 10,000 records, p99", latencies, 20);
}

/** Milliseconds of CPU time that one event costs the stream, over many records and over few. */
export async function eventCostRow(parent: string): Promise<Row> {
  const EVENTS = sized(200, 100);
  const few = await scene(parent, { pending: 1_000 });
  const many = await largeScene();
  await using fewWatch = await restingWatch(few.dir);
  await using manyWatch = await restingWatch(many.dir);
  const cost: Record<"few" | "many", number[]> = { few: [], many: [] };
  for (let round = 0; round < sized(8, 4); round++) {
    for (
      const [name, { coord }, watch] of [["few", few, fewWatch], ["many", many, manyWatch]] as const
    ) {
      const before = cpuMs(watch.pid);
      for (let i = 0; i < EVENTS; i++) {
        await coord.tasks.enqueue({ title: "x", runId: "bench" });
        await watch.next();
        await pause(5);
      }
      await pause(300);
      // The first round warms both up.
      if (round > 0) cost[name].push((cpuMs(watch.pid) - before) / EVENTS);
    }
  }
  const figure = "`watch`, CPU of an event at 100,000 records, against 1,000";
  return ratioRow(figure, cost.many, cost.few, "ms", { atMost: 1.3 });
}

/** CPU time of a stream with nothing to emit. */
export async function idleRow(parent: string): Promise<Row> {
  const { dir } = await scene(parent, { pending: 1_000 });
  await using watch = await restingWatch(dir);
  const percents: number[] = [];
  for (let second = 0; second < 10; second++) {
    const before = cpuMs(watch.pid);
    await pause(1_000);
    // A thread that ends takes its share out of the sum.
    percents.push(Math.max(0, cpuMs(watch.pid) - before) / 1_000 * 100);
  }
  return absoluteRow("`watch`, idle, CPU of a second", percents, "%", 1);
}
