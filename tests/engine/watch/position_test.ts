import type { CoordError } from "../../../src/domain/errors.ts";
import { assert_, assertEquals, assertMatch, assertRejects, it } from "../../deps.ts";
import { FilesBench } from "../../support/fake/files_bench.ts";

const cursor = "/home/position";
const ONCE = { once: true, cursor };

it("watchRecords() with a cursor emits snapshots first and then only what changed", async () => {
  const bench = new FilesBench();
  bench.records.put("task", "a", { n: 1 });
  bench.records.put("task", "b", { n: 2 });
  bench.records.put("heartbeat", "h", { n: 3 });
  assertEquals(await bench.emitted(ONCE), [
    "snapshot heartbeat h",
    "snapshot task a",
    "snapshot task b",
  ]);
  assertEquals(await bench.emitted(ONCE), []);
  bench.records.put("task", "c", {});
  bench.records.remove("task", "b");
  bench.records.put("heartbeat", "h", { n: 4 });
  const running = bench.start(ONCE);
  await running.done;
  assertEquals(running.lines(), ["modified heartbeat h", "added task c", "removed task b"]);
  assertEquals(running.events.at(-1)?.data, { n: 2 });
  assertEquals(await bench.emitted(ONCE), []);
});

it("watchRecords() emits an event again that was not taken", async () => {
  const bench = new FilesBench();
  for (const id of ["a", "b", "c"]) bench.records.put("task", id, {});
  for await (const event of bench.stream({ cursor })) if (event.id === "b") break;
  assertEquals(await bench.emitted(ONCE), ["added task b", "added task c"]);
  bench.records.put("task", "d", {});
  bench.records.put("task", "e", {});
  assertEquals(await bench.emitted({ cursor, maxEvents: 1 }), ["added task d"]);
  assertEquals(await bench.emitted(ONCE), ["added task e"]);
});

it("watchRecords() keeps the position while it waits, one short line an event", async () => {
  const bench = new FilesBench();
  for (let n = 0; n < 100; n++) bench.records.put("task", `t${n}`, { n });
  const running = bench.start({ cursor });
  await bench.time.advance(1);
  const before = bench.cursors.get(cursor) ?? "";
  bench.records.put("task", "new", { title: "x" });
  await bench.time.settle();
  const added = (bench.cursors.get(cursor) ?? "").slice(before.length);
  assertMatch(added, /^\{"kind":"task","id":"new","version":".*","data":\{"title":"x"\}\}\n$/);
  // The process dies here.
  bench.records.put("task", "later", {});
  assertEquals(await bench.emitted({ once: true, cursor }), ["added task later"]);
  await running.stop();
});

it("watchRecords() with snapshot false starts its position at what is there", async () => {
  const bench = new FilesBench();
  bench.records.put("task", "old", {});
  assertEquals(await bench.emitted({ ...ONCE, snapshot: false }), []);
  bench.records.put("task", "new", {});
  assertEquals(await bench.emitted(ONCE), ["added task new"]);
});

it("watchRecords() moves its position past what the filters hold back", async () => {
  const bench = new FilesBench();
  bench.records.put("task", "a", { created_by: "me" });
  bench.records.put("task", "b", { created_by: "you" });
  assertEquals(await bench.emitted({ ...ONCE, runId: "me" }), ["snapshot task a"]);
  bench.records.remove("task", "a");
  bench.records.remove("task", "b");
  assertEquals(await bench.emitted({ ...ONCE, runId: "me" }), ["removed task a"]);
  assertEquals(await bench.emitted(ONCE), []);
});

it("watchRecords() emits kinds as snapshots that the position does not cover, and keeps the others", async () => {
  const bench = new FilesBench();
  bench.records.put("task", "t", {});
  bench.records.put("intent", "i", {});
  assertEquals(await bench.emitted({ ...ONCE, kinds: ["task"] }), ["snapshot task t"]);
  bench.records.put("task", "u", {});
  assertEquals(await bench.emitted({ ...ONCE, kinds: ["intent"] }), ["snapshot intent i"]);
  assertEquals(await bench.emitted(ONCE), ["added task u"]);
});

it("watchRecords() emits what expired while no stream ran, once", async () => {
  const bench = new FilesBench();
  const expires = (seconds: number) => ({ expires_at: bench.time.iso(seconds), status: "claimed" });
  bench.records.put("claim", "before", expires(-10));
  bench.records.put("claim", "while", expires(10));
  bench.records.put("claim", "down", expires(50));
  const running = bench.start({ cursor, snapshot: false });
  await bench.time.advance(20);
  await running.stop();
  assertEquals(running.lines(), ["expired claim while"]);
  await bench.time.advance(100);
  assertEquals(await bench.emitted(ONCE), ["expired claim down"]);
  assertEquals(await bench.emitted(ONCE), []);
});

it("watchRecords() rewrites the cursor when most of it is outdated, and loses nothing", async () => {
  const bench = new FilesBench();
  const running = bench.start({ cursor, snapshot: false });
  await bench.time.settle();
  for (let n = 0; n < 1_500; n++) {
    bench.records.put("heartbeat", "h", { n });
    await bench.time.settle();
  }
  await running.stop();
  assertEquals(running.events.length, 1_500);
  const lines = (bench.cursors.get(cursor) ?? "").split("\n").length;
  assert_(lines < 1_100, `${lines} lines`);
  assertEquals(await bench.emitted(ONCE), []);
});

it("watchRecords() skips a torn last line and a broken one", async () => {
  const bench = new FilesBench();
  for (const id of ["a", "b", "c"]) bench.records.put("task", id, {});
  await bench.emitted(ONCE);
  const [head, a, b, c] = (bench.cursors.get(cursor) ?? "").split("\n")
    .filter((line) => !line.includes(`"id":"segments"`));
  bench.cursors.set(cursor, `${head}\n${a}\nrubbish\n${b}\n${c?.slice(0, 20)}`);
  assertEquals(await bench.emitted(ONCE), ["added task c"]);
  assertEquals(bench.warnings, [
    `Cursor "/home/position" has 1 line that is unreadable: skipped`,
  ]);
  assertEquals(await bench.emitted(ONCE), []);
  assertEquals(bench.warnings.length, 1, "the file was put right");
});

it("watchRecords() never touches a file that is no position of this workspace", async () => {
  const bench = new FilesBench();
  for (
    const text of [
      "notes\n",
      "no newline",
      `{"kind":"task"}\n`,
      `{"coord_cursor":1,"workspace":["/other","inode 7"],"since":1,"kinds":[]}\n`,
    ]
  ) {
    bench.cursors.set(cursor, text);
    const error = await assertRejects(() => bench.emitted(ONCE)) as CoordError;
    assertEquals([error.name, error.code], ["CoordError", "bad_args"]);
    assertEquals(bench.cursors.get(cursor), text);
  }
  bench.cursors.set(cursor, "");
  assertEquals(await bench.emitted(ONCE), []);
});
