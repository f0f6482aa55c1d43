/** What a stream over every store promises: snapshots first, then every change, and none is lost. */
import type { WatchEvent } from "../../src/domain/watch/event.ts";
import { LaneRecords } from "../../src/engine/watch/lane_records.ts";
import { type WatchOptions, watchRecords } from "../../src/engine/watch/watch.ts";
import { assertEquals, it } from "../deps.ts";
import { until } from "../support/race/processes.ts";
import { type OpenStore, scene } from "./harness.ts";
import { jsonOf } from "../support/scene/event_data.ts";

type Scene = Awaited<ReturnType<typeof scene>>;

function stream({ other, clock }: Scene, options: WatchOptions): AsyncIterable<WatchEvent> {
  const store = { ...other, records: new LaneRecords(other.records, other.lanes) };
  return watchRecords({ store, clock: clock.now, warn: () => {} }, options);
}

/** `added task`, or with the state of what happened. */
function brief({ event_type, kind, data }: WatchEvent): string {
  const { op, status } = jsonOf({ data });
  const state = op ?? status;
  return `${event_type} ${kind}${typeof state === "string" ? ` ${state}` : ""}`;
}

async function all(at: Scene, options: WatchOptions): Promise<string[]> {
  const emitted: string[] = [];
  for await (const event of stream(at, options)) emitted.push(brief(event));
  return emitted;
}

export function watchSuite(name: string, open: OpenStore): void {
  const place = () => scene(open);

  it(`${name}: a stream begins with what is there, as it stands, the oldest first`, async () => {
    const at = await place();
    await at.mine.tasks.enqueue({ title: "x", runId: "p" });
    await at.mine.tasks.claim({ runId: "a" });
    await at.mine.reservations.reserve({ addresses: ["src"], runId: "a" });
    await at.mine.lanes.acquire({ lane: "api", tree: ["api"], owner: "a" });
    assertEquals(await all(at, { once: true }), [
      "snapshot reservation live",
      "snapshot task claimed",
      "snapshot claim claimed",
      "snapshot lane acquired",
    ]);
    assertEquals(await all(at, { once: true, kinds: ["task"] }), ["snapshot task claimed"]);
  });

  it(`${name}: a stream goes on with every change, the newest state of each record`, async () => {
    const at = await place();
    const before = await at.mine.tasks.enqueue({ title: "before", queue: "b", runId: "p" });
    const events: WatchEvent[] = [];
    const abort = new AbortController();
    const kinds = ["task", "claim", "lane"] as const;
    const running = (async () => {
      for await (const event of stream(at, { kinds, signal: abort.signal })) events.push(event);
    })();
    const heard = (what: string) =>
      until(`"${what}" is emitted`, () => events.some((event) => brief(event) === what));
    await heard("snapshot task pending");
    const { task_id: id } = await at.mine.tasks.enqueue({ title: "x", runId: "p" });
    await heard("added task pending");
    await at.mine.tasks.claim({ runId: "a", queue: "default" });
    await heard("added claim claimed");
    await at.mine.tasks.complete({ id, runId: "a" });
    await heard("modified claim completed");
    await at.mine.lanes.acquire({ lane: "api", tree: ["api"], owner: "a" });
    await heard("added lane acquired");
    abort.abort();
    await running;
    assertEquals(events.map(brief), [
      "snapshot task pending",
      "added task pending",
      "added claim claimed",
      "modified claim completed",
      "added lane acquired",
    ]);
    assertEquals(events.map((event) => event.id).slice(0, 4), [before.task_id, id, id, id]);
  });

  it(`${name}: a position goes on where its consumer left, and emits nothing twice`, async () => {
    const at = await place();
    const { cursor } = at;
    await at.mine.tasks.enqueue({ title: "x", runId: "p" });
    assertEquals(await all(at, { once: true, cursor }), ["snapshot task pending"]);
    assertEquals(await all(at, { once: true, cursor }), []);
    await at.mine.tasks.claim({ runId: "a" });
    await at.mine.tasks.enqueue({ title: "y", runId: "p" });
    assertEquals(await all(at, { once: true, cursor }), [
      "added task pending",
      "added claim claimed",
    ]);
    assertEquals(await all(at, { once: true, cursor }), []);
  });
}
