import { assertEquals, it } from "../../deps.ts";
import { hopeOf } from "../../../src/engine/task/blocked.ts";
import { MemoryTaskStore } from "../../../src/adapters/memory/tasks.ts";
import type { TaskInput } from "../../../src/engine/task/new_task.ts";
import { TaskBench } from "../../support/fake/task_bench.ts";

function scene() {
  const bench = new TaskBench();
  const store = new MemoryTaskStore(bench.records);
  const add = async (title: string, input: Omit<Partial<TaskInput>, "key"> = {}) =>
    (await bench.tasks.enqueue({ title, runId: "p", ...input })).task_id;
  const end = (id: string) => bench.tasks.cancel({ id, runId: "p" });
  const hope = (...ids: string[]) => hopeOf(store, ids, bench.time.clock());
  return { bench, add, end, hope };
}

it("hopeOf() is a task that others wait for, through any number of others", async () => {
  const { add, hope } = scene();
  const first = await add("first", { queue: "other" });
  let last = first;
  for (let n = 0; n < 300; n++) last = await add(`t${n}`, { after: [last] });
  assertEquals(await hope(last), first);
  assertEquals(await hope(first), first);
});

it("hopeOf() finds none where a task that failed blocks the others", async () => {
  const { add, end, hope } = scene();
  const [a, b] = [await add("a"), await add("b")];
  const c = await add("c", { after: [a, b] });
  const d = await add("d", { after: [c], onFailure: "run" });
  assertEquals(await hope(d), a);
  await end(a);
  assertEquals(await hope(c, d), undefined);
  const e = await add("e", { after: [b] });
  assertEquals(await hope(c, d, e), b);
});
