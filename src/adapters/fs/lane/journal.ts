/**
 * The lanes' write-ahead log on disk.
 *
 * Appending, under the mutex:
 *
 * 1. Read what is new, decide. If the last line lacks its end, the write begins with one, so that a
 *    torn line stays by itself, is reported and skipped. Nothing is ever cut off. One that counts all
 *    the same gets its end before the decision, since a late writer could still spoil it.
 * 2. Append all lines in one write, sync the file.
 * 3. Read what is new again: the lines must be there, each by itself. If a crash of another writer
 *    tore one at this very moment, append them once more.
 * 4. Ask the mutex. If this hold is still the newest, it was so when the lines were written, and
 *    a later writer reads them: they are kept. Otherwise a newer writer may have compacted the log
 *    before they came, and whether they are in it shows only in a turn of its own: unsure.
 *
 * Compaction, under the mutex: give the log a second name as an archive, sync the folder, and let the
 * mutex replace the log's name by a checkpoint, which it does only as long as the hold is valid. A
 * reader meets the old log or the new one; both say the same.
 *
 * The folder is synced when the log is created or replaced. A writer who follows one that did not
 * release the mutex, and may have died before that, syncs it before its first answer, and at the latest
 * before its own release.
 */
import { dirname } from "../../../deps/path.ts";
import { compact, isCompactable } from "../../../domain/journal/checkpoint.ts";
import { CoordError } from "../../../domain/errors.ts";
import {
  JOURNAL_TAIL_BYTES,
  MAX_ENTRY_BYTES,
  MAX_JOURNAL_LINE_BYTES,
} from "../../../domain/limits.ts";
import { quoted } from "../../../domain/text.ts";
import type { Clock } from "../../../domain/time.ts";
import {
  encodeLine,
  isWhole,
  type JournalEntry,
  seqField,
  type WalLine,
} from "../../../domain/journal/line.ts";
import { type Host, HostError, type HostFs } from "../../../ports/host.ts";
import type { CompactResult, JournalReport, JournalView } from "../../../ports/journal.ts";
import type { Mutex, MutexHold } from "./mutex_hold.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { BarrenFolders } from "../disk/folder_mark.ts";
import { ensureLastingDir, isNotFound, syncAbove } from "../disk/ensure_dir.ts";
import type { FileSessionOutcome, JournalFile, JournalFileSession } from "./journal_file.ts";
import { archiveLog, archivesBefore, following } from "./journal_archive.ts";
import { lastEntries, verifyJournal } from "./journal_history.ts";
import {
  BEGIN,
  parseRaw,
  type RawLine,
  readLines,
  refuseOther,
  unreplaced,
} from "./journal_lines.ts";
import { JournalReader, stateInstead } from "./journal_reader.ts";
import { FsMutex } from "./mutex.ts";

/** How often lines are appended that another writer's crash tore. */
const MAX_TRIES = 5;

const encoder = new TextEncoder();

export class FsJournal implements JournalFile {
  readonly #reader: JournalReader;
  readonly #mutex: Mutex;
  readonly #barren: BarrenFolders;

  constructor(
    readonly host: Host,
    readonly location: string,
    readonly clock: Clock,
    readonly warn: Warn,
    mutex: Mutex = new FsMutex(host, `${location}.lock`),
  ) {
    this.#reader = new JournalReader(host.fs, location);
    this.#mutex = mutex;
    this.#barren = new BarrenFolders(host.fs);
  }

  exists(): boolean {
    const { host: { fs }, location } = this;
    const found = this.#barren.within(dirname(location), () => fs.lstat(location));
    return (found?.kind === "symlink" ? fs.stat(location) : found) !== undefined;
  }

  read(): JournalView {
    this.#reader.refresh();
    // A write that is under way looks like a torn tail for a moment.
    if (this.#reader.isOpen) this.#reader.refresh();
    return viewOf(this.#reader);
  }

  async open(timeoutMs: number, signal?: AbortSignal): Promise<FileSessionOutcome> {
    // Beside what is no journal, no mutex is to be left.
    refuseOther(this.host.fs.stat(this.location), this.location);
    const outcome = await this.#mutex.acquire(timeoutMs, signal);
    if (outcome.status === "lock_busy") return outcome;
    const session = new FsSession(this, this.#reader, outcome.hold);
    return { status: "open", session };
  }

  last(count: number): readonly JournalEntry[] {
    const { host: { fs }, location } = this;
    // Who has read the log reads what is new; others read its end alone.
    if (this.#reader.isBegun && fs.stat(location)?.kind === "file") {
      this.read();
      const known = this.#reader.last(count);
      if (known !== undefined) return known;
    }
    return lastEntries(fs, location, count);
  }

  remembered(count: number): readonly JournalEntry[] | undefined {
    return this.#reader.last(count);
  }

  size(): number {
    return this.host.fs.stat(this.location)?.size ?? 0;
  }

  verify(): JournalReport {
    return verifyJournal(this.host.fs, this.location);
  }
}

function viewOf({ fold, problems, tail }: JournalReader): JournalView {
  return { fold, problems, tail };
}

/** A log as it is read for a compaction. */
interface Whole {
  /** How many have an end. */
  readonly lines: number;
  readonly first: RawLine | undefined;
  readonly contents: WalLine[];
  /** Bytes. */
  readonly size: number;
}

class FsSession implements JournalFileSession {
  readonly #fs: HostFs;
  readonly #path: string;
  #isFolderSynced: boolean;
  /** Whether the log was read in this session; no older one can replace it since. */
  #isRead = false;

  constructor(
    readonly journal: FsJournal,
    readonly reader: JournalReader,
    readonly hold: MutexHold,
  ) {
    this.#fs = journal.host.fs;
    this.#path = journal.location;
    this.#isFolderSynced = hold.isClean;
  }

  /** A late writer may still spoil a line that counts without its end, so it gets that first. */
  read(): JournalView {
    this.#advance();
    let view = this.reader.isOpen ? this.journal.read() : viewOf(this.reader);
    for (let tries = 0; this.reader.countsOpenLine && tries < MAX_TRIES; tries++) {
      this.#refuseOthers();
      this.#fs.appendSynced(this.#path, encoder.encode("\n"));
      view = this.journal.read();
    }
    return view;
  }

  /** Reads what is new. */
  #advance(): void {
    if (this.#isRead) this.reader.advance();
    else this.reader.refresh();
    this.#isRead = true;
  }

  append(entries: readonly JournalEntry[]): "kept" | "unsure" {
    const lines = entries.map((entry) => this.#encoded(entry));
    if (!this.hold.mayBeHeld()) return "unsure";
    this.#advance();
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      this.#write(lines);
      const isThere = areIn(lines, this.reader.refresh());
      if (!this.hold.isHeld()) return "unsure";
      if (isThere) return "kept";
    }
    throw new HostError("other", "append to", this.#path);
  }

  persist(): "kept" | "unsure" {
    try {
      this.#fs.syncFile(this.#path);
      this.#syncFolder();
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    // What was read may lie in a log that a newer hold has replaced since.
    return this.hold.isHeld() ? "kept" : "unsure";
  }

  compact(): CompactResult {
    const found = this.#whole();
    const { lines: count = 0, contents = [] } = found ?? {};
    const unchanged = {
      entriesBefore: count,
      entriesAfter: count,
      bytesReclaimed: 0,
      archive: undefined,
    };
    // Reading a log that others let grow may have taken a good part of the stale bound.
    if (!this.hold.renew()) return { status: "unsure", ...unchanged };
    if (found === undefined || this.reader.tail === 0 || !isCompactable(this.reader.fold)) {
      return { status: "nothing_to_compact", ...unchanged };
    }
    const { size } = found;
    const archive = archiveLog(this.#fs, this.#path, firstSeq(contents));
    this.#fs.syncDir(dirname(this.#path));
    const lines = this.#compacted(found).map((line) =>
      line.kind === "entry" ? encodeLine(following(line.entry, archive, size)) : encodeLine(line)
    );
    const bytes = this.#replace(lines);
    if (bytes === undefined) return { status: "unsure", ...unchanged };
    return {
      status: "compacted",
      entriesBefore: contents.length,
      entriesAfter: lines.length,
      bytesReclaimed: Math.max(0, size - bytes),
      archive,
    };
  }

  restart(keep: () => boolean): boolean {
    const found = this.#whole();
    if (!this.hold.renew() || !isCompactable(this.reader.fold)) return false;
    // Where there is no log, archives are all that is damaged.
    if (found === undefined) return true;
    const lines = this.#compacted(found).filter(({ kind }) => kind === "entry");
    return keep() && this.#replace(lines.map(encodeLine)) !== undefined;
  }

  /** All lines that count. */
  #whole(): Whole | undefined {
    this.#refuseOthers();
    this.reader.refresh();
    const cut = unreplaced(this.#path, () => readLines(this.#fs, this.#path, BEGIN));
    if (cut === undefined) return undefined;
    const { lines: raws, rest, end } = cut;
    const isCounted = rest !== undefined && isWhole(parseRaw(rest));
    const contents = (isCounted ? [...raws, rest] : raws).map(parseRaw)
      .filter((content) => content !== undefined);
    const size = end.offset + (rest?.bytes.length ?? 0);
    return { lines: raws.length, first: raws[0] ?? rest, contents, size };
  }

  /** The lines in the place of these. */
  #compacted({ first: raw, contents }: Whole): WalLine[] {
    const [first] = contents;
    const before = stateInstead(this.#fs, raw, () => archivesBefore(this.#fs, this.#path));
    // What an archive stands in for is not counted as lost.
    if (before !== undefined && first?.kind === "corrupt") contents[0] = { ...first, isKept: true };
    return compact(contents, this.journal.clock(), before);
  }

  /** Puts these lines in the place of the log; how many bytes, `undefined` when a newer hold has begun. */
  #replace(lines: readonly string[]): number | undefined {
    this.#checkLength(lines[0] ?? "");
    const bytes = encoder.encode(lines.map((line) => `${line}\n`).join(""));
    this.#isFolderSynced = false;
    if (!this.hold.replaceFile(this.#path, bytes)) return undefined;
    this.#isFolderSynced = true;
    this.reader.refresh();
    return bytes.length;
  }

  #checkLength(checkpoint: string): void {
    const { length } = encoder.encode(checkpoint);
    if (length <= MAX_JOURNAL_LINE_BYTES) return;
    const message = `Cannot compact ${quoted(this.#path, 200)}: its live leases need ` +
      `${length} bytes, and a line has at most ${MAX_JOURNAL_LINE_BYTES}`;
    throw new CoordError("io_error", message, { path: this.#path });
  }

  [Symbol.dispose](): void {
    // What was answered is on the disk; what fails here concerns only those who come later.
    try {
      const { head, tail } = this.reader.sizes;
      if (tail > Math.max(JOURNAL_TAIL_BYTES, head)) this.compact();
    } catch (error) {
      this.#warn(error, "compact");
    }
    try {
      this.#syncFolder();
    } catch (error) {
      // Nothing is released then, so that others notice: they sync it before their first answer.
      return this.#warn(error, "sync the folder of");
    }
    try {
      this.hold.release();
    } catch (error) {
      this.#warn(error, "release the mutex of");
    }
  }

  #warn(error: unknown, doing: string): void {
    if (!(error instanceof CoordError)) throw error;
    this.journal.warn(`Cannot ${doing} ${quoted(this.#path, 200)}: ${error.message}`);
  }

  #encoded(entry: JournalEntry): string {
    const line = encodeLine(entry);
    if (encoder.encode(line).length <= MAX_ENTRY_BYTES) return line;
    const message = `Cannot append ${entry.op} to ${quoted(this.#path, 200)}: ` +
      `it is longer than ${MAX_ENTRY_BYTES} bytes`;
    throw new CoordError("bad_args", message, { path: this.#path });
  }

  #write(lines: readonly string[]): void {
    const begin = this.reader.isOpen ? "\n" : "";
    const bytes = encoder.encode(begin + lines.map((line) => `${line}\n`).join(""));
    this.#refuseOthers();
    while (!this.#fs.appendSynced(this.#path, bytes)) this.#create();
    this.#syncFolder();
  }

  /** A process that comes after a release relies on it that the log's name is on the disk. */
  #syncFolder(): void {
    if (this.#isFolderSynced) return;
    this.#fs.syncDir(dirname(this.#path));
    this.#isFolderSynced = true;
  }

  /** Makes an empty log, durable as a name before anything is in it. */
  #create(): void {
    const folder = dirname(this.#path);
    ensureLastingDir(this.#fs, folder);
    syncAbove(this.#fs, folder);
    this.#isFolderSynced = false;
    this.#fs.createNew(this.#path, new Uint8Array());
    this.#syncFolder();
  }

  /** Writing goes to a file of its own: a link's target would not be replaced with it. */
  #refuseOthers(): void {
    refuseOther(this.#fs.lstat(this.#path), this.#path, "append to");
  }
}

function firstSeq(contents: readonly WalLine[]): number {
  for (const content of contents) {
    if (content.kind === "entry") return seqField(content.entry["seq"]) ?? 0;
  }
  return 0;
}

/** Whether all these lines are among those read, in this order and each by itself. */
function areIn(lines: readonly string[], raws: readonly RawLine[]): boolean {
  let next = 0;
  for (const { bytes } of raws) {
    const line = lines[next];
    if (line === undefined) break;
    if (new TextDecoder().decode(bytes) === line) next++;
  }
  return next === lines.length;
}
