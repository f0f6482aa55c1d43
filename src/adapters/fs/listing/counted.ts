/**
 * Tasks as `index/definitions` counts them while the folder of tasks is as it was: a reader lists no
 * names and reads a few lines.
 *
 * In order: a reader sees that the folder has the time stamp of the head, reads, and sees it once more
 * with the same head. Then no task came or went in between, and all it read is of one file. Otherwise,
 * or where a power cut has torn what it read, it counts for nothing.
 */
import type { HostFs } from "../../../ports/host.ts";
import { isUnchanged, markFolder } from "../disk/folder_mark.ts";
import type { Layout } from "../layout.ts";
import { type CountedHead, CREATION, EXPIRY, parseCountedHead } from "./counted_bytes.ts";
import { type Definition, DEFINITIONS, parseDefinition } from "./definitions.ts";

/** Bytes that are read at first, of the head or of what follows; then more. */
const FIRST_BYTES = 4_096;
const MORE = 8;

/** Bytes of a line, or more. */
const LINE_BYTES = 512;

const decoder = new TextDecoder();

export class Counted {
  #isDamaged = false;

  private constructor(
    readonly fs: HostFs,
    readonly layout: Layout,
    readonly head: CountedHead,
    /** Bytes before the lines. */
    readonly start: number,
  ) {}

  /** What counts now; `undefined` when names have to be listed. */
  static open(fs: HostFs, layout: Layout): Counted | undefined {
    const read = readHead(fs, layout);
    if (read === undefined) return undefined;
    const counted = new Counted(fs, layout, read.head, read.start);
    return counted.#isOfFolder() ? counted : undefined;
  }

  /** Whether all that was read since it was opened holds. */
  isSure(): boolean {
    return !this.#isDamaged && readHead(this.fs, this.layout)?.head.token === this.head.token &&
      this.#isOfFolder();
  }

  #isOfFolder(): boolean {
    return isUnchanged(this.head.folder, markFolder(this.fs, this.layout.folder("task")));
  }

  /** How many of each queue are pending and expired at `now`. */
  counts(now: number): Map<string, { pending: number; expired: number }> {
    const { queues, expiredMs } = this.head;
    // The clock was set back.
    if (now < expiredMs) this.#isDamaged = true;
    const counts = queues.map(([, pending, expired]) => ({ pending, expired }));
    for (const row of this.#rows(this.head.lines, EXPIRY.all)) {
      const of = counts[Number(row.slice(EXPIRY.ms))];
      const ms = Number(row.slice(0, EXPIRY.ms));
      if (of === undefined || Number.isNaN(ms)) {
        this.#isDamaged = true;
        break;
      }
      if (ms > now) break;
      of.pending--;
      of.expired++;
    }
    return new Map(queues.map(([queue], n) => [queue, counts[n] ?? { pending: 0, expired: 0 }]));
  }

  /** All in the order of a listing. */
  *ordered(): Generator<Definition> {
    const { lines } = this.head;
    for (let at = 0, length = FIRST_BYTES; at < lines; length *= MORE) {
      const text = this.#text(at, Math.min(length, lines - at));
      const whole = text.lastIndexOf("\n") + 1;
      if (whole === 0) this.#isDamaged = true;
      if (this.#isDamaged) return;
      for (const line of text.slice(0, whole - 1).split("\n")) {
        const definition = parseDefinition(line);
        if (definition === undefined) this.#isDamaged = true;
        else yield definition;
      }
      at += whole;
    }
  }

  /** Those that were pending when they were counted, the first that was created first. */
  *byCreation(): Generator<Definition> {
    const { lines, rows } = this.head;
    for (const row of this.#rows(lines + rows * EXPIRY.all, CREATION)) {
      const at = Number.parseInt(row, 16);
      const definition = at < lines
        ? parseDefinition(this.#text(at, Math.min(LINE_BYTES, lines - at)).split("\n", 1)[0] ?? "")
        : undefined;
      if (definition === undefined) this.#isDamaged = true;
      else yield definition;
    }
  }

  /** The rows of a table that begins at `from`, each of `size` bytes. */
  *#rows(from: number, size: number): Generator<string> {
    const end = from + this.head.rows * size;
    for (let at = from, count = FIRST_BYTES >> 5; at < end; count *= MORE) {
      const text = this.#text(at, Math.min(count * size, end - at));
      if (this.#isDamaged) return;
      for (let row = 0; row < text.length; row += size) yield text.slice(row, row + size);
      at += text.length;
    }
  }

  #text(at: number, length: number): string {
    const read = this.fs.readRange(this.#path, this.start + at, length);
    if (read?.bytes.length !== length) this.#isDamaged = true;
    return decoder.decode(read?.bytes);
  }

  get #path(): string {
    return `${this.layout.index}/${DEFINITIONS}`;
  }
}

function readHead(fs: HostFs, layout: Layout): { head: CountedHead; start: number } | undefined {
  for (let length = FIRST_BYTES;; length *= MORE) {
    const read = fs.readRange(`${layout.index}/${DEFINITIONS}`, 0, length);
    // A file of lines alone begins with the end of a line.
    if (read?.bytes[0] !== 0x7b) return undefined;
    const end = read.bytes.indexOf(0x0a);
    if (end < 0 && read.bytes.length === length) continue;
    const head = parseCountedHead(decoder.decode(read.bytes.subarray(0, Math.max(0, end))));
    return head && { head, start: end + 1 };
  }
}
