import { FsJournalPort } from "../../src/adapters/fs/lane/journal_port.ts";
import type { JournalProblem } from "../../src/ports/journal.ts";
import { assert_, assertEquals, itIf } from "../deps.ts";
import { JournalRace, type JournalRaceSize } from "../support/race/journal_race.ts";
import {
  append,
  archivesOf,
  grant,
  leaseOf,
  openJournal,
  quickHost,
} from "../support/scene/journals.ts";
import { isLinux } from "../support/race/mutex_race.ts";
import { sleep } from "../support/race/processes.ts";
import { sized } from "../support/length.ts";
import { newSeed } from "../support/random.ts";

const it = itIf(isLinux, "it needs /proc and stop signals");

const SIZE: JournalRaceSize = sized(
  { workers: 3, rounds: 40, staleMs: 300, compaction: 0.1, kills: 1 },
  { workers: 8, rounds: 150, staleMs: 400, compaction: 0.05, kills: 5 },
  { workers: 8, rounds: 1_000, staleMs: 400, compaction: 0.05, kills: 25 },
);

it("a journal loses nothing to processes that append, compact, stop and die, nor do its readers", async () => {
  const { journal } = openJournal();
  await append(journal, (next) => [grant(next, "always")]);
  const race = new JournalRace(journal.location, SIZE, newSeed("journal race"));
  const disturbed = race.disturb();
  const verified = verdictsUntil(journal.location, () => race.isOver);
  let reads = 0;
  for (let seq = 0; !race.isOver; reads++) {
    // One that has read before, and one that has not.
    for (const reader of [journal, openJournal(journal.location).journal]) {
      const { fold } = reader.read();
      assert_(fold.seq >= seq, `${fold.seq} after ${seq}`);
      seq = fold.seq;
      assertEquals(leaseOf(fold, "always").fence, 1);
    }
    journal.last(3);
    await sleep(1);
  }
  await disturbed;
  assertEquals((await verified).filter(isGrave), []);
  const { problems, kept } = await race.ended();
  assertEquals(problems, []);

  const entries = journal.last(1_000_000);
  const times = new Map<string, number>();
  for (const { handle } of entries) {
    if (typeof handle === "string") times.set(handle, (times.get(handle) ?? 0) + 1);
  }
  assertEquals(kept.filter((handle) => times.get(handle) !== 1), []);
  const verdict = journal.verify();
  assertEquals(verdict.problems.filter(isGrave), []);
  assertEquals(verdict.archives, archivesOf(journal.location));
  const names = quickHost.fs.list(`${journal.location}.lock`) ?? [];
  assert_(names.length < 30, `${names.length} files are left of the mutex`);
  console.log(
    `${kept.length} of ${entries.length} entries were answered, in ${verdict.archives.length} ` +
      `archives; ${verdict.problems.length} problems; ${reads} reads`,
  );
  assert_(kept.length > SIZE.workers * SIZE.rounds / 2 && verdict.archives.length > 1);
});

/** What is wrong with all of a journal, as processes see it that look again and again. */
async function verdictsUntil(path: string, isOver: () => boolean): Promise<JournalProblem[]> {
  const found: JournalProblem[] = [];
  while (!isOver()) {
    const port = new FsJournalPort(openJournal(path).journal);
    found.push(...(await port.verify()).problems);
    await sleep(1);
  }
  return found;
}

/** A killed writer leaves half a line, and one that was overtaken writes too late; nothing else may be. */
function isGrave({ kind, reason }: JournalProblem): boolean {
  return kind === "archive" && !reason.includes("too late");
}
