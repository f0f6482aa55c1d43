/**
 * Where a consumer of the feed in memory is.
 *
 * All changes are numbered, so a consumer that has caught up is at a number for each kind: what has a
 * greater one is news. On the way there a number does not say what was given, since a record may change
 * or go before its turn. So until the consumer has caught up, its position names what it was given.
 */
import { isObject, parseObject } from "../../domain/json.ts";
import type { Creation } from "../../domain/watch/creation.ts";
import type { RecordKind } from "../../domain/watch/event.ts";
import type { RecordName } from "../../ports/feed.ts";

/** The number up to which a consumer knows each kind. */
export type Since = Partial<Record<RecordKind, number>>;

/** A record that was given beyond that, and the number of its change. */
export type Given = readonly [kind: RecordKind, id: string, touched: number];

/** Snapshots that are being given: of these kinds, as of this number, and the last that was. */
export interface SnapshotsAt {
  readonly kinds: readonly RecordKind[];
  readonly from: number;
  readonly last: Creation;
}

export class Position {
  since: Since = {};
  snapshots: SnapshotsAt | undefined;
  readonly #given = new Map<string, Given>();

  /** Takes in a line, whole or of what was given; `false` when it is neither. */
  read(line: string): boolean {
    const value = parseObject(line);
    if (value === undefined || !Array.isArray(value["given"])) return false;
    if (isObject(value["since"])) {
      this.reach(value["since"] as unknown as Since);
      const snapshots = value["snapshots"] as unknown as SnapshotsAt | undefined;
      // What came before all others is no number in JSON.
      this.snapshots = snapshots &&
        { ...snapshots, last: { ...snapshots.last, at: snapshots.last.at ?? -Infinity } };
    }
    for (const given of value["given"] as unknown as readonly Given[]) this.give(given);
    return true;
  }

  /** All of it in one line. */
  get lines(): readonly string[] {
    const { since, snapshots } = this;
    return [JSON.stringify({ since, given: [...this.#given.values()], snapshots })];
  }

  /** Notes that a record was given; the line that says so. */
  give(given: Given): string {
    this.#given.set(`${given[0]} ${given[1]}`, given);
    return JSON.stringify({ given: [given] });
  }

  /** The number up to which a record is known. */
  upTo({ kind, id }: RecordName): number {
    return this.#given.get(`${kind} ${id}`)?.[2] ?? this.since[kind] ?? 0;
  }

  /** Whether a number for each kind says all of it. */
  get isPlain(): boolean {
    return this.snapshots === undefined && this.#given.size === 0;
  }

  /** Notes that all up to these numbers was given. */
  reach(since: Since): void {
    this.since = since;
    this.snapshots = undefined;
    this.#given.clear();
  }
}
