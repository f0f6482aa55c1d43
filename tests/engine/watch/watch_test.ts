import type { CoordError } from "../../../src/domain/errors.ts";
import { HostError } from "../../../src/ports/host.ts";
import { assertEquals, assertMatch, assertRejects, assertThrows, it } from "../../deps.ts";
import { WatchBench } from "../../support/fake/watch_bench.ts";
import { jsonOf } from "../../support/scene/event_data.ts";

it("watchRecords() emits snapshots in order, then each change with what it concerns", async () => {
  const bench = new WatchBench();
  bench.records.put("task", "t2", { title: "two" });
  bench.records.put("task", "t1", { title: "one" });
  bench.records.put("reservation", "r1", { run_id: "a" });
  const running = bench.start();
  await bench.time.settle();
  bench.records.put("task", "t3", { title: "three" });
  await bench.time.settle();
  bench.records.put("heartbeat", "r1", { n: 1 });
  await bench.time.settle();
  bench.records.put("heartbeat", "r1", { n: 2 });
  await bench.time.settle();
  bench.records.remove("task", "t1");
  await bench.time.settle();
  assertEquals(running.lines(), [
    "snapshot reservation r1",
    "snapshot task t1",
    "snapshot task t2",
    "added task t3",
    "added heartbeat r1",
    "modified heartbeat r1",
    "removed task t1",
  ]);
  assertEquals(running.events.at(-1), {
    schema_version: "0.1.0",
    event_type: "removed",
    kind: "task",
    id: "t1",
    timestamp: bench.time.iso(0),
    data: { title: "one" },
  });
  await running.stop();
});

it("watchRecords() emits what changes while snapshots are read once, after all snapshots", async () => {
  const bench = new WatchBench();
  for (const id of ["a", "b", "c"]) bench.records.put("task", id, {});
  bench.records.put("claim", "a", { transition: 1 });
  bench.records.onLooked = (kind, id) => {
    if (kind !== "task" || id !== "a") return;
    bench.records.put("task", "new", {}); // not in the listing any more
    bench.records.remove("task", "b"); // gone before it was read
    bench.records.remove("task", "a"); // read already
    bench.records.put("claim", "a", { transition: 2 }); // read after this
  };
  const running = bench.start();
  await bench.time.advance(1);
  assertEquals(running.lines(), [
    "snapshot task a",
    "snapshot task c",
    "snapshot claim a",
    "added task new",
    "removed task a",
  ]);
  assertEquals(running.events[2]?.data, { transition: 2 });
  await running.stop();
});

it("watchRecords() ends after the snapshots with once and with timeout 0, starting no watch", async () => {
  const bench = new WatchBench();
  bench.records.put("task", "t", {});
  bench.records.watchable = false;
  assertEquals(await bench.emitted({ once: true, backend: "native" }), ["snapshot task t"]);
  assertEquals(await bench.emitted({ timeout: 0 }), ["snapshot task t"]);
  assertEquals(await bench.emitted({ once: true, snapshot: false }), []);
  assertEquals(bench.warnings, []);
});

it("watchRecords() blocks until something changes with snapshot false and maxEvents 1", async () => {
  const bench = new WatchBench();
  bench.records.put("task", "old", {});
  const running = bench.start({ snapshot: false, maxEvents: 1 });
  await bench.time.advance(30);
  assertEquals(running.lines(), []);
  bench.records.put("task", "new", {});
  await running.done;
  assertEquals(running.lines(), ["added task new"]);
});

it("watchRecords() counts only events that pass the filters towards maxEvents", async () => {
  const bench = new WatchBench();
  for (const id of ["a", "b", "c"]) bench.records.put("task", id, { created_by: id });
  assertEquals(await bench.emitted({ maxEvents: 1, runId: "c" }), ["snapshot task c"]);
});

it("watchRecords() ends by timeout, to the millisecond", async () => {
  const bench = new WatchBench();
  const running = bench.start({ timeout: 2.5 });
  let ended = false;
  running.done.then(() => ended = true);
  await bench.time.advance(2.499);
  assertEquals(ended, false);
  await bench.time.advance(0.001);
  await bench.time.settle();
  assertEquals(ended, true);
});

it("watchRecords() frees its watch and timers however it ends", async () => {
  const bench = new WatchBench();
  bench.records.put("task", "t", {});
  for await (const _event of bench.stream()) {
    assertEquals(bench.records.watching, true);
    break;
  }
  assertEquals([bench.records.watching, bench.time.armed], [false, 0]);

  const running = bench.start();
  await bench.time.settle();
  assertEquals([bench.records.watching, bench.time.armed], [true, 1]);
  await running.stop();
  assertEquals([bench.records.watching, bench.time.armed], [false, 0]);

  const events = bench.stream({ snapshot: false })[Symbol.asyncIterator]();
  const waiting = events.next();
  await bench.time.settle();
  await events.return?.();
  assertEquals(await waiting, { done: true, value: undefined });
  assertEquals([bench.records.watching, bench.time.armed], [false, 0]);
});

it("watchRecords() emits nothing with a signal that was raised before", async () => {
  const bench = new WatchBench();
  bench.records.put("task", "t", {});
  assertEquals(await bench.emitted({ signal: AbortSignal.abort() }), []);
});

it("watchRecords() filters by kind, agent and branch, also what is removed", async () => {
  const bench = new WatchBench();
  bench.records.put("reservation", "r1", { run_id: "me", branch: "main" });
  bench.records.put("reservation", "r2", { run_id: "me", branch: "other" });
  bench.records.put("intent", "i1", { run_id: "me", branch: "main" });
  bench.records.put("reservation", "r3", { run_id: "you", branch: "main" });
  const running = bench.start({ kinds: ["reservation"], runId: "me", branch: "main" });
  await bench.time.settle();
  for (const id of ["r1", "r2", "r3"]) bench.records.remove("reservation", id);
  await bench.time.settle();
  assertEquals(running.lines(), ["snapshot reservation r1", "removed reservation r1"]);
  await running.stop();
  const claims = new WatchBench();
  claims.records.put("claim", "c1", { claimer_run_id: "me" });
  claims.records.put("task", "t1", { created_by: "me" });
  claims.records.put("task", "t2", { created_by: "you" });
  assertEquals(await claims.emitted({ once: true, runId: "me" }), [
    "snapshot task t1",
    "snapshot claim c1",
  ]);
});

it("watchRecords() never lets a claim's transitions go back", async () => {
  const bench = new WatchBench();
  bench.records.put("claim", "c", { transition: 3 });
  const running = bench.start();
  await bench.time.settle();
  for (const transition of [2, 4, 1]) {
    bench.records.put("claim", "c", { transition });
    await bench.time.advance(1);
  }
  assertEquals(running.events.map((event) => jsonOf(event).transition), [3, 4]);
  await running.stop();
});

it("watchRecords() reports every bad option at once, before anything is read", () => {
  const bench = new WatchBench();
  const error = assertThrows(() =>
    bench.stream({
      kinds: ["lease" as "task"],
      runId: " x",
      timeout: -1,
      maxEvents: 0,
      pollInterval: 0.001,
      backend: "kqueue" as "poll",
      cursor: "",
    })
  ) as CoordError;
  assertEquals(error.code, "bad_args");
  for (
    const field of ["kinds", "runId", "timeout", "maxEvents", "pollInterval", "backend", "cursor"]
  ) assertMatch(error.message, new RegExp(`\\b${field} `));
  assertEquals(bench.records.lists, []);
});

it("watchRecords() polls where the kernel cannot notify, and says so", async () => {
  const bench = new WatchBench();
  bench.records.watchable = false;
  bench.records.put("task", "t1", {});
  const running = bench.start({ pollInterval: 0.5 });
  await bench.time.settle();
  assertEquals(running.take(), ["snapshot task t1"]);
  assertMatch(bench.warnings.join(), /^No notification here .*looking every 0\.5 s instead$/);
  bench.records.put("task", "t2", {});
  bench.records.remove("task", "t1");
  await bench.time.advance(0.51);
  assertEquals(running.take(), ["added task t2", "removed task t1"]);
  bench.records.lists = [];
  await bench.time.advance(60);
  assertEquals(bench.records.lists, [], "an unchanged folder was listed");
  await running.stop();
});

it("watchRecords() fails where native notification is demanded and cannot be had", async () => {
  const bench = new WatchBench();
  bench.records.watchable = false;
  const error = await assertRejects(() => bench.emitted({ backend: "native" })) as CoordError;
  assertEquals([error.name, error.code], ["CoordError", "io_error"]);
});

it("watchRecords() polls while marks are unsettled, even when they stay the same", async () => {
  const bench = new WatchBench();
  bench.records.settled = false;
  const running = bench.start({ backend: "poll" });
  await bench.time.settle();
  bench.records.hide("task", "t", {});
  await bench.time.advance(1.1);
  assertEquals(running.lines(), ["added task t"]);
  await running.stop();
});

it("watchRecords() goes on by polling when notification breaks off, and misses nothing", async () => {
  const bench = new WatchBench();
  const running = bench.start();
  await bench.time.settle();
  bench.records.hinting = false;
  bench.records.put("task", "unheard", {});
  bench.records.breakWatch(new HostError("other", "watch", "/w/tasks"));
  await bench.time.advance(0.01);
  assertEquals(running.take(), ["added task unheard"]);
  assertMatch(bench.warnings.join(), /^Notification broke off .*looking every 1 s instead$/);
  bench.records.put("task", "later", {});
  await bench.time.advance(1);
  assertEquals(running.take(), ["added task later"]);
  await running.stop();
});

it("watchRecords() reports a folder that cannot be listed once, and goes on with the others", async () => {
  const bench = new WatchBench();
  bench.records.unlisted.add("intent");
  bench.records.put("intent", "i", {});
  bench.records.put("task", "t", {});
  const running = bench.start();
  await bench.time.advance(30);
  assertEquals(running.take(), ["snapshot task t"]);
  assertEquals(bench.warnings, [`Cannot list "intent": permission denied`]);
  bench.records.unlisted.clear();
  await bench.time.advance(6);
  assertEquals(running.take(), ["added intent i"]);
  await running.stop();
});

it("watchRecords() warns of a broken record once, and emits it when it becomes whole", async () => {
  const bench = new WatchBench();
  bench.records.break("task", "bad");
  bench.records.put("task", "good", {});
  const running = bench.start();
  await bench.time.advance(60);
  assertEquals(running.take(), ["snapshot task good"]);
  assertEquals(bench.warnings, ["task bad is broken"]);
  bench.records.put("task", "bad", { title: "whole" });
  await bench.time.settle();
  assertEquals(running.take(), ["added task bad"]);
  bench.records.break("task", "worse");
  bench.records.remove("task", "worse");
  await bench.time.advance(60);
  assertEquals([running.take(), bench.warnings.length], [[], 1]);
  await running.stop();
  assertEquals(await bench.emitted({ once: true }), ["snapshot task bad", "snapshot task good"]);
});

it("watchRecords() says nothing of a record that is whole a moment later", async () => {
  const bench = new WatchBench();
  const running = bench.start();
  await bench.time.settle();
  bench.records.break("task", "t");
  await bench.time.advance(0.1);
  bench.records.put("task", "t", {});
  await bench.time.advance(10);
  assertEquals([running.take(), bench.warnings], [["added task t"], []]);
  await running.stop();
});

it("watchRecords() finds a broken record whole again without a hint", async () => {
  const bench = new WatchBench();
  bench.records.put("heartbeat", "t", { title: "kept" });
  const running = bench.start();
  await bench.time.settle();
  running.take();
  bench.records.hinting = false;
  bench.records.break("heartbeat", "t");
  await bench.time.advance(6);
  bench.records.hide("heartbeat", "t", { title: "kept" });
  await bench.time.advance(6);
  assertEquals([running.take(), bench.warnings], [[], ["heartbeat t is broken"]]);
  bench.records.break("heartbeat", "t");
  await bench.time.advance(6);
  bench.records.remove("heartbeat", "t");
  await bench.time.advance(6);
  assertEquals(running.events.map((event) => [event.event_type, event.data]), [
    ["removed", { title: "kept" }],
  ]);
  await running.stop();
});
