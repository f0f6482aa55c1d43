/** What was there when a run started, in the order in which it came to be. */
import { byCreation, type Creation, creationOf } from "../../../domain/watch/creation.ts";
import type { FoundChange, Seen } from "./seen.ts";

/** Keeps the names of records alone, since what they say is in the table of what was seen. */
export class Snapshots {
  readonly #waiting: Creation[] = [];

  constructor(readonly seen: Seen) {}

  /** Takes in what was found, and says so: it is given with all others. */
  add({ kind, id, data }: FoundChange): true {
    this.#waiting.push(creationOf(kind, id, data));
    return true;
  }

  /** All of them, up to `count` at once, the oldest first; of one instant by kind and id. */
  *inOrder(count: number): Generator<FoundChange[]> {
    const waiting = this.#waiting.sort(byCreation);
    for (let at = 0; at < waiting.length; at += count) {
      yield waiting.slice(at, at + count).flatMap(({ kind, id }) => {
        const record = this.seen.record(kind, id);
        return record === undefined ? [] : { type: "snapshot" as const, kind, id, ...record };
      });
    }
  }
}
