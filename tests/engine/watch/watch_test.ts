import { assertEquals, it } from "../../deps.ts";
import { WatchBench } from "../../support/fake/watch_bench.ts";

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
