import { Expiries } from "../../../src/engine/watch/expiry.ts";
import { assertEquals, it } from "../../deps.ts";
import { FilesBench } from "../../support/fake/files_bench.ts";
import { type StreamBench, WatchBench } from "../../support/fake/watch_bench.ts";
import { jsonOf } from "../../support/scene/event_data.ts";

function claim(bench: StreamBench, seconds: number, transition = 1, status = "claimed") {
  const expires_at = bench.time.iso(seconds);
  bench.records.put("claim", "c", { status, expires_at, transition });
}

function reserve(bench: StreamBench, seconds: number) {
  bench.records.put("reservation", "r", { run_id: "a", expires_at: bench.time.iso(seconds) });
}

function beat(bench: StreamBench, seconds: number) {
  bench.records.put("heartbeat", "r", { extended_expires_at: bench.time.iso(seconds) });
}

it("watchRecords() emits a claim's expiry at its instant, once", async () => {
  const bench = new WatchBench();
  claim(bench, 10);
  const running = bench.start({ snapshot: false });
  await bench.time.advance(9.999);
  assertEquals(running.lines(), []);
  await bench.time.advance(0.001);
  await bench.time.settle();
  assertEquals(running.lines(), ["expired claim c"]);
  assertEquals(running.events[0]?.timestamp, bench.time.iso(10));
  assertEquals(running.events.map((event) => jsonOf(event).transition), [1]);
  await bench.time.advance(100);
  assertEquals(running.events.length, 1);
  await running.stop();
});

it("watchRecords() emits the expiry of each grant of a task", async () => {
  const bench = new WatchBench();
  claim(bench, 10);
  const running = bench.start({ snapshot: false });
  await bench.time.advance(11);
  claim(bench, 20, 2);
  await bench.time.advance(30);
  claim(bench, 90, 3);
  await bench.time.advance(1);
  claim(bench, 90, 4, "completed");
  await bench.time.advance(100);
  assertEquals(running.lines(), [
    "expired claim c",
    "modified claim c",
    "expired claim c",
    "modified claim c",
    "modified claim c",
  ]);
  await running.stop();
});

it("watchRecords() emits nothing of what had expired when it started", async () => {
  const bench = new WatchBench();
  claim(bench, -5);
  reserve(bench, 0);
  const running = bench.start({ snapshot: false });
  await bench.time.advance(100);
  assertEquals(running.lines(), []);
  await running.stop();
});

it("watchRecords() moves a reservation's expiry by its heartbeats", async () => {
  const bench = new WatchBench();
  reserve(bench, 10);
  beat(bench, 20);
  const running = bench.start({ snapshot: false, kinds: ["reservation"] });
  await bench.time.advance(15);
  beat(bench, 40);
  await bench.time.advance(24.9);
  assertEquals(running.lines(), []);
  await bench.time.advance(0.2);
  assertEquals(running.lines(), ["expired reservation r"]);
  await bench.time.advance(100);
  beat(bench, 200);
  await bench.time.advance(200);
  assertEquals(running.lines(), ["expired reservation r", "expired reservation r"]);
  await running.stop();
});

it("watchRecords() heeds a heartbeat and a release whose hints have not come", async () => {
  const bench = new FilesBench();
  reserve(bench, 2);
  const running = bench.start({ snapshot: false });
  await bench.time.advance(1);
  bench.records.hinting = false;
  beat(bench, 4);
  await bench.time.advance(1.5);
  assertEquals(running.take(), ["added heartbeat r"]);
  bench.records.put("release", "r", { reason: "completed" });
  await bench.time.advance(1.6);
  assertEquals(running.take(), ["added release r"]);
  await bench.time.advance(60);
  assertEquals(running.take(), []);
  await running.stop();
});

it("watchRecords() expires neither what was released nor what is gone", async () => {
  const bench = new WatchBench();
  reserve(bench, 10);
  bench.records.put("release", "r", {});
  claim(bench, 10);
  const running = bench.start({ snapshot: false, kinds: ["reservation", "claim"] });
  await bench.time.advance(1);
  bench.records.remove("release", "r");
  bench.records.remove("claim", "c");
  await bench.time.advance(100);
  assertEquals(running.take(), ["removed claim c"]);
  await running.stop();
});

it("watchRecords() applies the filters to expiries", async () => {
  const bench = new WatchBench();
  reserve(bench, 10);
  const running = bench.start({ snapshot: false, runId: "b" });
  await bench.time.advance(20);
  assertEquals(running.take(), []);
  await running.stop();
});

it("Expiries gives every instant once and in order, whatever moves", () => {
  const expiries = new Expiries(0);
  const at = new Map<string, number>();
  for (let n = 0; n < 2_000; n++) {
    const id = `c${(n * 7919) % 500}`;
    const ms = 1 + ((n * 104_729) % 10_007);
    expiries.seen("claim", id, { status: "claimed", expires_at: new Date(ms).toISOString() });
    at.set(id, ms);
  }
  const emitted: [string, number][] = [];
  for (let due = expiries.takeDue(20_000); due; due = expiries.takeDue(20_000)) {
    expiries.emitted(due.kind, due.id, due.at);
    emitted.push([due.id, due.at]);
  }
  assertEquals(emitted.map(([, ms]) => ms), [...at.values()].sort((a, b) => a - b));
  assertEquals(new Map(emitted.sort()), new Map([...at].sort()));
  assertEquals(expiries.next(), undefined);
});
