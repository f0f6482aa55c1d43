import type { WatchEvent } from "../../src/domain/watch/event.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { start } from "../support/race/processes.ts";
import { isHeavy, sized } from "../support/length.ts";
import { WatchWorkspace } from "../support/scene/watch_workspace.ts";
import { jsonOf } from "../support/scene/event_data.ts";

const HEAVY = isHeavy();

/** Milliseconds without news after which a count is final. */
const SETTLED_MS = HEAVY ? 2_000 : 500;

/**
 * Streams a burst and asserts that every record is emitted once. The consumer does not yield for a
 * moment now and then, so that the small buffer of the notification overflows.
 */
async function burst(count: number, way: "rename" | "link"): Promise<void> {
  const workspace = await WatchWorkspace.create();
  const abort = new AbortController();
  const emitted = new Map<string, number>();
  let last = performance.now();
  const streaming = (async () => {
    for await (const event of workspace.stream({ signal: abort.signal })) {
      // The writer may be there before the stream has read its snapshots.
      assert_(["added", "snapshot"].includes(event.event_type), event.event_type);
      assertEquals(event.kind, "task");
      const { id = "" } = event;
      emitted.set(id, (emitted.get(id) ?? 0) + 1);
      if (emitted.size % 250 === 1) block(40);
      last = performance.now();
    }
  })();
  const began = performance.now();
  const writer = start("race/write_burst.ts", {
    folder: workspace.layout.folder("task"),
    staging: workspace.layout.tmp,
    count,
    way,
  });
  assertEquals(await writer.ended, { code: 0, output: "" });
  const written = performance.now();
  while (emitted.size < count && performance.now() - last < 20_000) await pause(10);
  const complete = performance.now();
  await pause(SETTLED_MS);
  abort.abort();
  await streaming;
  workspace.delete();
  assertEquals(emitted.size, count);
  assertEquals([...emitted.values()].filter((times) => times !== 1), []);
  assertEquals(workspace.warnings, []);
  if (HEAVY) {
    const ms = (from: number, to: number) => `${Math.round(to - from)} ms`;
    console.log(
      `${count} by ${way}: ${ms(began, written)}, emitted ${ms(written, complete)} later`,
    );
  }
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const BURST = sized(1_000, 3_000, 3_000);

it(`watchRecords() emits each of ${BURST} records once that another process writes at full speed`, async () => {
  await burst(BURST, "rename");
});

if (HEAVY) {
  it("watchRecords() emits each of 50000 renamed records once", () => burst(50_000, "rename"));
  it("watchRecords() emits each of 50000 linked records once", () => burst(50_000, "link"));
}

it("watchRecords() emits the last of 2000 states of one heartbeat, and none twice", async () => {
  const workspace = await WatchWorkspace.create();
  const streaming = workspace.collect((events) =>
    events.slice(-1).some((event) => jsonOf(event).n === 1_999)
  );
  for (let n = 0; n < 2_000; n++) {
    workspace.put("heartbeats/aaaa01.json", { n });
    if (n % 200 === 0) await pause(5);
  }
  const states = (await streaming).map((event) => Number(jsonOf(event).n));
  workspace.delete();
  assertEquals(states.at(-1), 1_999);
  assertEquals(states, [...new Set(states)].sort((a, b) => a - b));
});

it("watchRecords() emits each of 2000 removals once, with what was removed", async () => {
  const workspace = await WatchWorkspace.create();
  for (let n = 0; n < 2_000; n++) workspace.put(`tasks/aaaaaa${n}.json`, { n });
  let removed = 0;
  const events: WatchEvent[] = [];
  for await (const event of workspace.stream({ timeout: 20 })) {
    events.push(event);
    if (events.length === 2_000) {
      for (let n = 0; n < 2_000; n++) workspace.remove(`tasks/aaaaaa${n}.json`);
    }
    if (event.event_type === "removed" && ++removed === 2_000) break;
  }
  workspace.delete();
  const gone = events.filter((event) => event.event_type === "removed");
  assertEquals(gone.length, 2_000);
  assertEquals(new Set(gone.map((event) => event.id)).size, 2_000);
  assert_(gone.every((event) => event.id === `aaaaaa${jsonOf(event).n}`));
});

it("watchRecords() loses nothing that is written while it reads its snapshots", async () => {
  const workspace = await WatchWorkspace.create();
  for (let n = 0; n < 2_000; n++) workspace.put(`tasks/aaaaaa${n}.json`, { n });
  let more = 0;
  const events = await workspace.collect((all) => {
    // A write for every second snapshot, before and behind the place of reading.
    if (all.length % 2 === 0 && more < 1_000) {
      workspace.put(`tasks/aaaaaa${(more++ * 7) % 1_000}b.json`, {});
    }
    return all.length >= 3_000;
  });
  workspace.delete();
  assertEquals(new Set(events.map((event) => event.id)).size, 3_000);
  const first = events.findIndex((event) => event.event_type !== "snapshot");
  assert_(first >= 2_000, "all snapshots come first");
  assert_(events.slice(first).every((event) => event.event_type === "added"));
});
