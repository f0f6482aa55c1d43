/** What was there when a run started, in the order in which it came to be. */
import { byCreation, type Creation, creationOf } from "../../../domain/watch/creation.ts";
import type { FoundChange, Seen } from "./seen.ts";

/** Characters of records that are kept as they were read; of more they are read from their texts again. */
const KEPT = 2 ** 22;

/** A record that waits, with what was found where that is kept. */
interface Snapshot extends Creation {
  readonly found: FoundChange | undefined;
}

/** Keeps the names of most records alone, since what they say is in the table of what was seen. */
export class Snapshots {
  readonly #waiting: Snapshot[] = [];
  #kept = 0;

  constructor(readonly seen: Seen) {}

  /** Takes in what was found, and says so: it is given with all others. */
  add(found: FoundChange): true {
    const { kind, id, data, text = "" } = found;
    this.#kept += text.length;
    const isKept = found.type === "snapshot" && this.#kept <= KEPT;
    this.#waiting.push({ ...creationOf(kind, id, data), found: isKept ? found : undefined });
    return true;
  }

  /** All of them, up to `count` at once, the oldest first; of one instant by kind and id. */
  *inOrder(count: number): Generator<FoundChange[]> {
    const waiting = this.#waiting.sort(byCreation);
    for (let at = 0; at < waiting.length; at += count) {
      yield waiting.slice(at, at + count).flatMap(({ kind, id, found }) => {
        if (found !== undefined) return found;
        const record = this.seen.record(kind, id);
        return record === undefined ? [] : { type: "snapshot" as const, kind, id, ...record };
      });
    }
  }
}
