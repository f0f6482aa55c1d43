import { assertEquals, it } from "../../deps.ts";
import { FsJournal } from "../../../src/adapters/fs/lane/journal.ts";
import { FsLanes } from "../../../src/adapters/fs/lane/environment.ts";
import type { Taxonomy } from "../../../src/domain/lane/taxonomy.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { encodeLine, type JournalEntry } from "../../../src/domain/journal/line.ts";
import { NO_HOLDERS } from "../../../src/engine/hold/exclusion.ts";
import { Lanes } from "../../../src/engine/lane/lanes.ts";
import { EMPTY_CHECKOUT } from "../../support/fake/names.ts";
import type { Journal } from "../../../src/ports/journal.ts";
import type {
  JournalFile,
  JournalFileSession,
} from "../../../src/adapters/fs/lane/journal_file.ts";
import { processesOf } from "../../../src/workspace/processes.ts";
import { dosReplay } from "../../support/scene/lanes.ts";
import { workspace } from "../../support/scene/workspace.ts";

type Scene = Awaited<ReturnType<typeof workspace>>;

const JOURNAL = "lanes/lane-journal.jsonl";

const entries = (scene: Scene): JournalEntry[] =>
  scene.read(JOURNAL).trim().split("\n").map((line) => JSON.parse(line));

const ops = (scene: Scene): string[] => entries(scene).map(({ op }) => op);

function journalOf(scene: Scene): FsJournal {
  return new FsJournal(scene.host, `${scene.path}/${JOURNAL}`, scene.clock.now, () => {});
}

/** Lanes whose writer meets something between its decision and its append, the nth one. */
function meddled(
  scene: Scene,
  append: (
    session: JournalFileSession,
    entries: readonly JournalEntry[],
    nth: number,
  ) => "kept" | "unsure",
): Lanes {
  const real = journalOf(scene);
  let appends = 0;
  const journal: JournalFile = {
    location: real.location,
    exists: () => real.exists(),
    read: () => real.read(),
    remembered: () => undefined,
    last: (count) => real.last(count),
    size: () => real.size(),
    verify: () => real.verify(),
    async open(timeoutMs, signal) {
      const outcome = await real.open(timeoutMs, signal);
      if (outcome.status !== "open") return outcome;
      const { session } = outcome;
      return {
        status: "open",
        session: {
          read: () => session.read(),
          append: (entries) => append(session, entries, ++appends),
          persist: () => session.persist(),
          compact: () => session.compact(),
          restart: (keep) => session.restart(keep),
          [Symbol.dispose]: () => session[Symbol.dispose](),
        },
      };
    },
  };
  const lanes = new FsLanes(scene.host, journal, `${scene.path}/lanes.json`);
  const processes = processesOf(scene.host);
  const context = { lanes, processes, clock: scene.clock.now, warn: () => {} };
  return new Lanes(context, EMPTY_CHECKOUT, NO_HOLDERS);
}

/** Lanes whose first writer is overtaken by another grant. */
function overtaken(scene: Scene, theirs: Record<string, unknown>): Lanes {
  return meddled(scene, (session, entries, nth) => {
    if (nth === 1) intrude(scene, theirs);
    return session.append(entries);
  });
}

/** An entry as another writer puts it into the log, past every mutex. */
function write(scene: Scene, entry: Record<string, unknown>): void {
  const path = `${scene.path}/${JOURNAL}`;
  scene.host.fs.makeDir(`${scene.path}/lanes`);
  scene.host.fs.append(path, new TextEncoder().encode(`${JSON.stringify(entry)}\n`));
}

/** The same of a lease over `src`, unless its fields say otherwise. */
function intrude(scene: Scene, fields: Record<string, unknown>, op = "ACQUIRE"): void {
  const lease = { lane: "theirs", tree: ["src"], holder: "them", loop_ts: "t", ...fields };
  const at = "2026-11-21T09:30:00.000Z";
  write(scene, { op, seq: 1, ts: at, ...lease, lease: { ...lease, acquired_at: at } });
}

/** Readers of the old format, who take every entry at its word, come to the same leases. */
function agreesWithDos(scene: Scene): void {
  const facts = (leases: readonly Readonly<Record<string, unknown>>[]) =>
    leases.map(({ lane, loop_ts, holder, tree }) => JSON.stringify([lane, loop_ts, holder, tree]))
      .sort();
  const ours: Readonly<Record<string, unknown>>[] = journalOf(scene).read().fold.live()
    .map((lease) => ({ ...lease }));
  assertEquals(facts(dosReplay(entries(scene))), facts(ours));
}

it("request() is refused by the log when it was overtaken, and takes its entry back", async () => {
  const scene = await workspace();
  const lanes = overtaken(scene, {});
  const answer = await lanes.acquire({ lane: "ours", tree: ["src/a"], owner: "us" });
  assertEquals(
    answer.status === "refused" &&
      answer.conflicts.map((each) => each.kind === "lane" && [each.lane, each.witness]),
    [["theirs", "src/a"]],
  );
  assertEquals(ops(scene), ["ACQUIRE", "ACQUIRE", "RELEASE", "REFUSE"]);
  const { leases } = await scene.coord.lanes.live();
  assertEquals(leases.map(({ lane }) => lane), ["theirs"]);
});

it("acquire() never takes back another holder's lease that has its key", async () => {
  const scene = await workspace();
  const lanes = overtaken(scene, { lane: "ours", loop_ts: "k" });
  const answer = await lanes.acquire({ lane: "ours", tree: ["src"], owner: "us", loopTs: "k" });
  assertEquals(answer.status, "refused");
  assertEquals(ops(scene), ["ACQUIRE", "ACQUIRE", "RECONCILE", "REFUSE"]);
  const { leases } = await scene.coord.lanes.live();
  assertEquals(leases.map(({ holder }) => holder), ["them"]);
});

it("acquire() decides again when others wrote before its entry could be", async () => {
  const scene = await workspace();
  const files = new FsLanes(scene.host, journalOf(scene), `${scene.path}/lanes.json`);
  const { journal } = files;
  let appends = 0;
  /** A store that writes nothing where its log has moved. */
  const moving: Journal = {
    location: journal.location,
    exists: () => journal.exists(),
    read: () => journal.read(),
    last: (count) => journal.last(count),
    size: () => journal.size(),
    verify: () => journal.verify(),
    async open(timeoutMs, signal) {
      const outcome = await journal.open(timeoutMs, signal);
      if (outcome.status !== "open") return outcome;
      const { session } = outcome;
      return {
        status: "open",
        session: {
          read: () => session.read(),
          async append(entries) {
            if (++appends > 1) return await session.append(entries);
            intrude(scene, {});
            return "moved";
          },
          persist: () => session.persist(),
          compact: () => session.compact(),
          [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
        },
      };
    },
  };
  const lanes = {
    journal: moving,
    taxonomy: () => files.taxonomy(),
    setTaxonomy: (taxonomy: Taxonomy) => files.setTaxonomy(taxonomy),
    watch: files.watch.bind(files),
  };
  const processes = processesOf(scene.host);
  const context = { lanes, processes, clock: scene.clock.now, warn: () => {} };
  const ours = { lane: "ours", tree: ["src/a"], owner: "us" };
  const answer = await new Lanes(context, EMPTY_CHECKOUT, NO_HOLDERS).acquire(ours);
  assertEquals(
    answer.status === "refused" &&
      answer.conflicts.map((each) => each.kind === "lane" && [each.lane, each.witness]),
    [["theirs", "src/a"]],
  );
  assertEquals(ops(scene), ["ACQUIRE", "REFUSE"]);
});

it("acquire() finds its own entry again when it was unknown whether it was kept", async () => {
  for (const isKept of [true, false]) {
    const scene = await workspace();
    const lanes = meddled(scene, (session, entries, nth) => {
      if (nth > 1) return session.append(entries);
      if (isKept) session.append(entries);
      return "unsure";
    });
    const answer = await lanes.acquire({ lane: "ours", tree: ["src"], owner: "us" });
    assertEquals(answer.status === "acquired" && answer.fence, 1);
    assertEquals(ops(scene), ["ACQUIRE"]);
  }
});

it("acquire() refuses when its entry was void and it had to decide again", async () => {
  const scene = await workspace();
  const lanes = meddled(scene, (session, entries, nth) => {
    if (nth > 1) return session.append(entries);
    intrude(scene, {});
    session.append(entries);
    return "unsure";
  });
  const answer = await lanes.acquire({ lane: "ours", tree: ["src/a"], owner: "us" });
  assertEquals(answer.status, "refused");
  assertEquals(ops(scene), ["ACQUIRE", "ACQUIRE", "RELEASE", "REFUSE"]);
});

it("request() knows its entry by its nonce, also beside one of the same owner and key", async () => {
  const scene = await workspace();
  const lanes = overtaken(scene, { lane: "ours", tree: ["docs"], holder: "us", loop_ts: "k" });
  const answer = await lanes.acquire({ lane: "ours", tree: ["src"], owner: "us", loopTs: "k" });
  assertEquals(answer.status === "refused" && [answer.reason_class, answer.reason], [
    "held",
    'Cannot acquire lane "ours": it is held by "us" with another tree',
  ]);
  const { leases } = await scene.coord.lanes.live();
  assertEquals(leases.map(({ tree, fence }) => [tree, fence]), [[["docs"], 1]]);
});

it("request() writes what its decision saw, and first of all the evictions of the dead", async () => {
  const scene = await workspace();
  scene.write(
    "lanes.json",
    JSON.stringify({
      lanes: { a: { tree: ["a"], kind: "k" }, b: { tree: ["b"], kind: "k" } },
      kinds: { k: { max_concurrent: 1 } },
    }),
  );
  const { lanes } = scene.coord;
  await lanes.acquire({ lane: "a", owner: "dead", ttl: 1 });
  await lanes.acquire({ lane: "x", tree: ["b/x"], owner: "dead", ttl: 1 });
  await lanes.spawn({ lane: "a", owner: "later" });
  scene.clock.advance(400);
  const answer = await lanes.acquire({ lane: "b", owner: "us" });
  assertEquals(answer.status === "acquired" && answer.fence, 6);
  const written = entries(scene).slice(3).map((entry) => [
    ...[entry.op, entry.lane, entry.seq, entry["base_seq"]],
    ...[entry["fence"], entry["max_concurrent"]],
  ]);
  assertEquals(written, [
    ["SCAVENGE", "x", 4, 3, 2, undefined],
    ["SCAVENGE", "a", 5, 3, 1, undefined],
    ["ACQUIRE", "b", 6, 3, undefined, 1],
  ]);
});

it("request() is void when what it did not see is in its way, and says what that is", async () => {
  const taxonomy = {
    lanes: {
      hot: { tree: ["hot"], kind: "k" },
      all: { tree: ["dist"], exclusive: true },
    },
    kinds: { k: { max_concurrent: 1 } },
  };
  const cases = [
    { theirs: { lane: "hot", tree: ["x"] }, ours: { lane: "hot" }, why: "held" },
    { theirs: { lane: "x", tree: ["hot/a"] }, ours: { lane: "hot" }, why: "overlapping" },
    { theirs: { lane: "x", lane_kind: "k" }, ours: { lane: "hot" }, why: "over_budget" },
    { theirs: { lane: "x" }, ours: { lane: "all" }, why: "exclusive" },
    { theirs: { lane: "x", exclusive: true }, ours: { lane: "hot" }, why: "exclusive" },
  ];
  for (const { theirs, ours, why } of cases) {
    const scene = await workspace();
    scene.write("lanes.json", JSON.stringify(taxonomy));
    const lanes = overtaken(scene, { tree: ["elsewhere"], ...theirs });
    const answer = await lanes.acquire({ ...ours, owner: "us", loopTs: "k" });
    assertEquals(answer.status === "refused" ? `${answer.reason_class}` : "", why);
    assertEquals(ops(scene), ["ACQUIRE", "ACQUIRE", "RELEASE", "REFUSE"]);
    agreesWithDos(scene);
  }
});

/** The line of a writer that saw entry 1 alone. */
function lateLine(lane: string, tree: string): string {
  const [ts, key] = ["2026-11-21T09:30:00.000Z", { lane, loop_ts: "t" }];
  const lease = { ...key, holder: "them", tree: [tree], acquired_at: ts };
  return encodeLine({ op: "ACQUIRE", seq: 2, ts, ...key, base_seq: 1, lease });
}

it("request() is void against an entry that comes with the number of a line that was torn", async () => {
  const late = `${lateLine("theirs", "src")}\n`;
  // What stands there when the decision is made, and the late writer's line after it.
  const cases = [
    { what: "a line in one with a torn one", before: `{"op":"ACQ${late}`, after: late },
    { what: "a whole line without its end", before: lateLine("x", "x"), after: `${late}${late}` },
  ];
  for (const { what, before, after } of cases) {
    const scene = await workspace();
    await scene.coord.lanes.acquire({ lane: "first", tree: ["a"], owner: "first" });
    const add = (text: string) =>
      scene.host.fs.append(`${scene.path}/${JOURNAL}`, new TextEncoder().encode(text));
    add(before);
    const lanes = meddled(scene, (session, entries, nth) => {
      if (nth === 1) add(after);
      return session.append(entries);
    });
    const answer = await lanes.acquire({ lane: "ours", tree: ["src/a"], owner: "us" });
    assertEquals(answer.status, "refused", what);
    const { leases } = await scene.coord.lanes.live();
    const isHeld = (lane: string) => leases.some((lease) => lease.lane === lane);
    assertEquals([isHeld("theirs"), isHeld("ours")], [true, false], what);
  }
});

it("request() gets the lane after all when what came first has ended by the time it looks", async () => {
  const scene = await workspace();
  const lanes = meddled(scene, (session, entries, nth) => {
    if (nth > 1) return session.append(entries);
    intrude(scene, {});
    const outcome = session.append(entries);
    intrude(scene, {}, "RELEASE");
    return outcome;
  });
  const answer = await lanes.acquire({ lane: "ours", tree: ["src/a"], owner: "us" });
  assertEquals(answer.status, "acquired");
  assertEquals(ops(scene), ["ACQUIRE", "ACQUIRE", "RELEASE", "RELEASE", "ACQUIRE"]);
  agreesWithDos(scene);
});

it("request() leaves the dead alone when they show life before their eviction counts", async () => {
  const scene = await workspace();
  await scene.coord.lanes.acquire({ lane: "api", tree: ["src"], owner: "late", loopTs: "k" });
  scene.clock.advance(4_000);
  const lanes = meddled(scene, (session, entries, nth) => {
    if (nth === 1) {
      const at = formatTime(scene.clock.now());
      write(scene, { op: "HEARTBEAT", lane: "api", loop_ts: "k", ts: at, heartbeat_at: at });
    }
    return session.append(entries);
  });
  const answer = await lanes.acquire({ lane: "b", tree: ["src/b"], owner: "us" });
  assertEquals(answer.status === "refused" && answer.reason_class, "overlapping");
  assertEquals(ops(scene).slice(1), [
    ...["HEARTBEAT", "SCAVENGE", "ACQUIRE"],
    ...["RECONCILE", "RELEASE", "REFUSE"],
  ]);
  agreesWithDos(scene);
});

it("release(), heartbeat() and adopt() answer by what their entries did", async () => {
  const scene = await workspace();
  const grant = await scene.coord.lanes.acquire({ lane: "api", tree: ["a"], owner: "us" });
  if (grant.status !== "acquired") throw new Error(grant.error);
  const { lane, owner, loop_ts, fence } = grant;
  const adopt = (holder: string, of: number) =>
    write(scene, { op: "ADOPT", lane, loop_ts, holder, fence: of, ts: "2026-11-21T09:30:00.000Z" });
  const before = (body: () => void) =>
    meddled(scene, (session, entries, nth) => {
      if (nth === 1) body();
      return session.append(entries);
    });
  const beat = await before(() => adopt("boss", fence)).heartbeat({ lane, owner });
  assertEquals(beat.status, "not_holder");
  const released = await before(() => adopt("chief", fence + 1)).release({ lane, owner: "boss" });
  assertEquals(released.status, "not_holder");
  const current = (await scene.coord.lanes.live()).leases[0];
  assertEquals(current?.holder, "chief");
  // It adopts the lane from any holder, and says from which.
  const adopted = await before(() => adopt("other", current?.fence ?? 0))
    .adopt({ lane, owner: "us" });
  assertEquals(adopted.status === "adopted" && adopted.previous_owner, "other");
  const now = (await scene.coord.lanes.live()).leases[0];
  assertEquals(adopted.status === "adopted" && adopted.fence, now?.fence);
  agreesWithDos(scene);
});

it("every writer finds out what its entry did when that was unknown at first, and repeats nothing", async () => {
  for (const isKept of [true, false]) {
    const scene = await workspace();
    const lanes = () =>
      meddled(scene, (session, entries, nth) => {
        if (nth > 1) return session.append(entries);
        if (isKept) session.append(entries);
        return "unsure";
      });
    const api = { lane: "api", owner: "us" };
    const { status } = await lanes().acquire({ ...api, tree: ["a"] });
    const beat = await lanes().heartbeat(api);
    const adopted = await lanes().adopt({ lane: "api", owner: "boss" });
    const released = await lanes().release({ lane: "api", owner: "boss" });
    const spawned = await lanes().spawn(api);
    const halted = await lanes().halt({ handle: "h" });
    assertEquals(
      [status, beat.status, adopted.status, released.status, spawned.status, halted.status],
      ["acquired", "ok", "adopted", "released", "recorded", "recorded"],
    );
    assertEquals(adopted.status === "adopted" && [adopted.previous_owner, adopted.fence], [
      "us",
      3,
    ]);
    assertEquals(released.status === "released" && released.fence, 3);
    assertEquals(ops(scene), ["ACQUIRE", "HEARTBEAT", "ADOPT", "RELEASE", "SPAWN", "HALT"]);
  }
});
