/**
 * The position of a consumer, kept in a file of JSON lines.
 *
 * The first line says what the file is, whose records it speaks of and which kinds it covers. Each
 * further line says what was emitted of one record: its version and data, or that it is gone, or
 * the instant of its expiry that was emitted. The last line on a record counts. The data are kept
 * so that a record that vanishes while no stream runs can still be emitted with what it last said.
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
import { RECORD_KINDS, type RecordKind } from "../../domain/watch/event.ts";
import { isObject, jsonLine, type JsonObject, parseJson } from "../../domain/json.ts";
import type { CursorFile } from "../../ports/cursor_file.ts";
import type { Warn } from "../../ports/warnings.ts";
import type { Change, Seen } from "./seen.ts";

/** Characters that are gathered before they are written. */
const BATCH = 65_536;

/** Milliseconds that a line may wait while events come without a pause. */
const BATCH_MS = 100;

/** Outdated lines that are tolerated beside as many as there are records. */
const SPARE_LINES = 1_000;

/** What a file said. */
interface KeptPosition {
  /** Expiries up to this instant are not reported; milliseconds since 1970. */
  readonly since: number;
  readonly kinds: ReadonlySet<RecordKind>;
  readonly records: Iterable<KeptRecord>;
  readonly expired: Iterable<KeptExpiry>;
}

export class Position {
  readonly #file: CursorFile;
  readonly #identity: readonly string[];
  #seen: Seen | undefined;
  #head = "";
  #lines = 0;
  #pending: string[] = [];
  #size = 0;
  #flushedAt = -Infinity;

  constructor(file: CursorFile, identity: readonly string[]) {
    this.#file = file;
    this.#identity = identity;
  }

  /**
   * Reads the file; `undefined` when there is none yet, or an empty one.
   *
   * @throws {CoordError} `bad_args` when it is no position, or that of another workspace.
   */
  read(warn: Warn): KeptPosition | undefined {
    const text = this.#file.read();
    if (text === undefined || text === "") return undefined;
    const end = text.indexOf("\n");
    const head = end < 0 ? undefined : parseHead(text.slice(0, end));
    this.#head = text.slice(0, end + 1);
    if (head === undefined) throw this.#refusal("it holds something else than a position");
    if (!this.#identity.some((name) => head.workspace.includes(name))) {
      throw this.#refusal("it keeps the position in another workspace");
    }
    const { records, expired, lines, broken } = fold(text, end + 1);
    this.#lines = lines;
    if (broken > 0) {
      const lines = broken === 1 ? "1 line that is" : `${broken} lines that are`;
      warn(`Cursor ${JSON.stringify(this.#file.path)} has ${lines} unreadable: skipped`);
    }
    if (!text.endsWith("\n")) this.#lines = Infinity;
    return { ...head, records: kept(records), expired: kept(expired) };
  }

  /** Starts or continues. `seen` says how many records there are. */
  begin(seen: Seen, since: number, kinds: ReadonlySet<RecordKind>): void {
    this.#seen = seen;
    const head = {
      coord_cursor: 1,
      workspace: this.#identity,
      since,
      kinds: RECORD_KINDS.filter((kind) => kinds.has(kind)),
    };
    const before = this.#head;
    this.#head = jsonLine(head) + "\n";
    if (before !== this.#head) this.#rewrite();
    else this.#rewriteIfLarge();
  }

  /** The consumer has taken this change. */
  taken(change: Change, now: number): void {
    const { kind, id, type, version } = change;
    let line: string;
    if (type === "expired") {
      line = `{"kind":"${kind}","id":${JSON.stringify(id)},"at":${change.at}}\n`;
    } else if (type === "removed") line = `{"kind":"${kind}","id":${JSON.stringify(id)}}\n`;
    else line = recordLine(kind, id, version ?? "", JSON.stringify(change.data));
    this.#lines++;
    this.#size += line.length;
    this.#pending.push(line);
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
    this.#file.append(this.#pending.join(""));
    this.#pending = [];
    this.#size = 0;
  }

  #rewriteIfLarge(): void {
    if (this.#lines > 2 * (this.#seen?.size ?? 0) + SPARE_LINES) this.#rewrite();
  }

  /** Keeps the lines that count. Those of the file alone say what was taken. */
  #rewrite(): void {
    const text = this.#file.read() ?? "";
    const { records, expired } = fold(text, text.indexOf("\n") + 1);
    const lines = [...records.values(), ...expired.values()].map(({ line }) => `${line}\n`);
    this.#file.replace([this.#head, ...lines]);
    this.#lines = lines.length;
  }

  #refusal(why: string): CoordError {
    const { path } = this.#file;
    return new CoordError(
      "bad_args",
      `Cannot use cursor ${JSON.stringify(path)}: ${why}; name a file that does not exist yet`,
      { path },
    );
  }
}

function recordLine(kind: RecordKind, id: string, version: string, text: string): string {
  return `{"kind":"${kind}","id":${JSON.stringify(id)},"version":${JSON.stringify(version)},` +
    `"data":${text}}\n`;
}

/** A line of the file, and what it says. */
interface Line<T> {
  readonly line: string;
  readonly value: T;
}

interface Fold {
  readonly records: Map<string, Line<KeptRecord>>;
  readonly expired: Map<string, Line<KeptExpiry>>;
  readonly lines: number;
  /** How many of them cannot be read. */
  readonly broken: number;
}

/** The lines that count, from a place in a text on; what follows the last line's end never happened. */
function fold(text: string, start: number): Fold {
  const records = new Map<string, Line<KeptRecord>>();
  const expired = new Map<string, Line<KeptExpiry>>();
  let [lines, broken] = [0, 0];
  for (let from = start, to; (to = text.indexOf("\n", from)) >= 0; from = to + 1) {
    lines++;
    const line = text.slice(from, to);
    const value = parseLine(line);
    if (value === undefined) {
      broken++;
      continue;
    }
    const key = `${value.kind}/${value.id}`;
    if ("at" in value) expired.set(key, { line, value });
    else if ("data" in value) records.set(key, { line, value });
    else {
      records.delete(key);
      expired.delete(key);
    }
  }
  return { records, expired, lines, broken };
}

function* kept<T>(lines: ReadonlyMap<string, Line<T>>): Iterable<T> {
  for (const { value } of lines.values()) yield value;
}

interface KeptRecord {
  readonly kind: RecordKind;
  readonly id: string;
  readonly version: string;
  readonly data: JsonObject;
}

interface KeptExpiry {
  readonly kind: RecordKind;
  readonly id: string;
  readonly at: number;
}

function parseHead(
  line: string,
): { workspace: readonly unknown[]; since: number; kinds: ReadonlySet<RecordKind> } | undefined {
  const value = parseObject(line);
  if (value?.coord_cursor !== 1 || typeof value.since !== "number") return undefined;
  const { workspace, since, kinds } = value;
  if (!Array.isArray(workspace) || !Array.isArray(kinds)) return undefined;
  return { workspace, since, kinds: new Set(RECORD_KINDS.filter((kind) => kinds.includes(kind))) };
}

function parseLine(
  line: string,
): KeptRecord | KeptExpiry | { readonly kind: RecordKind; readonly id: string } | undefined {
  const value = parseObject(line);
  const kind = RECORD_KINDS.find((known) => known === value?.kind);
  if (value === undefined || kind === undefined || typeof value.id !== "string") return undefined;
  const { id, version, data, at } = value;
  if (typeof at === "number") return { kind, id, at };
  if (version === undefined) return { kind, id };
  return typeof version === "string" && isObject(data) ? { kind, id, version, data } : undefined;
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const value = parseJson(line);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
