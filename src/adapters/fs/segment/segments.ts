/**
 * Tasks that have ended, as they are read: by id, by prefix, and for listings.
 *
 * A task leaves its files after its line is on the disk, so a process that finds no file of it finds
 * the line afterwards. A line of a log counts only where there is no file: a power cut may have taken
 * the end that the line shows. A segment that is sealed and not marked holds no task that has
 * files.
 */
import type { ClaimRecord } from "../../../domain/task/claim.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import {
  mayHaveRun,
  parseSegmentLine,
  placesIn,
  runsOf,
  segmentEntry,
  type SegmentLine,
  segmentLines,
  tableNear,
  tableOf,
} from "../../../domain/task/segment.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { type FolderMark, isUnchanged, markFolder } from "../disk/folder_mark.ts";
import type { Layout } from "../layout.ts";
import { Heads, type Opened, type Sealed } from "./heads.ts";
import { listSegments, logName, newestOf, sealedName, type SegmentNames } from "./names.ts";

/** Bytes that are read of one line, and of the first lines; then more. */
const LINE_BYTES = 4_096;
const CHUNK_BYTES = 32_768;

/** Of a whole stem. */
const STEM_DIGITS = 64;

/** Looks at segments that are replaced meanwhile. */
const MAX_LOOKS = 20;

/** The segments for a listing. */
export interface SegmentsListed {
  readonly loose: LooseLines;
  readonly sealed: readonly Sealed[];
}

/** Lines of tasks that may have files. */
interface LooseLines {
  /** The same exactly while these are. */
  readonly mark: string;
  /** Those of the mark; `undefined` where they were not read at once, and are replaced by now. */
  lines(): ReadonlyMap<string, SegmentLine> | undefined;
}

export const NO_LINES: LooseLines = { mark: "", lines: () => new Map() };

/** A log, as far as it was read. */
interface Log {
  readonly n: number;
  ino: number;
  size: number;
  lines: Map<string, SegmentLine>;
}

export class Segments {
  readonly #heads: Heads;
  #log: Log | undefined;
  /** What there was, and how the folder was before that was seen. */
  #known: { readonly folder: FolderMark; readonly names: readonly SegmentNames[] } | undefined;

  constructor(readonly fs: HostFs, readonly layout: Layout, warn: Warn) {
    this.#heads = new Heads(fs, layout, warn);
  }

  /** What there is, in rising order. */
  names(): SegmentNames[] {
    return listSegments(this.fs, this.layout.segments);
  }

  /** The same for a listing: while the folder has its time stamp no names are listed again. */
  known(): readonly SegmentNames[] {
    const folder = markFolder(this.fs, this.layout.segments);
    if (!isUnchanged(this.#known?.folder, folder)) this.#known = { folder, names: this.names() };
    return this.#known?.names ?? [];
  }

  /** The line of a task; those that were added last are looked at first. */
  find(stem: string): SegmentLine | undefined {
    return this.#search(stem, (lines) => lines.get(stem));
  }

  /** The line of a task among those that this process has read last. */
  recent(stem: string): SegmentLine | undefined {
    return this.#log?.lines.get(stem);
  }

  /** A task with its end; `undefined` when it is in no segment. */
  entry(stem: string): (TaskEntry & { claim: ClaimRecord }) | undefined {
    const line = this.find(stem);
    return line && segmentEntry(line);
  }

  /** The stems that begin with a prefix. */
  stems(prefix: string): string[] {
    const stems = new Set<string>();
    this.#search(prefix, (lines) => {
      for (const stem of lines.keys()) if (stem.startsWith(prefix)) stems.add(stem);
      return undefined;
    });
    return [...stems];
  }

  /**
   * All segments, after the files of tasks were read.
   *
   * @param before What there was before they were read.
   * @param mark Of lines that are not to be read, unless they are asked for.
   */
  listed(before: readonly SegmentNames[], mark?: string): SegmentsListed {
    const settled = new Set(before.filter(isSettled).map(({ n }) => n));
    const listed = this.#stable((names) => {
      const open: SegmentNames[] = [];
      const sealed: Sealed[] = [];
      for (const each of names) {
        if (isSettled(each) && settled.has(each.n)) {
          const opened = this.#heads.open(each.n, newestOf(each), this.#known?.folder);
          if (opened === undefined) return undefined;
          if (opened !== "broken") sealed.push(opened);
        } else open.push(each);
      }
      const loose = mark && this.#unread(open, mark) || this.#loose(open);
      return loose && { loose, sealed };
    }, () => this.known());
    if (listed && this.#known) this.#heads.keep(listed.sealed, this.#known.folder);
    return listed ?? { loose: NO_LINES, sealed: [] };
  }

  /** The lines of segments that are not settled. */
  #loose(open: readonly SegmentNames[]): LooseLines | undefined {
    const loose = new Map<string, SegmentLine>();
    const marks: string[] = [];
    for (const each of open) {
      const lines = this.lines(each);
      if (lines === undefined) return undefined;
      for (const [stem, line] of lines) loose.set(stem, line);
      const version = newestOf(each);
      marks.push(version > 0 ? `${each.n}:${version}` : markOf({ n: each.n, ...this.#log }));
    }
    return { mark: marks.join(), lines: () => loose };
  }

  /** A log that is as its mark says, without its lines; `undefined` when there is more, or less. */
  #unread([log, ...others]: readonly SegmentNames[], mark: string): LooseLines | undefined {
    if (log === undefined || others.length > 0 || newestOf(log) > 0) return undefined;
    const { n } = log;
    const path = `${this.layout.segments}/${logName(n)}`;
    const stat = this.fs.lstat(path);
    if (stat === undefined || markOf({ n, ...stat }) !== mark) return undefined;
    const lines = () => {
      const read = this.fs.readRange(path, 0, stat.size);
      if (read === undefined) return undefined;
      const { ino, bytes } = read;
      if (markOf({ n, ino, size: bytes.length }) !== mark) return undefined;
      return linesIn(bytes, new Map());
    };
    return { mark, lines };
  }

  /** The stems of the tasks that ended after an instant. */
  since(ms: number): string[] {
    return this.#stable((names) => {
      const stems: string[] = [];
      for (const each of names) {
        const sealed = newestOf(each) > 0 ? this.#open(each) : "log";
        if (sealed === undefined) return undefined;
        if (sealed === "broken" || sealed !== "log" && sealed.head.ended[1] <= ms) continue;
        const lines = this.lines(each);
        if (lines === undefined) return undefined;
        for (const { stem, endedMs } of lines.values()) if (endedMs > ms) stems.push(stem);
      }
      return stems;
    }) ?? [];
  }

  /** How many tasks there are, as {@link listed} finds them, beside those with files. */
  count({ loose, sealed }: SegmentsListed, files: ReadonlySet<string> = new Set()): number {
    const lines = [...loose.lines()?.keys() ?? []].filter((stem) => !files.has(stem));
    return sealed.reduce((sum, { head }) => sum + head.tasks, lines.length);
  }

  /** The lines of a sealed segment; `undefined` when it was replaced. */
  linesOf({ n, version }: Pick<Sealed, "n" | "version">): SegmentLine[] | undefined {
    const bytes = this.fs.read(`${this.layout.segments}/${sealedName(n, version)}`);
    return bytes && [...segmentLines(new TextDecoder().decode(bytes))];
  }

  /** The head of a sealed segment; `undefined` when it was replaced, or says nothing. */
  sealed(names: SegmentNames): Sealed | undefined {
    const opened = this.#open(names);
    return opened === "broken" ? undefined : opened;
  }

  #readLog(n: number): Map<string, SegmentLine> | undefined {
    const path = `${this.layout.segments}/${logName(n)}`;
    const known = this.#log?.n === n ? this.#log : undefined;
    const from = known?.size ?? 0;
    const read = this.fs.readRange(path, from, Number.MAX_SAFE_INTEGER);
    if (read === undefined) return undefined;
    if (known !== undefined && (known.ino !== read.ino || read.size < from)) {
      this.#log = undefined;
      return this.#readLog(n);
    }
    const log = known ?? { n, ino: read.ino, size: 0, lines: new Map<string, SegmentLine>() };
    // A line without its end may be growing.
    const whole = read.bytes.lastIndexOf(0x0a) + 1;
    linesIn(read.bytes.subarray(0, whole), log.lines);
    log.size = from + whole;
    this.#log = log;
    return log.lines;
  }

  /** The first answer of `look` to lines among which those with a prefix are. */
  #search<T>(
    prefix: string,
    look: (lines: ReadonlyMap<string, SegmentLine>) => T | undefined,
  ): T | undefined {
    return this.#stable((names) => {
      for (const each of [...names].reverse()) {
        const lines = newestOf(each) > 0 ? this.#block(each, prefix) : this.lines(each);
        if (lines === undefined) return undefined;
        const answer = look(lines);
        if (answer !== undefined) return { answer };
      }
      return {};
    })?.answer;
  }

  /** Runs `body` again while what it reads is replaced. */
  #stable<T>(
    body: (names: readonly SegmentNames[]) => T | undefined,
    look: () => readonly SegmentNames[] = () => this.names(),
  ): T | undefined {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const names = look();
      const result = body(names);
      if (result !== undefined && wasLog(names.at(-1), look)) return result;
    }
    return undefined;
  }

  /** The lines of a segment by the stems; `undefined` when it was replaced. */
  lines(names: SegmentNames): ReadonlyMap<string, SegmentLine> | undefined {
    const version = newestOf(names);
    if (version === 0) return names.hasLog ? this.#readLog(names.n) : new Map();
    const lines = this.linesOf({ n: names.n, version });
    return lines && new Map(lines.map((line) => [line.stem, line]));
  }

  /** The lines of a sealed segment whose stems may begin with a prefix. */
  #block(names: SegmentNames, prefix: string): ReadonlyMap<string, SegmentLine> | undefined {
    const opened = this.#open(names);
    if (opened === undefined) return undefined;
    const lines = new Map<string, SegmentLine>();
    if (opened === "broken" || opened.head.tasks === 0) return lines;
    const isWhole = prefix.length >= STEM_DIGITS;
    const places = isWhole && this.#places(opened, prefix, tableNear(opened.head, prefix)) ||
      this.#places(opened, prefix, tableOf(opened.head));
    if (places === undefined) return undefined;
    for (const at of places) {
      const line = this.#lineAt(opened, at);
      if (line === undefined) return undefined;
      if (line !== "broken") lines.set(line.stem, line);
    }
    return lines;
  }

  /** `undefined` too when the segment was replaced. */
  #places(
    opened: Opened,
    prefix: string,
    part: ReturnType<typeof tableOf>,
  ): number[] | undefined {
    const read = this.fs.readRange(this.#path(opened), opened.start + part.from, part.length);
    return read && placesIn(new TextDecoder().decode(read.bytes), prefix, part, opened.head);
  }

  #lineAt(opened: Opened, at: number): SegmentLine | "broken" | undefined {
    for (let length = LINE_BYTES;; length *= 8) {
      const read = this.fs.readRange(this.#path(opened), opened.start + at, length);
      if (read === undefined) return undefined;
      const end = read.bytes.indexOf(0x0a);
      if (end < 0 && read.bytes.length === length) continue;
      const text = new TextDecoder().decode(read.bytes.subarray(0, Math.max(0, end)));
      return parseSegmentLine(text) ?? "broken";
    }
  }

  /** The lines of a sealed segment in the order of a listing, as they are asked for. */
  *ordered(sealed: Sealed): Generator<SegmentLine> {
    const opened = this.#heads.known(sealed);
    if (opened === undefined) return;
    const size = opened.head.table - 1;
    for (let at = 0, length = CHUNK_BYTES; at < size; length *= 8) {
      const read = this.fs.readRange(
        this.#path(sealed),
        opened.start + at,
        Math.min(length, size - at),
      );
      if (read === undefined) return;
      const whole = read.bytes.lastIndexOf(0x0a) + 1;
      yield* segmentLines(new TextDecoder().decode(read.bytes.subarray(0, whole)));
      at += whole;
      if (whole === 0 && length > size) return;
    }
  }

  /** Whether a sealed segment may have a task of a run. */
  mayHaveRun(sealed: Sealed, runId: string): boolean {
    const opened = this.#heads.known(sealed);
    const part = runsOf(sealed.head);
    if (opened === undefined || part === undefined) return true;
    const read = this.fs.readRange(this.#path(sealed), opened.start + part.from, part.length);
    return read?.bytes.length !== part.length ||
      mayHaveRun(new TextDecoder().decode(read.bytes), runId);
  }

  #open(names: SegmentNames): Opened | "broken" | undefined {
    return this.#heads.open(names.n, newestOf(names));
  }

  #path({ n, version }: Pick<Sealed, "n" | "version">): string {
    return `${this.layout.segments}/${sealedName(n, version)}`;
  }
}

/** Whether a log that was read was not one that a sleeper made again, after it had been sealed. */
function wasLog(last: SegmentNames | undefined, look: () => readonly SegmentNames[]): boolean {
  if (last === undefined || newestOf(last) > 0) return true;
  return look().every((each) => each.n !== last.n || newestOf(each) === 0);
}

/** A log as it was read. */
function markOf({ n, ino, size }: { n: number; ino?: number; size?: number }): string {
  return `${n}:${ino}:${size}`;
}

/** Adds the lines of a log to others; of a task that is there twice the last line counts. */
function linesIn(bytes: Uint8Array, lines: Map<string, SegmentLine>): Map<string, SegmentLine> {
  for (const line of segmentLines(new TextDecoder().decode(bytes))) lines.set(line.stem, line);
  return lines;
}

/** Whether no task of a segment has files. */
export function isSettled(names: SegmentNames): boolean {
  return newestOf(names) > 0 && !names.isSealing;
}
