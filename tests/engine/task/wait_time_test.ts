import { assertEquals, it } from "../../deps.ts";
import { TaskBench } from "../../support/fake/task_bench.ts";

type Answer = Awaited<ReturnType<TaskBench["tasks"]["claim"]>>;

const counts = ({ searches, listening }: TaskBench) => ({ searches, listening });

/** A claim that waits, and the second in which it was answered. */
function waiting(bench: TaskBench, wait: number) {
  const began = bench.time.timers.now();
  const state: { answer?: Answer["status"]; after?: number } = {};
  void bench.tasks.claim({ runId: "a", wait }).then(({ status }) => {
    state.answer = status;
    state.after = (bench.time.timers.now() - began) / 1000;
  });
  return state;
}

it("claim() with wait looks again within 5 s where notification is silent", async () => {
  for (const at of [0.1, 3, 4.4, 4.6, 9, 61.7]) {
    const bench = new TaskBench();
    const state = waiting(bench, 600);
    await bench.time.advance(at);
    bench.put();
    await bench.time.advance(5);
    assertEquals(state.answer, "claimed", `a task that appeared after ${at} s`);
  }
});

it("claim() with wait looks again within 5 s also when the wait ends later by hints", async () => {
  const bench = new TaskBench();
  const state = waiting(bench, 600);
  await bench.time.advance(3);
  bench.hint("sha256:" + "b".repeat(64)); // of another queue, say
  await bench.time.advance(0.1);
  bench.put();
  await bench.time.advance(5);
  assertEquals(state.answer, "claimed");
});

it("claim() with wait sleeps while nothing happens", async () => {
  const bench = new TaskBench();
  const state = waiting(bench, 60);
  await bench.time.advance(60);
  assertEquals(state, { answer: "empty", after: 60 });
  // The caller's own look, one after the watch began, one every 4.5 s, one at the end.
  assertEquals({ ...counts(bench), armed: bench.time.armed }, {
    searches: 1 + 1 + 13 + 1,
    listening: 0,
    armed: 0,
  });
});

it("claim() with wait ends in time whichever way the clock is set meanwhile", async () => {
  for (const setBy of [-4, 4, -86_400, 86_400]) {
    const bench = new TaskBench();
    const state = waiting(bench, 2);
    await bench.time.advance(0.5);
    bench.setBy = setBy;
    await bench.time.advance(10);
    assertEquals(state, { answer: "empty", after: 2 }, `a clock that is set by ${setBy} s`);
  }
});

it("claim() with wait takes a task within 5 s of its timeout by a clock that is set", async () => {
  const bench = new TaskBench();
  bench.put();
  await bench.tasks.claim({ runId: "dead", claimTtl: 3_600 });
  const state = waiting(bench, 600);
  await bench.time.advance(1);
  bench.setBy = 3_600;
  await bench.time.advance(5);
  assertEquals(state.answer, "claimed");
});
