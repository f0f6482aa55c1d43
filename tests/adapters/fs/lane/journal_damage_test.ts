import { JournalReader } from "../../../../src/adapters/fs/lane/journal_reader.ts";
import { canonicalJson } from "../../../../src/domain/json.ts";
import { compact } from "../../../../src/domain/journal/checkpoint.ts";
import { LaneState, type LaneView } from "../../../../src/domain/journal/fold.ts";
import type { Lease } from "../../../../src/domain/lane/lease.ts";
import {
  encodeLine,
  type JournalEntry,
  parseLine,
  type WalLine,
} from "../../../../src/domain/journal/line.ts";
import * as wal from "../../../../src/domain/journal/entries.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import {
  append,
  archivesOf,
  grant,
  halt,
  leaseOf,
  linesOf,
  lonelyHost,
  openJournal,
  quickHost,
  textOf,
  turnOf,
  write,
} from "../../../support/scene/journals.ts";
import { factsOf, replay, stamp, START } from "../../../support/scene/lanes.ts";
import { isHeavy, sized } from "../../../support/length.ts";
import { newSeed, Random } from "../../../support/random.ts";
import { makeTempDir, removeTree } from "../../../support/scene/scratch.ts";

const NEWLINE = 0x0a;

const HERE = { host_id: "here", pid: 1, reason: "test" };
const EVIDENCE = {
  ...{ last_beat_at: "", silent_seconds: 1, ttl_seconds: 1, grace_seconds: 1 },
  pid_alive: null,
};

/** What may follow a grant. */
const ENTRIES_ABOUT: readonly ((seq: number, lease: Lease, holder: string) => JournalEntry)[] = [
  (seq, lease) => wal.heartbeatEntry(stamp(seq, START + seq * 1000), lease),
  (seq, lease) => wal.releaseEntry(stamp(seq), lease, "done"),
  (seq, lease, holder) => wal.adoptEntry(stamp(seq), lease, { ...HERE, holder, baseSeq: seq - 1 }),
  (seq, lease, by) => wal.scavengeEntry(stamp(seq), lease, EVIDENCE, { baseSeq: seq - 1, by }),
  (seq, { lane }, holder) =>
    wal.refuseEntry(stamp(seq), {
      ...{ lane, holder, loop_ts: `${seq}`, host_id: "here", reason: "held" },
      ...{ reason_class: "held", tree: [lane], conflicts: [] },
    }),
];

/** A checkpoint and 199 entries of all kinds. */
const LINES = soundLines();
const ENTRIES = LINES.map(({ entry }) => entry);
const BYTES = new TextEncoder().encode(LINES.map((line) => `${encodeLine(line)}\n`).join(""));

/** Every lease that any agent ever had, with its fence. */
const GRANTED = new Set<string>();
const WHOLE = new LaneState();
for (const entry of ENTRIES) {
  WHOLE.apply(entry);
  for (const lease of WHOLE.live()) GRANTED.add(grantOf(lease));
}

function soundLines(): Extract<WalLine, { kind: "entry" }>[] {
  const random = new Random(4);
  const state = new LaneState();
  const lines: WalLine[] = [];
  for (let seq = 1; seq <= 249; seq++) {
    const lane = `lane ${random.below(6)}`;
    const [held] = state.leases.ofLane(lane);
    const entry = held === undefined
      ? random.chance(0.8) ? grant(seq, lane) : halt(seq)
      : random.pick(ENTRIES_ABOUT)(seq, held, `owner ${random.below(4)} é`);
    state.apply(entry);
    lines.push({ kind: "entry", entry });
  }
  const whole = [...compact(lines.slice(0, 50), START), ...lines.slice(50)];
  return whole.flatMap((line) => line.kind === "entry" ? [line] : []);
}

function grantOf({ lane, loop_ts, holder, tree, exclusive, fence }: Lease): string {
  return JSON.stringify([lane, loop_ts, holder, tree, exclusive, fence]);
}

function inventedIn(fold: LaneView): string[] {
  return fold.live().map(grantOf).filter((grant) => !GRANTED.has(grant));
}

/** A file system of one file. */
function fileOf(bytes: Uint8Array): HostFs {
  const size = bytes.length;
  return {
    ...quickHost.fs,
    stat: () => ({ kind: "file", size, mtimeMs: 0, ino: 1 }),
    readRange: (_, at, length) => ({ bytes: bytes.subarray(at, at + length), ino: 1, size }),
    list: () => [],
  };
}

function read(bytes: Uint8Array): JournalReader {
  const reader = new JournalReader(fileOf(bytes), "journal");
  reader.refresh();
  const facts = factsOf(reader.fold);
  reader.refresh();
  assertEquals(factsOf(reader.fold), facts, "reading once more changes nothing");
  return reader;
}

/** What is wrong with how a damaged journal is read; of a sound one nothing is reported. */
function judged({ fold, problems }: Pick<JournalReader, "fold" | "problems">): void {
  assertEquals(inventedIn(fold), []);
  if (problems.length > 0) return;
  const isWhole = canonicalJson(factsOf(fold)) === canonicalJson(factsOf(WHOLE));
  assert_(isWhole, "something was skipped without a word");
}

it("the journal of these tests is sound, and has 200 entries of all kinds", () => {
  assertEquals(ENTRIES.length, 200);
  const kinds = new Set(ENTRIES.map(({ op }) => op));
  for (const op of ["ACQUIRE", "RELEASE", "HEARTBEAT", "ADOPT", "SCAVENGE", "REFUSE", "HALT"]) {
    assert_(kinds.has(op), op);
  }
  assertEquals(ENTRIES[0]?.op, "CHECKPOINT");
  const reader = read(BYTES);
  judged(reader);
  assertEquals(reader.problems, []);
});

it("no entry is made up when any byte of a journal is flipped", () => {
  let line = 0;
  let begin = 0;
  let silent = 0;
  for (let at = 0; at < BYTES.length; at++) {
    const end = BYTES.indexOf(NEWLINE, begin);
    const isEnd = at === end;
    const last = isEnd ? BYTES.indexOf(NEWLINE, end + 1) : end;
    const hurt = BYTES.slice(begin, last < 0 ? BYTES.length : last);
    for (const mask of isHeavy() ? [1, 2, 4, 8, 16, 32, 64, 128, 0xff] : [1 << at % 8]) {
      if (hurt.length > at - begin) hurt[at - begin] = (BYTES[at] ?? 0) ^ mask;
      for (const text of new TextDecoder().decode(hurt).split("\n")) {
        const found = parseLine(text);
        if (found?.kind !== "entry") continue;
        assert_(sameAs(found.entry, line) || sameAs(found.entry, line + 1), `byte ${at}: ${text}`);
        silent++;
      }
    }
    if (!isEnd) continue;
    line++;
    begin = end + 1;
  }
  assertEquals(line, 200);
  assert_(silent < (isHeavy() ? 9 : 1) * 200 * 20, `${silent} flips were not noticed`);
});

/**
 * Whether an entry says what one of the journal says; a check sum that was hit is one field more.
 */
function sameAs(found: JournalEntry, line: number): boolean {
  const entry = ENTRIES[line];
  return entry !== undefined &&
    Object.entries(entry).every(([key, value]) =>
      canonicalJson(found[key] ?? null) === canonicalJson(value)
    );
}

it("no lease is made up when any line of a journal is lost, or any two", () => {
  for (let line = 0; line < ENTRIES.length; line++) {
    for (const lost of [1, 2]) {
      const state = replay([...ENTRIES.slice(0, line), ...ENTRIES.slice(line + lost)]);
      assertEquals(inventedIn(state), [], `without ${lost} from line ${line + 1} on`);
    }
  }
});

it("a journal is read with any byte flipped, and what is skipped is reported", () => {
  const random = newSeed("flips");
  const step = sized(499, 29, 1);
  // The last byte among them, which makes a torn tail of a whole line.
  for (let at = (BYTES.length - 1) % step; at < BYTES.length; at += step) {
    const hurt = BYTES.slice();
    hurt[at] = (BYTES[at] ?? 0) ^ (random.chance(0.5) ? 1 << random.below(8) : 0xff);
    try {
      judged(read(hurt));
    } catch (error) {
      throw new Error(`Byte ${at} of ${BYTES.length} is ${hurt[at]}`, { cause: error });
    }
  }
});

it("a journal that is cut off anywhere is what was written until then", () => {
  const random = newSeed("cuts");
  const step = sized(307, 29, 1);
  const state = new LaneState();
  let lines = 0;
  let begin = 0;
  for (let length = 0; length <= BYTES.length; length++) {
    // A line counts as soon as all of it is there, with or without its end.
    if (BYTES[length] === NEWLINE) state.apply(ENTRIES[lines++] as JournalEntry);
    if (BYTES[length - 1] === NEWLINE) begin = length;
    const isEdge = BYTES[length] === NEWLINE || begin === length;
    if ((length + random.seed) % step > 0 && !(isEdge && random.chance(0.1))) continue;
    const { fold, problems } = read(BYTES.subarray(0, length));
    assertEquals(factsOf(fold), factsOf(state), `${length} bytes`);
    assertEquals(inventedIn(fold), []);
    assertEquals(problems.map(({ kind }) => kind), isEdge ? [] : ["torn"], `${length} bytes`);
  }
  assertEquals(lines, 200);
});

it("what is appended to a damaged journal is there, and costs nothing that was", async () => {
  const random = newSeed("appends");
  const step = sized(1999, 199, 29);
  for (let at = random.below(step); at < BYTES.length; at += step) {
    const cut = BYTES.slice(0, at);
    const flipped = BYTES.slice();
    flipped[at] = (BYTES[at] ?? 0) ^ 1 << random.below(8);
    for (const bytes of [cut, flipped]) {
      const folder = makeTempDir();
      const path = `${folder}/lanes/journal.jsonl`;
      write(path, bytes);
      const before = read(bytes);
      const { journal, warnings } = openJournal(path, lonelyHost);
      const expected = before.fold;
      expected.apply(halt(expected.seq + 1));
      assertEquals(await append(journal, (next) => [halt(next, "new")]), "kept");
      for (const other of [journal, openJournal(path).journal]) {
        const { fold, problems } = other.read();
        assertEquals(fold.live(), expected.live(), `byte ${at}`);
        // A torn tail that was ended may show that its writer had counted further.
        assert_(fold.seq >= expected.seq, `byte ${at}: ${fold.seq} after ${expected.seq}`);
        assertEquals(problems.length, before.problems.length, `byte ${at}`);
        // The turn's end may have compacted the log.
        assert_(other.last(2).some(({ handle }) => handle === "new"), `byte ${at}`);
      }
      journal.verify();
      const facts = factsOf(journal.read().fold);
      using session = await turnOf(journal);
      session.compact();
      assertEquals(factsOf(openJournal(path).journal.read().fold), facts);
      assertEquals(warnings, []);
      removeTree(folder);
    }
  }
});

it("a checkpoint that is damaged anywhere is read from its archive, and no fence comes again", async () => {
  const { journal } = openJournal();
  {
    using session = await turnOf(journal);
    session.append([
      grant(1, "old"),
      grant(2, "web"),
      wal.releaseEntry(stamp(3), lease("old", 1), ""),
    ]);
    session.compact();
  }
  const whole = new TextEncoder().encode(textOf(journal.location));
  const facts = factsOf(journal.read().fold);
  const random = newSeed("checkpoints");
  const step = sized(37, 3, 1);
  for (let at = 1 + random.below(step); at < whole.length; at += step) {
    const flipped = whole.slice();
    flipped[at] = (whole[at] ?? 0) ^ 1 << random.below(8);
    for (const bytes of [flipped, whole.slice(0, Math.max(at, 40))]) {
      write(journal.location, bytes);
      const before = openJournal(journal.location).journal;
      assertEquals(factsOf(before.read().fold), facts, `byte ${at}`);
      before.verify();
      const { journal: next } = openJournal(journal.location, lonelyHost);
      assertEquals(await append(next, (seq) => [grant(seq, "new")]), "kept");
      assertEquals(next.read().fold.live().map(({ fence }) => fence), [2, 4], `byte ${at}`);
      using session = await turnOf(next);
      session.compact();
      const { fold } = openJournal(journal.location).journal.read();
      assertEquals(factsOf(fold), factsOf(next.read().fold), `byte ${at}`);
      archivesOf(journal.location).slice(1).forEach((name) =>
        quickHost.fs.remove(`${journal.location.replace(/[^/]*$/, "")}${name}`)
      );
    }
  }
});

it("the fence of a grant whose line is damaged anywhere is not given again", async () => {
  const random = newSeed("fences");
  const bytes = new TextEncoder().encode(linesOf([grant(1, "api"), grant(2, "web")]));
  const step = sized(23, 2, 1);
  const begin = bytes.indexOf(NEWLINE);
  for (
    let at = begin;
    at < bytes.length;
    at = at === begin ? at + 1 + random.below(step) : at + step
  ) {
    const flipped = bytes.slice();
    flipped[at] = (bytes[at] ?? 0) ^ 1 << random.below(7);
    const next = openJournal().journal;
    write(next.location, flipped);
    await append(next, (seq) => [grant(seq, "new")]);
    {
      using session = await turnOf(next);
      session.compact();
    }
    await append(next, (seq) => [grant(seq, "newer")]);
    const fences = ["new", "newer"].map((lane) => leaseOf(next.read().fold, lane).fence);
    assert_(fences[0] !== undefined && fences[0] > 2, `byte ${at}: ${fences}`);
    assert_(fences[1] !== undefined && fences[1] > fences[0], `byte ${at}: ${fences}`);
    const { problems } = next.verify();
    assertEquals(problems.filter(({ kind }) => kind === "seq" || kind === "archive"), []);
  }
});

/** What a RELEASE says of a lease. */
function lease(lane: string, fence: number) {
  return { lane, loop_ts: `${lane}-${fence}`, host_id: "here", fence };
}
