import type { JournalFile } from "../../src/adapters/fs/lane/journal_file.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { faulty, PowerOff } from "../support/crash/faulty_fs.ts";
import {
  append,
  grant,
  halt,
  leaseOf,
  lonelyHost,
  openJournal,
  turnOf,
} from "../support/scene/journals.ts";
import { assertKept, assertLost, ForgetfulFs, type PowerCut } from "../support/crash/power_cut.ts";
import { sized } from "../support/length.ts";
import { newSeed, type Random } from "../support/random.ts";
import { makeTempDir, removeTree, setMtime } from "../support/scene/scratch.ts";

/**
 * Writes until the power goes, several processes in turn, of which some are killed before that; notes
 * what was answered.
 *
 * @param open Opens the journal as a process that ends before the n-th file operation.
 */
async function work(
  open: (endsAt?: number) => JournalFile,
  random: Random,
  promised: string[],
): Promise<void> {
  let count = 0;
  for (let journal = open();; journal = random.chance(0.3) ? open() : journal) {
    using session = await turnOf(journal);
    if (random.chance(0.3)) session.compact();
    if (random.chance(0.2)) continue; // reads only
    const { seq } = session.read().fold;
    const handles = Array.from({ length: 1 + random.below(3) }, () => `h${count++}`);
    const answer = session.append(handles.map((handle, i) => halt(seq + 1 + i, handle)));
    if (answer === "kept") promised.push(...handles);
    session[Symbol.dispose]();
    if (random.chance(0.2)) await killed(open(1 + random.below(60)));
  }
}

/** Compacts, and is killed at that. */
async function killed(journal: JournalFile): Promise<void> {
  try {
    using session = await turnOf(journal);
    session.append([halt(session.read().fold.seq + 1)]);
    session.compact();
  } catch (error) {
    if (!(error instanceof PowerOff || error instanceof SuppressedError)) throw error;
  }
}

/** What of all that was answered is lost after a power cut. */
async function round(random: Random, syncs: boolean): Promise<PowerCut> {
  const folder = makeTempDir();
  const path = `${folder}/w/lanes/journal.jsonl`;
  await append(openJournal(path).journal, (next) => [grant(next, "always")]);
  const forgetful = new ForgetfulFs(lonelyHost.fs, `${folder}/w`, `${folder}/attic`, syncs);
  const at = 20 + random.below(400);
  const { fs } = faulty(forgetful.fs, { kind: "off", at, torn: random.chance(0.5) });
  const promised: string[] = [];
  try {
    const open = (at = Infinity) => {
      const own = faulty(fs, { kind: "off", at, torn: random.chance(0.5) }).fs;
      return openJournal(path, { ...lonelyHost, fs: own }).journal;
    };
    await work(open, random, promised);
  } catch (error) {
    if (!(error instanceof PowerOff || error instanceof SuppressedError)) throw error;
  }
  forgetful.cut(random);
  // Starting the machine again takes longer than the stale bound: a hold's file may be torn as well.
  for (const { name } of lonelyHost.fs.list(`${path}.lock`) ?? []) {
    setMtime(`${path}.lock/${name}`, Date.now() - 60_000);
  }

  const { journal } = openJournal(path, lonelyHost);
  const lost: string[] = [];
  const isThere = () => new Set(journal.last(10_000).map(({ handle }) => handle));
  const found = isThere();
  lost.push(...promised.filter((handle) => !found.has(handle)));
  if (syncs) assertEquals(leaseOf(journal.read().fold, "always").fence, 1);
  assertEquals(await append(journal, (next) => [halt(next, "after")]), "kept");
  assert_(isThere().has("after"));
  removeTree(folder);
  return { answers: promised.length, lost };
}

it("what a journal answered before a power cut is in it afterwards", async () => {
  const random = newSeed("journal power cut");
  await assertKept(sized(25, 300, 8_000), () => round(random, true));
});

it("what a journal answered before a power cut is lost where syncing does nothing", async () => {
  const random = newSeed("journal without syncs");
  await assertLost(40, () => round(random, false));
});
