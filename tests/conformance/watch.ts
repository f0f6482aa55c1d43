/** What a stream over every store promises: snapshots first, then every change, and none is lost. */
import type { RecordEvent, WatchEvent } from "../../src/domain/watch/event.ts";
import { type WatchOptions, watchRecords } from "../../src/engine/watch/watch.ts";
import { assertEquals, it } from "../deps.ts";
import { until } from "../support/race/processes.ts";
import { makeTempDir } from "../support/scene/scratch.ts";
import { cursorFile } from "../support/scene/over_store.ts";
import { type OpenStore, scene } from "./harness.ts";
import { jsonOf } from "../support/scene/event_data.ts";

type Scene = Awaited<ReturnType<typeof scene>>;

function stream({ other, clock }: Scene, options: WatchOptions): AsyncIterable<WatchEvent> {
  return watchRecords({ store: other, cursorFile, clock: clock.now, warn: () => {} }, options);
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

  it(`${name}: an exclusive reservation is added when it is confirmed, and one that is refused never`, async () => {
    const at = await place();
    const idOf = (digit: string) => `sha256:${digit.repeat(64)}`;
    const pending = (digit: string) => {
      const id = idOf(digit);
      const reservation = {
        reservation_id: id,
        run_id: "a",
        branch: "main",
        addresses: [digit],
        created_at: new Date(at.clock.ms).toISOString(),
        expires_at: new Date(at.clock.ms + 60_000).toISOString(),
        operation: null,
        exclusive: true,
        confirmation: 1,
      } as const;
      const excludes = () => false;
      const added = at.store.reservations.add({
        reservation,
        *overlaps() {
          yield undefined;
          return false;
        },
        admit: () => true,
        excludes,
      });
      return added.then(() => id);
    };
    const brief = ({ event_type, kind, id }: RecordEvent) => `${event_type} ${kind} ${id}`;
    const isRecord = (event: WatchEvent): event is RecordEvent => "kind" in event;
    for (const backend of ["native", "poll"] as const) {
      const [kept, refused] = backend === "native" ? ["1", "2"] : ["3", "4"];
      const events: string[] = [];
      const abort = new AbortController();
      const first = await pending(kept);
      const { signal } = abort;
      const cursor = `${makeTempDir()}/position`;
      const options = { backend, signal, cursor, snapshot: false, pollInterval: 0.02 };
      const running = (async () => {
        for await (const event of stream(at, { ...options, synced: true })) {
          events.push(isRecord(event) ? brief(event) : event.event_type);
        }
      })();
      const heard = (what: string) => until(`"${what}"`, () => events.includes(what));
      await heard("synced");
      const second = await pending(refused);
      const mark = async (title: string) => {
        const { task_id } = await at.mine.tasks.enqueue({ title });
        await heard(`added task ${task_id}`);
      };
      await mark("before");
      assertEquals(events.filter((each) => /reservation/.test(each)), []);
      await at.store.reservations.refuse(second, "b");
      assertEquals(typeof await at.store.reservations.confirm(first), "number");
      await heard(`added reservation ${idOf(kept)}`);
      await at.mine.reservations.release({ id: first, runId: "a" });
      await heard(`added release ${idOf(kept)}`);
      await mark("after");
      abort.abort();
      await running;
      assertEquals(events.filter((each) => /reservation|release/.test(each)), [
        `added reservation ${idOf(kept)}`,
        `added release ${idOf(kept)}`,
      ]);
      const third = await pending(backend === "native" ? "5" : "6");
      assertEquals(await all(at, { once: true, cursor }), []);
      await at.store.reservations.confirm(third);
      assertEquals(await all(at, { once: true, cursor }), ["added reservation live"]);
    }
  });

  it(`${name}: a position goes on where its consumer left, and emits nothing twice`, async () => {
    const at = await place();
    const cursor = `${makeTempDir()}/cursor`;
    await at.mine.tasks.enqueue({ title: "x", runId: "p" });
    assertEquals(await all(at, { once: true, cursor }), ["snapshot task pending"]);
    assertEquals(await all(at, { once: true, cursor }), []);
    at.clock.advance(1);
    await at.mine.tasks.enqueue({ title: "y", runId: "p" });
    await at.mine.tasks.claim({ runId: "a" });
    assertEquals(await all(at, { once: true, cursor }), [
      "added task pending",
      "added claim claimed",
    ]);
    assertEquals(await all(at, { once: true, cursor }), []);
  });

  it(`${name}: a position moves with every event that is taken, also among snapshots`, async () => {
    const at = await place();
    const cursor = `${makeTempDir()}/cursor`;
    const kinds = ["task", "lane"] as const;
    const next = () => all(at, { once: true, cursor, kinds, maxEvents: 1 });
    await at.mine.tasks.enqueue({ title: "x", runId: "p" });
    at.clock.advance(1);
    await at.mine.tasks.enqueue({ title: "y", runId: "p" });
    assertEquals(await next(), ["snapshot task pending"]);
    await at.mine.lanes.acquire({ lane: "api", tree: ["api"], owner: "a" });
    const rest = [await next(), await next(), await next()].flat();
    assertEquals(rest.map((line) => line.replace(/^\w+ /, "")), ["task pending", "lane acquired"]);
    await at.mine.lanes.release({ lane: "api", owner: "a" });
    assertEquals(await next(), ["removed lane released"]);
    assertEquals(await next(), []);
  });

  it(`${name}: a position shows what was taken away while no stream ran, and only what it had`, async () => {
    const at = await place();
    const cursor = `${makeTempDir()}/cursor`;
    const kinds = ["task", "claim", "reservation", "intent"] as const;
    const next = async () => {
      const emitted: string[] = [];
      for await (const event of stream(at, { once: true, cursor, kinds })) {
        emitted.push(`${brief(event)} ${event.id === id}`);
      }
      return emitted.sort();
    };
    const { task_id: id } = await at.mine.tasks.enqueue({ title: "x", runId: "p" });
    await at.mine.tasks.enqueue({ title: "stays", queue: "b", runId: "p" });
    assertEquals(await next(), ["snapshot task pending false", "snapshot task pending true"]);
    const { task_id: unseen } = await at.mine.tasks.enqueue({ title: "unseen", runId: "p" });
    await at.mine.tasks.cancel({ id: unseen, runId: "p" });
    await at.mine.tasks.claim({ runId: "a", queue: "default" });
    await at.mine.tasks.complete({ id, runId: "a" });
    await at.mine.gc({ execute: true, grace: 0 });
    // What came and went meanwhile, the consumer never had.
    assertEquals(await next(), ["removed task true"]);
    assertEquals(await next(), []);
  });

  it(`${name}: a position shows what expired while no stream ran, once`, async () => {
    const at = await place();
    const cursor = `${makeTempDir()}/cursor`;
    const next = () => all(at, { once: true, cursor, kinds: ["reservation", "claim", "lane"] });
    await at.mine.tasks.enqueue({ title: "x", runId: "p" });
    await at.mine.tasks.claim({ runId: "a", claimTtl: 60 });
    await at.mine.reservations.reserve({ addresses: ["src"], runId: "a", ttl: 60 });
    const kept = await at.mine.reservations.reserve({ addresses: ["lib"], runId: "a", ttl: 60 });
    await at.mine.lanes.acquire({ lane: "api", tree: ["api"], owner: "a", ttl: 60 });
    assertEquals((await next()).length, 4);
    at.clock.advance(30);
    const { reservation_id: id } = kept as { reservation_id: string };
    await at.mine.reservations.heartbeat({ id, runId: "a", extension: 1000 });
    assertEquals(await next(), []);
    at.clock.advance(400);
    assertEquals((await next()).sort(), [
      "expired claim timed_out",
      "expired lane expired",
      "expired reservation expired",
    ]);
    assertEquals(await next(), []);
  });

  it(`${name}: a lease expires by its last heartbeat, which is no event`, async () => {
    const at = await place();
    const kinds = ["lane"] as const;
    const events: WatchEvent[] = [];
    const abort = new AbortController();
    await at.mine.lanes.acquire({ lane: "api", tree: ["api"], owner: "a", ttl: 60 });
    const running = (async () => {
      for await (const event of stream(at, { kinds, signal: abort.signal })) events.push(event);
    })();
    const seen = (count: number) => until(`${count} events`, () => events.length >= count);
    await seen(1);
    at.clock.advance(200);
    await at.mine.lanes.heartbeat({ lane: "api", owner: "a" });
    at.clock.advance(200); // the grant alone would have ended
    await at.mine.lanes.spawn({ lane: "web", owner: "b" });
    await seen(2);
    at.clock.advance(200);
    await at.mine.lanes.spawn({ lane: "web", owner: "c" });
    await seen(4);
    abort.abort();
    await running;
    const printed = events.map(brief);
    assertEquals(printed.slice(0, 2), ["snapshot lane acquired", "added lane spawned"]);
    // It may look at the clock before the last entry comes.
    assertEquals(printed.slice(2).sort(), ["added lane spawned", "expired lane expired"]);
  });

  it(`${name}: an event of a task has its present priority`, async () => {
    const at = await scene(open);
    const { task_id: id } = await at.mine.tasks.enqueue({ title: "x", runId: "p" });
    await at.mine.tasks.reprioritize({ ids: [id], runId: "r", priority: 5 });
    const seen: unknown[] = [];
    for await (const { kind, data } of at.theirs.watch({ once: true })) {
      if (kind === "task" || kind === "claim") seen.push([kind, data.priority, data.status]);
    }
    assertEquals(seen, [["task", 5, "pending"], ["claim", 5, "pending"]]);
  });
}
