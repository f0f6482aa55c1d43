import { assert_, assertEquals, it } from "../../deps.ts";
import { none, working } from "../../support/fake/working.ts";

it("work() with drain waits for the tasks of others, and takes one that comes back", async () => {
  const { bench, advance, work } = await working(["x", "y"]);
  const other = await bench.tasks.claim({ runId: "b", claimTtl: 600 });
  const third = await bench.tasks.claim({ runId: "c", claimTtl: 30 });
  assert_(other.status === "claimed" && third.status === "claimed");
  const state = work(async () => {}, { drain: true });
  await advance(29);
  assertEquals(state, { log: [] });
  await advance(10);
  assertEquals(state, { log: ["y completed 2"] }, "the claim timed out");
  await bench.tasks.complete({ id: other.task_id, runId: "b" });
  await advance(1);
  assertEquals(state.report, { status: "drained", ...none, completed: 1 });
});

it("work() with drain counts only the tasks of its queues", async () => {
  const { bench, advance, work } = await working([{ title: "x", queue: "q" }, "y", "z"]);
  await bench.tasks.claim({ runId: "b", queue: "default" });
  const state = work(async () => {}, { drain: true, queues: ["q"] });
  await advance(2);
  assertEquals(state.report, { status: "drained", ...none, completed: 1 });
});

it("work() with drain counts no task that needs what it has not, nor one that waits for others", async () => {
  const needs = ["gpu"];
  const { bench, advance, work } = await working([{ title: "x", needs }, "y"]);
  const [x] = (await bench.tasks.list()).items;
  await bench.tasks.enqueue({ title: "z", runId: "p", needs, after: [x?.task_id ?? ""] });
  const state = work(async () => {}, { drain: true });
  await advance(2);
  assertEquals(state.report, { status: "drained", ...none, completed: 1 });
  const fit = work(async () => {}, { drain: true, has: needs });
  await advance(2);
  assertEquals(fit.report, { status: "drained", ...none, completed: 2 });
});

it("work() with drain waits for blocked tasks as long as one may be let go", async () => {
  const { bench, advance, work } = await working([{ title: "a", queue: "other" }]);
  const after = (await bench.tasks.list()).items.map(({ task_id }) => task_id);
  await bench.tasks.enqueue({ title: "b", runId: "p", after, queue: "mine" });
  const state = work(async () => {}, { drain: true, queues: ["mine"] });
  await advance(100);
  assertEquals(state, { log: [] });
  await bench.tasks.claim({ runId: "z" });
  await bench.tasks.complete({ id: after[0] ?? "", runId: "z" });
  await advance(100);
  const report = { status: "drained", ...none, completed: 1 };
  assertEquals(state, { log: ["b completed 1"], report });
});

it("work() with drain ends where what is left stays blocked", async () => {
  const { bench, advance, work } = await working(["a"]);
  const [a] = (await bench.tasks.list()).items;
  await bench.tasks.enqueue({ title: "b", runId: "p", after: [a?.task_id ?? ""] });
  const state = work(async () => {
    throw new Error("no");
  }, { drain: true });
  await advance(100);
  const report = { status: "drained", ...none, failed: 1 };
  assertEquals(state, { log: ["a failed 1: no"], report });
  assertEquals((await bench.tasks.list()).blocked, 1);
});
