import { journalPath } from "../../../../src/adapters/fs/lane/journal_path.ts";
import { archivesBefore } from "../../../../src/adapters/fs/lane/journal_archive.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { JOURNAL_TAIL_BYTES, MAX_ENTRY_BYTES } from "../../../../src/domain/limits.ts";
import type { JournalEntry } from "../../../../src/domain/journal/line.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, assertStringIncludes, assertThrows, it } from "../../../deps.ts";
import {
  append,
  archivesOf,
  beat,
  grant,
  halt,
  leaseOf,
  linesOf,
  lonelyHost,
  openJournal,
  quickHost,
  release,
  textOf,
  turnOf,
  write,
} from "../../../support/scene/journals.ts";
import { factsOf, holders } from "../../../support/scene/lanes.ts";
import { makeSymlink } from "../../../support/scene/scratch.ts";

/** A file system that writes down the names of its operations, and counts what is read. */
function spying(fs: HostFs): { fs: HostFs; calls: string[]; read: number } {
  const spy = { fs, calls: [] as string[], read: 0 };
  spy.fs = new Proxy(fs, {
    get(target, name: keyof HostFs) {
      const operation = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        spy.calls.push(name);
        const answer = operation.apply(target, args);
        if (name === "readRange") {
          spy.read += (answer as { bytes?: Uint8Array })?.bytes?.length ?? 0;
        }
        return answer;
      };
    },
  });
  return spy;
}

/** Appends that number of entries, and compacts. */
async function compacted(path: string, count: number): Promise<void> {
  const { journal } = openJournal(path);
  using session = await turnOf(journal);
  const { seq } = session.read().fold;
  session.append(Array.from({ length: count }, (_, i) => halt(seq + 1 + i)));
  assertEquals(session.compact().status, "compacted");
}

it("a journal that is not there reads as empty, and its first entry makes it", async () => {
  const { journal, warnings } = openJournal();
  assert_(!journal.exists());
  const { fold, problems, tail } = journal.read();
  assertEquals([factsOf(fold), problems, tail], [{ seq: 0, live: [] }, [], 0]);
  assertEquals([journal.last(5), journal.verify().problems], [[], []]);
  assertEquals(await append(journal, (next) => [grant(next, "api"), halt(next + 1)]), "kept");
  assert_(journal.exists());
  assertEquals(textOf(journal.location), linesOf([grant(1, "api"), halt(2)]));
  assertEquals(holders(openJournal(journal.location).journal.read().fold), ["api/a"]);
  assertEquals(warnings, []);
});

it("append() has the entries on the disk before it answers", async () => {
  const { journal } = openJournal();
  await append(journal, () => [halt(1)]);
  const spy = spying(quickHost.fs);
  const other = openJournal(journal.location, { ...quickHost, fs: spy.fs });
  using session = await turnOf(other.journal);
  spy.calls.length = 0;
  session.append([halt(2)]);
  const written = spy.calls.indexOf("appendSynced");
  assert_(written > 0 && spy.calls.indexOf("readRange", written) > 0, spy.calls.join(" "));
});

it("a turn after a writer who died syncs the folder before it ends, also without writing", async () => {
  const { journal } = openJournal();
  await append(journal, () => [halt(1)]);
  await turnOf(journal); // and never ends it
  const spy = spying(quickHost.fs);
  const next = openJournal(journal.location, { ...lonelyHost, fs: spy.fs });
  (await turnOf(next.journal))[Symbol.dispose]();
  const [synced, released] = [spy.calls.lastIndexOf("syncDir"), spy.calls.lastIndexOf("link")];
  assert_(synced > 0 && synced < released, spy.calls.join(" "));
  spy.calls.length = 0;
  (await turnOf(next.journal))[Symbol.dispose]();
  assert_(!spy.calls.includes("syncDir"), "it is once only");
});

it("append() lets a torn tail stand by itself, and says so", async () => {
  const { journal } = openJournal();
  const torn = linesOf([halt(2)]).slice(0, 30);
  write(journal.location, linesOf([halt(1)]) + torn);
  assertEquals(journal.read().problems, [{
    place: { text: "line 2", inFile: { line: 2, offset: linesOf([halt(1)]).length } },
    kind: "torn",
    reason: "is torn: it has no end",
  }]);
  assertEquals(journal.read().fold.seq, 1);
  assertEquals(await append(journal, (next) => [halt(next, "new")]), "kept");
  assertEquals(
    textOf(journal.location),
    `${linesOf([halt(1)])}${torn}\n${linesOf([halt(2, "new")])}`,
  );
  const [after] = journal.read().problems;
  assertEquals([after?.place.inFile?.line, after?.kind, journal.read().problems.length], [
    2,
    "corrupt",
    1,
  ]);
  assertStringIncludes(after?.reason ?? "", "it may have been an ACQUIRE");
  assertEquals(journal.verify().problems, journal.read().problems);
  assertEquals(journal.last(9).map(({ handle }) => handle ?? ""), ["h1", "new"]);
});

it("a whole last line without its end counts, and the next writer ends it", async () => {
  const { journal } = openJournal();
  write(journal.location, linesOf([grant(1, "api")]).trimEnd());
  assertEquals(holders(journal.read().fold), ["api/a"]);
  assertEquals(journal.read().problems, []);
  assertEquals(await append(journal, (next) => [halt(next)]), "kept");
  assertEquals(textOf(journal.location), linesOf([grant(1, "api"), halt(2)]));
  assertEquals(journal.verify(), { problems: [], entries: 2, archives: [] });
});

it("append() keeps any text in one line", async () => {
  const text = "a\u2028b\u2029c\u0085d\ne\r\u0000\u001b[2J\ud800";
  const { journal } = openJournal();
  await append(journal, (next) => [{ ...grant(next, "api"), reason: text }, halt(next + 1)]);
  const content = textOf(journal.location);
  // deno-lint-ignore no-control-regex
  assertEquals(content.split(/[\n\r\u0000-\u001f\u007f-\u009f\u2028\u2029]/).length, 3);
  const read = openJournal(journal.location).journal;
  assertEquals(holders(read.read().fold), ["api/a"]);
  assertEquals(read.last(2)[0]?.["reason"], text);
});

it("append() refuses an entry that is too long, and writes nothing", async () => {
  const { journal } = openJournal();
  await append(journal, () => [halt(1)]);
  const before = textOf(journal.location);
  using session = await turnOf(journal);
  const long: JournalEntry = { ...halt(2), reason: "x".repeat(MAX_ENTRY_BYTES) };
  const error = assertThrows(() => session.append([halt(2), long]));
  assertEquals((error as { code?: string }).code, "bad_args");
  assertEquals(textOf(journal.location), before);
});

it("what a paused writer appends late is in the archive and does not count", async () => {
  const { journal } = openJournal();
  await append(journal, () => [grant(1, "api")]);
  // It has looked at the mutex, opened the log, and goes on after another process's compaction.
  const opened = `${journal.location}.opened`;
  quickHost.fs.link(journal.location, opened);
  const lock = `${journal.location}.lock/`;
  const real = { get: quickHost.fs.lstat };
  let looked: typeof real | undefined;
  const fs: HostFs = {
    ...quickHost.fs,
    lstat: (path) => (looked !== undefined && path.startsWith(lock) ? looked : real).get(path),
    appendSynced: (_, bytes) => {
      looked = undefined;
      return quickHost.fs.appendSynced(opened, bytes);
    },
  };
  using paused = await turnOf(openJournal(journal.location, { ...quickHost, fs }).journal);
  paused.read();
  looked = new Map(["2", "3"].map((name) => [lock + name, fs.lstat(lock + name)]));
  const next = openJournal(journal.location, lonelyHost).journal;
  {
    using session = await turnOf(next);
    session.append([halt(2)]);
    assertEquals(session.compact().status, "compacted");
  }
  const late = grant(2, "late");
  assertEquals(paused.append([late]), "unsure");
  assertStringIncludes(textOf(opened), linesOf([late]));
  assertEquals(holders(next.read().fold), ["api/a"]);
  assertEquals(next.last(9).map(({ op }) => op), ["ACQUIRE", "HALT", "CHECKPOINT"]);
  const reason = `has ${linesOf([late]).length} bytes that came too late to count`;
  assertEquals(next.verify().problems.map((problem) => problem.reason), [reason]);
});

it("compact() puts a checkpoint in the place of the history, which lives on whole", async () => {
  const { journal, warnings } = openJournal();
  await append(journal, (next) => [grant(next, "api"), grant(next + 1, "web")]);
  await append(journal, (next) => {
    const { fold } = journal.read();
    return [beat(next, fold, "web", 60), release(next + 1, fold, "api")];
  });
  const [before, old] = [
    factsOf(openJournal(journal.location).journal.read().fold),
    textOf(journal.location),
  ];
  const spy = spying(quickHost.fs);
  {
    using session = await turnOf(
      openJournal(journal.location, { ...quickHost, fs: spy.fs }).journal,
    );
    const { status, entriesBefore, entriesAfter, archive } = session.compact();
    assertEquals([status, entriesBefore, entriesAfter], ["compacted", 4, 1]);
    assertEquals(archive, `${journal.location}.archive-000000000001`);
    assertEquals(textOf(archive ?? ""), old);
    assertEquals(session.compact().status, "nothing_to_compact");
  }
  const steps = spy.calls.filter((call) =>
    ["link", "syncDir", "rename", "createNew"].includes(call)
  );
  const renamed = steps.indexOf("rename");
  assertEquals(steps.slice(renamed - 2, renamed + 2), [
    "syncDir",
    "createNew",
    "rename",
    "syncDir",
  ]);
  assertEquals(factsOf(journal.read().fold), before);
  assertEquals(journal.read().tail, 0);
  assertEquals(leaseOf(journal.read().fold, "web").fence, 2);
  await append(journal, (next) => [grant(next, "docs")]);
  assertEquals(leaseOf(journal.read().fold, "docs").fence, 5, "no number is used twice");
  assertEquals(journal.verify(), {
    problems: [],
    entries: 6,
    archives: ["journal.jsonl.archive-000000000001"],
  });
  assertEquals(warnings, []);
});

it("compact() keeps numbers and fences when all leases have ended", async () => {
  const { journal } = openJournal();
  await append(journal, (next) => [grant(next, "api")]);
  await append(journal, (next) => [release(next, journal.read().fold, "api")]);
  for (let round = 0; round < 3; round++) {
    {
      using session = await turnOf(journal);
      session.compact();
    }
    const next = openJournal(journal.location).journal;
    await append(next, (seq) => [grant(seq, "api")]);
    assertEquals(leaseOf(next.read().fold, "api").fence, 3 + 2 * round);
    await append(next, (seq) => [release(seq, next.read().fold, "api")]);
  }
});

it("compact() keeps lines that cannot be read, and the archive has all of them", async () => {
  const { journal } = openJournal();
  const broken = `{"op":"ACQUIRE","lane":"x","y":"${"z".repeat(3000)}`;
  write(
    journal.location,
    `${linesOf([halt(1)])}${broken}\n{"op":7}\n\n${linesOf([halt(2)])}{"torn`,
  );
  {
    using session = await turnOf(journal);
    assertEquals(session.compact().entriesAfter, 3);
  }
  const { problems } = openJournal(journal.location).journal.read();
  assertEquals(
    problems.map(({ place, kind, reason }) => `${place.inFile?.line} ${kind} ${reason}`),
    [
      "2 corrupt is not JSON (it was an ACQUIRE, so a lease may be missing)",
      "3 corrupt has no valid op (it may have been an ACQUIRE or a CHECKPOINT, so a lease may be missing)",
    ],
  );
  assertStringIncludes(textOf(`${journal.location}.archive-000000000001`), broken);
  // Two numbers may be lost, of which one was given again before any process noticed.
  assertEquals(openJournal(journal.location).journal.read().fold.seq, 3);
});

it("a turn that ends compacts a log that has grown, and nothing is thrown away", async () => {
  const { journal, warnings } = openJournal();
  let longest = 0;
  for (let turn = 0; turn < 60; turn++) {
    await append(journal, (next) => Array.from({ length: 20 }, (_, i) => halt(next + i)));
    longest = Math.max(longest, textOf(journal.location).length);
  }
  assert_(longest < 2 * JOURNAL_TAIL_BYTES, `${longest}`);
  assert_(archivesOf(journal.location).length >= 3);
  const handles = journal.last(100_000).filter(({ op }) => op === "HALT").map(({ handle }) =>
    handle
  );
  assertEquals(handles, Array.from({ length: 1200 }, (_, i) => `h${i + 1}`));
  assertEquals(journal.last(3).map(({ seq }) => seq ?? 0), [1198, 1199, 1200]);
  const { problems, entries, archives } = journal.verify();
  assertEquals([problems, archives], [[], archivesOf(journal.location)]);
  assertEquals(entries, 1200 + archives.length);
  assertEquals(warnings, []);
});

it("an operation reads the checkpoint and what came after it, whatever the history", async () => {
  const { journal } = openJournal();
  await append(journal, (next) => [grant(next, "api")]);
  for (let round = 0; round < 5; round++) await compacted(journal.location, 200);
  const spy = spying(quickHost.fs);
  const next = openJournal(journal.location, { ...quickHost, fs: spy.fs }).journal;
  await append(next, (seq) => [halt(seq)]);
  assertEquals(holders(next.read().fold), ["api/a"]);
  assert_(spy.read < 2000, `${spy.read} bytes were read`);
});

it("read() follows the log as others append to it, compact it, and remove it", async () => {
  const { journal: reader } = openJournal();
  const { journal: writer } = openJournal(reader.location);
  for (let round = 0; round < 4; round++) {
    await append(writer, (next) => [grant(next)]);
    assertEquals(factsOf(reader.read().fold), factsOf(writer.read().fold));
    if (round % 2 === 1) {
      using session = await turnOf(writer);
      session.compact();
    }
    assertEquals(factsOf(reader.read().fold), factsOf(writer.read().fold));
  }
  assertEquals(reader.read().fold.leases.size, 4);
  quickHost.fs.remove(reader.location);
  assertEquals(factsOf(reader.read().fold), { seq: 0, live: [] });
});

it("verify() reports archives that are missing, changed, or lead nowhere", async () => {
  const { journal } = openJournal();
  await compacted(journal.location, 3);
  await compacted(journal.location, 3);
  const folder = journal.location.slice(0, journal.location.lastIndexOf("/"));
  const [first = "", second = ""] = archivesOf(journal.location).map((name) => `${folder}/${name}`);
  const problems = () =>
    journal.verify().problems.map(({ place, kind, reason }) => `${place.text} ${kind} ${reason}`);
  assertEquals(problems(), []);
  write(`${journal.location}.archive-000000000000-9`, linesOf([halt(1)]));
  assertEquals(problems(), [
    '"journal.jsonl.archive-000000000000-9" archive is not followed by any checkpoint',
  ]);
  quickHost.fs.remove(`${journal.location}.archive-000000000000-9`);
  const [old, late] = [textOf(first), textOf(second)];
  write(second, `${late}${linesOf([halt(99)])}`);
  assertStringIncludes(problems().join(), "bytes that came too late to count");
  write(second, late);
  write(first, old.replace(/"handle":"h2"/, '"handle":"x2"'));
  assertEquals(problems(), [
    'line 2 of "journal.jsonl.archive-000000000001" corrupt does not match its check sum (it was a HALT)',
  ]);
  quickHost.fs.remove(first);
  assertEquals(problems(), ['"journal.jsonl.archive-000000000001" archive is missing']);
  assertEquals(journal.read().problems, [], "no writer needs them");
});

it("archivesBefore() gives archives in the order of what they hold, whatever the length of numbers", () => {
  const { journal } = openJournal();
  const path = journal.location;
  const names = [
    "000000000001",
    "000000000001-2",
    "000000000001-10",
    "000000000040",
    "281474976710657",
  ];
  for (const name of [...names].reverse()) write(`${path}.archive-${name}`, "");
  const found = archivesBefore(quickHost.fs, path).map((name) => name.split(".archive-")[1]);
  assertEquals(found, names);
});

it("open() writes to a file only", async () => {
  const { journal } = openJournal();
  write(`${journal.location}.target`, linesOf([halt(1)]));
  makeSymlink(`${journal.location}.target`, journal.location);
  assertEquals(journal.read().fold.seq, 1, "reading follows links");
  using session = await turnOf(journal);
  assertThrows(() => session.append([halt(2)]), Error, "symbolic link");
  assertThrows(() => session.compact(), Error, "symbolic link");
  const folder = openJournal(journal.location.slice(0, journal.location.lastIndexOf("/"))).journal;
  assertThrows(() => folder.read(), Error, "it is a directory");
});

it("journalPath() is in the workspace unless the environment names another", () => {
  const layout = new Layout("/p/.coord");
  const named = (value: string) => ({
    ...quickHost,
    cwd: () => "/here",
    env: (name: string) => name === "DISPATCH_LANE_JOURNAL_PATH" ? value : undefined,
  });
  assertEquals(journalPath(named(""), layout), "/p/.coord/lanes/lane-journal.jsonl");
  assertEquals(journalPath(named("x/j.jsonl"), layout), "/p/x/j.jsonl");
  assertEquals(journalPath(named("/abs/j"), layout), "/abs/j");
});
