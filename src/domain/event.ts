/** Events of the stream and the kinds of records that they speak of. */
import type { JsonObject } from "./json.ts";

/** A kind of record, as it stands in events. */
export type RecordKind =
  | "reservation"
  | "intent"
  | "release"
  | "heartbeat"
  | "task"
  | "claim"
  | "dependency";

/** Each kind with its plural, which is also its folder. */
export const FOLDERS: Readonly<Record<RecordKind, string>> = {
  reservation: "reservations",
  intent: "intents",
  release: "releases",
  heartbeat: "heartbeats",
  task: "tasks",
  claim: "claims",
  dependency: "dependencies",
};

/** All kinds, in the order in which snapshots are told. */
export const RECORD_KINDS = Object.keys(FOLDERS) as readonly RecordKind[];

/** The kind that a word names, singular or plural. */
export function kindOfWord(word: string): RecordKind | undefined {
  return RECORD_KINDS.find((kind) => kind === word || FOLDERS[kind] === word);
}

/** What happened to a record. */
export type EventType = "snapshot" | "added" | "modified" | "removed" | "expired";

/** One line of the stream. */
export interface WatchEvent {
  /** The version of coord that told it. */
  readonly schema_version: string;
  /** What happened. */
  readonly event_type: EventType;
  /** The kind of record that it happened to. */
  readonly kind: RecordKind;
  /** The record's id; a claim has its task's. */
  readonly id: string;
  /** When it was told, ISO 8601 UTC. */
  readonly timestamp: string;
  /** The record; for `removed` as it was last seen. */
  readonly data: JsonObject;
}
