/** Events of the stream and the kinds of records that they speak of. */
import type { JsonObject } from "../json.ts";
import type { Lease } from "../lane/lease.ts";
import type {
  HeartbeatRecord,
  IntentRecord,
  ReleaseRecord,
  ReservationRecord,
} from "../reservation/reservation.ts";
import type { ClaimRecord } from "../task/claim.ts";
import type { TaskRecord, TaskStatus } from "../task/task.ts";

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

/** All kinds, in the order in which snapshots of one instant are emitted. */
export const RECORD_KINDS = Object.keys(FOLDERS) as readonly RecordKind[];

/** The kinds whose records are files of their own; the journal says what lanes there are. */
export const FILED_KINDS: readonly RecordKind[] = RECORD_KINDS.filter((kind) => kind !== "lane");

/** The kind that a word names, singular or plural. */
export function kindOfWord(word: string): RecordKind | undefined {
  return RECORD_KINDS.find((kind) => kind === word || FOLDERS[kind] === word);
}

/** What happened to a record; `expiring` comes only to the run that holds it. */
export type WatchEventType = "snapshot" | "added" | "modified" | "removed" | "expired" | "expiring";

/** What happened to a lane, or what an entry of its journal announces. */
export type LaneEventOp = "acquired" | "adopted" | "released" | "expired" | "spawned" | "halted";

/**
 * A lane in an event: its lease, and `op`. `expired` stands for no sign of life in time, and for an
 * eviction after that. Of an announced run (`spawned`) or the announced end of one (`halted`) it is the
 * entry of the journal, which has fields of its own.
 */
export type LaneEventData =
  & {
    /** What happened. */
    readonly op: LaneEventOp;
  }
  & Partial<Lease>
  & {
    /** Of `halted`: what should stop. */
    readonly handle?: string;
    /** Of `halted`: how to stop it. */
    readonly command?: string;
    /** Of an announcement: for people. */
    readonly reason?: string;
  };

/** A reservation in an event; `expires_at` is the end that its heartbeats give it. */
export interface ReservationEventData extends Partial<ReservationRecord> {
  /** Where it stands; not with `removed`. */
  readonly status?: "live" | "expired" | "released";
}

/** A task in an event. */
export interface TaskEventData extends Partial<TaskRecord> {
  /** Where it stands; not with `removed`. */
  readonly status?: TaskStatus;
}

/** A claim in an event. */
export interface ClaimEventData extends Omit<ClaimRecord, "status"> {
  /** Where it stands; `timed_out` when its visibility timeout has passed. */
  readonly status: ClaimRecord["status"] | "timed_out";
}

/**
 * The data of an event by the kind of its record: the record as its file has it, with where it stands
 * now. Other tools may leave fields out of their records.
 */
export interface WatchEventData {
  /** A reservation. */
  readonly reservation: ReservationEventData;
  /** An intent. */
  readonly intent: Partial<IntentRecord>;
  /** The end of a reservation. */
  readonly release: Partial<ReleaseRecord>;
  /** A sign of life of a reservation. */
  readonly heartbeat: Partial<HeartbeatRecord>;
  /** A task's definition. */
  readonly task: TaskEventData;
  /** The newest state of a claim. */
  readonly claim: ClaimEventData;
  /** A record of another tool. */
  readonly dependency: JsonObject;
  /** A lease or an announcement. */
  readonly lane: LaneEventData;
}

/** One line of the stream, about a record of one kind. */
export interface WatchEventOf<K extends RecordKind> {
  /** The version of coord that emitted it. */
  readonly schema_version: string;
  /** What happened. */
  readonly event_type: WatchEventType;
  /** The kind of record that it happened to. */
  readonly kind: K;
  /** The record's id; a claim has its task's, and a lane its name and its `loop_ts`. */
  readonly id: string;
  /** When it was emitted, ISO 8601 UTC. */
  readonly timestamp: string;
  /** The record; for `removed` as it was last seen. */
  readonly data: WatchEventData[K];
}

/** A line of the stream that is about no record. */
export interface WatchPulse {
  /** The version of coord that emitted it. */
  readonly schema_version: string;
  /** `synced`: all that was there, or had changed, was emitted. `tick`: the stream is alive. */
  readonly event_type: "synced" | "tick";
  /** When it was emitted, ISO 8601 UTC. */
  readonly timestamp: string;
  /** There is none. */
  readonly kind?: undefined;
  /** There is none. */
  readonly id?: undefined;
  /** There are none. */
  readonly data?: undefined;
}

/** A line of the stream about a record; its `kind` says what its `data` is. */
export type RecordEvent = { [K in RecordKind]: WatchEventOf<K> }[RecordKind];

/** One line of the stream. */
export type WatchEvent = RecordEvent | WatchPulse;
