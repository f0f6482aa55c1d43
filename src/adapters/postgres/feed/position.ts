/**
 * Where a consumer of the feed is.
 *
 * Of each kind it has been given what one snapshot of the data base sees, and beyond that the records
 * which it names, each as a transaction wrote it. A row that several transactions have written has the
 * last one's number, which need not be the highest: so numbers are compared for being the same.
 *
 * Of lanes it has read the journal up to an entry. What it knows of the leases that were live then stands
 * in full, since the journal does not say what a lease was when it ended.
 */
import { isObject, type JsonObject, parseObject } from "../../../domain/json.ts";
import { RECORD_KINDS, type RecordKind } from "../../../domain/watch/event.ts";
import type { RecordName } from "../../../ports/feed.ts";
import { Snapshot } from "./snapshot.ts";

/** A record as it was given: who had written or, if it is not there, removed it. */
interface Given extends RecordName {
  readonly by: number;
  readonly isThere: boolean;
}

export class Position {
  /** Of which store it is, and of which of its lives. */
  origin: string | undefined;
  readonly since: Map<RecordKind, Snapshot> = new Map();
  readonly #given = new Map<string, Given>();
  /** The number of the last entry of the journal; `undefined` where leases were not given yet. */
  entry: number | undefined;
  /** The leases that the consumer knows, by their ids. */
  readonly leases: Map<string, JsonObject> = new Map();

  /** Takes in a line; `false` when it is none. */
  read(text: string): boolean {
    const line = parseObject(text);
    if (line === undefined) return false;
    const { origin, since, given, lane, data, entry } = line;
    if (typeof lane === "string") {
      if (isObject(data)) this.leases.set(lane, data);
      else this.leases.delete(lane);
      return true;
    }
    if (typeof entry === "number") {
      this.entry = entry;
      return true;
    }
    if (!Array.isArray(given)) return false;
    if (typeof origin === "string" && isObject(since)) {
      if (origin !== this.origin) this.clear(origin);
      this.#given.clear();
      for (const kind of RECORD_KINDS) {
        const snapshot = Snapshot.parse(since[kind]);
        if (snapshot !== undefined) this.since.set(kind, snapshot);
      }
    }
    for (const each of given) {
      const [kind, id, by, isThere] = each as unknown as [RecordKind, string, number, boolean];
      this.give({ kind, id, by, isThere });
    }
    return true;
  }

  /** All but what it says of lanes. */
  get head(): string {
    const since = Object.fromEntries([...this.since].map(([kind, { text }]) => [kind, text]));
    const given = [...this.#given.values()].map(fieldsOf);
    return JSON.stringify({ origin: this.origin, since, given });
  }

  get lines(): string[] {
    const leases = [...this.leases].map(([id, data]) => leaseLine(id, data));
    return [this.head, ...leases, ...this.entry === undefined ? [] : [entryLine(this.entry)]];
  }

  /** Forgets all: it is about another store. */
  clear(origin: string): void {
    this.origin = origin;
    this.#given.clear();
    for (const kind of RECORD_KINDS) this.forget(kind);
  }

  /** Forgets where the consumer is in a kind, which begins again. */
  forget(kind: RecordKind): void {
    this.since.delete(kind);
    if (kind !== "lane") return;
    this.leases.clear();
    this.entry = undefined;
  }

  /** The snapshots up to which these kinds were given. */
  seen(kinds: Iterable<RecordKind>): Snapshot[] {
    return [...kinds].flatMap((kind) => this.since.get(kind) ?? []);
  }

  /** Notes that a record was given; the line that says so. */
  give(given: Given): string {
    this.#given.set(keyOf(given), given);
    return JSON.stringify({ given: [fieldsOf(given)] });
  }

  /** The same of a lease, which is gone if it says nothing. */
  giveLease(id: string, data: JsonObject | undefined): string {
    if (data === undefined) this.leases.delete(id);
    else this.leases.set(id, data);
    return leaseLine(id, data);
  }

  /** Notes that announcements up to an entry were given. */
  reachEntry(number: number): string {
    this.entry = number;
    return entryLine(number);
  }

  givenOf(name: RecordName): Given | undefined {
    return this.#given.get(keyOf(name));
  }

  /** Notes that all of these kinds was given that a snapshot sees. */
  reach(kinds: Iterable<RecordKind>, snapshot: Snapshot): void {
    for (const kind of kinds) this.since.set(kind, snapshot);
    for (const [key, { kind, by }] of this.#given) {
      if (this.since.get(kind)?.sees(by)) this.#given.delete(key);
    }
  }
}

function leaseLine(lane: string, data: JsonObject | undefined): string {
  return JSON.stringify({ lane, data });
}

function entryLine(entry: number): string {
  return JSON.stringify({ entry });
}

function fieldsOf({ kind, id, by, isThere }: Given) {
  return [kind, id, by, isThere] as const;
}

function keyOf({ kind, id }: RecordName): string {
  return `${kind} ${id}`;
}
