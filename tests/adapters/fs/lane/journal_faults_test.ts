import { JOURNAL_TAIL_BYTES } from "../../../../src/domain/limits.ts";
import type { JournalEntry } from "../../../../src/domain/journal/line.ts";
import { HostError } from "../../../../src/ports/host.ts";
import type { JournalFile } from "../../../../src/adapters/fs/lane/journal_file.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { type Fault, faulty, PowerOff } from "../../../support/crash/faulty_fs.ts";
import {
  append,
  archivesOf,
  grant,
  halt,
  linesOf,
  lonelyHost,
  openJournal,
  quickHost,
  turnOf,
  write,
} from "../../../support/scene/journals.ts";
import { factsOf } from "../../../support/scene/lanes.ts";
import { isHeavy } from "../../../support/length.ts";
import { newSeed } from "../../../support/random.ts";
import { makeTempDir, removeTree } from "../../../support/scene/scratch.ts";

/** An operation on a journal, and the journal before it. */
interface Case {
  readonly name: string;
  /** What the log is then; without it there is none. */
  readonly log?: string;
  /** What comes before the operation. */
  prepare?(journal: JournalFile): Promise<unknown>;
  act(journal: JournalFile): Promise<unknown>;
}

const NEW = "new";
const appendNew = (journal: JournalFile) =>
  append(journal, (next) => [grant(next, "web"), halt(next + 1, NEW)]);

async function compactIt(journal: JournalFile): Promise<unknown> {
  using session = await turnOf(journal);
  return session.compact().status;
}

const SOME = [grant(1, "api"), halt(2), grant(3, "docs")];
const long = { ...halt(4), reason: "x".repeat(JOURNAL_TAIL_BYTES) };

const CASES: readonly Case[] = [
  { name: "the first append", act: appendNew },
  { name: "an append", log: linesOf(SOME), act: appendNew },
  { name: "an append after a torn tail", log: `${linesOf(SOME)}{"op":"A`, act: appendNew },
  { name: "an append after a line without its end", log: linesOf(SOME).trimEnd(), act: appendNew },
  { name: "an append that compacts", log: linesOf([...SOME, long]), act: appendNew },
  { name: "a compaction", log: linesOf(SOME), act: compactIt },
  {
    name: "a second compaction",
    log: linesOf(SOME),
    prepare: async (
      journal,
    ) => (await compactIt(journal), await append(journal, (seq) => [halt(seq)])),
    act: compactIt,
  },
];

const FAULTS: readonly ((at: number) => Fault)[] = [
  (at) => ({ kind: "off", at, torn: false }),
  (at) => ({ kind: "off", at, torn: true }),
  (at) => ({ kind: "error", at, code: "no_space" }),
  (at) => ({ kind: "error", at, code: "no_space", done: "half" }),
  (at) => ({ kind: "error", at, code: "other", done: "all" }),
];

function handlesOf(entries: readonly JournalEntry[]): string[] {
  return entries.flatMap(({ handle }) => typeof handle === "string" ? [handle] : []);
}

/** Whether this is the fault; without power the end of a turn fails as well. */
function isExpected(error: unknown): boolean {
  return error instanceof PowerOff || error instanceof HostError ||
    error instanceof SuppressedError && isExpected(error.error) && isExpected(error.suppressed);
}

/** Does the operation with a fault, and judges what is left; whether the fault was met. */
async function broken({ log, prepare, act }: Case, fault: Fault): Promise<boolean> {
  const folder = makeTempDir();
  const path = `${folder}/lanes/journal.jsonl`;
  if (log !== undefined) write(path, log);
  await prepare?.(openJournal(path).journal);
  const { journal: whole } = openJournal(path);
  const before = { facts: factsOf(whole.read().fold), handles: handlesOf(whole.last(99)) };

  const fs = faulty(quickHost.fs, fault);
  let answer: unknown;
  try {
    answer = await act(openJournal(path, { ...quickHost, fs: fs.fs }).journal);
  } catch (error) {
    if (!isExpected(error)) throw error;
  }

  const { journal, warnings } = openJournal(path, lonelyHost);
  const { fold } = journal.read();
  const handles = handlesOf(journal.last(99));
  const isDone = handles.includes(NEW);
  assertEquals(handles.filter((handle) => handle !== NEW), before.handles, "nothing is lost");
  assert_(answer !== "kept" || isDone, "what was answered is there");
  const { live } = factsOf(fold);
  assertEquals(live.filter(({ lane }) => lane !== "web"), before.facts.live);
  assert_(!isDone || live.some(({ lane }) => lane === "web"), "lines come in order");
  assert_(fold.seq >= before.facts.seq);

  const { seq } = fold;
  assertEquals(await append(journal, (next) => [halt(next, "next")]), "kept");
  assertEquals(journal.read().fold.seq, seq + 1);
  assertEquals(handlesOf(journal.last(1)), journal.read().tail === 0 ? [] : ["next"]);
  await append(journal, (next) => [halt(next, "more")]);
  const then = factsOf(journal.read().fold);
  assertEquals(await compactIt(journal), "compacted");
  const { journal: last } = openJournal(path);
  assertEquals(factsOf(last.read().fold), then);
  assertEquals(handlesOf(last.last(99)), [...handles, "next", "more"]);
  assertEquals(last.verify().problems.filter(({ kind }) => kind === "archive"), []);
  assertEquals(last.verify().archives, archivesOf(path));
  const left = quickHost.fs.list(`${path}.lock`)?.filter(({ name }) => name.endsWith(".next"));
  assertEquals([left, warnings], [[], []]);
  removeTree(folder);
  return fs.hit !== undefined;
}

for (const each of CASES) {
  it(`${each.name} that breaks off or fails anywhere loses nothing and blocks no other writer`, async () => {
    const random = newSeed("faults");
    const step = isHeavy() ? 1 : 4;
    for (const [kind, faultAt] of FAULTS.entries()) {
      let at = 1 + random.below(step);
      try {
        while (await broken(each, faultAt(at))) at += step;
      } catch (error) {
        throw new Error(`Fault ${kind} at operation ${at}`, { cause: error });
      }
      assert_(at > 3, `only ${at} operations`);
    }
  });
}
