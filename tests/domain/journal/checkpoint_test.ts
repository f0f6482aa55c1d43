import { assert_, assertEquals, it } from "../../deps.ts";
import { compact, isCompactable } from "../../../src/domain/journal/checkpoint.ts";
import { overlap, parseGlob } from "../../../src/domain/glob/glob.ts";
import { LaneState } from "../../../src/domain/journal/fold.ts";
import type { Lease } from "../../../src/domain/lane/lease.ts";
import {
  encodeLine,
  type JournalEntry,
  parseLine,
  type WalLine,
} from "../../../src/domain/journal/line.ts";
import { heartbeatEntry, releaseEntry } from "../../../src/domain/journal/entries.ts";
import { randomHistory } from "../../support/scene/lane_histories.ts";
import {
  acquire,
  dosReplay,
  factsOf,
  holders,
  replay,
  stamp,
  START,
} from "../../support/scene/lanes.ts";
import { sized } from "../../support/length.ts";
import { newSeed } from "../../support/random.ts";

const ROUNDS = sized(300, 5_000, 100_000);

function entriesOf(lines: readonly WalLine[]): JournalEntry[] {
  return lines.flatMap((line) => line.kind === "entry" ? [line.entry] : []);
}

/** What a reader makes of lines. */
function fold(lines: readonly WalLine[]): LaneState {
  const state = new LaneState();
  for (const line of lines) {
    if (line.kind === "entry") state.apply(line.entry);
    else state.lose(line);
  }
  return state;
}

/** Lines as they come back from a file. */
function reread(lines: readonly WalLine[]): WalLine[] {
  return lines.flatMap((line) => parseLine(encodeLine(line)) ?? []);
}

it("replay(compact(E)) is replay(E), also with entries that follow, on random histories", () => {
  const random = newSeed("compaction");
  for (let round = 0; round < ROUNDS; round++) {
    const company = { foreign: random.chance(0.5), torn: random.chance(0.5) };
    const { lines } = randomHistory(random, 5 + random.below(40), company);
    const cut = random.below(lines.length + 1);
    const [before, after] = [lines.slice(0, cut), lines.slice(cut)];
    const compacted = reread(compact(before, START));
    const [whole, short] = [fold(before), fold(compacted)];
    assertEquals(factsOf(short), factsOf(whole), `seed ${random.seed}, round ${round}`);
    const effects = (state: LaneState) =>
      after.map((line) => {
        if (line.kind === "corrupt") return state.lose(line);
        const { seq, effect, against } = state.apply(line.entry);
        return { seq, effect, against: against === undefined };
      });
    assertEquals(effects(short), effects(whole), `seed ${random.seed}, round ${round}`);
    assertEquals(factsOf(short), factsOf(whole), `seed ${random.seed}, round ${round}`);
    const again = fold(reread(compact([...compacted, ...after], START)));
    assertEquals(factsOf(again), factsOf(whole), `seed ${random.seed}, round ${round}`);
    const corrupt = (all: readonly WalLine[]) =>
      all.flatMap((line) => line.kind === "corrupt" ? [line.raw] : []);
    assertEquals(corrupt(compacted), corrupt(before));
  }
});

it("no two leases that coord grants ever overlap, and no fence repeats, on random histories", () => {
  const random = newSeed("grants");
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    const torn = random.chance(0.5);
    const { lines, applied } = randomHistory(random, 5 + random.below(40), { torn });
    const state = new LaneState();
    let highest = 0;
    for (const line of lines) {
      if (line.kind === "corrupt") {
        state.lose(line);
        continue;
      }
      const { entry } = line;
      const { effect, seq, lease } = state.apply(entry);
      seen[`${entry.op} ${effect}`] = (seen[`${entry.op} ${effect}`] ?? 0) + 1;
      if (effect !== "granted" && effect !== "adopted") continue;
      const where = `seed ${random.seed}, round ${round}, entry ${seq}`;
      assert_(lease?.fence === seq && seq > highest, `${where}: fence ${lease?.fence}`);
      highest = seq;
      assertEquals(clash(state.live()), undefined, where);
    }
    assertEquals(applied.at(-1)?.seq, state.lastSeq);
    const foreign = dosReplay(entriesOf(lines)).map(({ lane, holder }) => `${lane}/${holder}`);
    assertEquals(foreign.sort(), holders(state).sort(), `seed ${random.seed}, round ${round}`);
  }
  for (const effect of ["ACQUIRE void", "RELEASE none", "SCAVENGE none", "ADOPT none"]) {
    assert_((seen[effect] ?? 0) > 20, `${effect}: ${seen[effect]}`);
  }
});

/** Two leases that may not stand side by side. */
function clash(leases: readonly Lease[]): string | undefined {
  const globs = (lease: Lease) =>
    (lease.tree.length > 0 || lease.name_only ? lease.tree : ["**"]).map((glob) => parseGlob(glob))
      .filter((glob) => typeof glob !== "string");
  const isOne = (a: Lease, b: Lease) =>
    a.lane === b.lane || (a.name_only ?? false) && a.lane === `@${b.lane}` ||
    (b.name_only ?? false) && b.lane === `@${a.lane}`;
  const isAlone = (a: Lease, b: Lease) =>
    a.exclusive && a.holder !== b.holder && (b.exclusive || !b.name_only) &&
    // An adoption asks for no leave: a run may hand over what it held beside its exclusive lane.
    a.adopted_at === undefined && b.adopted_at === undefined;
  for (const [i, a] of leases.entries()) {
    for (const b of leases.slice(i + 1)) {
      const isClash = isOne(a, b) || isAlone(a, b) || isAlone(b, a) ||
        globs(a).some((x) => globs(b).some((y) => overlap(x, y).overlaps));
      if (isClash) return `${a.lane} of ${a.holder} and ${b.lane} of ${b.holder}`;
    }
  }
  const kinds = leases.filter((lease) => lease.lane_kind === "k").length;
  return kinds > 2 ? `${kinds} leases of a kind of which there may be 2` : undefined;
}

it("compact() keeps fences, heartbeats and the count of entries, also where all leases ended", () => {
  const state = replay([acquire(1), acquire(2, { lane: "x", tree: ["x"] })]);
  const [api, x] = state.live();
  assert_(api !== undefined && x !== undefined);
  const beat = heartbeatEntry(stamp(3, START + 60_000), api);
  const end = [releaseEntry(stamp(4), x, ""), releaseEntry(stamp(5), api, "")];
  const journal = [acquire(1), acquire(2, { lane: "x", tree: ["x"] }), beat, ...end];
  const first = (count: number) =>
    fold(compact(journal.slice(0, count).map((entry) => ({ kind: "entry", entry })), START));
  const { fence, heartbeat_at, renewed_seq } = first(4).live()[0] ?? {};
  assertEquals([fence, heartbeat_at, renewed_seq], [1, "2026-06-01T00:01:00.000Z", 3]);
  const empty = first(5);
  assertEquals(factsOf(empty), { seq: 5, live: [] });
  assertEquals(empty.apply(acquire(6)).lease?.fence, 6, "no fence is given twice");
});

it("compact() judges an entry from before it as it would have been judged", () => {
  const journal: WalLine[] = [
    ...[acquire(1, { lane: "old", tree: ["old"] }), acquire(2, { lane: "new", tree: ["src/**"] })],
  ].map((entry) => ({ kind: "entry", entry }));
  const state = replay(entriesOf(compact(journal, START)));
  const late = acquire(2, { lane: "late", tree: ["src/a"] }, { baseSeq: 1 });
  assertEquals(state.apply(late).effect, "void");
  const other = acquire(2, { lane: "other", tree: ["lib"] }, { baseSeq: 1 });
  assertEquals(state.apply(other).effect, "granted");
});

it("compact() makes nothing of nothing, and one line of 10,000 entries that ended", () => {
  assertEquals(compact([], START), []);
  const lines: WalLine[] = [];
  for (let seq = 1; seq <= 10_000; seq += 2) {
    const lease = { lane: "api", loop_ts: `${seq}`, host_id: "h", fence: seq };
    lines.push({ kind: "entry", entry: acquire(seq, { loop_ts: `${seq}` }) });
    lines.push({ kind: "entry", entry: releaseEntry(stamp(seq + 1), lease, "") });
  }
  assertEquals(compact(lines, START).map(encodeLine), [
    '{"leases":[],"op":"CHECKPOINT","reached_at":"2026-06-01T00:00:00.000Z","seq":10000,"seq_watermark":10000,"ts":"2026-06-01T00:00:00.000Z","crc":"be778ae2"}',
  ]);
});

it("lose() keeps a number from being given twice, and moves no other", () => {
  const corrupt = (raw: string) => ({ kind: "corrupt", reason: "is not JSON", raw } as const);
  const state = new LaneState();
  state.apply(acquire(1));
  state.lose(corrupt('{"op":"ACQU'));
  assertEquals([state.seq, state.lastSeq], [2, 1]);
  // Its decision saw all that came before it, so nothing speaks against it.
  const next = acquire(3, { lane: "x", tree: ["x"] });
  assertEquals([state.apply(next).effect, state.seq], ["granted", 3]);
  state.lose(corrupt('{"op":"HALT","seq":4x{"op":"HALT","seq":5}'));
  state.lose({ ...corrupt('{"seq":9'), isKept: true });
  assertEquals([state.seq, state.lastSeq], [5, 3]);
  // One that was decided before that, and comes late.
  assertEquals(state.apply(acquire(4, { lane: "y", tree: ["y"] })).seq, 4);
  const lines: WalLine[] = [{ kind: "entry", entry: acquire(1) }, corrupt('"seq":7')];
  const [checkpoint] = compact(lines, START);
  assert_(checkpoint?.kind === "entry");
  assertEquals([checkpoint.entry["seq"], checkpoint.entry["seq_watermark"]], [1, 7]);
  const again = fold(reread(compact(lines, START)));
  assertEquals([again.seq, again.lastSeq], [7, 1]);
});

it("compact() keeps numbers that are beyond any that a line may give", () => {
  const lines: WalLine[] = [
    { kind: "entry", entry: { op: "SPAWN", lane: "z", seq: 2 ** 48 } },
    { kind: "entry", entry: acquire(2 ** 48 + 1) },
  ];
  const [short, whole] = [fold(reread(compact(lines, START))), fold(lines)];
  assertEquals(factsOf(short), factsOf(whole));
  assertEquals(whole.live().map(({ fence }) => fence), [2 ** 48 + 1]);
  const edge = fold([
    { kind: "entry", entry: { op: "CHECKPOINT", leases: [], seq: 2 ** 52 } },
    { kind: "entry", entry: acquire(2 ** 52 + 1) },
  ]);
  assertEquals([edge.seq, edge.live()[0]?.fence, isCompactable(edge)], [
    ...[2 ** 52 + 1, 2 ** 52 + 1, false],
  ]);
});
