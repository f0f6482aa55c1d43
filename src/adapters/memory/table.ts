/** Records of one kind in memory, each with the number of the change that wrote it. */
import { jsonCopy } from "../../domain/json.ts";

/** What is kept of one record. */
export interface Row<T> {
  readonly record: T;
  /** The number of the change that made the record. */
  readonly made: number;
  /** The number of the last change that is news of it. */
  readonly version: number;
  /** The number of the last change of any kind. */
  readonly touched: number;
  /** When it was written, milliseconds since 1970. */
  readonly writtenMs: number;
}

/** Numbers the changes of all tables of a workspace. */
export class ChangeCount {
  last = 0;

  next(): number {
    return ++this.last;
  }
}

/**
 * A table of records by their ids. What goes in is a copy, and so is what comes out: a caller that
 * changes its own object changes no record. Listeners are called after the change, in a turn of their
 * own, as another process would hear of it.
 */
export class Table<T extends object> {
  readonly #rows = new Map<string, Row<T>>();
  /** What was removed, as it was; its version is the number of its removal. */
  readonly #gone = new Map<string, Row<T>>();
  /** When each record that was removed was there, an id's earlier lives too: from one change to another. */
  readonly #lives = new Map<string, (readonly [made: number, gone: number])[]>();
  readonly #listeners = new Set<(id: string) => void>();

  constructor(readonly clock: () => number, readonly count: ChangeCount) {}

  get ids(): string[] {
    return [...this.#rows.keys()];
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  get(id: string): T | undefined {
    const row = this.#rows.get(id);
    return row && copyOf(row.record);
  }

  /** The record itself with its version, for those who only read it. */
  row(id: string): Row<T> | undefined {
    return this.#rows.get(id);
  }

  /** A record that was removed, also where there is a new one of the same id. */
  gone(id: string): Row<T> | undefined {
    return this.#gone.get(id);
  }

  /** Whether a record that was removed was there after this change. */
  wasThere(id: string, change: number): boolean {
    return this.#lives.get(id)?.some(([made, gone]) => made <= change && gone > change) === true;
  }

  /** The ids of all that was removed. */
  get goneIds(): Iterable<string> {
    return this.#gone.keys();
  }

  /** The records themselves, for those who only read them. */
  *rows(): Iterable<readonly [id: string, record: T]> {
    for (const [id, { record }] of this.#rows) yield [id, record];
  }

  put(id: string, record: T): void {
    const version = this.count.next();
    const made = this.#rows.get(id)?.made ?? version;
    this.#set(id, { record: copyOf(record), made, version, touched: version });
  }

  /** Replaces a record by one that is no news. */
  amend(id: string, record: T): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#set(id, { ...row, record: copyOf(record), touched: this.count.next() });
  }

  /** @param last What there is to say of its end. */
  remove(id: string, last: Partial<T> = {}): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#rows.delete(id);
    const version = this.count.next();
    this.#lives.set(id, [...this.#lives.get(id) ?? [], [row.made, version]]);
    this.#gone.set(id, { ...row, record: { ...row.record, ...last }, version, touched: version });
    this.#notify(id);
  }

  /** Calls `body` with the id of each record that changes, until the result is closed. */
  listen(body: (id: string) => void): { close(): void } {
    const listener = (id: string) => body(id);
    this.#listeners.add(listener);
    return { close: () => void this.#listeners.delete(listener) };
  }

  #set(id: string, row: Omit<Row<T>, "writtenMs">): void {
    this.#rows.set(id, { ...row, writtenMs: this.clock() });
    this.#notify(id);
  }

  #notify(id: string): void {
    for (const listener of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener(id);
      });
    }
  }
}

function copyOf<T extends object>(record: T): T {
  return jsonCopy(record) as T;
}
