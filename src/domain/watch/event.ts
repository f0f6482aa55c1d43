/** Events of the stream and the kinds of records that they speak of. */
import type { JsonObject } from "../json.ts";

/** A kind of record, as it stands in events. */
export type RecordKind =
  | "reservation"
  | "intent"
  | "release"
  | "heartbeat"
  | "task"
  | "claim"
  | "dependency"
  | "lane";

/** Each kind with its plural, which is also its folder. */
export const FOLDERS: Readonly<Record<RecordKind, string>> = {
  reservation: "reservations",
  intent: "intents",
  release: "releases",
  heartbeat: "heartbeats",
  task: "tasks",
  claim: "claims",
  dependency: "dependencies",
  lane: "lanes",
};

/** All kinds, in the order in which snapshots are emitted. */
export const RECORD_KINDS = Object.keys(FOLDERS) as readonly RecordKind[];

/** The kinds whose records are files of their own; the journal says what lanes there are. */
export const FILED_KINDS: readonly RecordKind[] = RECORD_KINDS.filter((kind) => kind !== "lane");

/** The kind that a word names, singular or plural. */
export function kindOfWord(word: string): RecordKind | undefined {
  return RECORD_KINDS.find((kind) => kind === word || FOLDERS[kind] === word);
}

/** What happened to a record. */
export type WatchEventType = "snapshot" | "added" | "modified" | "removed" | "expired";

/** One line of the stream. */
export interface WatchEvent {
  /** The version of coord that emitted it. */
  readonly schema_version: string;
  /** What happened. */
  readonly event_type: WatchEventType;
  /** The kind of record that it happened to. */
  readonly kind: RecordKind;
  /** The record's id; a claim has its task's, and a lane its name and its `loop_ts`. */
  readonly id: string;
  /** When it was emitted, ISO 8601 UTC. */
  readonly timestamp: string;
  /**
   * The record; for `removed` as it was last seen. Of a lane, its lease and `op`: `acquired`,
   * `adopted`, `released`, `expired` (no sign of life in time, or evicted for that), or the entry that
   * announces a run (`spawned`) or the end of one (`halted`).
   */
  readonly data: JsonObject;
}
