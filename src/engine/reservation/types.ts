/** Inputs and answers of the operations on reservations. */
import type { Refusal } from "../refusal.ts";
import { addresses, recordProblems } from "../../domain/reservation/addresses.ts";
import { type NamesField, NAMING, type NamingInput } from "../names.ts";
import { type HoldRemarks, type Progress, progress } from "../../domain/input/progress.ts";
import type { HoldConflict, ReservationConflict } from "../../domain/glob/holds/comparison.ts";
import * as fields from "../../domain/input/fields.ts";
import * as reservationFields from "../../domain/reservation/fields.ts";
import type {
  IntentRecord,
  ReservationOperation,
  ReservationRecord,
} from "../../domain/reservation/reservation.ts";

/** What to reserve, and as whom. */
export interface ReservationInput extends NamingInput {
  /** 1 to 1000 addresses: `path`, `path::symbol`, or globs in either part. */
  readonly addresses: readonly string[];
  /** Who reserves, default `unknown`; an exclusive reservation needs to know. */
  readonly runId?: string;
  /** Seconds until it ends unless extended, 1 to 31536000, default the team's or 3600. */
  readonly ttl?: number;
  /** What the agent is about to do. */
  readonly operation?: ReservationOperation;
  /** The branch that it works on; default `$COORD_BRANCH`, else the checkout's. */
  readonly branch?: string;
  /** Reserve only if no live exclusive reservation and no live lane of another agent overlaps. */
  readonly exclusive?: boolean;
  /** What to say of it, one line of at most 256 characters, for others to read. */
  readonly note?: string;
  /**
   * Extend the caller's own reservation that holds all of the addresses, exclusively if that is asked
   * for, and make none then.
   */
  readonly renew?: boolean;
  /**
   * With `exclusive`: nor any notice. Of a notice that comes at the same moment it may not hear.
   */
  readonly strict?: boolean;
  /** With `exclusive`: seconds to wait while others are in the way, 0 to 3600, default 0. */
  readonly wait?: number;
  /** The session or subagent for which a hook makes it, such as `claude:7f3a`; it ends with that. */
  readonly auto?: string;
  /** Ends the call: it throws the signal's reason, and what was reserved is released. */
  readonly signal?: AbortSignal;
}

/** What to hold, and as whom: a hold sends heartbeats, so that an agent must be named. */
export interface ReservationHoldInput extends Omit<ReservationInput, "renew"> {
  /** Who reserves. */
  readonly runId: string;
}

/** Which reservation, and who acts on it. */
export interface ReservationActorInput {
  /** The reservation's id, or a unique prefix of at least 6 hex digits. */
  readonly id: string;
  /** Who acts. */
  readonly runId: string;
}

/** Which reservation to keep, for how long, and what to say of it. */
export interface ReservationHeartbeatInput extends ReservationActorInput, HoldRemarks {
  /** Seconds from now, 1 to 31536000, default as long as it was made for. */
  readonly extension?: number;
  /** Refuse unless this is the fence of the exclusive reservation. */
  readonly fence?: number;
}

/** Which reservation to end. */
export interface ReservationReleaseInput extends ReservationActorInput {
  /** `completed` (the default), `cancelled`, `superseded`, or at most 256 characters on one line. */
  readonly reason?: string;
  /** Also another agent's. */
  readonly force?: boolean;
}

/** What an agent means to do. */
export interface IntentInput extends NamingInput {
  /** 1 to 1000 addresses, as of a reservation. */
  readonly addresses: readonly string[];
  /** What it is going to do with them. */
  readonly operation: ReservationOperation;
  /** For people; at most 4096 characters. */
  readonly detail?: string;
  /** The reservation that it belongs to: its id, or a unique prefix of at least 6 hex digits. */
  readonly reservationId?: string;
  /** Who means it, default `unknown`. */
  readonly runId?: string;
  /** Default `$COORD_BRANCH`, else the checkout's. */
  readonly branch?: string;
}

/** What to list. */
export interface ReservationListInput {
  /** Only these; default both. */
  readonly kind?: "reservation" | "intent";
  /** Only this agent's. */
  readonly runId?: string;
  /** Only those of this branch. */
  readonly branch?: string;
  /** Also what has ended. */
  readonly all?: boolean;
  /** Of `runId`, its session and its subagents, which count as one. */
  readonly mine?: boolean;
}

/** What overlaps a reservation; of an exclusive one that is written only notices do. */
export interface ReservationConflicts {
  /** The first 100. What there was no time to compare is among them, `unsure`. */
  readonly conflicts: readonly HoldConflict[];
  /** How many there are in all. */
  readonly conflicts_total: number;
  /** False when there was no time to count them all: then the number is a lower bound. */
  readonly conflicts_counted: boolean;
}

/** A reservation that was written. */
export type ReservationGranted = ReservationRecord & ReservationConflicts & HoldRemarks & {
  /** It was written, or extended. */
  readonly status: "reserved";
  /** Of an exclusive one: fencing token, which grows with every grant. */
  readonly fence?: number;
  /** It was there already, and was extended. */
  readonly renewed?: true;
};

/** An exclusive reservation that was not written, because others overlap it. */
export interface ReservationDenied extends ReservationConflicts, Refusal<"conflict"> {}

/**
 * A refusal: another agent reserved it, it was released, it is exclusive and has lapsed, or its fence is
 * another.
 */
export interface ReservationRefused
  extends Refusal<"not_holder" | "already_released" | "expired" | "stale_fence">, HoldRemarks {
  /** The reservation. */
  readonly reservation_id: string;
  /** Who holds it, or who released it. */
  readonly run_id?: string;
  /** Since when it is held, ISO 8601 UTC. */
  readonly since?: string;
  /** When it ends, or one that has lapsed ended, ISO 8601 UTC. */
  readonly expires_at?: string;
  /** The fence that it has. */
  readonly fence?: number;
  /** When it was released. */
  readonly released_at?: string;
  /** Why it was released. */
  readonly reason?: string;
  /** The live exclusive reservations of other agents that have the place of one that has lapsed. */
  readonly conflicts?: readonly ReservationConflict[];
}

/** What the heartbeat of a reservation answers. */
export interface ReservationHeartbeat {
  /** The reservation continues. */
  readonly status: "ok";
  /** The reservation. */
  readonly reservation_id: string;
  /** Who holds it. */
  readonly run_id: string;
  /** ISO 8601 UTC. */
  readonly last_beat_at: string;
  /** When the reservation ends now, ISO 8601 UTC: a heartbeat never takes time away. */
  readonly expires_at: string;
  /** The same. */
  readonly extended_expires_at: string;
  /** Seconds that were asked for. */
  readonly ttl_extended_seconds: number;
  /** Of an exclusive one: its fencing token. */
  readonly fence?: number;
  /** What its holder says of it. */
  readonly note?: string;
  /** How far the work is. */
  readonly progress?: Progress;
}

/** A reservation that was ended. */
export interface ReservationReleased {
  /** It has ended. */
  readonly status: "released";
  /** The reservation. */
  readonly reservation_id: string;
  /** Who released it. */
  readonly run_id: string;
  /** ISO 8601 UTC. */
  readonly released_at: string;
  /** Why. */
  readonly reason: string;
}

/** A reservation in a listing. */
export type ReservationItem = ReservationRecord & HoldRemarks & {
  /** Where it stands. */
  readonly status: "live" | "expired" | "released";
  /** When it ends or ended, its heartbeats counted, ISO 8601 UTC. */
  readonly expires_at: string;
  /** The last heartbeat, null when there was none. */
  readonly last_beat_at: string | null;
  /** When it was released, null unless it was. */
  readonly released_at: string | null;
  /** Why it was released, null unless it was. */
  readonly reason: string | null;
};

/** An intent in a listing. */
export type IntentItem = IntentRecord & {
  /** As long as its reservation; without one an hour. */
  readonly status: "live" | "ended";
};

/** What a listing answers; both sorted by creation. */
export interface ReservationList {
  /** How many are listed. */
  readonly total: number;
  /** How many of them are live. */
  readonly live: number;
  /** The reservations that match. */
  readonly reservations: readonly ReservationItem[];
  /** The intents that match. */
  readonly intents: readonly IntentItem[];
}

/** Where an input has its addresses. */
export const ADDRESSES: NamesField = {
  field: "addresses",
  kind: "address",
  together: recordProblems,
};

const RESERVE = {
  addresses,
  ...NAMING,
  runId: fields.identifier,
  ttl: reservationFields.reservationTtl,
  operation: reservationFields.operation,
  branch: fields.identifier,
  exclusive: fields.anything,
  note: fields.note,
  strict: fields.anything,
  wait: fields.wait,
  auto: fields.identifier,
  signal: fields.anything,
} as const;

/** The fields of a hold's input: it must name its holder. */
const HOLD = { ...RESERVE, runId: fields.holderId } as const;

/** The fields of an input that locks or renews: it must name its holder as well. */
export const EXCLUSIVE = { ...HOLD, renew: fields.anything } as const;

/** The fields of each operation's input, for the library and the command line alike. */
export const RESERVATION_INPUTS = {
  reserve: { ...RESERVE, renew: fields.anything },
  hold: HOLD,
  heartbeat: {
    id: fields.recordId,
    runId: fields.identifier,
    extension: fields.extension,
    fence: fields.fence,
    note: fields.note,
    progress,
  },
  release: {
    id: fields.recordId,
    runId: fields.identifier,
    reason: fields.reason,
    force: fields.anything,
  },
  intent: {
    addresses,
    ...NAMING,
    operation: reservationFields.operation,
    detail: fields.detail,
    reservationId: fields.recordId,
    runId: fields.identifier,
    branch: fields.identifier,
  },
  list: {
    kind: reservationFields.reservationKind,
    runId: fields.identifier,
    branch: fields.identifier,
    all: fields.anything,
    mine: fields.anything,
  },
} as const;
