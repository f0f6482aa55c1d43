/** Every wait looks again by itself within 5 s where notification starts and then stays silent. */
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { FsMutex } from "../../../src/adapters/fs/lane/mutex.ts";
import { openCheckout, openCursorFile, openFsStore } from "../../../src/adapters/fs/open.ts";
import { NO_HOLDERS } from "../../../src/engine/hold/exclusion.ts";
import { Lanes } from "../../../src/engine/lane/lanes.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import { watchRecords } from "../../../src/engine/watch/watch.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Host } from "../../../src/ports/host.ts";
import { processesOf } from "../../../src/workspace/processes.ts";
import { assertEquals, it } from "../../deps.ts";
import { FakeTime } from "../../support/fake/time.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

const real = await detectHost();

/** The machine, with a notification of which nothing ever comes. */
const host: Host = { ...real, watch: () => ({ close() {} }) };

/** A workspace on real files, as two agents have it open, on time that moves by hand. */
function scene() {
  const { path } = initWorkspace(host, makeTempDir());
  const time = new FakeTime();
  const { clock, timers } = time;
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const open = () => {
    const store = openFsStore(host, path, clock, warn);
    const checkout = openCheckout(host, path, warn);
    const processes = processesOf(host);
    const cursorFile = (file: string) => openCursorFile(host, path, file);
    const machine = { checkout, processes, cursorFile };
    const context = { store, ...machine, lanes: store.lanes, clock, warn, timers };
    return { context, tasks: new Tasks(context), lanes: new Lanes(context, checkout, NO_HOLDERS) };
  };
  return { path, time, warnings, mine: open(), theirs: open() };
}

/** What a promise came to, so far. */
function outcome<T>(promise: Promise<T>): { value?: T } {
  const state: { value?: T } = {};
  void promise.then((value) => state.value = value);
  return state;
}

it("claim() with wait finds a task within 5 s though the kernel says nothing", async () => {
  const { time, mine, theirs, warnings } = scene();
  const waiting = outcome(mine.tasks.claim({ runId: "a", wait: 60 }));
  await time.advance(7);
  const { task_id } = await theirs.tasks.enqueue({ title: "x", runId: "p" });
  await time.advance(5);
  assertEquals({ status: waiting.value?.status, warnings }, { status: "claimed", warnings: [] });
  assertEquals(waiting.value?.status === "claimed" && waiting.value.task_id, task_id);
});

it("claim() with wait finds another tool's task within 5 s though the kernel says nothing", async () => {
  const { path, time, mine } = scene();
  const waiting = outcome(mine.tasks.claim({ runId: "a", wait: 60 }));
  await time.advance(7);
  const task = { task_id: "f0e1a2", title: "x", created_at: time.iso(0) };
  host.fs.createNew(`${path}/tasks/f0e1a2.json`, new TextEncoder().encode(JSON.stringify(task)));
  await time.advance(5);
  assertEquals(waiting.value?.status === "claimed" && waiting.value.task_id, "f0e1a2");
});

it("request() with wait finds a free lane within 5 s though the kernel says nothing", async () => {
  const { time, mine, theirs } = scene();
  await theirs.lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  const waiting = outcome(mine.lanes.acquire({ lane: "b", tree: ["a"], owner: "y", wait: 60 }));
  await time.advance(7);
  await theirs.lanes.release({ lane: "api", owner: "x" });
  await time.advance(5);
  assertEquals(waiting.value?.status, "acquired");
});

it("watchRecords() emits a change within 5 s though the kernel says nothing", async () => {
  const { time, mine, theirs } = scene();
  const lines: string[] = [];
  const stop = new AbortController();
  const stream = watchRecords(mine.context, { signal: stop.signal }, {
    ...time.timers,
    turn: () => Promise.resolve(),
  });
  const running = (async () => {
    for await (const { event_type, kind } of stream) lines.push(`${event_type} ${kind}`);
  })();
  await time.advance(7);
  await theirs.tasks.enqueue({ title: "x", runId: "p" });
  await theirs.lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  await time.advance(5);
  assertEquals(lines.toSorted(), ["added lane", "added task"]);
  stop.abort();
  await running;
});

it("FsMutex.acquire() finds a release within 5 s though the kernel says nothing", async () => {
  const time = new FakeTime();
  const folder = `${makeTempDir()}/lock`;
  const first = await new FsMutex(host, folder).acquire(0);
  const waiting = outcome(new FsMutex(host, folder, 30_000, time.timers).acquire(60_000));
  await time.advance(7);
  if (first.status === "held") first.hold.release();
  await time.advance(5);
  assertEquals(waiting.value?.status, "held");
});

it("FsMutex.acquire() ends in time, and with its signal at once", async () => {
  const time = new FakeTime();
  const folder = `${makeTempDir()}/lock`;
  await new FsMutex(host, folder).acquire(0);
  const stop = new AbortController();
  const mutex = () => new FsMutex(host, folder, 30_000, time.timers);
  const timed = outcome(mutex().acquire(2_000));
  const aborted = outcome(
    mutex().acquire(60_000, stop.signal).catch((error: Error) => error.message),
  );
  await time.advance(1.999);
  assertEquals({ timed, aborted }, { timed: {}, aborted: {} });
  stop.abort(new Error("enough"));
  await time.advance(0.002);
  assertEquals([aborted.value, timed.value !== undefined], ["enough", true]);
  assertEquals(time.armed, 0);
});
