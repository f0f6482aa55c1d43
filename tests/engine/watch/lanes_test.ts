import { assert_, assertEquals, it } from "../../deps.ts";
import { type LaneEventData, openWorkspace, type WatchEvent } from "../../../mod.ts";
import { FsJournal } from "../../../src/adapters/fs/lane/journal.ts";
import { FsLanes } from "../../../src/adapters/fs/lane/environment.ts";
import { LANE_GRACE_S } from "../../../src/domain/limits.ts";
import { LaneRecords } from "../../../src/adapters/fs/watch/lane_records.ts";
import type { WatchOptions } from "../../../src/engine/watch/watch.ts";
import type { RecordSource } from "../../../src/adapters/fs/watch/records.ts";
import { removeTree } from "../../support/scene/scratch.ts";
import { sleep } from "../../support/race/processes.ts";
import { workspace } from "../../support/scene/workspace.ts";

async function scene() {
  const { dir, path, write } = await workspace();
  const coord = await openWorkspace({ dir });
  /** Streams lanes from another opening of the workspace until `done` says so, and at most 20 s. */
  const collect = async (
    done: (events: readonly WatchEvent[]) => boolean,
    options: WatchOptions = {},
    events: WatchEvent[] = [],
  ): Promise<WatchEvent[]> => {
    const other = await openWorkspace({ dir });
    for await (const event of other.watch({ kinds: ["lane"], timeout: 20, ...options })) {
      events.push(event);
      if (done(events)) break;
    }
    return events;
  };
  return { dir, path, write, coord, lanes: coord.lanes, collect };
}

/** The data of an event, which must be about a lane. */
function laneOf(event: WatchEvent): LaneEventData {
  if (event.kind !== "lane") throw new Error(`an event of a ${event.kind}`);
  return event.data;
}

const linesOf = (events: readonly WatchEvent[]) =>
  events.map((event) => {
    const { op, lane, fence } = laneOf(event);
    return `${event.event_type} ${op} ${lane}${fence ? ` ${fence}` : ""}`;
  });

const after = (count: number) => (events: readonly WatchEvent[]) => events.length >= count;

it("watch() emits what happens to lanes, each thing once, and no heartbeats", async () => {
  const { lanes, collect } = await scene();
  await lanes.acquire({ lane: "api", tree: ["a"], owner: "x", loopTs: "k@1", runId: "r" });
  await lanes.spawn({ lane: "old", owner: "x" });
  const events: WatchEvent[] = [];
  const streaming = collect(after(7), {}, events);
  const seen = async (count: number) => {
    const end = performance.now() + 10_000;
    while (events.length < count && performance.now() < end) await sleep(5);
  };
  await seen(1);
  await lanes.heartbeat({ lane: "api", owner: "x" });
  await lanes.spawn({ lane: "web@%", owner: "y", loopTs: "k2" });
  await seen(2);
  await lanes.acquire({ lane: "web@%", tree: ["w"], owner: "y", loopTs: "k2" });
  await seen(3);
  await lanes.heartbeat({ lane: "web@%", owner: "y" });
  await lanes.halt({ handle: "h1", lane: "web@%" });
  await seen(4);
  await lanes.adopt({ lane: "api", owner: "boss" });
  await seen(5);
  await lanes.release({ lane: "api", owner: "boss" });
  await seen(6);
  await lanes.release({ lane: "web@%", owner: "y" });
  await streaming;
  assertEquals(linesOf(events), [
    "snapshot acquired api 1",
    "added spawned web@%",
    "added acquired web@% 5",
    "added halted web@%",
    "modified adopted api 8",
    "removed released api 8",
    "removed released web@% 5",
  ]);
  assertEquals(events.map(({ id }) => id).filter((id) => id?.includes("@")), [
    "api@k@1",
    "web%40%25@k2",
    "api@k@1",
    "api@k@1",
    "web%40%25@k2",
  ]);
  const [first, , , , fifth] = events.map(laneOf);
  assertEquals([first?.run_id, fifth?.holder], ["r", "boss"]);
});

it("watch() emits a lease's expiry when it happens, moved by heartbeats, and its eviction", async () => {
  const { dir, lanes, collect } = await scene();
  const dying = await openWorkspace({
    dir,
    clock: () => Date.now() - (LANE_GRACE_S.default + 0.4) * 1000,
  });
  await dying.lanes.acquire({ lane: "api", tree: ["a"], owner: "x", ttl: 1 });
  const streaming = collect(after(4));
  await sleep(200);
  const beat = Date.now();
  await dying.lanes.heartbeat({ lane: "api", owner: "x" });
  await sleep(1_000);
  await lanes.acquire({ lane: "b", tree: ["a"], owner: "y" });
  const events = await streaming;
  assertEquals(linesOf(events).sort(), [
    "added acquired b 4",
    "expired expired api 1",
    "removed expired api 1",
    "snapshot acquired api 1",
  ]);
  assertEquals(linesOf(events).slice(0, 2), ["snapshot acquired api 1", "expired expired api 1"]);
  const expired = Date.parse(events[1]?.timestamp ?? "");
  assert_(expired >= beat + 600 && expired < beat + 1_200, `${expired - beat} ms after the beat`);
});

it("watch() goes on over a compaction of the journal, and over its removal", async () => {
  const { path, coord: { lanes, journal }, collect } = await scene();
  await lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  const streaming = collect(after(5));
  await sleep(150);
  await lanes.spawn({ lane: "s", owner: "x" });
  await sleep(50);
  await journal.compact();
  await lanes.acquire({ lane: "web", tree: ["w"], owner: "x" });
  await sleep(150);
  removeTree(`${path}/lanes/lane-journal.jsonl`);
  const events = await streaming;
  const [first, ...others] = linesOf(events).slice(0, 3);
  assertEquals(first, "snapshot acquired api 1");
  // What was compacted before the watch had read it comes when it finds that.
  assertEquals(others.sort(), ["added acquired web 3", "added spawned s"]);
  assertEquals(linesOf(events).slice(3).sort(), [
    "removed released api 1",
    "removed released web 3",
  ]);
});

it("watch() emits announcements whose entries were compacted before it looked", async () => {
  const { coord: { lanes, journal }, collect } = await scene();
  await lanes.spawn({ lane: "old", owner: "x" });
  const streaming = collect(after(3), { backend: "poll", pollInterval: 0.4 });
  await sleep(150);
  await lanes.spawn({ lane: "api", owner: "x" });
  await journal.compact();
  await lanes.halt({ handle: "h", lane: "api" });
  await journal.compact();
  await lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  await journal.compact();
  assertEquals(linesOf(await streaming).sort(), [
    "added acquired api 4",
    "added halted api",
    "added spawned api",
  ]);
});

it("LaneRecords hints at every entry since the last look, also past checkpoints", async () => {
  const place = await workspace();
  const { lanes, journal } = place.coord;
  const store = new FsLanes(
    place.host,
    new FsJournal(place.host, `${place.path}/lanes/lane-journal.jsonl`, place.clock.now, () => {}),
    undefined,
  );
  let changed = () => {};
  store.watch = (onChange) => {
    changed = onChange;
    return { close() {} };
  };
  const files = undefined as unknown as RecordSource; // other kinds than lanes are not asked for
  const records = new LaneRecords(files, store);
  const hints: string[] = [];
  const watching = records.watch(["lane"], (hint) => {
    hints.push(hint.about === "record" ? hint.id.replace(/:.*/, "") : hint.about);
    if (hint.about === "record") records.look("lane", hint.id, undefined);
  }, () => {});
  const look = () => {
    changed();
    return hints.splice(0).filter((hint) => hint !== "@");
  };
  const key = { lane: "api", owner: "x", loopTs: "k" };
  await lanes.spawn(key);
  await journal.compact();
  assertEquals(look(), ["spawned"]);
  await lanes.halt({ handle: "h" });
  await journal.compact();
  await lanes.acquire({ ...key, tree: ["a"] });
  await journal.compact();
  await lanes.heartbeat(key);
  await journal.compact();
  assertEquals(look(), ["halted", "api@k"]);
  assertEquals(look(), []);
  for (let n = 0; n < 201; n++) await lanes.heartbeat(key);
  assertEquals(look(), ["kind"]);
  watching.close();
});

it("LaneRecords reads the journal once for what is looked at in one turn, and again in the next", async () => {
  const place = await workspace();
  const { lanes } = place.coord;
  const names = ["api", "web", "docs"];
  for (const lane of names) await lanes.acquire({ lane, owner: "x", tree: [lane], loopTs: "1" });
  const path = `${place.path}/lanes/lane-journal.jsonl`;
  const journal = new FsJournal(place.host, path, place.clock.now, () => {});
  let reads = 0;
  const read = journal.read.bind(journal);
  journal.read = () => (reads++, read());
  const files = undefined as unknown as RecordSource; // other kinds than lanes are not asked for
  const records = new LaneRecords(files, new FsLanes(place.host, journal, undefined));
  const look = () => {
    const { ids } = records.list("lane");
    records.mark("lane");
    return ids.map((id) => records.look("lane", id, undefined).kind);
  };
  assertEquals(look(), ["record", "record", "record"]);
  await lanes.release({ lane: "web", owner: "x", loopTs: "1" });
  reads = 0;
  assertEquals([look(), reads], [["record", "record"], 1]);
});

it("watch() with a cursor emits only what changed since, also over a compaction", async () => {
  const { dir, coord: { lanes, journal }, collect } = await scene();
  const cursor = `${dir}/cursor`;
  await lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  await lanes.acquire({ lane: "web", tree: ["w"], owner: "x" });
  assertEquals(linesOf(await collect(() => false, { cursor, once: true })), [
    "snapshot acquired api 1",
    "snapshot acquired web 2",
  ]);
  assertEquals(await collect(() => false, { cursor, once: true }), []);
  await lanes.heartbeat({ lane: "api", owner: "x" });
  assertEquals(await collect(() => false, { cursor, once: true }), []);
  await lanes.release({ lane: "web", owner: "x" });
  await lanes.adopt({ lane: "api", owner: "boss" });
  await lanes.acquire({ lane: "new", tree: ["n"], owner: "x" });
  await journal.compact();
  await lanes.halt({ handle: "h" });
  assertEquals(linesOf(await collect(() => false, { cursor, once: true })).sort(), [
    "added acquired new 6",
    "added halted ",
    "modified adopted api 5",
    "removed released web 2",
  ]);
  assertEquals(await collect(() => false, { cursor, once: true }), []);
});

it("watch() shows live leases alone as snapshots, and an agent's own by its name", async () => {
  const { dir, lanes, collect } = await scene();
  const dead = await openWorkspace({ dir, clock: () => Date.now() - 400_000 });
  await dead.lanes.acquire({ lane: "dead", tree: ["d"], owner: "x", ttl: 1 });
  await lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  await lanes.acquire({ lane: "web", tree: ["w"], owner: "y" });
  assertEquals(linesOf(await collect(() => false, { once: true })), [
    "snapshot acquired api 2",
    "snapshot acquired web 3",
  ]);
  assertEquals(linesOf(await collect(() => false, { once: true, runId: "y" })), [
    "snapshot acquired web 3",
  ]);
});

it("watch() emits changes of lanes by polling as well", async () => {
  const { lanes, collect } = await scene();
  const streaming = collect(after(2), { backend: "poll", pollInterval: 0.05 });
  await sleep(100);
  await lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  await sleep(200);
  await lanes.release({ lane: "api", owner: "x" });
  assertEquals(linesOf(await streaming), ["added acquired api 1", "removed released api 1"]);
});

it("watch() emits every lease of a burst", async () => {
  const { lanes, collect } = await scene();
  const streaming = collect(after(60), { snapshot: false });
  await sleep(150);
  for (let n = 0; n < 60; n++) await lanes.acquire({ lane: `l${n}`, tree: [`t${n}`], owner: "x" });
  const lanesTold = (await streaming).map((event) => laneOf(event).lane);
  assertEquals(new Set(lanesTold).size, 60);
});
