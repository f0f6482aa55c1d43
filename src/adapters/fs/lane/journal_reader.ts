/**
 * Reading the log: what is new since the last time, and all of it when it was compacted meanwhile.
 *
 * A last line without its end counts if it is an entry: its writer got all but the end onto the disk,
 * and the next writer, who ends it first, makes it count in any case. Otherwise it is a torn tail,
 * which never happened.
 *
 * The first line after a compaction holds all leases. Where it is damaged, the archive that it followed
 * says the same, so they and the count of entries are taken from there, and that is reported.
 */
import { LaneState } from "../../../domain/journal/fold.ts";
import { quoted } from "../../../domain/text.ts";
import {
  type CorruptLine,
  isWhole,
  type JournalEntry,
  mayHaveBeen,
  type WalLine,
} from "../../../domain/journal/line.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { FilePlace, JournalProblem } from "../../../ports/journal.ts";
import { archivesBefore } from "./journal_archive.ts";
import {
  BEGIN,
  type LinePosition,
  parseRaw,
  type RawLine,
  readLines,
  refuseOther,
  Replaced,
  unreplaced,
} from "./journal_lines.ts";

/** Entries that are remembered at least, once there were as many. */
const REMEMBERED = 512;

export class JournalReader {
  #fold = new LaneState();
  /** The last entries of the log. */
  #last: JournalEntry[] = [];
  #problems: JournalProblem[] = [];
  #ino: number | undefined;
  /** After the last line that has an end. */
  #end = BEGIN;
  #torn: JournalProblem | undefined;
  /** Size of the file when its last line counted without an end. */
  #openSize: number | undefined;
  /** Where the lines of the last compaction end, as long as nothing else has come. */
  #head = BEGIN;
  #inHead = true;
  #tail = 0;

  /**
   * @param before The archives that came before it, the oldest first.
   */
  constructor(
    readonly fs: HostFs,
    readonly path: string,
    readonly before: () => readonly string[] = () => archivesBefore(fs, path),
  ) {}

  get fold(): LaneState {
    return this.#fold;
  }

  get problems(): readonly JournalProblem[] {
    return this.#torn === undefined ? [...this.#problems] : [...this.#problems, this.#torn];
  }

  /** Entries after those of the last compaction. */
  get tail(): number {
    return this.#tail;
  }

  /** Bytes of the last compaction, and of what came after it. */
  get sizes(): { head: number; tail: number } {
    return { head: this.#head.offset, tail: this.#end.offset - this.#head.offset };
  }

  /** Whether the last line lacks its end. */
  get isOpen(): boolean {
    return this.#torn !== undefined || this.countsOpenLine;
  }

  /** Whether it does, and counts. */
  get countsOpenLine(): boolean {
    return this.#openSize !== undefined;
  }

  /** Whether it has read a log. */
  get isBegun(): boolean {
    return this.#ino !== undefined;
  }

  /** The last entries by what was read so far; `undefined` where fewer are remembered. */
  last(count: number): readonly JournalEntry[] | undefined {
    return count <= this.#last.length ? this.#last.slice(this.#last.length - count) : undefined;
  }

  /** Reads what is new; the lines that were, in their order. */
  refresh(): readonly RawLine[] {
    return unreplaced(this.path, () => this.#refresh(), () => this.#forget());
  }

  /** The same while no process may replace the log: what has not grown has nothing new. */
  advance(): readonly RawLine[] {
    const { ino, size } = this.fs.stat(this.path) ?? { ino: 0, size: 0 };
    const isSame = ino !== 0 && ino === this.#ino && size === this.#end.offset;
    return isSame && !this.isOpen ? [] : this.refresh();
  }

  #refresh(): readonly RawLine[] {
    const stat = this.fs.stat(this.path);
    if (stat === undefined) {
      if (this.#ino !== undefined) this.#forget();
      return [];
    }
    refuseOther(stat, this.path);
    if (this.#openSize !== undefined) {
      if (stat.size === this.#openSize && stat.ino === this.#ino) return [];
      throw new Replaced(); // what counted as a line may have become a part of one
    }
    const cut = readLines(this.fs, this.path, this.#end, { ino: this.#ino });
    if (cut === undefined) return [];
    this.#ino = cut.ino;
    for (const line of cut.lines) this.#apply(line, placeAfter(line));
    this.#end = cut.end;
    this.#torn = undefined;
    const { rest } = cut;
    if (rest === undefined) return cut.lines;
    if (!isWhole(parseRaw(rest))) {
      const problem = problemOf(rest, "torn", "is torn: it has no end");
      this.#torn = this.#lost(rest, undefined, problem);
      return cut.lines;
    }
    this.#openSize = rest.offset + rest.bytes.length;
    this.#apply(rest, this.#end);
    return [...cut.lines, rest];
  }

  #apply(raw: RawLine, after: LinePosition): void {
    const content = parseRaw(raw);
    if (content === undefined) return;
    const isEntry = content.kind === "entry";
    if (isEntry) {
      this.#fold.apply(content.entry);
      this.#last.push(content.entry);
      if (this.#last.length > 2 * REMEMBERED) this.#last.splice(0, REMEMBERED);
    } else this.#problems.push(this.#lost(raw, content, corruptProblem(raw, content)));
    this.#inHead &&= isEntry
      ? raw.offset === 0 && content.entry.op === "CHECKPOINT"
      : raw.offset > 0;
    if (this.#inHead) this.#head = after;
    else if (isEntry) this.#tail++;
  }

  /** Makes up for a line that is lost, as far as that is possible; what to say of it. */
  #lost(raw: RawLine, line: WalLine | undefined, problem: JournalProblem): JournalProblem {
    const instead = stateInstead(this.fs, raw, this.before);
    if (instead === undefined) {
      if (line?.kind === "corrupt") this.#fold.lose(line);
      return problem;
    }
    this.#fold = instead;
    return { ...problem, reason: `${problem.reason}; the archive before it stands in` };
  }

  #forget(): void {
    this.#fold = new LaneState();
    this.#last = [];
    this.#problems = [];
    this.#ino = undefined;
    this.#end = this.#head = BEGIN;
    this.#torn = this.#openSize = undefined;
    this.#inHead = true;
    this.#tail = 0;
  }
}

/**
 * What a checkpoint in the first line said that is damaged: the state at the end of the newest archive.
 *
 * @param archives The oldest first.
 */
export function stateInstead(
  fs: HostFs,
  first: RawLine | undefined,
  archives: () => readonly string[],
): LaneState | undefined {
  if (first?.offset !== 0 || parseRaw(first)?.kind === "entry") return undefined;
  const wasCheckpoint = /^\{"archive|"CHECKPOINT"/.test(new TextDecoder().decode(first.bytes));
  const older = wasCheckpoint ? [...archives()] : [];
  const newest = older.pop();
  if (newest === undefined) return undefined;
  const reader = new JournalReader(fs, newest, () => older);
  reader.refresh();
  return reader.fold;
}

function placeAfter({ line, offset, bytes }: RawLine): LinePosition {
  return { lines: line, offset: offset + bytes.length + 1, mark: BEGIN.mark };
}

/** A line that cannot be read, and what it may have been. */
export function corruptProblem(
  line: RawLine,
  { reason, raw }: CorruptLine,
  file?: string,
): JournalProblem {
  return problemOf(line, "corrupt", `${reason} (${mayHaveBeen(raw)})`, file);
}

/** Something that is wrong with a line. */
export function problemOf(
  { line, offset }: Pick<RawLine, "line" | "offset">,
  kind: JournalProblem["kind"],
  reason: string,
  file?: string,
): JournalProblem {
  const inFile = { line, offset, ...(file === undefined ? {} : { file }) };
  return { place: { text: textOf(inFile), inFile }, kind, reason };
}

function textOf({ line, file }: FilePlace): string {
  if (file === undefined) return `line ${line}`;
  return line === 0 ? quoted(file, 200) : `line ${line} of ${quoted(file, 200)}`;
}
