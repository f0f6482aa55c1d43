/**
 * What a stream has emitted so far: the version and the text of every record. It alone decides
 * whether something that was found is news, so that looking twice emits nothing twice.
 */
import type { RecordKind } from "../../../domain/watch/event.ts";
import { type JsonObject, readObject } from "../../../domain/json.ts";
import type { Change, RecordName } from "../../../ports/feed.ts";
import type { Warn } from "../../../ports/warnings.ts";
import type { RecordLook } from "./records.ts";

/** A change with the version that was found, as JSON text too; of what is removed there is neither. */
export interface FoundChange extends Change {
  readonly version?: string;
  readonly text?: string;
  /** It says this for good, and a position need not name it any more. */
  readonly isOver?: boolean;
}

/** One record as it was emitted. */
interface SeenRecord {
  /** `undefined` while nothing but a broken file was ever seen. */
  readonly version: string | undefined;
  /** The record as JSON text, which is smaller than the object. */
  readonly text: string;
}

interface Entry extends SeenRecord {
  version: string | undefined;
  text: string;
  /** Of a claim: the number of its transition. */
  order: number;
  /** The version of what is broken under the record's name. */
  broken: string | undefined;
  /** The comparison that met it last. */
  round: number;
}

interface Broken extends RecordName {
  problem: string;
  spared: boolean;
  warned: boolean;
}

export class Seen {
  readonly #kinds = new Map<RecordKind, Map<string, Entry>>();
  readonly #broken = new Map<string, Broken>();

  constructor(readonly warn: Warn) {}

  /** Takes in what an earlier stream emitted. */
  restore(kind: RecordKind, id: string, version: string, data: JsonObject): void {
    this.#put(kind, id, version, data);
  }

  /** A record as it was emitted last. */
  data(kind: RecordKind, id: string): JsonObject | undefined {
    return this.record(kind, id)?.data;
  }

  /** The same with its version, and as JSON text. */
  record(
    kind: RecordKind,
    id: string,
  ): Required<Pick<FoundChange, "version" | "text" | "data">> | undefined {
    const entry = this.#entries(kind).get(id);
    if (entry?.version === undefined) return undefined;
    const { version, text } = entry;
    return { version, text, data: readObject(text) };
  }

  /** Whether a record needs no look because its kind is written once and it was emitted. */
  has(kind: RecordKind, id: string): boolean {
    const entry = this.#entries(kind).get(id);
    return entry !== undefined && entry.broken === undefined;
  }

  /** Marks a record as met by a comparison. */
  met(kind: RecordKind, id: string, round: number): void {
    const entry = this.#entries(kind).get(id);
    if (entry !== undefined) entry.round = round;
  }

  /** The records that a comparison did not meet. */
  unmet(kind: RecordKind, round: number): string[] {
    const ids: string[] = [];
    for (const [id, entry] of this.#entries(kind)) if (entry.round !== round) ids.push(id);
    return ids;
  }

  /**
   * Looks at a record and compares with what was emitted.
   *
   * @param type The event for a record that was not emitted before.
   * @param until What moved to a segment, after an end up to this instant, need not be kept.
   */
  look(
    kind: RecordKind,
    id: string,
    look: (known: string | undefined) => RecordLook,
    type: "added" | "snapshot" = "added",
    until = -Infinity,
  ): FoundChange | undefined {
    const entry = this.#entries(kind).get(id);
    let found = look(entry?.broken ?? entry?.version);
    // Whole again: the question is whether it says what it said before it broke.
    if (entry?.broken !== undefined && found.kind === "record") {
      this.#mended(kind, id, entry);
      if (entry.version !== undefined) found = look(entry.version);
    }
    switch (found.kind) {
      case "same":
        return entry === undefined ? undefined : this.#same(kind, id, entry, found);
      case "gone":
        return entry === undefined ? undefined : this.#gone(kind, id, entry, found.last);
      case "broken":
        this.#breaks(kind, id, entry, found);
        return undefined;
      case "moved":
      case "record": {
        const { version, data } = found;
        if (found.kind === "moved" && entry?.version && isSame(entry.version, version)) {
          this.#mended(kind, id, entry);
          return found.endedMs > until ? undefined : this.#over(kind, id, data);
        }
        // A claim that seems to go back is an old view that was read late.
        if (entry?.version !== undefined && orderOf(kind, data) < entry.order) return undefined;
        const known = entry?.version !== undefined;
        const text = this.#put(kind, id, version, data, found.kind === "record" && found.text);
        return { type: known ? "modified" : type, kind, id, data, version, text };
      }
    }
  }

  /** Records that are broken at the moment. */
  broken(): RecordName[] {
    return [...this.#broken.values()];
  }

  /** Whether a broken record waits for its warning. */
  get unwarned(): boolean {
    for (const broken of this.#broken.values()) if (!broken.warned) return true;
    return false;
  }

  /**
   * Reports what is broken, each record once until it is whole again. The first call for a record
   * spares it unless `all` are to be reported: another process may be writing it just now.
   */
  warnBroken(all: boolean): void {
    for (const broken of this.#broken.values()) {
      if (broken.warned) continue;
      if (all || broken.spared) {
        this.warn(broken.problem);
        broken.warned = true;
      } else broken.spared = true;
    }
  }

  #entries(kind: RecordKind): Map<string, Entry> {
    let entries = this.#kinds.get(kind);
    if (entries === undefined) this.#kinds.set(kind, entries = new Map());
    return entries;
  }

  /** The record says the same; what it says that is no news may have moved. */
  #same(
    kind: RecordKind,
    id: string,
    entry: Entry,
    { version, data }: { version?: string; data?: JsonObject },
  ): FoundChange | undefined {
    if (version === undefined) return undefined;
    if (entry.broken !== undefined) {
      entry.broken = version;
      return undefined;
    }
    const before = entry.text;
    if (data !== undefined) this.#put(kind, id, version, data);
    else entry.version = version;
    return data === undefined || entry.text === before
      ? undefined
      : { type: "known", kind, id, data };
  }

  #put(
    kind: RecordKind,
    id: string,
    version: string,
    data: JsonObject,
    made?: string | false,
  ): string {
    const entries = this.#entries(kind);
    const text = made || JSON.stringify(data);
    const order = orderOf(kind, data);
    const entry = entries.get(id);
    if (entry === undefined) entries.set(id, { version, text, order, broken: undefined, round: 0 });
    else Object.assign(entry, { version, text, order });
    return text;
  }

  #gone(
    kind: RecordKind,
    id: string,
    entry: Entry,
    last: JsonObject | undefined,
  ): FoundChange | undefined {
    this.#mended(kind, id, entry);
    this.#entries(kind).delete(id);
    if (entry.version === undefined) return undefined;
    return { type: "removed", kind, id, data: { ...readObject(entry.text), ...last } };
  }

  #over(kind: RecordKind, id: string, data: JsonObject): FoundChange {
    this.#entries(kind).delete(id);
    return { type: "known", kind, id, data, isOver: true };
  }

  #breaks(
    kind: RecordKind,
    id: string,
    entry: Entry | undefined,
    { version, problem }: { version: string; problem: string },
  ): void {
    if (entry === undefined) {
      const blank = { version: undefined, text: "", order: 0, broken: version, round: 0 };
      this.#entries(kind).set(id, blank);
    } else entry.broken = version;
    const key = `${kind}/${id}`;
    const known = this.#broken.get(key);
    if (known === undefined) {
      this.#broken.set(key, { kind, id, problem, spared: false, warned: false });
    } else known.problem = problem;
  }

  #mended(kind: RecordKind, id: string, entry: Entry): void {
    if (entry.broken === undefined) return;
    entry.broken = undefined;
    this.#broken.delete(`${kind}/${id}`);
  }
}

function orderOf(kind: RecordKind, data: JsonObject): number {
  return kind === "claim" && typeof data.transition === "number" ? data.transition : 0;
}

/** Whether two versions say the same. */
function isSame(a: string, b: string): boolean {
  return a.slice(0, a.indexOf("@")) === b.slice(0, b.indexOf("@"));
}
