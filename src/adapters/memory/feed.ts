/**
 * The change feed of a workspace in memory.
 *
 * All changes of all tables are numbered, so a position is a number for each kind: what has a greater
 * one is news. While a run gives snapshots, its position also says how far it has come with them; the
 * records are given as they were when it began.
 */
import { isObject, jsonCopy, type JsonObject, parseObject } from "../../domain/json.ts";
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
import type { Row } from "./table.ts";
import type { MemoryWorkspace } from "./workspace.ts";

/** The number up to which a consumer knows each kind. */
type Since = Partial<Record<RecordKind, number>>;

/** Where a consumer is. */
interface Reached {
  readonly since: Since;
  /** The snapshots that it is at: of these kinds, as of this number, and the last that it has. */
  readonly snapshots?: {
    readonly kinds: readonly RecordKind[];
    readonly from: number;
    readonly last: Creation;
  };
}

/** A change that is to be given, unless a newer one takes its place. */
interface Pending {
  readonly change: Change;
  readonly touched: number;
}

export class MemoryFeed implements ChangeFeed {
  constructor(readonly workspace: MemoryWorkspace) {}

  open(request: FeedRequest): FeedRun {
    return new MemoryRun(this.workspace, request);
  }

  compact(lines: Iterable<string>): CompactPosition {
    const all = [...lines];
    const read = all.filter((line) => readLine(line) !== undefined);
    return { lines: read.slice(-1), unread: all.length - read.length };
  }

  async count(kind: RecordKind): Promise<number> {
    return this.workspace.tables[kind]?.ids.length ?? 0;
  }

  identity(): readonly string[] {
    return [this.workspace.location];
  }
}

class MemoryRun implements FeedRun {
  readonly #kinds: readonly RecordKind[];
  readonly #begun: Reached;
  #since: Since;

  constructor(readonly workspace: MemoryWorkspace, readonly request: FeedRequest) {
    this.#kinds = RECORD_KINDS.filter((kind) => request.kinds.has(kind));
    const last = request.since?.at(-1);
    this.#begun = (last === undefined ? undefined : readLine(last)) ?? { since: {} };
    this.#since = this.#begun.since;
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
        yield { changes: [], position: [], caughtUp: true };
        if (once) return;
        if (this.#pending().length === 0) await wakeup.sleep(alarm());
      }
    } finally {
      for (const each of listening) each.close();
    }
  }

  /** Numbers are given in order, so this gives all that is new. */
  async look(): Promise<FeedBatch> {
    return this.#batch(this.#pending());
  }

  async data({ kind, id }: RecordName): Promise<JsonObject | undefined> {
    const row = this.workspace.tables[kind]?.row(id);
    return row && jsonCopy(row.record);
  }

  /** What the position says of the records, as far as they say it still. */
  #known(): Change[] {
    return this.#rows().flatMap(({ kind, id, row }) =>
      row.version <= (this.#since[kind] ?? 0)
        ? { type: "known" as const, kind, id, data: jsonCopy(row.record) }
        : []
    );
  }

  *#snapshots(): Generator<FeedBatch> {
    const { snapshots: at } = this.#begun;
    const kinds = this.#kinds.filter((kind) => this.#since[kind] === undefined);
    const { from, last } = at !== undefined && kinds.every((kind) => at.kinds.includes(kind))
      ? at
      : { from: this.workspace.count.last, last: undefined };
    const records = this.#rows().flatMap(({ kind, id, row: { made, record } }) => {
      if (!kinds.includes(kind) || made > from) return [];
      return { creation: creationOf(kind, id, jsonCopy(record)), record };
    }).sort((a, b) => byCreation(a.creation, b.creation));
    for (const { creation, record } of records) {
      if (last !== undefined && byCreation(creation, last) <= 0) continue;
      const { kind, id } = creation;
      yield {
        changes: [{ type: "snapshot", kind, id, data: jsonCopy(record) }],
        position: [
          JSON.stringify({ ...this.#reached, snapshots: { kinds, from, last: creation } }),
        ],
        caughtUp: false,
      };
    }
    this.#since = { ...this.#since, ...Object.fromEntries(kinds.map((kind) => [kind, from])) };
    if (kinds.length > 0) {
      yield { changes: [], position: [JSON.stringify(this.#reached)], caughtUp: false };
    }
  }

  /** All that is new, in order. */
  #pending(): Pending[] {
    const pending = this.#rows().flatMap(({ kind, id, row }) =>
      this.#pendingOf(kind, id, row) ?? []
    );
    for (const kind of this.#kinds) {
      const table = this.workspace.tables[kind];
      const since = this.#since[kind] ?? 0;
      for (const id of table?.goneIds ?? []) {
        const gone = table?.gone(id);
        if (gone === undefined || gone.version <= since || gone.made > since) continue;
        const data = jsonCopy(gone.record);
        if (!table?.has(id)) {
          pending.push({ change: { type: "removed", kind, id, data }, touched: gone.version });
        }
      }
    }
    return pending.sort((a, b) => a.touched - b.touched);
  }

  #pendingOf(kind: RecordKind, id: string, row: Row<object>): Pending | undefined {
    const since = this.#since[kind] ?? 0;
    const { touched, version, record } = row;
    if (touched <= since) return undefined;
    const gone = this.workspace.tables[kind]?.gone(id);
    const wasThere = row.made <= since ||
      gone !== undefined && gone.made <= since && gone.version > since;
    const type = version <= since ? "known" : wasThere ? "modified" : "added";
    return { change: { type, kind, id, data: jsonCopy(record) }, touched };
  }

  #isNewest({ change: { kind, id, type }, touched }: Pending): boolean {
    const row = this.workspace.tables[kind]?.row(id);
    return type === "removed" ? row === undefined : row?.touched === touched;
  }

  #batch(pending: readonly Pending[]): FeedBatch {
    const last = pending.at(-1)?.touched;
    if (last === undefined) return { changes: [], position: [], caughtUp: false };
    this.#since = { ...this.#since };
    for (const kind of this.#kinds) {
      this.#since[kind] = Math.max(last, this.#since[kind] ?? 0);
    }
    const changes = pending.map(({ change }) => change);
    return { changes, position: [JSON.stringify(this.#reached)], caughtUp: false };
  }

  get #reached(): Reached {
    return { since: this.#since };
  }

  #rows(): { kind: RecordKind; id: string; row: Row<object> }[] {
    return this.#kinds.flatMap((kind) => {
      const table = this.workspace.tables[kind];
      return (table?.ids ?? []).flatMap((id) => {
        const row = table?.row(id);
        return row === undefined ? [] : { kind, id, row };
      });
    });
  }
}

function readLine(line: string): Reached | undefined {
  const value = parseObject(line);
  if (!isObject(value?.["since"])) return undefined;
  const reached = value as unknown as Reached;
  const { snapshots } = reached;
  if (snapshots === undefined) return reached;
  // What came before all others is no number in JSON.
  const last = { ...snapshots.last, at: snapshots.last.at ?? -Infinity };
  return { ...reached, snapshots: { ...snapshots, last } };
}
