/** The order in which records came to be. */
import type { JsonObject } from "../json.ts";
import { parseTime } from "../time.ts";
import { RECORD_KINDS, type RecordKind } from "./event.ts";

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

/** A record's place among all others. */
export interface Creation {
  readonly kind: RecordKind;
  readonly id: string;
  /** Milliseconds since 1970; what does not say so comes first. */
  readonly at: number;
}

/** When a record was created. */
export function creationOf(kind: RecordKind, id: string, data: JsonObject): Creation {
  return { kind, id, at: parseTime(data[CREATED[kind]]) ?? -Infinity };
}

/** The oldest first; of one instant by kind and id. */
export function byCreation(a: Creation, b: Creation): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  if (a.kind !== b.kind) return RECORD_KINDS.indexOf(a.kind) - RECORD_KINDS.indexOf(b.kind);
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
