/** Followers who take changes at intervals: names instead of the kernel, and nothing missed between. */
import type { ChangeFeed } from "../../../../src/ports/feed.ts";
import type { RecordSource } from "../../../../src/adapters/fs/watch/records.ts";
import type { Warn } from "../../../../src/ports/warnings.ts";
import { RecordFeed } from "../../../../src/adapters/fs/watch/feed.ts";
import { Wakeup } from "../../../../src/async/wakeup.ts";
import { RECORD_KINDS, type RecordKind } from "../../../../src/domain/watch/event.ts";
import { HostError } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, assertMatch, it } from "../../../deps.ts";
import { mutatedTogether } from "../../../support/explore/mutants.ts";
import { LossyRecords } from "../../../support/fake/lossy_records.ts";
import { sized } from "../../../support/length.ts";
import { FakeTime } from "../../../support/fake/time.ts";

/** Runs of random changes. */
const RUNS = sized(2, 20, 200);

/** Seconds between two takings of the follower. */
const GATHER = 0.15;

type FeedClass = new (source: RecordSource, warn: Warn) => ChangeFeed;

/** A follower like that of a fleet's state, over records in memory. */
class Follower {
  readonly records = new LossyRecords();
  readonly time = new FakeTime();
  readonly warnings: string[] = [];
  /** What the records say, by what it has heard. */
  readonly state = new Map<string, unknown>();
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(readonly feed: FeedClass = RecordFeed) {}

  async start(): Promise<this> {
    this.#done = this.#follow();
    await this.time.advance(20);
    return this;
  }

  async #follow(): Promise<void> {
    const { timers } = this.time;
    const { signal } = this.#stop;
    using wakeup = new Wakeup(timers, signal);
    using rest = new Wakeup(timers, signal);
    const run = new this.feed(this.records, (message) => void this.warnings.push(message)).open({
      kinds: new Set(RECORD_KINDS),
      since: undefined,
      covered: new Set(),
      keeps: false,
      once: false,
      backend: "auto",
      pollMs: 1_000,
      gatherMs: GATHER * 1_000,
      timers,
      wakeup,
      alarm: () => Infinity,
      signal,
    });
    for await (const { changes, caughtUp } of run) {
      for (const { type, kind, id, data } of changes) {
        if (type === "removed") this.state.delete(`${kind}/${id}`);
        else this.state.set(`${kind}/${id}`, data);
      }
      if (caughtUp) await rest.sleep(timers.now() + GATHER * 1_000);
    }
  }

  /** What the records say. */
  get truth(): Map<string, unknown> {
    return new Map(
      RECORD_KINDS.flatMap((kind) =>
        Object.entries(this.records.all(kind)).map(([id, data]) => [`${kind}/${id}`, data] as const)
      ),
    );
  }

  /** The kinds that the kernel watches. */
  get watched(): number {
    return Math.max(0, ...[...this.records.watches].map(({ kinds }) => kinds.length));
  }

  /** Keeps it busy for a number of intervals. */
  async work(intervals: number, from = 0): Promise<void> {
    for (let n = 0; n < intervals * 10; n++) {
      this.records.put("claim", `${n % 7}`, { transition: from + n });
      await this.time.advance(GATHER / 10);
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    const { watches, notings } = this.records;
    assertEquals([watches.size, notings, this.time.armed], [0, 0, 0]);
  }
}

/** An order of entries does not matter. */
function sorted(state: ReadonlyMap<string, unknown>): unknown[] {
  return [...state].sort(([a], [b]) => a < b ? -1 : 1);
}

it("feed.open() compares names instead of being notified while much happens, for who gathers", async () => {
  const follower = await new Follower().start();
  const { records, time } = follower;
  assertEquals([follower.watched, records.namings], [RECORD_KINDS.length, []]);
  await follower.work(6);
  assertEquals([...records.watches].map(({ kinds }) => kinds), [["lane"]]);
  records.hinting = false;
  records.put("task", "new", {});
  await follower.work(1, 100);
  assertEquals(sorted(follower.state), sorted(follower.truth));
  records.hinting = true;
  await time.advance(1);
  assertEquals([records.watches.size, follower.watched], [1, RECORD_KINDS.length]);
  records.namings = [];
  await time.advance(60);
  assertEquals(records.namings, [], "names were listed though nothing happened");
  await follower.stop();
});

it("feed.open() takes what the kernel has noted while much happens, and compares nothing then", async () => {
  const follower = new Follower();
  const { records, time } = follower;
  records.noted = new Set();
  await follower.start();
  await follower.work(6);
  assertEquals([records.watches.size, records.notings], [0, 1]);
  // What changed while one took over from the other is compared once.
  await follower.work(60, 100);
  records.lists = [];
  await follower.work(100, 1_000);
  assertEquals([records.lists, records.namings], [[], []]);
  await time.advance(9);
  assertEquals(sorted(follower.state), sorted(follower.truth));
  assertEquals([follower.watched, records.notings], [RECORD_KINDS.length, 0]);
  await follower.stop();
});

it("feed.open() finds what was lost of the kernel's notes, and goes over to its calls", async () => {
  const follower = new Follower();
  const { records, time } = follower;
  records.noted = new Set();
  await follower.start();
  await follower.work(6);
  records.noted = new Set();
  records.put("task", "lost", {});
  records.noted = new Set();
  await time.advance(7);
  assertEquals(sorted(follower.state), sorted(follower.truth));
  assertEquals([follower.watched, records.notings], [RECORD_KINDS.length, 0]);
  await follower.stop();
});

it("feed.open() lets a single change now and then not end the kernel's notification", async () => {
  const follower = await new Follower().start();
  for (let n = 0; n < 40; n++) {
    follower.records.put("task", `${n}`, {});
    await follower.time.advance(0.1);
  }
  assertEquals([follower.watched, follower.records.namings], [RECORD_KINDS.length, []]);
  await follower.stop();
});

it("feed.open() leaves folders with many names to the kernel", async () => {
  const follower = new Follower();
  follower.records.mostNames = 9;
  for (let n = 0; n < 10; n++) follower.records.put("task", `old${n}`, {});
  await follower.start();
  await follower.work(6);
  assertEquals([...follower.records.watches].map(({ kinds }) => kinds), [["task", "lane"]]);
  follower.records.put("task", "new", {});
  await follower.work(2, 100);
  assertEquals(sorted(follower.state), sorted(follower.truth));
  await follower.stop();
});

it("feed.open() leaves a folder to the kernel that comes to hold many names meanwhile", async () => {
  const follower = new Follower();
  follower.records.mostNames = 9;
  await follower.start();
  await follower.work(6);
  assertEquals([...follower.records.watches].map(({ kinds }) => kinds), [["lane"]]);
  for (let n = 0; n < 20; n++) follower.records.put("task", `new${n}`, {});
  await follower.work(12, 100);
  assertEquals([...follower.records.watches].map(({ kinds }) => kinds), [["task", "lane"]]);
  assertEquals(sorted(follower.state), sorted(follower.truth));
  await follower.stop();
});

it("feed.open() finds what a folder says that could not be listed for a while", async () => {
  const follower = await new Follower().start();
  const { records, time } = follower;
  await follower.work(6);
  records.unlisted.add("claim");
  await follower.work(3, 100);
  records.unlisted.delete("claim");
  await time.advance(7);
  assertEquals(sorted(follower.state), sorted(follower.truth));
  assertEquals(follower.watched, RECORD_KINDS.length);
  await follower.stop();
});

it("feed.open() polls where the kernel's notification cannot be had again after that", async () => {
  const follower = await new Follower().start();
  const { records, time } = follower;
  await follower.work(6);
  records.onWatch = () => {
    throw new HostError("limit", "watch", "/w");
  };
  await time.advance(1);
  assertMatch(follower.warnings.join(), /^Notification broke off .*looking every 1 s instead$/);
  records.put("task", "later", {});
  await time.advance(1.1);
  assertEquals(sorted(follower.state), sorted(follower.truth));
  await follower.stop();
});

/** Whether a change is known within two intervals that came just before the kernel took over again. */
async function isKnownAtOnce(feed?: FeedClass): Promise<boolean> {
  const follower = await new Follower(feed).start();
  const { records, time } = follower;
  await follower.work(6);
  // All records were just compared, so that they are not soon again.
  records.lists = [];
  for (let n = 1; records.lists.length === 0; n++) await follower.work(1, 100 * n);
  records.onWatch = () => {
    // No watch is open that would hint at it, and the comparison before this has ended.
    records.put("task", "between", {});
    records.onWatch = () => {};
  };
  while (records.all("task")["between"] === undefined) await time.advance(GATHER / 10);
  await time.advance(2 * GATHER);
  const isKnown = follower.state.has("task/between");
  await time.advance(7);
  assertEquals(sorted(follower.state), sorted(follower.truth), "it was missed for good");
  await follower.stop();
  return isKnown;
}

it("feed.open() knows at once what changed just before the kernel notifies again", async () => {
  assertEquals(await isKnownAtOnce(), true);
  const [{ RecordFeed: mutant }] = await mutatedTogether(
    [
      "src/adapters/fs/watch/feed.ts",
      "src/adapters/fs/watch/stream.ts",
      "src/adapters/fs/watch/hints/paced_watch.ts",
    ],
    {
      from: "if (this.#quiet >= QUIET_LOOKS) this.#whole = this.#watch(this.kinds);",
      to: "if (this.#quiet >= QUIET_LOOKS) {\n" +
        "this.#whole = this.#watch(this.kinds);\nthis.#end();\n}",
    },
  ) as [{ RecordFeed: FeedClass }];
  assertEquals(await isKnownAtOnce(mutant), false, "without the last comparison");
});

/** A generator of numbers below `n` that the seed decides. */
function randomOf(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 1) % n;
  };
}

it("feed.open() leaves who gathers with the state of the records, however busy it was", async () => {
  const kinds: RecordKind[] = ["task", "claim", "heartbeat", "release"];
  let passages = 0;
  for (let run = 0; run < RUNS; run++) {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomOf(seed);
    const follower = new Follower();
    if (run % 2 === 1) follower.records.noted = new Set();
    await follower.start();
    const { records, time } = follower;
    records.onWatch = () => passages++;
    await follower.work(6);
    for (let step = 0; step < 60; step++) {
      const isBusy = random(3) > 0;
      const isBurst = isBusy && random(2) === 0;
      let changes = 0;
      for (let n = 0; n < (isBusy ? 40 : 2); n++) {
        const kind = kinds[random(kinds.length)] ?? "task";
        const id = `${random(20)}`;
        // Hints only get lost together with many that arrive.
        records.hinting = !isBurst || changes < 12;
        const isReplaced = kind === "claim" || kind === "heartbeat";
        const isThere = records.ids(kind).includes(id);
        const isGoing = random(4) === 0;
        if (isGoing ? !isThere : isThere && !isReplaced) continue;
        changes++;
        if (isGoing) records.remove(kind, id);
        else records.put(kind, id, isReplaced ? { transition: step * 100 + n } : { id });
        if (!isBurst && random(3) === 0) await time.advance(random(60) / 1_000);
      }
      records.hinting = true;
      await time.advance(random(400) / 1_000);
    }
    await time.advance(12);
    assertEquals(sorted(follower.state), sorted(follower.truth), `seed ${seed}`);
    assertEquals(follower.watched, RECORD_KINDS.length, `seed ${seed}`);
    await follower.stop();
  }
  // Each run went over to names once at least, and back.
  assert_(passages >= 2 * RUNS, `${passages} passages`);
});
