import { assert_, assertEquals, it } from "../../deps.ts";
import { GIVE_BACK, type TaskWorkInput } from "../../../mod.ts";
import { HostError } from "../../../src/ports/host.ts";
import { none, takes, working } from "../../support/fake/working.ts";

it("work() completes tasks with what their body resolves to, in the order of the queue", async () => {
  const { bench, advance, work } = await working(["x", { title: "y", priority: 5 }, "z"]);
  const bodies: string[] = [];
  const state = work(async (task) => {
    bodies.push(`${task.title} ${task.attempt} ${task.fence}`);
    return task.title === "z" ? undefined : { made: task.title };
  }, { drain: true });
  await advance(1);
  assertEquals(state, {
    log: ["y completed 1", "x completed 1", "z completed 1"],
    report: { status: "drained", ...none, completed: 3 },
  });
  assertEquals(bodies, ["y 1 1", "x 1 1", "z 1 1"]);
  const results = [...bench.records.claims.rows()].map(([, claim]) => claim.result);
  assertEquals(results, [{ made: "y" }, { made: "x" }, null]);
  assertEquals(bench.time.armed, 0);
});

it("work() fails a task whose body throws or answers what is no result", async () => {
  const { advance, work } = await working(["throws", "empty", "long", "list"]);
  const bodies: Record<string, () => never | object> = {
    throws: () => {
      throw new TypeError("broken");
    },
    empty: () => {
      throw new Error("");
    },
    long: () => {
      throw new Error("x".repeat(5_000));
    },
    list: () => [1],
  };
  const state = work(async (task) => bodies[task.title]?.() as never, { drain: true });
  await advance(10);
  assertEquals(state, {
    log: [
      "throws failed 1: broken",
      "empty failed 1: Error",
      `long failed 1: ${"x".repeat(4_096)}`,
      "list failed 1: result must be a JSON object",
    ],
    report: { status: "drained", ...none, failed: 4 },
  });
});

it("work() gives back what its body says, and another agent gets it", async () => {
  const { bench, advance, work } = await working(["x"]);
  const state = work(async () => GIVE_BACK, { once: true });
  await advance(0);
  assertEquals(state, {
    log: ["x given_back 1"],
    report: { status: "once", ...none, given_back: 1 },
  });
  const next = await bench.tasks.claim({ runId: "b" });
  assertEquals(next.status === "claimed" && next.attempt, 2);
});

it("work() with once ends at once when there is no task", async () => {
  const { advance, work } = await working([]);
  const state = work(async () => {}, { once: true });
  await advance(0);
  assertEquals(state, { log: [], report: { status: "once", ...none } });
});

it("work() takes what comes first in all its queues, and is woken by a task of any of them", async () => {
  const { bench, advance, work } = await working([
    { title: "a1", queue: "a", priority: 9 },
    { title: "b1", queue: "b" },
    { title: "c1", queue: "c", priority: 9 },
  ]);
  const stop = new AbortController();
  const state = work(async () => {}, { queues: ["b", "a"], stop: stop.signal });
  await advance(1);
  assertEquals(state.log, ["a1 completed 1", "b1 completed 1"]);
  const { task_id } = await bench.tasks.enqueue({ title: "a2", queue: "a", runId: "p" });
  bench.hint(task_id);
  await advance(0.1);
  assertEquals(state.log.slice(2), ["a2 completed 1"]);
  stop.abort();
  await advance(0);
  assertEquals(state.report, { status: "stopped", ...none, completed: 3 });
});

it("work() keeps a claim by heartbeats at a third of its time, and none goes out after the end", async () => {
  let beats = 0;
  const { bench, advance, work } = await working(["x"], (store) => ({
    apply: (id, rule) => {
      beats++;
      return store.apply(id, rule);
    },
  }));
  const state = work(takes(bench, 200), { drain: true });
  await advance(199);
  assertEquals(beats, 9, "one each 20 s");
  assertEquals((await bench.tasks.claim({ runId: "b" })).status, "empty");
  await advance(2);
  assertEquals([state.log, beats], [["x completed 1"], 10]);
  await advance(100);
  assertEquals(beats, 10);
});

it("work() has as many tasks at a time as it may, and no task twice", async () => {
  const titles = Array.from({ length: 12 }, (_, n) => `t${n}`);
  const { bench, advance, work } = await working(titles);
  const running = new Set<string>();
  let most = 0;
  const state = work(async (task, signal) => {
    assert_(!running.has(task.title));
    running.add(task.title);
    most = Math.max(most, running.size);
    await takes(bench, 3)(task, signal);
    running.delete(task.title);
  }, { drain: true, concurrency: 4 });
  await advance(9.5);
  assertEquals([most, state.log.length], [4, 12]);
  assertEquals(new Set(state.log), new Set(titles.map((title) => `${title} completed 1`)));
});

it("work() lets a task go whose claim is lost, reports nothing of it, and continues", async () => {
  const { bench, advance, work } = await working(["x", "y"]);
  const state = work(takes(bench, 50), { drain: true });
  await advance(1);
  const id = (await bench.tasks.list()).items[0]?.task_id ?? "";
  await bench.tasks.cancel({ id, runId: "b", force: true });
  await advance(60);
  assertEquals(state.log, [
    `x lost 1: Cannot extend task ${id}: it is cancelled`,
    "y completed 1",
  ]);
});

it("work() reports nothing of a task that another agent has by now, whatever its body says", async () => {
  const { bench, advance, work } = await working(["x"]);
  const state = work(async ({ task_id: id, fence }) => {
    // The process slept past its claim: no timer rang, and no beat went out.
    await bench.tasks.giveBack({ id, runId: "a", fence });
    await bench.tasks.claim({ runId: "b" });
    return { late: true };
  }, { once: true });
  await advance(0);
  const [item] = (await bench.tasks.list()).items;
  assertEquals([item?.status, item?.claimer_run_id], ["claimed", "b"]);
  assertEquals(state.report, { status: "once", ...none, lost: 1 });
  assertEquals(state.log.length, 1);
  assert_(state.log[0]?.startsWith(`x lost 1: Cannot complete task ${item?.task_id}: `));
});

it("work() fails a task that takes longer than it may", async () => {
  const { bench, advance, work } = await working(["x", "y"]);
  const state = work(
    (task, signal) => takes(bench, task.title === "x" ? 500 : 5)(task, signal),
    { drain: true, maxRuntime: 90 },
  );
  await advance(89);
  assertEquals(state.log, []);
  await advance(10);
  assertEquals(state.log, [
    "x failed 1: Cannot go on with the task: it took longer than 90 s",
    "y completed 1",
  ]);
});

it("work() finishes the tasks in hand when it is to stop, and gives them back when it is to end", async () => {
  for (const how of ["stop", "signal"] as const) {
    const { bench, advance, work } = await working(["x", "y", "z"]);
    const controller = new AbortController();
    const input = { concurrency: 2, [how]: controller.signal };
    const state = work(takes(bench, 10), input);
    await advance(5);
    controller.abort(new Error("enough"));
    await advance(0);
    const ended = how === "stop" ? "completed 1" : "given_back 1: enough";
    if (how === "stop") assertEquals(state.log, []);
    await advance(6);
    assertEquals(state.log.map((line) => line.slice(0, ended.length + 2)), [
      `x ${ended}`,
      `y ${ended}`,
    ]);
    const key = how === "stop" ? "completed" : "given_back";
    assertEquals(state.report, { status: "stopped", ...none, [key]: 2 });
    assertEquals(bench.time.armed, 0);
  }
});

it("work() claims nothing when it is to stop before it began", async () => {
  const { bench, advance, work } = await working(["x"]);
  const state = work(async () => {}, { stop: AbortSignal.abort() });
  await advance(0);
  assertEquals([state.report, bench.searches], [{ status: "stopped", ...none }, 0]);
});

it("work() ends after as many failed tasks as it may have, also while it waits", async () => {
  const { bench, advance, work } = await working(["x", "y", "z"]);
  const state = work(async (task, signal) => {
    await takes(bench, 5)(task, signal);
    throw new Error("no");
  }, { maxFailures: 3, concurrency: 4 });
  await advance(6);
  assertEquals(state.report, { status: "max_failures", ...none, failed: 3 });
});

it("work() counts an attempt that is retried as no failed task", async () => {
  const { advance, work } = await working([{ title: "x", maxAttempts: 3 }, { title: "y" }]);
  const state = work(async (task) => {
    if (task.title === "x") throw new Error("no");
  }, { maxFailures: 1 });
  await advance(10);
  assertEquals(state, {
    log: ["x retried 1: no", "x retried 2: no", "x failed 3: no"],
    report: { status: "max_failures", ...none, retried: 2, failed: 1 },
  });
});

it("work() pauses after three bad ends at once, longer each time, until a task ends well", async () => {
  const began: number[] = [];
  const titles = Array.from({ length: 9 }, (_, n) => `t${n}`);
  const { bench, advance, work } = await working(titles);
  const state = work(async (task) => {
    began.push(bench.time.timers.now() / 1000);
    if (task.title !== "t5") throw new Error("no");
  }, { drain: true });
  await advance(60);
  assertEquals(began, [0, 0, 0, 1, 3, 7, 7, 7, 7]);
  assertEquals(state.report, { status: "drained", ...none, completed: 1, failed: 8 });
});

it("work() does not pause for tasks that fail after a while", async () => {
  const { bench, advance, work } = await working(["x", "y", "z", "u", "v"]);
  const state = work(async (task, signal) => {
    await takes(bench, 2)(task, signal);
    throw new Error("no");
  }, { drain: true });
  await advance(10.3);
  assertEquals(state.report, { status: "drained", ...none, failed: 5 });
});

it("work() tries its report again while the machine cannot write it", async () => {
  let broken = 3;
  const { advance, work } = await working(["x"], (store) => ({
    apply: (id, rule) => {
      if (broken-- > 0) throw new HostError("no_space", "write", "/w");
      return store.apply(id, rule);
    },
  }));
  const state = work(async () => ({ n: 1 }), { once: true });
  await advance(2.5);
  assertEquals(state.log, []);
  await advance(1);
  assertEquals(state.log, ["x completed 1"]);
});

it("work() gives a report up when the claim is lost first", async () => {
  const { advance, work } = await working(["x"], () => ({
    apply: () => {
      throw new HostError("no_space", "write", "/w");
    },
  }));
  const state = work(async () => ({ n: 1 }), { once: true });
  await advance(60);
  const error = 'Cannot write "/w": no space left on the device or quota reached';
  assertEquals(state.log, [`x lost 1: ${error}`]);
});

it("work() finishes what it has before it reports that no task can be claimed", async () => {
  let searches = 0;
  const { bench, advance, work } = await working(["x"], (store) => ({
    claimNext: (search) => {
      if (++searches > 1) throw new HostError("io", "list", "/w");
      return store.claimNext(search);
    },
  }));
  const state = work(takes(bench, 5), { concurrency: 2 });
  await advance(4);
  assertEquals(state, { log: [] });
  await advance(2);
  assertEquals([state.log, state.error?.message], [
    ["x completed 1"],
    'Cannot list "/w": the device or the connection to it failed',
  ]);
});

it("work() reports all that is wrong with its input, and claims nothing", async () => {
  const { bench, advance, work } = await working(["x"]);
  const problems = async (input: Partial<TaskWorkInput>) => {
    const state = work(async () => {}, input);
    await advance(0);
    return state.error?.message;
  };
  assertEquals(
    await problems({ runId: "unknown", queues: ["a b"], concurrency: 0, maxRuntime: 0 }),
    'runId must name you: two "unknown" agents never count as the same agent; queues holds "a b", ' +
      "which must be 1 to 64 of the characters A-Z a-z 0-9 _ -; concurrency must be between 1 and " +
      "64, got 0; maxRuntime must be between 0.001 and 31536000, got 0",
  );
  assertEquals(await problems({ queues: [] }), "queues must name a queue");
  assertEquals(await problems({ queues: ["a", "a"] }), 'queues holds "a" twice');
  assertEquals(await problems({ drain: true, once: true }), "once cannot go together with drain");
  assertEquals(bench.searches, 0);
});
