/** `coord.wait()`, on a store in memory whose time moves by hand. */
import type { WaitInput } from "../../../mod.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { assertEquals, it } from "../../deps.ts";
import { answered, ended, pass, timed } from "../../support/fake/timed.ts";

function scene() {
  const { time, open } = timed();
  const waiting = (input: WaitInput) => answered(time, open().wait({ runId: "a", ...input }));
  return { time, coord: open(), waiting };
}

const NOT_YET = { status: undefined, after: undefined };

it("wait() for addresses ends when the last hold over them is released", async () => {
  const { time, coord, waiting } = scene();
  const hold = { addresses: ["src/a.ts"], runId: "b", exclusive: true };
  const { reservation_id: id } = await coord.reservations.reserve(hold) as {
    reservation_id: string;
  };
  const lane = await coord.lanes.acquire({ tree: ["src/b.ts"], owner: "c", loopTs: "1" });
  const state = waiting({ addresses: ["src"] });
  await time.advance(10);
  await coord.reservations.release({ id, runId: "b" });
  await time.advance(1);
  assertEquals(ended(state), NOT_YET);
  await coord.lanes.release({ lane: lane.status === "acquired" ? lane.lane : "", owner: "c" });
  await pass(time, 0);
  assertEquals(ended(state), { status: "done", after: 11 });
});

it("wait() for addresses ignores notices and what its own run holds", async () => {
  const { time, coord, waiting } = scene();
  await coord.reservations.reserve({ addresses: ["src"], runId: "b" });
  await coord.reservations.reserve({ addresses: ["src"], runId: "a", exclusive: true });
  const state = waiting({ addresses: ["src"] });
  await pass(time, 0);
  assertEquals(ended(state), { status: "done", after: 0 });
});

it("wait() for addresses ends when the hold in the way expires", async () => {
  const { time, coord, waiting } = scene();
  await coord.reservations.reserve({ addresses: ["a"], runId: "b", exclusive: true, ttl: 32 });
  const state = waiting({ addresses: ["a"], timeout: 60 });
  await time.advance(40);
  assertEquals(ended(state), { status: "done", after: 32 });
});

it("wait() for a lane ends when no other run has it or what it holds", async () => {
  const { time, coord, waiting } = scene();
  await coord.lanes.acquire({ lane: "api", tree: ["src/**"], owner: "b" });
  const state = waiting({ lane: "api" });
  const own = waiting({ lane: "api", runId: "b" });
  await time.advance(20);
  assertEquals(ended(state), NOT_YET);
  assertEquals(ended(own), { status: "done", after: 0 });
  await coord.lanes.release({ lane: "api", owner: "b" });
  await pass(time, 0);
  assertEquals(ended(state), { status: "done", after: 20 });
});

it("wait() for a lane ends when its holder is dead", async () => {
  const { time, coord, waiting } = scene();
  await coord.lanes.acquire({ lane: "@git/index", owner: "b", ttl: 10, grace: 5 });
  const state = waiting({ lane: "@git/index" });
  await time.advance(60);
  assertEquals(ended(state), { status: "done", after: 15.001 });
});

it("wait() for tasks ends when all have completed, with their results", async () => {
  const { time, coord, waiting } = scene();
  const [one, two] = await coord.tasks.enqueueAll([{ title: "1" }, { title: "2" }]);
  const ids = [one?.task_id ?? "", two?.task_id ?? ""];
  const state = waiting({ tasks: ids });
  for (const [n, id] of ids.entries()) {
    await coord.tasks.claim({ runId: "b" });
    await time.advance(5);
    assertEquals(ended(state), NOT_YET);
    await coord.tasks.complete({ id, runId: "b", result: { n } });
  }
  await pass(time, 0);
  assertEquals(state.answer, {
    status: "done",
    waited_seconds: 10,
    tasks: ids.map((task_id, n) => ({
      task_id,
      status: "completed" as const,
      result: { n },
      error: null,
    })),
  });
});

it("wait() for tasks ends with the first that cannot complete any more", async () => {
  const { time, coord, waiting } = scene();
  const tasks = await coord.tasks.enqueueAll([{ title: "1" }, { title: "2" }]);
  const [one = "", two = ""] = tasks.map(({ task_id }) => task_id);
  const state = waiting({ tasks: [one, two] });
  await coord.tasks.claim({ runId: "b" });
  await coord.tasks.fail({ id: one, runId: "b", error: "no disk" });
  await pass(time, 0);
  assertEquals(state.answer, {
    status: "terminal",
    waited_seconds: 0,
    tasks: [
      { task_id: one, status: "failed", result: null, error: "no disk" },
      { task_id: two, status: "pending", result: null, error: null },
    ],
    error: `Cannot wait in vain: task ${one} is failed`,
  });
});

it("wait() for any of several tasks needs one that completes", async () => {
  const { time, coord, waiting } = scene();
  const tasks = await coord.tasks.enqueueAll([{ title: "1" }, { title: "2" }, { title: "3" }]);
  const [one = "", two = "", three = ""] = tasks.map(({ task_id }) => task_id);
  const state = waiting({ tasks: [one, two], any: true });
  const vain = waiting({ tasks: [one, three], any: true });
  await coord.tasks.cancel({ id: one, runId: "b" });
  await time.advance(1);
  assertEquals([ended(state), ended(vain)], [NOT_YET, NOT_YET]);
  await coord.tasks.cancel({ id: three, runId: "b" });
  await coord.tasks.claim({ runId: "b" });
  await coord.tasks.complete({ id: two, runId: "b" });
  await pass(time, 0);
  assertEquals([ended(state), ended(vain)], [
    { status: "done", after: 1 },
    { status: "terminal", after: 1 },
  ]);
});

it("wait() for a task ends when that expires, and needs tasks that exist", async () => {
  const { time, coord, waiting } = scene();
  const { task_id } = await coord.tasks.enqueue({ title: "1", ttl: 30 });
  const state = waiting({ tasks: [task_id] });
  await time.advance(40);
  assertEquals(ended(state), { status: "terminal", after: 30 });
  const error = await coord.wait({ tasks: ["abcdef"] }).catch((reason: unknown) => reason);
  assertEquals(error instanceof CoordError && error.code, "not_found");
});

it("wait() for an empty queue ends when its last task has ended, however", async () => {
  const { time, coord, waiting } = scene();
  const inputs = ["1", "2", "3"].map((title) => ({ title, queue: "q", ttl: 50 }));
  const [one] = await coord.tasks.enqueueAll([...inputs, { title: "4", queue: "other" }]);
  const state = waiting({ queueEmpty: "q" });
  await coord.tasks.claim({ runId: "b", queue: "q" });
  await time.advance(20);
  await coord.tasks.complete({ id: one?.task_id ?? "", runId: "b" });
  await time.advance(1);
  assertEquals(ended(state), NOT_YET);
  await time.advance(40);
  // The others expire; instants of creation of one batch are a millisecond apart.
  assertEquals(ended(state), { status: "done", after: 50.002 });
});

it("wait() needs all that it names at one moment", async () => {
  const { time, coord, waiting } = scene();
  const { task_id } = await coord.tasks.enqueue({ title: "1" });
  await coord.lanes.acquire({ lane: "api", tree: ["src"], owner: "b" });
  const state = waiting({ tasks: [task_id], lane: "api" });
  await coord.lanes.release({ lane: "api", owner: "b" });
  await time.advance(1);
  await coord.lanes.acquire({ lane: "api", tree: ["src"], owner: "b" });
  await coord.tasks.claim({ runId: "b" });
  await coord.tasks.complete({ id: task_id, runId: "b" });
  await time.advance(1);
  assertEquals(ended(state), NOT_YET);
  await coord.lanes.release({ lane: "api", owner: "b" });
  await pass(time, 0);
  assertEquals(ended(state), { status: "done", after: 2 });
});

it("wait() answers timeout when its time has run out, and says what is in the way", async () => {
  const { time, coord, waiting } = scene();
  await coord.lanes.acquire({ lane: "api", tree: ["src"], owner: "b" });
  const state = waiting({ lane: "api", timeout: 7 });
  await time.advance(10);
  assertEquals(state.answer, {
    status: "timeout",
    waited_seconds: 7,
    tasks: [],
    error: `Cannot wait longer than 7 s: lane "api" is held by "b"`,
  });
  assertEquals(time.armed, 0);
});

it("wait() ends with its signal", async () => {
  const { time, coord, waiting } = scene();
  await coord.lanes.acquire({ lane: "api", tree: ["src"], owner: "b" });
  const stop = new AbortController();
  const state = waiting({ lane: "api", signal: stop.signal });
  await time.advance(3);
  stop.abort();
  await pass(time, 0);
  assertEquals(ended(state), { status: "timeout", after: 3 });
});

it("wait() refuses an input that names nothing, and what it cannot know", async () => {
  const { coord } = scene();
  const problems = async (input: WaitInput) => {
    const error = await coord.wait(input).catch((reason: unknown) => reason);
    return error instanceof CoordError ? error.message : error;
  };
  assertEquals(
    [await problems({ any: true }), await problems({ tasks: ["x"] }), await problems({ lane: "" })],
    [
      "addresses is required, or lane, tasks or queueEmpty; any needs tasks",
      'tasks must be hex digits, with or without "sha256:" before them',
      "lane must not be empty",
    ],
  );
});
