/** What every change feed promises to the stream that follows it; watch.ts has the stream itself. */
import { realTimers } from "../../src/async/timers.ts";
import { Wakeup } from "../../src/async/wakeup.ts";
import { RECORD_KINDS, type RecordKind } from "../../src/domain/watch/event.ts";
import type { Change, ChangeFeed, FeedRequest } from "../../src/ports/feed.ts";
import { assertEquals, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

/** A consumer that ends a run with the first batch that has caught up, and keeps its position. */
class Consumer {
  readonly lines: string[] = [];
  covered: ReadonlySet<RecordKind> = new Set();

  constructor(readonly feed: ChangeFeed) {}

  open(kinds: readonly RecordKind[], given: Partial<FeedRequest> = {}) {
    return this.feed.open({
      kinds: new Set(kinds),
      since: this.covered.size === 0 ? undefined : [...this.lines],
      covered: this.covered,
      keeps: true,
      once: true,
      backend: "auto",
      pollMs: 1_000,
      timers: realTimers,
      wakeup: new Wakeup(realTimers, given.signal),
      alarm: () => realTimers.now() + 60_000,
      signal: new AbortController().signal,
      ...given,
    });
  }

  /** All changes, without what the position says of the records. */
  async next(kinds: readonly RecordKind[], atMost = Infinity): Promise<Change[]> {
    const changes: Change[] = [];
    for await (const batch of this.open(kinds)) {
      changes.push(...batch.changes.filter(({ type }) => type !== "known"));
      this.lines.push(...batch.position);
      if (changes.length >= atMost) break;
    }
    this.covered = new Set([...this.covered, ...kinds]);
    return changes;
  }
}

const brief = (changes: readonly Change[]) =>
  changes.map(({ type, kind, data }) => `${type} ${kind} ${data["title"] ?? data["status"]}`);

export function feedSuite(name: string, open: OpenStore): void {
  const place = async () => {
    const at = await scene(open);
    const enqueue = async (title: string) => {
      at.clock.advance(1);
      return (await at.mine.tasks.enqueue({ title, runId: "p", queue: title })).task_id;
    };
    return { ...at, enqueue, consumer: new Consumer(at.other.feed) };
  };

  it(`${name}: identity() is one in all openings of a workspace, and another in other ones`, async () => {
    const [at, elsewhere] = [await place(), await place()];
    const names = await at.store.feed.identity();
    assertEquals(await at.other.feed.identity(), names);
    const others = await elsewhere.store.feed.identity();
    assertEquals(names.filter((id) => others.includes(id)), []);
  });

  it(`${name}: count() says how many records of a kind there are`, async () => {
    const at = await place();
    await at.enqueue("x");
    await at.enqueue("y");
    await at.mine.tasks.claim({ runId: "a" });
    await at.mine.reservations.reserve({ addresses: ["src"], runId: "a" });
    const counts: Record<string, number> = {};
    for (const kind of RECORD_KINDS) {
      const count = await at.other.feed.count(kind);
      if (count > 0 && kind !== "lane") counts[kind] = count;
    }
    assertEquals(counts, { reservation: 1, task: 2, claim: 1 });
  });

  it(`${name}: a kind that a position does not cover is given whole, and the others go on`, async () => {
    const at = await place();
    const { consumer } = at;
    await at.enqueue("x");
    assertEquals(brief(await consumer.next(["task"])), ["snapshot task x"]);
    await at.mine.tasks.claim({ runId: "a" });
    await at.enqueue("y");
    const both = ["task", "claim"] as const;
    assertEquals(brief(await consumer.next(both)), ["snapshot claim claimed", "added task y"]);
    assertEquals(brief(await consumer.next(both)), []);
  });

  it(`${name}: what goes before its snapshot is given, the consumer never had`, async () => {
    const at = await place();
    const { consumer } = at;
    await at.enqueue("x");
    const id = await at.enqueue("y");
    assertEquals(brief(await consumer.next(["task"], 1)), ["snapshot task x"]);
    await at.mine.tasks.cancel({ id, runId: "p" });
    await at.mine.gc({ execute: true, grace: 0 });
    await at.enqueue("z");
    const rest = brief(await consumer.next(["task"])).map((each) => each.split(" ").slice(1));
    assertEquals(rest, [["task", "z"]]);
  });

  it(`${name}: what came again and went again between two looks is removed, if the consumer had it`, async () => {
    const at = await place();
    const { consumer } = at;
    const kinds = ["lane"] as const;
    const lease = { lane: "api", owner: "a", loopTs: "1" };
    const acquire = () => at.mine.lanes.acquire({ ...lease, tree: ["api"] });
    const next = async () => (await consumer.next(kinds)).map(({ type }) => type);
    await acquire();
    assertEquals(await next(), ["snapshot"]);
    await at.mine.lanes.release(lease);
    await acquire();
    await at.mine.lanes.release(lease);
    assertEquals(await next(), ["removed"]);
    await acquire();
    await at.mine.lanes.release(lease);
    assertEquals(await next(), []);
  });

  it(`${name}: compact() leaves out what later lines outdate, and says what lines are no feed's`, async () => {
    const at = await place();
    const { consumer } = at;
    const ids = [await at.enqueue("x"), await at.enqueue("y"), await at.enqueue("z")];
    const kinds = ["task", "claim"] as const;
    assertEquals((await consumer.next(kinds, 2)).length, 2);
    await at.mine.tasks.claim({ runId: "a", queue: "x" });
    for (const extension of [100, 200, 300]) {
      await at.mine.tasks.heartbeat({ id: ids[0] ?? "", runId: "a", extension });
      await consumer.next(kinds);
    }
    const { lines, unread } = at.store.feed.compact([...consumer.lines, "{}", "no line"]);
    assertEquals([unread, lines.length <= consumer.lines.length], [2, true]);
    assertEquals([...at.store.feed.compact(lines).lines], lines);
    consumer.lines.splice(0, Infinity, ...lines);
    assertEquals(await consumer.next(kinds), []);
    await at.mine.tasks.complete({ id: ids[0] ?? "", runId: "a" });
    await at.enqueue("new");
    assertEquals(brief(await consumer.next(kinds)).sort(), [
      "added task new",
      "modified claim completed",
    ]);
  });

  it(`${name}: look() gives what no batch has said yet, which none says again; data() is as new`, async () => {
    const at = await place();
    const id = await at.enqueue("x");
    const seen: string[] = [];
    const abort = new AbortController();
    const wakeup = new Wakeup(realTimers, abort.signal);
    const run = at.consumer.open(["task", "claim"], {
      once: false,
      signal: abort.signal,
      wakeup,
      alarm: () => realTimers.now() + 20,
    });
    let looks = 0;
    for await (const { changes, caughtUp } of run) {
      seen.push(...brief(changes));
      if (!caughtUp) continue;
      if (looks++ === 0) {
        await at.mine.tasks.claim({ runId: "a" });
        const name = { kind: "claim", id } as const;
        const missing = { kind: "claim", id: `sha256:${"0".repeat(64)}` } as const;
        assertEquals(brief((await run.look([name, missing])).changes), ["added claim claimed"]);
        assertEquals((await run.look([name])).changes, []);
        assertEquals((await run.data(name))?.["status"], "claimed");
        assertEquals(await run.data(missing), undefined);
      } else if (looks > 3) break;
    }
    abort.abort();
    assertEquals(seen, ["snapshot task x"]);
  });

  it(`${name}: a run that is woken by its consumer gives a batch that has caught up; an abort ends it`, async () => {
    const at = await place();
    const abort = new AbortController();
    const wakeup = new Wakeup(realTimers, abort.signal);
    const run = at.consumer.open(["task"], { once: false, signal: abort.signal, wakeup });
    let caughtUp = 0;
    const ended = (async () => {
      for await (const batch of run) {
        if (!batch.caughtUp) continue;
        caughtUp++;
        if (caughtUp < 4) setTimeout(wakeup.wake, 1);
        else setTimeout(() => abort.abort(), 1);
      }
    })();
    await ended;
    assertEquals(caughtUp >= 4, true);
  });
}
