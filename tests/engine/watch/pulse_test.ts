/** What a stream says beside changes: that it has caught up, and that it is alive. */
import type { CoordError } from "../../../src/domain/errors.ts";
import { assertEquals, assertMatch, assertThrows, it } from "../../deps.ts";
import { FilesBench } from "../../support/fake/files_bench.ts";
import { WatchBench } from "../../support/fake/watch_bench.ts";

const cursor = "/home/position";

it("watchRecords() says once that all snapshots were emitted, before what changes then", async () => {
  const bench = new FilesBench();
  bench.records.put("task", "a", {});
  bench.records.onLooked = () => {
    bench.records.onLooked = () => {};
    bench.records.put("task", "b", {});
  };
  const running = bench.start({ synced: true });
  await bench.time.advance(20);
  assertEquals(running.types(), ["snapshot a", "synced", "added b"]);
  assertEquals(running.events[1], {
    schema_version: "0.1.0",
    event_type: "synced",
    timestamp: bench.time.iso(0),
  });
  await running.stop();
});

it("watchRecords() says that it is synced after what changed since the cursor, and ends then with once", async () => {
  const bench = new FilesBench();
  bench.records.put("claim", "c", { status: "claimed", expires_at: bench.time.iso(10) });
  await bench.emitted({ once: true, cursor });
  bench.records.put("task", "a", {});
  await bench.time.advance(20);
  const running = bench.start({ once: true, cursor, synced: true });
  await running.done;
  assertEquals(running.types(), ["added a", "expired c", "synced"]);
  const empty = bench.start({ once: true, cursor, synced: true, snapshot: false });
  await empty.done;
  assertEquals(empty.types(), ["synced"]);
});

it("watchRecords() ticks at its interval, whatever happens between, and sleeps otherwise", async () => {
  const bench = new WatchBench();
  const running = bench.start({ tick: 10, snapshot: false });
  await bench.time.advance(9.999);
  assertEquals(running.types(), []);
  await bench.time.advance(5);
  bench.records.put("task", "a", {});
  await bench.time.advance(15);
  assertEquals(running.events.map((event) => [event.event_type, event.timestamp]), [
    ["tick", bench.time.iso(10)],
    ["added", bench.time.iso(14.999)],
    ["tick", bench.time.iso(20)],
  ]);
  assertEquals(bench.time.armed, 1);
  await running.stop();
});

it("watchRecords() emits one tick where its consumer was busy for several", async () => {
  const bench = new WatchBench();
  const events = bench.stream({ tick: 1, snapshot: false })[Symbol.asyncIterator]();
  const first = events.next();
  await bench.time.advance(1);
  assertEquals((await first).value.event_type, "tick");
  await bench.time.advance(5.5);
  const late = events.next();
  await bench.time.advance(0.001);
  assertEquals((await late).value.timestamp, bench.time.iso(6.501));
  const next = events.next();
  await bench.time.advance(2);
  assertEquals((await next).value.timestamp, bench.time.iso(7.501));
  await events.return?.();
});

it("watchRecords() counts neither synced nor ticks towards maxEvents", async () => {
  const bench = new WatchBench();
  const running = bench.start({ synced: true, tick: 1, snapshot: false, maxEvents: 1 });
  await bench.time.advance(2);
  bench.records.put("task", "a", {});
  await running.done;
  assertEquals(running.types(), ["synced", "tick", "tick", "added a"]);
});

it("watchRecords() refuses a tick that is too short or no number", () => {
  const bench = new WatchBench();
  for (const tick of [0, -1, 0.01, NaN, 1e9]) {
    const error = assertThrows(() => bench.stream({ tick })) as CoordError;
    assertEquals(error.code, "bad_args");
    assertMatch(error.message, /^tick /);
  }
});
