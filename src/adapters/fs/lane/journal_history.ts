/**
 * Looking back: the last entries, and whether log and archives are sound and fit together.
 *
 * Nothing keeps writers out meanwhile. A compaction gives the log that was read the name of an archive, and
 * a repair takes archives away. So a look may find archives that belong to no log, or lack some; what it
 * finds wrong counts when later looks find it too.
 */
import { foundAgain } from "../../../async/found_again.ts";
import { basename, dirname } from "../../../deps/path.ts";
import { checkpointEntry } from "../../../domain/journal/checkpoint.ts";
import { canonicalJson } from "../../../domain/json.ts";
import { LaneState } from "../../../domain/journal/fold.ts";
import { isWhole, type JournalEntry, seqProblem } from "../../../domain/journal/line.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { JournalProblem, JournalReport } from "../../../ports/journal.ts";
import { archivesBefore, type Followed, followedBy } from "./journal_archive.ts";
import {
  BEGIN,
  type Cut,
  parseRaw,
  type RawLine,
  readLines,
  refuseOther,
  Replaced,
  unreplaced,
} from "./journal_lines.ts";
import { corruptProblem, problemOf } from "./journal_reader.ts";

/** A log or an archive, and what its first line follows. */
interface Part {
  /** The archive's name; `undefined` for the log itself. */
  readonly name: string | undefined;
  readonly cut: Cut;
  readonly followed: Followed | undefined;
}

/**
 * The log, then the archive that it follows, and so on; `missing` is what is not there. Throws `Replaced`
 * where the log is another one by then.
 */
function* parts(fs: HostFs, path: string): Generator<Part | { readonly missing: string }> {
  const seen = new Set<string>();
  let log: number | undefined;
  let name: string | undefined;
  let bytes = Infinity;
  for (;;) {
    const file: string = name === undefined ? path : `${dirname(path)}/${name}`;
    const stat = fs.stat(file);
    if (name === undefined) refuseOther(stat, file);
    const cut: Cut | undefined = stat?.kind === "file"
      ? readLines(fs, file, BEGIN, { upTo: bytes })
      : undefined;
    if (cut === undefined) {
      if (log !== fs.stat(path)?.ino) throw new Replaced();
      if (name !== undefined) yield { missing: name };
      return;
    }
    log ??= cut.ino;
    const followed = followedBy(cut.lines[0]);
    yield { name, cut, followed };
    if (followed === undefined || seen.has(followed.name)) return;
    seen.add(followed.name);
    ({ name, bytes } = followed);
  }
}

/** The last entries of a journal. */
export function lastEntries(fs: HostFs, path: string, count: number): JournalEntry[] {
  return unreplaced(path, () => entriesAtEnd(fs, path, count));
}

function entriesAtEnd(fs: HostFs, path: string, count: number): JournalEntry[] {
  const last: JournalEntry[] = [];
  for (const part of parts(fs, path)) {
    if ("missing" in part) break;
    const { lines, rest } = part.cut;
    for (let at = rest === undefined ? lines.length - 1 : lines.length; at >= 0; at--) {
      if (last.length >= count) return last.reverse();
      const content = parseRaw(lines[at] ?? rest as RawLine);
      if (content?.kind === "entry") last.push(content.entry);
    }
    if (last.length >= count) break;
  }
  return last.reverse();
}

/** Reads a journal with all its archives; what others are doing may look wrong. */
export function verifyJournal(fs: HostFs, path: string): JournalReport {
  return unreplaced(path, () => verified(fs, path));
}

/** What is wrong with a journal when nothing is on its way any more. */
export async function settledReport(
  file: { verify(): JournalReport },
  pause?: (ms: number) => Promise<void>,
): Promise<JournalReport> {
  let report = file.verify();
  const said = ({ place: { text, inFile }, reason }: JournalProblem) =>
    JSON.stringify([text, inFile, reason]);
  const look = (before: readonly JournalProblem[]) => {
    report = file.verify();
    const now = new Set(report.problems.map(said));
    return before.filter((problem) => now.has(said(problem)));
  };
  const isDoubtful = ({ kind }: JournalProblem) => kind === "torn" || kind === "archive";
  const found = await foundAgain(report.problems.filter(isDoubtful), look, pause);
  const known = new Set(found.map(said));
  const problems = report.problems.filter((each) => !isDoubtful(each) || known.has(said(each)));
  return { ...report, problems };
}

function verified(fs: HostFs, path: string): JournalReport {
  const problems: JournalProblem[] = [];
  const archives: string[] = [];
  const files = new Set<number | undefined>();
  let entries = 0;
  let next: LaneState | undefined; // of the part that follows, after its first line
  for (const part of parts(fs, path)) {
    if ("missing" in part) {
      problems.push(aboutArchive(part.missing, "is missing"));
      break;
    }
    const { name, cut } = part;
    files.add(cut.ino);
    if (name !== undefined) archives.unshift(name);
    const read = readPart(part);
    entries += read.entries;
    if (next !== undefined && name !== undefined && !isSame(read.last, next)) {
      read.problems.push(aboutArchive(name, "comes to something else than its checkpoint"));
    }
    const size = fs.stat(name === undefined ? path : `${dirname(path)}/${name}`)?.size ?? 0;
    const counted = cut.end.offset + (cut.rest?.bytes.length ?? 0);
    if (name !== undefined && size > counted) {
      const reason = `has ${size - counted} bytes that came too late to count`;
      read.problems.push(aboutArchive(name, reason));
    }
    problems.unshift(...read.problems);
    next = read.first;
  }
  for (const archive of archivesBefore(fs, path)) {
    const name = basename(archive);
    // A compaction that was overtaken may leave a second name of the log that came instead.
    if (archives.includes(name) || files.has(fs.stat(archive)?.ino)) continue;
    problems.push(aboutArchive(name, "is not followed by any checkpoint"));
  }
  return { problems, entries, archives };
}

function aboutArchive(name: string, reason: string): JournalProblem {
  return { ...problemOf({ line: 0, offset: 0 }, "archive", reason, name) };
}

/** Folds one part; its states after the first line and after the last. */
function readPart({ name, cut }: Part) {
  const problems: JournalProblem[] = [];
  const last = new LaneState();
  let first: LaneState | undefined;
  let entries = 0;
  const { rest } = cut;
  for (const raw of rest === undefined ? cut.lines : [...cut.lines, rest]) {
    const content = parseRaw(raw);
    if (content === undefined) continue;
    if (content.kind === "corrupt") {
      const isTorn = raw === rest && !isWhole(content);
      if (!isTorn) last.lose(content);
      problems.push(
        isTorn
          ? problemOf(raw, "torn", "is torn: it has no end", name)
          : corruptProblem(raw, content, name),
      );
      continue;
    }
    entries++;
    const { entry } = content;
    const problem = seqProblem(entry, last);
    if (problem !== undefined) problems.push(problemOf(raw, "seq", problem, name));
    last.apply(entry);
    if (raw.offset === 0) {
      first = new LaneState();
      first.apply(entry);
    }
  }
  return { problems, entries, first, last };
}

/** Whether an archive comes to what a checkpoint says; one of dos says nothing of instants. */
function isSame(archive: LaneState, checkpoint: LaneState): boolean {
  const [a, b] = [checkpointEntry(archive, 0), checkpointEntry(checkpoint, 0)];
  if (checkpoint.reached === undefined) delete a["reached_at"];
  return canonicalJson(a) === canonicalJson(b);
}
