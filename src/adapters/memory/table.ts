/** Records of one kind in memory, each with the number of the change that wrote it. */
import { jsonCopy } from "../../domain/json.ts";

/** What is kept of one record. */
interface Row<T> {
  readonly record: T;
  /** Grows with every change of the table. */
  readonly version: number;
  /** When it was written, milliseconds since 1970. */
  readonly writtenMs: number;
}

/**
 * A table of records by their ids. What goes in is a copy, and so is what comes out: a caller that
 * changes its own object changes no record. Listeners are called after the change, in a turn of their
 * own, as another process would hear of it.
 */
export class Table<T extends object> {
  readonly #rows = new Map<string, Row<T>>();
  readonly #listeners = new Set<(id: string) => void>();
  #version = 0;

  constructor(readonly clock: () => number) {}

  /** The number of the last change. */
  get version(): number {
    return this.#version;
  }

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

  /** The records themselves, for those who only read them. */
  *rows(): Iterable<readonly [id: string, record: T]> {
    for (const [id, { record }] of this.#rows) yield [id, record];
  }

  put(id: string, record: T): void {
    const row = { record: copyOf(record), version: ++this.#version, writtenMs: this.clock() };
    this.#rows.set(id, row);
    this.#notify(id);
  }

  remove(id: string): void {
    if (!this.#rows.delete(id)) return;
    this.#version++;
    this.#notify(id);
  }

  /** Calls `body` with the id of each record that changes, until the result is closed. */
  listen(body: (id: string) => void): { close(): void } {
    const listener = (id: string) => body(id);
    this.#listeners.add(listener);
    return { close: () => void this.#listeners.delete(listener) };
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
