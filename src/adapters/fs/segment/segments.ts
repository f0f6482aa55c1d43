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
  parseSegmentHead,
  parseSegmentLine,
  placesIn,
  runsOf,
  segmentEntry,
  type SegmentHead,
  type SegmentLine,
  segmentLines,
  tableNear,
  tableOf,
} from "../../../domain/task/segment.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import type { Layout } from "../layout.ts";
import { listSegments, logName, newestOf, sealedName, type SegmentNames } from "./names.ts";

/** Bytes that are read of a segment for its head; a longer one takes more reads. */
const HEAD_BYTES = 4_096;

/** Bytes that are read of one line, and of the first lines; then more. */
const LINE_BYTES = 4_096;
const CHUNK_BYTES = 32_768;

/** Of a whole stem. */
const STEM_DIGITS = 64;

/** Looks at segments that are replaced meanwhile. */
const MAX_LOOKS = 20;

/** A sealed segment. */
export interface Sealed {
  readonly n: number;
  readonly version: number;
  readonly head: SegmentHead;
}

/** A sealed segment with the size of its head's line. */
interface Opened extends Sealed {
  readonly start: number;
}

/** The segments for a listing. */
export interface SegmentsListed {
  /** Lines of tasks that may have files, and what is the same exactly while these are. */
  readonly loose: { readonly lines: ReadonlyMap<string, SegmentLine>; readonly mark: string };
  readonly sealed: readonly Sealed[];
}

/** A log, as far as it was read. */
interface Log {
  readonly n: number;
  ino: number;
  size: number;
  lines: Map<string, SegmentLine>;
}

export class Segments {
  readonly #opened = new Map<string, Opened>();
  #log: Log | undefined;

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly warn: Warn) {}

  /** What there is, in rising order. */
  names(): SegmentNames[] {
    return listSegments(this.fs, this.layout.segments);
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
   */
  listed(before: readonly SegmentNames[]): SegmentsListed {
    const settled = new Set(before.filter(isSettled).map(({ n }) => n));
    return this.#stable((names) => {
      const loose = new Map<string, SegmentLine>();
      const marks: string[] = [];
      const sealed: Sealed[] = [];
      for (const each of names) {
        if (isSettled(each) && settled.has(each.n)) {
          const opened = this.#open(each);
          if (opened === undefined) return undefined;
          if (opened !== "broken") sealed.push(opened);
          continue;
        }
        const lines = this.lines(each);
        if (lines === undefined) return undefined;
        for (const [stem, line] of lines) loose.set(stem, line);
        const version = newestOf(each);
        marks.push(`${each.n}:${version > 0 ? version : `${this.#log?.ino}:${this.#log?.size}`}`);
      }
      return { loose: { lines: loose, mark: marks.join() }, sealed };
    }) ?? { loose: { lines: new Map(), mark: "" }, sealed: [] };
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
    const lines = [...loose.lines.keys()].filter((stem) => !files.has(stem));
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

  /** Of a task that is there twice the last line counts. */
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
    const text = new TextDecoder().decode(read.bytes.subarray(0, whole));
    for (const line of segmentLines(text)) log.lines.set(line.stem, line);
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
  #stable<T>(body: (names: readonly SegmentNames[]) => T | undefined): T | undefined {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const names = this.names();
      const result = body(names);
      if (result !== undefined && this.#wasLog(names.at(-1))) return result;
    }
    return undefined;
  }

  /** Whether a log that was read was not one that a sleeper made again, after it had been sealed. */
  #wasLog(last: SegmentNames | undefined): boolean {
    if (last === undefined || newestOf(last) > 0) return true;
    return this.names().every((each) => each.n !== last.n || newestOf(each) === 0);
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
    const opened = this.#opened.get(this.#path(sealed));
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
    const opened = this.#opened.get(this.#path(sealed));
    const part = runsOf(sealed.head);
    if (opened === undefined || part === undefined) return true;
    const read = this.fs.readRange(this.#path(sealed), opened.start + part.from, part.length);
    return read?.bytes.length !== part.length ||
      mayHaveRun(new TextDecoder().decode(read.bytes), runId);
  }

  #open(names: SegmentNames): Opened | "broken" | undefined {
    const { n } = names;
    const version = newestOf(names);
    const path = this.#path({ n, version });
    const known = this.#opened.get(path);
    if (known !== undefined) return known;
    for (let length = HEAD_BYTES;; length *= 4) {
      const read = this.fs.readRange(path, 0, length);
      if (read === undefined) return undefined;
      const end = read.bytes.indexOf(0x0a);
      if (end < 0 && read.size > length) continue;
      const head = end < 0
        ? undefined
        : parseSegmentHead(new TextDecoder().decode(read.bytes.subarray(0, end)));
      if (head === undefined) {
        this.warn(`tasks/segments/${sealedName(n, version)} is damaged: skipped`);
        return "broken";
      }
      const opened = { n, version, head, start: end + 1 };
      this.#opened.set(path, opened);
      return opened;
    }
  }

  #path({ n, version }: Pick<Sealed, "n" | "version">): string {
    return `${this.layout.segments}/${sealedName(n, version)}`;
  }
}

/** Whether no task of a segment has files. */
export function isSettled(names: SegmentNames): boolean {
  return newestOf(names) > 0 && !names.isSealing;
}
