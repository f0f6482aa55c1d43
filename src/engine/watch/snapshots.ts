/** What was there when a stream started, in the order in which it came to be. */
import { RECORD_KINDS, type RecordKind } from "../../domain/watch/event.ts";
import type { JsonObject } from "../../domain/json.ts";
import { parseTime } from "../../domain/time.ts";
import type { Change, Seen } from "./seen.ts";

/** The field that says when a record of a kind was created. */
const CREATED: Readonly<Record<RecordKind, string>> = {
  reservation: "created_at",
  intent: "created_at",
  release: "released_at",
  heartbeat: "last_beat_at",
  task: "created_at",
  claim: "claimed_at",
  dependency: "created_at",
  lane: "acquired_at",
};

interface Waiting {
  readonly type: "snapshot" | "none";
  readonly kind: RecordKind;
  readonly id: string;
  /** Milliseconds since 1970; what does not say so comes first. */
  readonly at: number;
}

/** Keeps the names of records alone, since what they say is in the table of what was seen. */
export class Snapshots {
  readonly #waiting: Waiting[] = [];

  /** @param type What becomes of each record: `none` is not emitted. */
  constructor(readonly seen: Seen, readonly type: "snapshot" | "none") {}

  add(kind: RecordKind, id: string, data: JsonObject): void {
    const at = parseTime(data[CREATED[kind]]) ?? -Infinity;
    this.#waiting.push({ type: this.type, kind, id, at });
  }

  /** All of them, the oldest first; of one instant by kind and id. */
  *inOrder(): Generator<Change> {
    for (const { type, kind, id } of this.#waiting.sort(byCreation)) {
      const record = this.seen.record(kind, id);
      if (record !== undefined) yield { type, kind, id, ...record };
    }
  }
}

function byCreation(a: Waiting, b: Waiting): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  if (a.kind !== b.kind) return RECORD_KINDS.indexOf(a.kind) - RECORD_KINDS.indexOf(b.kind);
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
