/** What every journal of lanes promises, and that lanes keep to it. */
import { acquireEntry } from "../../src/domain/journal/entries.ts";
import { NO_TAXONOMY, type Taxonomy } from "../../src/domain/lane/taxonomy.ts";
import { plainTaxonomy } from "../../src/domain/lane/taxonomy_json.ts";
import { parseTaxonomy } from "../../src/domain/lane/taxonomy_file.ts";
import { MAX_ENTRY_BYTES } from "../../src/domain/limits.ts";
import type { Journal, JournalSession } from "../../src/ports/journal.ts";
import { assert_, assertEquals, assertRejects, it } from "../deps.ts";
import { until } from "../support/race/processes.ts";
import { acquire, holders, newLease, stamp } from "../support/scene/lanes.ts";
import { type OpenStore, scene } from "./harness.ts";

async function session(journal: Journal, timeoutMs = 5_000): Promise<JournalSession> {
  const outcome = await journal.open(timeoutMs);
  if (outcome.status === "open") return outcome.session;
  throw new Error(`The journal is busy: ${JSON.stringify(outcome.holder)}`);
}

export function laneSuite(name: string, open: OpenStore): void {
  const place = () => scene(open);

  it(`${name}: what append() kept, every opening reads`, async () => {
    const at = await place();
    const { lanes: { journal: mine } } = at.store;
    const { lanes: { journal: theirs } } = at.other;
    assertEquals([await mine.exists(), (await theirs.read()).fold.seq, await theirs.last(5)], [
      false,
      0,
      [],
    ]);
    {
      await using writer = await session(mine);
      assertEquals(
        await writer.append([acquire(1), acquire(2, { lane: "web", tree: ["web"] })]),
        "kept",
      );
      assertEquals(holders((await writer.read()).fold), ["api/a", "web/a"]);
      assertEquals(await writer.persist(), "kept");
    }
    const { fold, problems, tail } = await theirs.read();
    assertEquals([await theirs.exists(), fold.seq, problems, tail], [true, 2, [], 2]);
    assertEquals(fold.appliedOf("nonce-2")?.effect, "granted");
    assertEquals((await theirs.last(1)).map(({ nonce }) => nonce), ["nonce-2"]);
    assertEquals(await theirs.verify(), { problems: [], entries: 2, archives: [] });
  });

  it(`${name}: the fold voids what was decided on an older state`, async () => {
    const at = await place();
    await using writer = await session(at.store.lanes.journal);
    await writer.append([acquire(1)]);
    const late = acquire(2, { holder: "b", loop_ts: "late" }, { baseSeq: 0 });
    assertEquals(await writer.append([late]), "kept");
    assertEquals((await writer.read()).fold.appliedOf("nonce-2")?.effect, "void");
    assertEquals(holders((await at.other.lanes.journal.read()).fold), ["api/a"]);
  });

  it(`${name}: append() writes nothing of an entry that is too long`, async () => {
    const at = await place();
    await using writer = await session(at.store.lanes.journal);
    const lease = newLease({ holder: "x".repeat(MAX_ENTRY_BYTES) });
    const decision = { baseSeq: 0, maxConcurrent: null, reason: "free" };
    const long = acquireEntry(stamp(2), lease, decision);
    const error = await assertRejects(async () => await writer.append([acquire(1), long]));
    assertEquals((error as Error & { code?: string }).code, "bad_args");
    assertEquals((await writer.read()).fold.seq, 0);
  });

  it(`${name}: read() waits for no writer, and shows what it has appended so far`, async () => {
    const at = await place();
    await using writer = await session(at.store.lanes.journal);
    const { journal } = at.other.lanes;
    assertEquals((await journal.read()).fold.seq, 0);
    await writer.append([acquire(1)]);
    assertEquals([holders((await journal.read()).fold), (await journal.last(9)).length], [
      ["api/a"],
      1,
    ]);
  });

  it(`${name}: taxonomy() of a workspace in which none was set down has no lanes`, async () => {
    const at = await place();
    assertEquals(await at.store.lanes.taxonomy(), NO_TAXONOMY);
  });

  it(`${name}: setTaxonomy() sets lanes down for every opening, in the place of those before`, async () => {
    const at = await place();
    const parsed = (value: object) => parseTaxonomy(value) as Taxonomy;
    const said = (taxonomy: Taxonomy) => JSON.stringify(plainTaxonomy(taxonomy));
    const first = parsed({ lanes: { old: { tree: ["old"] } } });
    const next = parsed({
      lanes: { api: { tree: ["src/\\[id\\]/**"], kind: "k" }, "@db": { exclusive: true } },
      autopick: ["api"],
      kinds: { k: { max_concurrent: 2 } },
    });
    for (const taxonomy of [first, next]) await at.store.lanes.setTaxonomy(taxonomy);
    assertEquals(said(await at.other.lanes.taxonomy()), said(next));
  });

  it(`${name}: compact() keeps what the journal comes to, and its end`, async () => {
    const at = await place();
    await using writer = await session(at.store.lanes.journal);
    assertEquals((await writer.compact()).status, "nothing_to_compact");
    await writer.append([acquire(1), acquire(2, { lane: "web", tree: ["web"] })]);
    const before = (await writer.read()).fold.live();
    const done = await writer.compact();
    assertEquals([done.status, done.entriesBefore, done.entriesAfter], ["compacted", 2, 1]);
    assertEquals((await writer.compact()).status, "nothing_to_compact");
    const { fold, tail } = await at.other.lanes.journal.read();
    assertEquals([fold.seq, fold.live(), tail], [2, before, 0]);
    await writer.append([acquire(3, { lane: "docs", tree: ["docs"] })]);
    const nonces = (await at.other.lanes.journal.last(3)).map((entry) => entry.nonce ?? entry.op);
    assertEquals(nonces.at(-1), "nonce-3");
    assert_(nonces.includes("nonce-2"), "the history is asked where the log ends");
  });

  it(`${name}: watch() hears of an entry`, async () => {
    const at = await place();
    let hints = 0;
    const watch = at.other.lanes.watch(() => void hints++, () => {});
    await using writer = await session(at.store.lanes.journal);
    await writer.append([acquire(1)]);
    await until("the entry is heard of", () => hints > 0);
    watch.close();
  });

  it(`${name}: acquire() grants one of several that overlap, with a later fence each`, async () => {
    const at = await place();
    let fence = 0;
    for (let round = 0; round < 4; round++) {
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, n) => {
          const { lanes } = n % 2 === 0 ? at.mine : at.theirs;
          return lanes.acquire({ tree: [`src/{x,${n}}/**`], owner: `a${n}`, lockTimeout: 60 });
        }),
      );
      const granted = answers.filter((answer) => answer.status === "acquired");
      assertEquals(answers.map(({ status }) => status).sort(), [
        "acquired",
        ...Array<string>(5).fill("refused"),
      ]);
      const [grant] = granted;
      assert_(grant?.status === "acquired" && grant.fence > fence);
      fence = grant.fence;
      const { lane, owner, loop_ts: loopTs } = grant;
      assertEquals((await at.theirs.lanes.check({ lane, fence })).status, "current");
      const release = await at.mine.lanes.release({ lane, owner, loopTs });
      assertEquals(release.status, "released");
    }
  });
}

/** What a journal promises that lets one session write at a time. */
export function mutexSuite(name: string, open: OpenStore): void {
  const place = () => scene(open);

  it(`${name}: open() lets one write at a time, and wakes the next`, async () => {
    const at = await place();
    const first = await session(at.store.lanes.journal);
    for (const { lanes } of [at.store, at.other]) {
      const busy = await lanes.journal.open(0);
      assertEquals(busy.status, "lock_busy");
    }
    let isOpen = false;
    const next = session(at.other.lanes.journal).then((opened) => {
      isOpen = true;
      return opened;
    });
    await until("the other had a chance", () => true);
    assertEquals(isOpen, false);
    first.append([acquire(1)]);
    await first[Symbol.asyncDispose]();
    await using second = await next;
    assertEquals((await second.read()).fold.seq, 1);
  });

  it(`${name}: open() gives up at its time, and at an abort with its reason`, async () => {
    const at = await place();
    await using first = await session(at.store.lanes.journal);
    assertEquals((await at.other.lanes.journal.open(30)).status, "lock_busy");
    const abort = new AbortController();
    const waiting = at.other.lanes.journal.open(60_000, abort.signal);
    const reason = new Error("enough");
    abort.abort(reason);
    assertEquals(await waiting.catch((error: unknown) => error), reason);
    assertEquals((await first.read()).fold.seq, 0);
  });

  it(`${name}: a session goes on after what others appended, and its end is no one's but its own`, async () => {
    const at = await place();
    const first = await session(at.store.lanes.journal);
    await first.append([acquire(1)]);
    await first[Symbol.asyncDispose]();
    await using second = await session(at.other.lanes.journal);
    await first[Symbol.asyncDispose]();
    assertEquals((await at.store.lanes.journal.open(0)).status, "lock_busy");
    await second.append([acquire(2, { lane: "web", tree: ["web"] })]);
    assertEquals(holders((await second.read()).fold), ["api/a", "web/a"]);
  });
}

/** What a journal promises that lets any number of sessions write. */
export function overtakingSuite(name: string, open: OpenStore): void {
  it(`${name}: append() after what others have appended is moved, and writes nothing`, async () => {
    const at = await scene(open);
    await using first = await session(at.store.lanes.journal);
    await using second = await session(at.other.lanes.journal);
    assertEquals(await second.append([acquire(1)]), "kept");
    assertEquals(await first.append([acquire(2, { lane: "web", tree: ["web"] })]), "moved");
    assertEquals(holders((await first.read()).fold), ["api/a"]);
    assertEquals(await first.append([acquire(2, { lane: "web", tree: ["web"] })]), "kept");
    assertEquals(holders((await second.read()).fold), ["api/a", "web/a"]);
    assertEquals(await second.append([acquire(3, { lane: "docs", tree: ["docs"] })]), "kept");
  });

  it(`${name}: compact() leaves nothing out that others have appended meanwhile`, async () => {
    const at = await scene(open);
    await using first = await session(at.store.lanes.journal);
    await using second = await session(at.other.lanes.journal);
    await second.append([acquire(1)]);
    assertEquals((await first.compact()).status, "compacted");
    assertEquals(await second.append([acquire(2, { lane: "web", tree: ["web"] })]), "moved");
    assertEquals(holders((await second.read()).fold), ["api/a"]);
  });
}
