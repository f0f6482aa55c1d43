/**
 * The change feed of a workspace in memory. Snapshots are given as the records were when they began;
 * position.ts says where a consumer is.
 */
import { compacted } from "../../domain/watch/compacted.ts";
import { jsonCopy, type JsonObject } from "../../domain/json.ts";
import { byCreation, type Creation, creationOf } from "../../domain/watch/creation.ts";
import { RECORD_KINDS, type RecordKind } from "../../domain/watch/event.ts";
import type {
  Change,
  ChangeFeed,
  CompactPosition,
  FeedBatch,
  FeedRequest,
  FeedRun,
  RecordName,
} from "../../ports/feed.ts";
import { Position } from "./position.ts";
import type { Row } from "./table.ts";
import type { MemoryWorkspace } from "./workspace.ts";

/** A record in its table, or as it was when it was removed. */
interface Found extends RecordName {
  readonly row: Row<object>;
}

/** A change that is to be given, unless a newer one takes its place. */
interface Pending extends Found {
  readonly type: Change["type"];
}

export class MemoryFeed implements ChangeFeed {
  constructor(readonly workspace: MemoryWorkspace) {}

  open(request: FeedRequest): FeedRun {
    return new MemoryRun(this.workspace, request);
  }

  compact(lines: Iterable<string>): CompactPosition {
    return compacted(lines, new Position());
  }

  async count(kind: RecordKind): Promise<number> {
    return this.workspace.tables[kind]?.ids.length ?? 0;
  }

  async identity(): Promise<readonly string[]> {
    return [this.workspace.location];
  }
}

class MemoryRun implements FeedRun {
  readonly #kinds: readonly RecordKind[];
  readonly #at = new Position();

  constructor(readonly workspace: MemoryWorkspace, readonly request: FeedRequest) {
    this.#kinds = RECORD_KINDS.filter((kind) => request.kinds.has(kind));
    for (const line of request.since ?? []) this.#at.read(line);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FeedBatch, undefined> {
    const { wakeup, signal, once, alarm } = this.request;
    const listening = this.#kinds.flatMap((kind) =>
      this.workspace.tables[kind]?.listen(wakeup.wake) ?? []
    );
    try {
      const known = this.#known();
      if (known.length > 0) yield { changes: known, position: [], caughtUp: false };
      yield* this.#snapshots();
      while (!signal.aborted) {
        for (let all = this.#pending(); all.length > 0; all = this.#pending()) {
          for (const pending of all) if (this.#isNewest(pending)) yield this.#batch([pending]);
        }
        yield { changes: [], position: this.#arrive(), caughtUp: true };
        if (once) return;
        if (this.#pending().length === 0) await wakeup.sleep(alarm());
      }
    } finally {
      for (const each of listening) each.close();
    }
  }

  async look(): Promise<FeedBatch> {
    return this.#batch(this.#pending());
  }

  async data({ kind, id }: RecordName): Promise<JsonObject | undefined> {
    const row = this.workspace.tables[kind]?.row(id);
    return row && jsonCopy(row.record);
  }

  /** What the position says of the records, as far as they say it still. */
  #known(): Change[] {
    return this.#rows().filter((found) => found.row.version <= this.#at.upTo(found))
      .map((found) => changeOf({ ...found, type: "known" }));
  }

  *#snapshots(): Generator<FeedBatch> {
    const at = this.#at;
    const kinds = this.#kinds.filter((kind) => at.since[kind] === undefined);
    if (kinds.length === 0) return;
    const begun = at.snapshots;
    const { from, last } = begun !== undefined && kinds.every((kind) => begun.kinds.includes(kind))
      ? begun
      : { from: this.workspace.count.last, last: undefined };
    const isNext = ({ kind }: Found, creation: Creation) =>
      kinds.includes(kind) &&
      (last === undefined || byCreation(creation, last) > 0);
    // What went since, before it was given, is no news.
    for (const gone of this.#gone()) {
      if (this.#wasThere(gone, from) && isNext(gone, createdAs(gone))) at.give(nameOf(gone));
    }
    const records = this.#rows().map((found) => ({ found, creation: createdAs(found) }))
      .filter(({ found, creation }) => found.row.made <= from && isNext(found, creation))
      .sort((a, b) => byCreation(a.creation, b.creation));
    for (const { found, creation } of records) {
      at.snapshots = { kinds, from, last: creation };
      if (found.row.touched > from) at.give(nameOf(found));
      const changes = [changeOf({ ...found, type: "snapshot" })];
      yield { changes, position: at.lines, caughtUp: false };
    }
    at.snapshots = undefined;
    at.since = { ...at.since, ...Object.fromEntries(kinds.map((kind) => [kind, from])) };
    yield { changes: [], position: at.lines, caughtUp: false };
  }

  /** All that is new, in order. */
  #pending(): Pending[] {
    const news = this.#rows().filter((found) => found.row.touched > this.#at.upTo(found))
      .map((found) => ({ ...found, type: this.#typeOf(found) }));
    const gone = this.#gone().filter((each) => this.#hadGone(each) && !this.#has(each))
      .map((each) => ({ ...each, type: "removed" as const }));
    return [...news, ...gone].sort((a, b) => a.row.touched - b.row.touched);
  }

  #typeOf(found: Found): Change["type"] {
    const upTo = this.#at.upTo(found);
    if (found.row.version <= upTo) return "known";
    return found.row.made <= upTo || this.#hadGone(found) ? "modified" : "added";
  }

  /** Whether the consumer has a record that was removed since. */
  #hadGone(name: RecordName): boolean {
    return this.#wasThere(name, this.#at.upTo(name));
  }

  #wasThere({ kind, id }: RecordName, change: number): boolean {
    return this.workspace.tables[kind]?.wasThere(id, change) === true;
  }

  #isNewest({ kind, id, type, row: { touched } }: Pending): boolean {
    const row = this.workspace.tables[kind]?.row(id);
    return type === "removed" ? row === undefined : row?.touched === touched;
  }

  #batch(pending: readonly Pending[]): FeedBatch {
    const position = pending.map((each) => this.#at.give(nameOf(each)));
    return { changes: pending.map(changeOf), position, caughtUp: false };
  }

  /** The position of a consumer that has been given all there is. */
  #arrive(): readonly string[] {
    if (this.#at.isPlain) return [];
    const { last } = this.workspace.count;
    this.#at.reach({
      ...this.#at.since,
      ...Object.fromEntries(this.#kinds.map((kind) => [kind, last])),
    });
    return this.#at.lines;
  }

  #has({ kind, id }: RecordName): boolean {
    return this.workspace.tables[kind]?.has(id) === true;
  }

  #rows(): Found[] {
    return this.#kinds.flatMap((kind) => {
      const table = this.workspace.tables[kind];
      return (table?.ids ?? []).flatMap((id) => {
        const row = table?.row(id);
        return row === undefined ? [] : { kind, id, row };
      });
    });
  }

  #gone(): Found[] {
    return this.#kinds.flatMap((kind) => {
      const table = this.workspace.tables[kind];
      return [...table?.goneIds ?? []].flatMap((id) => {
        const row = table?.gone(id);
        return row === undefined ? [] : { kind, id, row };
      });
    });
  }
}

function changeOf({ type, kind, id, row }: Pending): Change {
  return { type, kind, id, data: jsonCopy(row.record) };
}

function createdAs({ kind, id, row }: Found): Creation {
  return creationOf(kind, id, jsonCopy(row.record));
}

function nameOf({ kind, id, row }: Found) {
  return [kind, id, row.touched] as const;
}
