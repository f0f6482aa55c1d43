/** Cutting the bytes of a journal into lines. Only `\n` ends a line, whatever else a text may hold. */
import { CoordError } from "../../../domain/errors.ts";
import { MAX_CORRUPT_KEPT, MAX_JOURNAL_LINE_BYTES } from "../../../domain/limits.ts";
import { parseLine, type WalLine } from "../../../domain/journal/line.ts";
import { quoted } from "../../../domain/text.ts";
import type { FileStat, HostFs } from "../../../ports/host.ts";
import { OTHER_KINDS } from "../disk/record_file.ts";

const NEWLINE = 0x0a;

/** Bytes that are read at once. */
const CHUNK = 4_194_304;

/** Bytes that are compared before reading on. */
const MARK = 64;

const strict = new TextDecoder("utf-8", { fatal: true });
const lenient = new TextDecoder();

/** A line of a journal with its place; its end is not part of it. */
export interface RawLine {
  /** Counted from 1. */
  readonly line: number;
  /** Bytes from the begin of the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Where a file's lines are to be read on. */
export interface LinePosition {
  /** Lines before. */
  readonly lines: number;
  /** Their bytes. */
  readonly offset: number;
  /** The last ones of these, by which another file under the same number is noticed. */
  readonly mark: Uint8Array;
}

export const BEGIN: LinePosition = { lines: 0, offset: 0, mark: new Uint8Array() };

/** The lines of a file from a place on. */
export interface Cut {
  readonly lines: readonly RawLine[];
  /** What lies after the last line's end; nothing in a sound journal. */
  readonly rest: RawLine | undefined;
  /** After the last line's end. */
  readonly end: LinePosition;
  /** The number of the file. */
  readonly ino: number;
}

/** Refuses what is there instead of a journal: a folder, a pipe. */
export function refuseOther(
  stat: FileStat | undefined,
  path: string,
  doing: "use" | "append to" = "use",
): void {
  const kind = stat?.kind ?? "file";
  if (kind === "file") return;
  const message = `Cannot ${doing} journal ${quoted(path, 200)}: it is ${OTHER_KINDS[kind]}`;
  throw new CoordError("bad_args", message, { path });
}

/** It is not the file any more that it was when it was last read. */
export class Replaced extends Error {}

/** How often the log may be replaced while it is being read. */
const MAX_TRIES = 20;

/** Reads once more, as often as the log is replaced meanwhile. */
export function unreplaced<T>(path: string, read: () => T, again: () => void = () => {}): T {
  for (let tries = 0; tries <= MAX_TRIES; tries++) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Replaced)) throw error;
      again();
    }
  }
  const message = `Cannot read journal ${quoted(path, 200)}: it was replaced each time, ` +
    `${MAX_TRIES + 1} times`;
  throw new CoordError("io_error", message, { path });
}

/**
 * Reads the lines of a file; `undefined` when there is no such file.
 *
 * @param ino What the file's number must be, if given.
 * @param upTo Bytes of the file that count.
 */
export function readLines(
  fs: HostFs,
  path: string,
  from: LinePosition,
  { ino, upTo = Infinity }: { ino?: number | undefined; upTo?: number } = {},
): Cut | undefined {
  const lines: RawLine[] = [];
  let { lines: count, offset, mark } = from;
  let number = ino;
  let at = offset - mark.length;
  let open = new Uint8Array();
  for (;;) {
    const part = fs.readRange(path, at, Math.min(CHUNK, upTo - at));
    if (part === undefined && number === undefined) return undefined;
    if (part === undefined || part.size < at || part.ino !== (number ?? part.ino)) {
      throw new Replaced();
    }
    number = part.ino;
    let { bytes } = part;
    if (at < from.offset) {
      if (!startsWith(bytes, from.mark)) throw new Replaced();
      bytes = bytes.subarray(from.mark.length);
    }
    at += part.bytes.length;
    if (open.length > 0) bytes = joined(open, bytes);
    let begin = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, begin);
      if (end < 0) break;
      lines.push({ line: ++count, offset, bytes: bytes.subarray(begin, end) });
      offset += end + 1 - begin;
      begin = end + 1;
    }
    if (begin > 0) {
      mark = joined(mark, bytes.subarray(Math.max(0, begin - MARK), begin)).slice(-MARK);
    }
    open = bytes.slice(begin);
    if (part.bytes.length > 0 && at < Math.min(part.size, upTo)) continue;
    const rest = open.length > 0 ? { line: count + 1, offset, bytes: open } : undefined;
    return { lines, rest, end: { lines: count, offset, mark }, ino: number };
  }
}

function startsWith(bytes: Uint8Array, mark: Uint8Array): boolean {
  return bytes.length >= mark.length && mark.every((byte, index) => bytes[index] === byte);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

/** What a line says; `undefined` for a blank one. */
export function parseRaw({ bytes }: RawLine): WalLine | undefined {
  if (bytes.length > MAX_JOURNAL_LINE_BYTES) {
    const raw = lenient.decode(bytes.subarray(0, MAX_CORRUPT_KEPT));
    return { kind: "corrupt", reason: `is longer than ${MAX_JOURNAL_LINE_BYTES} bytes`, raw };
  }
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { kind: "corrupt", reason: "is not UTF-8", raw: lenient.decode(bytes) };
  }
  return parseLine(text);
}
