/**
 * The position of a consumer, kept in a file of JSON lines.
 *
 * The first line says what the file is, whose records it speaks of and which kinds it covers. Each
 * further line is the feed's, and says what was emitted, or names the instant of an expiry that was.
 *
 * Guarantees. A line is appended after the consumer asked for the next event, never before, so what
 * was not taken is emitted again: at least once. Lines are written in batches while events come
 * fast and before the stream sleeps. A last line that a crash tore off never happened. The file is
 * only rewritten (a new one, from the lines of the old one that count, is written aside and renamed
 * over it) when most of its lines are outdated or its last one is torn, and a file that is no position
 * is never touched.
 *
 * The position covers every record that was looked at, whether or not the filters let it through.
 * It does not cover kinds that were not asked for; those are emitted as snapshots when they are.
 */
import { CoordError } from "../../domain/errors.ts";
import { jsonLine, parseObject } from "../../domain/json.ts";
import { RECORD_KINDS, type RecordKind } from "../../domain/watch/event.ts";
import type { CursorFile } from "../../ports/cursor_file.ts";
import type { ChangeFeed, RecordName } from "../../ports/feed.ts";
import type { Warn } from "../../ports/warnings.ts";

/** Characters that are gathered before they are written. */
const BATCH = 65_536;

/** Milliseconds that a line may wait while events come without a pause. */
const BATCH_MS = 100;

/** Outdated lines that are tolerated beside as many as count. */
const SPARE_LINES = 1_000;

/** A line that names an expiry. */
const EXPIRY = /^\{"kind":"\w+","id":"(?:[^"\\]|\\.)*","at":-?\d+(?:\.\d+)?\}$/;

interface KeptExpiry extends RecordName {
  readonly at: number;
}

/** What a file said. */
interface KeptPosition {
  /** Expiries up to this instant are not reported; milliseconds since 1970. */
  readonly since: number;
  readonly kinds: ReadonlySet<RecordKind>;
  /** The feed's, those that count. */
  readonly lines: readonly string[];
  readonly expired: readonly KeptExpiry[];
}

/** The lines of a file that count. */
interface Counting {
  readonly lines: readonly string[];
  /** Of expiries. */
  readonly expired: readonly string[];
  readonly unread: number;
}

/** The line of an expiry that was emitted. */
export function expiryLine({ kind, id, at }: KeptExpiry): string {
  return `{"kind":"${kind}","id":${JSON.stringify(id)},"at":${at}}`;
}

export class Position {
  #head = "";
  #lines = 0;
  /** How many of them counted when that was last known. */
  #counting = 0;
  #pending: string[] = [];
  #size = 0;
  #flushedAt = -Infinity;

  /** @param identity The feed's. */
  constructor(
    readonly file: CursorFile,
    readonly feed: Pick<ChangeFeed, "compact">,
    readonly identity: readonly string[],
  ) {}

  /**
   * Reads the file; `undefined` when there is none yet, or an empty one.
   *
   * @throws {CoordError} `bad_args` when it is no position, or that of another workspace.
   */
  read(warn: Warn): KeptPosition | undefined {
    const text = this.file.read();
    if (text === undefined || text === "") return undefined;
    const end = text.indexOf("\n");
    const head = end < 0 ? undefined : parseHead(text.slice(0, end));
    this.#head = text.slice(0, end + 1);
    if (head === undefined) throw this.#refusal("it holds something else than a position");
    if (!this.identity.some((name) => head.workspace.includes(name))) {
      throw this.#refusal("it keeps the position in another workspace");
    }
    const { lines, expired, unread } = this.#fold(text, end + 1);
    if (unread > 0) {
      const are = unread === 1 ? "1 line that is" : `${unread} lines that are`;
      warn(`Cursor ${JSON.stringify(this.file.path)} has ${are} unreadable: skipped`);
    }
    if (!text.endsWith("\n")) this.#lines = Infinity;
    return { ...head, lines, expired: expired.map((line) => JSON.parse(line)) };
  }

  /** Starts or continues. */
  begin(since: number, kinds: ReadonlySet<RecordKind>): void {
    const head = {
      coord_cursor: 1,
      workspace: this.identity,
      since,
      kinds: RECORD_KINDS.filter((kind) => kinds.has(kind)),
    };
    const before = this.#head;
    this.#head = jsonLine(head) + "\n";
    if (before !== this.#head) this.#rewrite();
    else this.#rewriteIfLarge();
  }

  /** The consumer has taken what these lines say. */
  taken(lines: readonly string[], now: number): void {
    for (const line of lines) {
      this.#lines++;
      this.#size += line.length;
      this.#pending.push(line);
    }
    if (this.#size >= BATCH || now - this.#flushedAt >= BATCH_MS) this.settle(now);
  }

  /** Writes what was taken, at a moment when everything that is known was. */
  settle(now: number): void {
    this.flush(now);
    this.#rewriteIfLarge();
  }

  /** Writes what was taken. */
  flush(now: number): void {
    this.#flushedAt = now;
    if (this.#pending.length === 0) return;
    this.file.append(this.#pending.map((line) => `${line}\n`).join(""));
    this.#pending = [];
    this.#size = 0;
  }

  #rewriteIfLarge(): void {
    if (this.#lines > 2 * this.#counting + SPARE_LINES) this.#rewrite();
  }

  /** Keeps the lines that count. Those of the file alone say what was taken. */
  #rewrite(): void {
    const text = this.file.read() ?? "";
    const { lines, expired } = this.#fold(text, text.indexOf("\n") + 1);
    this.file.replace([this.#head, ...lines.map(ended), ...expired.map(ended)]);
    this.#lines = this.#counting;
  }

  /** What counts from a place in a text on; what follows the last line's end never happened. */
  #fold(text: string, start: number): Counting {
    const expired = new Map<string, string>();
    const others: string[] = [];
    this.#lines = 0;
    for (let from = start, to; (to = text.indexOf("\n", from)) >= 0; from = to + 1) {
      const line = text.slice(from, to);
      this.#lines++;
      if (EXPIRY.test(line)) expired.set(line.slice(0, line.lastIndexOf(",")), line);
      else others.push(line);
    }
    const { lines, unread } = this.feed.compact(others);
    this.#counting = lines.length + expired.size;
    return { lines, expired: [...expired.values()], unread };
  }

  #refusal(why: string): CoordError {
    const { path } = this.file;
    return new CoordError(
      "bad_args",
      `Cannot use cursor ${JSON.stringify(path)}: ${why}; name a file that does not exist yet`,
      { path },
    );
  }
}

function ended(line: string): string {
  return `${line}\n`;
}

function parseHead(
  line: string,
): { workspace: readonly unknown[]; since: number; kinds: ReadonlySet<RecordKind> } | undefined {
  const { coord_cursor, workspace, since, kinds } = parseObject(line) ?? {};
  if (coord_cursor !== 1 || typeof since !== "number") return undefined;
  if (!Array.isArray(workspace) || !Array.isArray(kinds)) return undefined;
  return { workspace, since, kinds: new Set(RECORD_KINDS.filter((kind) => kinds.includes(kind))) };
}
