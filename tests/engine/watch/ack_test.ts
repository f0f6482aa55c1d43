/** A consumer that says itself what it has taken. */
import type { CoordError } from "../../../src/domain/errors.ts";
import { MAX_UNTAKEN } from "../../../src/domain/limits.ts";
import { assert_, assertEquals, assertMatch, assertThrows, it } from "../../deps.ts";
import { FilesBench } from "../../support/fake/files_bench.ts";

const cursor = "/home/position";
const ACK = { cursor, ack: true } as const;

function put(bench: FilesBench, ...ids: readonly string[]): void {
  for (const id of ids) bench.records.put("task", id, {});
}

it("watchRecords() emits again what was emitted and never acknowledged", async () => {
  const bench = new FilesBench();
  put(bench, "a", "b", "c");
  const first = bench.start(ACK);
  await bench.time.settle();
  assertEquals(first.take(), ["snapshot task a", "snapshot task b", "snapshot task c"]);
  assertEquals(first.ack(), true);
  await bench.time.settle();
  // The consumer dies here: between what it got and its word that it is done.
  await first.stop();
  const second = bench.start(ACK);
  await bench.time.settle();
  assertEquals(second.take(), ["added task b", "added task c"]);
  assertEquals([second.ack(), second.ack(), second.ack()], [true, true, false]);
  await second.stop();
  assertEquals(await bench.emitted({ once: true, cursor }), []);
});

it("watchRecords() keeps what was acknowledged though its process is killed, and nothing more", async () => {
  const bench = new FilesBench();
  put(bench, "a", "b", "c");
  const killed = bench.start(ACK);
  await bench.time.settle();
  killed.ack();
  await bench.time.settle();
  killed.ack();
  await bench.time.settle();
  assertEquals(await bench.emitted({ once: true, cursor }), ["added task c"]);
  await killed.stop();
});

it("watchRecords() emits again the newest state of what was not acknowledged", async () => {
  const bench = new FilesBench();
  bench.records.put("heartbeat", "h", { n: 1 });
  const first = bench.start(ACK);
  await bench.time.settle();
  first.ack();
  bench.records.put("heartbeat", "h", { n: 2 });
  await bench.time.settle();
  bench.records.put("heartbeat", "h", { n: 3 });
  await bench.time.settle();
  first.ack();
  await first.stop();
  const second = bench.start({ once: true, cursor });
  await second.done;
  assertEquals(second.events.map(({ event_type, data }) => [event_type, data]), [
    ["modified", { n: 3 }],
  ]);
});

it("watchRecords() emits removals and expiries again until they are acknowledged", async () => {
  const bench = new FilesBench();
  bench.records.put("claim", "c", { status: "claimed", expires_at: bench.time.iso(10) });
  put(bench, "t");
  await bench.emitted({ once: true, cursor });
  const first = bench.start(ACK);
  await bench.time.advance(20);
  bench.records.remove("task", "t");
  await bench.time.settle();
  assertEquals(first.take(), ["expired claim c", "removed task t"]);
  await first.stop();
  const second = bench.start({ ...ACK, once: true });
  await bench.time.settle();
  assertEquals(second.take().toSorted(), ["expired claim c", "removed task t"]);
  assertEquals([second.ack(), second.ack()], [true, true]);
  await second.done;
  assertEquals(await bench.emitted({ once: true, cursor }), []);
});

it("watchRecords() takes what its filters hold back with what came before, never sooner", async () => {
  const bench = new FilesBench();
  const mine = { created_by: "me" };
  bench.records.put("task", "1", mine);
  bench.records.put("task", "2", { created_by: "you" });
  bench.records.put("task", "3", mine);
  const first = bench.start({ ...ACK, runId: "me" });
  await bench.time.settle();
  assertEquals(first.take(), ["snapshot task 1", "snapshot task 3"]);
  await first.stop();
  const second = bench.start({ ...ACK, runId: "me" });
  await bench.time.settle();
  second.ack();
  await second.stop();
  const all = await bench.emitted({ once: true, cursor });
  assertEquals(all, ["added task 3"]);
});

it("watchRecords() with once or maxEvents ends when the last event was acknowledged", async () => {
  for (const end of [{ once: true }, { maxEvents: 2 }]) {
    const bench = new FilesBench();
    put(bench, "a", "b");
    const running = bench.start({ ...ACK, ...end });
    let ended = false;
    running.done.then(() => ended = true);
    await bench.time.advance(100);
    running.ack();
    await bench.time.advance(100);
    assertEquals(ended, false);
    running.ack();
    await running.done;
    assertEquals(await bench.emitted({ once: true, cursor }), []);
  }
});

it("watchRecords() with a timeout does not wait for acknowledgements beyond it", async () => {
  const bench = new FilesBench();
  put(bench, "a");
  const running = bench.start({ ...ACK, maxEvents: 1, timeout: 5 });
  await bench.time.advance(5);
  await running.done;
  assertEquals(await bench.emitted({ once: true, cursor }), ["added task a"]);
});

it("watchRecords() waits where too many events were not acknowledged, and goes on from there", async () => {
  const bench = new FilesBench();
  for (let n = 0; n <= MAX_UNTAKEN; n++) put(bench, `t${n}`);
  const running = bench.start(ACK);
  for (let n = 0; n < 20; n++) await bench.time.settle();
  assertEquals(running.events.length, MAX_UNTAKEN);
  running.ack();
  await bench.time.settle();
  assertEquals(running.events.length, MAX_UNTAKEN + 1);
  await running.stop();
});

it("watchRecords() loses nothing when the cursor is rewritten while events wait", async () => {
  const bench = new FilesBench();
  put(bench, "waits");
  const running = bench.start(ACK);
  await bench.time.settle();
  bench.records.put("heartbeat", "h", {});
  await bench.time.settle();
  const head = (bench.cursors.get(cursor) ?? "").split("\n")[0];
  assert_(head !== undefined);
  await running.stop();
  // Far more outdated lines than records, so that the next start writes the file again.
  const old = `{"kind":"intent","id":"i","version":"1","data":{}}\n{"kind":"intent","id":"i"}\n`;
  bench.cursors.set(cursor, `${head}\n${old.repeat(2_000)}`);
  const second = bench.start(ACK);
  await bench.time.settle();
  assertEquals(bench.cursors.get(cursor), `${head}\n`);
  await second.stop();
  assertEquals(await bench.emitted({ once: true, cursor }), [
    "added heartbeat h",
    "added task waits",
  ]);
});

it("ack() takes nothing where the consumer does not acknowledge, or before the loop", async () => {
  const bench = new FilesBench();
  put(bench, "a");
  const stream = bench.stream({ cursor });
  assertEquals(stream.ack(), false);
  for await (const _event of stream) {
    assertEquals(stream.ack(), false);
    break;
  }
  assertEquals(await bench.emitted({ once: true, cursor }), ["added task a"]);
  const error = assertThrows(() => bench.stream({ ack: true })) as CoordError;
  assertMatch(error.message, /^ack needs a cursor$/);
});
