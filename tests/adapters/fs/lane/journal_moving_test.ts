/** Looking back at a journal whose files get other names and contents at that very moment. */
import { lastEntries, settledReport } from "../../../../src/adapters/fs/lane/journal_history.ts";
import { FsJournalPort } from "../../../../src/adapters/fs/lane/journal_port.ts";
import { CoordError } from "../../../../src/domain/errors.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { assertEquals, assertRejects, assertStringIncludes, it } from "../../../deps.ts";
import {
  append,
  archivesOf,
  halt,
  linesOf,
  openJournal,
  quickHost,
  turnOf,
  write,
} from "../../../support/scene/journals.ts";

/** A journal of a path, on files that are read by `readRange`. */
function readBy(path: string, readRange: HostFs["readRange"]): FsJournalPort {
  const host = { ...quickHost, fs: { ...quickHost.fs, readRange } };
  return new FsJournalPort(openJournal(path, host).journal);
}

/** One whose files are moved by `moving` when a part of one was read for the n-th time. */
function movedAfter(path: string, n: number, moving: () => void): FsJournalPort {
  let reads = 0;
  return readBy(path, (...asked) => {
    const read = quickHost.fs.readRange(...asked);
    if (++reads === n) moving();
    return read;
  });
}

/** A log that was compacted once, and a turn of another process with it. */
async function compactedOnce() {
  const { journal } = openJournal();
  await append(journal, (next) => [halt(next), halt(next + 1)]);
  const session = await turnOf(journal);
  session.compact();
  session.append([halt(session.read().fold.seq + 1)]);
  return { path: journal.location, session };
}

it("verify() finds nothing where the log is compacted after it was read", async () => {
  const { path, session } = await compactedOnce();
  using _ = session;
  const moving = () => {
    for (const _ of [1, 2]) {
      session.append([halt(session.read().fold.seq + 1)]);
      session.compact();
    }
  };
  const { problems, archives } = await movedAfter(path, 1, moving).verify();
  assertEquals(problems, []);
  assertEquals(archives, archivesOf(path));
});

it("verify() finds nothing where a repair takes the archives away meanwhile", async () => {
  const { path, session } = await compactedOnce();
  using _ = session;
  const moving = () => {
    session.restart(() => true);
    for (const name of archivesOf(path)) {
      quickHost.fs.rename(path.replace(/[^/]*$/, name), `${path}.moved`);
    }
  };
  const { problems, archives } = await movedAfter(path, 1, moving).verify();
  assertEquals([problems, archives], [[], []]);
});

it("verify() knows a second name that an overtaken compaction gave to a log", async () => {
  const { path, session } = await compactedOnce();
  using _ = session;
  const [first = ""] = archivesOf(path);
  // It read the log before, and slept until it was to give that the name of an archive.
  quickHost.fs.link(path, path.replace(/[^/]*$/, `${first}-2`));
  session.compact();
  const { problems, archives } = await readBy(path, quickHost.fs.readRange).verify();
  assertEquals([problems, archives.length], [[], 2]);
});

it("last() and verify() read a log of several parts again that is compacted between two of them", async () => {
  const { journal } = openJournal();
  const path = journal.location;
  const entries = [1, 2, 3, 4, 5, 6].map((seq) => halt(seq, `${seq}`.repeat(800_000)));
  write(path, linesOf(entries));
  using session = await turnOf(journal);
  let isCompacted = false;
  const moving = () => {
    if (!isCompacted) session.append([halt(7)]);
    isCompacted = session.compact().status === "compacted" || isCompacted;
  };
  const last = await movedAfter(path, 1, moving).last(7);
  assertEquals(last.map(({ seq }) => seq), [2, 3, 4, 5, 6, 7, 7]);
  assertEquals((await movedAfter(path, 1, moving).verify()).problems, []);
});

it("a log that is replaced at every look is answered by io_error, and by none of another kind", async () => {
  const { journal: { location } } = openJournal();
  await append(openJournal(location).journal, (next) => [halt(next)]);
  let ino = 0;
  const port = readBy(location, (path, from, length) => {
    const read = quickHost.fs.readRange(path, from, length);
    return read && { ...read, ino: ++ino, size: read.size + 1, bytes: read.bytes.subarray(0, 9) };
  });
  for (const look of [() => port.last(5), () => port.read(), () => port.verify()]) {
    const error = await assertRejects(look, CoordError) as CoordError;
    assertEquals(error.code, "io_error");
    assertStringIncludes(error.message, "it was replaced each time");
  }
});

it("last() gives what it remembers as the files have it, also after a compaction", async () => {
  const { path, session } = await compactedOnce();
  using _ = session;
  const { journal } = openJournal(path);
  for (let turn = 0; turn < 12; turn++) {
    for (let count = 0; count < 12; count++) {
      const read = lastEntries(quickHost.fs, path, count);
      assertEquals(journal.last(count), read, `${count} in turn ${turn}`);
    }
    if (turn % 5 === 4) session.compact();
    else session.append([halt(session.read().fold.seq + 1, `turn ${turn}`)]);
  }
});

it("read() and verify() take a write that is under way for none", async () => {
  const { journal: { location } } = openJournal();
  await append(openJournal(location).journal, (next) => [halt(next), halt(next + 1)]);
  const writing = (times: number) => {
    let reads = 0;
    return readBy(location, (path, from, length) => {
      const read = quickHost.fs.readRange(path, from, length);
      if (read === undefined || ++reads > times) return read;
      return { ...read, size: read.size - 10, bytes: read.bytes.subarray(0, -10) };
    });
  };
  assertEquals((await writing(3).read()).problems, []);
  assertEquals((await writing(2).verify()).problems, []);
  const torn = await settledReport(writing(Infinity).file, async () => {});
  assertEquals(torn.problems.map(({ kind }) => kind), ["torn"]);
});
