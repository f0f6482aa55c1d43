/** What was there when a run started, in the order in which it came to be. */
import type { JsonObject } from "../../../domain/json.ts";
import { byCreation, type Creation, creationOf } from "../../../domain/watch/creation.ts";
import type { RecordKind } from "../../../domain/watch/event.ts";
import type { FoundChange, Seen } from "./seen.ts";

/** Keeps the names of records alone, since what they say is in the table of what was seen. */
export class Snapshots {
  readonly #waiting: Creation[] = [];

  constructor(readonly seen: Seen) {}

  add(kind: RecordKind, id: string, data: JsonObject): void {
    this.#waiting.push(creationOf(kind, id, data));
  }

  /** All of them, the oldest first; of one instant by kind and id. */
  *inOrder(): Generator<FoundChange> {
    for (const { kind, id } of this.#waiting.sort(byCreation)) {
      const record = this.seen.record(kind, id);
      if (record !== undefined) yield { type: "snapshot", kind, id, ...record };
    }
  }
}
