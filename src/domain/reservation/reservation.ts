/**
 * Reservations: "I am about to touch this". They are notices and bind no agent, except that one
 * which was asked for as exclusive is only granted while no other agent's overlaps it.
 */
import type { HoldRemarks } from "../input/progress.ts";
import { isObject, type JsonObject, type JsonValue } from "../json.ts";
import { INTENT_TTL_S, RESERVATION_TTL_S, UNKNOWN_RUN } from "../limits.ts";
import { isAhead, parseTime, presentFrom } from "../time.ts";

/** What an agent is about to do with what it names. */
export type ReservationOperation =
  | "rename"
  | "move"
  | "modify"
  | "extract"
  | "delete"
  | "inline"
  | "split"
  | "merge";

/** All operations. */
export const OPERATIONS: readonly ReservationOperation[] = [
  "rename",
  "move",
  "modify",
  "extract",
  "delete",
  "inline",
  "split",
  "merge",
];

/** A reservation, as it lies in `reservations/`; it never changes. */
export interface ReservationRecord {
  /** `sha256:` and 64 hex digits over the canonical JSON of the other fields; Muse's are UUIDs. */
  readonly reservation_id: string;
  /** Who reserves. */
  readonly run_id: string;
  /** The branch that the agent works on. */
  readonly branch: string;
  /** The name of the linked worktree that the agent works in; absent in the main checkout. */
  readonly worktree?: string;
  /** What it is about to touch: `path`, `path::symbol`, or globs in either part. */
  readonly addresses: readonly string[];
  /** The paths among them that were files then: each is that file alone. */
  readonly files?: readonly string[];
  /** ISO 8601 UTC, like all instants here. */
  readonly created_at: string;
  /** When it ends unless a heartbeat extends it. */
  readonly expires_at: string;
  /** What it is about to do; other tools may have words of their own. */
  readonly operation: string | null;
  /** Whether it was granted only because no other agent's overlapped. */
  readonly exclusive?: boolean;
  /** What its holder said when it was made, one line. */
  readonly note?: string;
  /** The session or subagent for which a hook made it, and whose end releases it. */
  readonly auto?: string;
  /**
   * The number of the heartbeat that confirms an exclusive one: until that is there it is on its way.
   * Without it, as in version 0.1.0 and from other tools, it was confirmed when it was written.
   */
  readonly confirmation?: 1;
}

/**
 * Whether two reservations are of different checkouts of one repository: the files that one means are
 * not those of the other. Of a record that was not made by this version nothing is known.
 */
export function areApart(a: InCheckout, b: InCheckout): boolean {
  const [ours, theirs] = [checkoutOf(a), checkoutOf(b)];
  return ours !== undefined && theirs !== undefined && ours !== theirs;
}

/** What says which checkout a reservation is of. */
export type InCheckout = Pick<ReservationRecord, "worktree" | "confirmation">;

/** What says so of a worktree's name, which is empty in the main checkout. */
export function inCheckout(worktree: string): InCheckout {
  return { confirmation: 1, ...(worktree === "" ? {} : { worktree }) };
}

/** The name of a linked worktree, or nothing of the main checkout; `undefined` when it is not known. */
function checkoutOf({ worktree, confirmation }: InCheckout): string | undefined {
  return worktree ?? (confirmation === undefined ? undefined : "");
}

/** A sign of life, as it lies in `heartbeats/` under the reservation's name; it is replaced. */
export interface HeartbeatRecord extends HoldRemarks {
  /** The reservation that it keeps. */
  readonly reservation_id: string;
  /** Who holds it. */
  readonly run_id: string;
  /** ISO 8601 UTC, like all instants here. */
  readonly last_beat_at: string;
  /** When the reservation ends now. */
  readonly extended_expires_at: string;
  /** The number of this heartbeat; absent in other tools' records. */
  readonly beat?: number;
}

/** The end of a reservation, as it lies in `releases/` under the reservation's name. */
export interface ReleaseRecord {
  /** The reservation that it ends. */
  readonly reservation_id: string;
  /** Who released it. */
  readonly run_id: string;
  /** ISO 8601 UTC. */
  readonly released_at: string;
  /** `completed`, `cancelled`, `superseded`, `expired`, `conflict`, or free text. */
  readonly reason: string;
  /** False for one that ended before it was confirmed, so no agent ever held it. */
  readonly confirmed?: boolean;
}

/** What an agent means to do, as it lies in `intents/`. */
export interface IntentRecord {
  /** `sha256:` and 64 hex digits, or another tool's id. */
  readonly intent_id: string;
  /** The reservation that it belongs to, if any. */
  readonly reservation_id: string | null;
  /** Who means it. */
  readonly run_id: string;
  /** The branch that the agent works on. */
  readonly branch: string;
  /** The name of the linked worktree that the agent works in; absent in the main checkout. */
  readonly worktree?: string;
  /** What it is going to touch, as of a reservation. */
  readonly addresses: readonly string[];
  /** The paths among them that were files then: each is that file alone. */
  readonly files?: readonly string[];
  /** What it is going to do; other tools may have words of their own. */
  readonly operation: string;
  /** For people. */
  readonly detail: string;
  /** ISO 8601 UTC. */
  readonly created_at: string;
}

/** A reservation with what happened to it. */
export interface ReservationEntry {
  readonly reservation: ReservationRecord;
  readonly heartbeat: HeartbeatRecord | undefined;
  readonly release: ReleaseRecord | undefined;
  /** It is exclusive, and neither confirmed nor refused yet. */
  readonly unsettled?: true;
  /** Of an exclusive one: a number that grows with every grant; where the store looked for it. */
  readonly fence?: number;
}

/** Whether it was ever held, or is: one that is not confirmed is not shown. */
export function wasConfirmed({ unsettled, release }: ReservationEntry): boolean {
  return unsettled !== true && release?.confirmed !== false;
}

/**
 * When a reservation ends: the later of its own end and its heartbeat's, milliseconds. Where a
 * heartbeat shows that the clock was ahead when the reservation was made, the heartbeat's alone.
 */
export function effectiveExpiry({ reservation, heartbeat }: ReservationEntry): number {
  const own = parseTime(reservation.expires_at) ?? 0;
  if (heartbeat === undefined) return own;
  const end = parseTime(heartbeat.extended_expires_at) ?? 0;
  const wasAhead = isAhead(parseTime(reservation.created_at) ?? 0, lastBeat(heartbeat));
  return wasAhead ? end : Math.max(own, end);
}

function lastBeat({ last_beat_at }: HeartbeatRecord): number {
  return parseTime(last_beat_at) ?? 0;
}

/**
 * The heartbeat that counts: the one that reaches farther, unless that was made by a clock ahead.
 *
 * @param older Came before the newer one.
 */
export function farther(
  newer: HeartbeatRecord,
  older: HeartbeatRecord | undefined,
): HeartbeatRecord {
  if (older === undefined || isAhead(lastBeat(older), lastBeat(newer))) return newer;
  const end = ({ extended_expires_at: at }: HeartbeatRecord) => parseTime(at) ?? 0;
  return end(older) > end(newer) ? older : newer;
}

/** The last sign of life of a reservation. */
export function signOfLife({ reservation, heartbeat }: ReservationEntry): string {
  return heartbeat?.last_beat_at ?? reservation.created_at;
}

/** From when until when, milliseconds since 1970, one that is neither released nor unsettled is in force. */
export function liveSpan(
  entry: ReservationEntry,
): { readonly from: number; readonly until: number } {
  return { from: presentFrom(parseTime(signOfLife(entry)) ?? 0), until: effectiveExpiry(entry) };
}

/**
 * Whether a reservation is in force at `now`. One that is not confirmed is not. One whose last sign of
 * life lies ahead of the clock was made by a clock that was wrong. It would be in force until the clock
 * has come there, so it does not count.
 */
export function isLive(entry: ReservationEntry, now: number): boolean {
  if (entry.release !== undefined || entry.unsettled === true) return false;
  const { from, until } = liveSpan(entry);
  return now >= from && now < until;
}

/** Seconds that a reservation was made for, by which a heartbeat that names none extends it. */
export function reservationTtl({ created_at, expires_at }: ReservationRecord): number {
  const seconds = Math.round(((parseTime(expires_at) ?? 0) - (parseTime(created_at) ?? 0)) / 1000);
  return Math.min(Math.max(seconds, RESERVATION_TTL_S.min), RESERVATION_TTL_S.max);
}

/** When an intent that belongs to no reservation ends, milliseconds. */
export function intentExpiry({ created_at }: IntentRecord): number {
  return (parseTime(created_at) ?? 0) + INTENT_TTL_S * 1000;
}

/**
 * Reads a reservation's record. Unknown fields are kept.
 *
 * @returns The record, or what is wrong with it.
 */
export function parseReservation(value: unknown, id: string): ReservationRecord | string {
  if (!isObject(value)) return "is not a JSON object";
  const { reservation_id = id, run_id = UNKNOWN_RUN, branch = "main", operation = null } = value;
  const { addresses, created_at, expires_at } = value;
  const fields = { reservation_id, run_id, branch, addresses, created_at, expires_at, operation };
  return withoutForeign<ReservationRecord>(checked(value, fields, [
    ["reservation_id", reservation_id === id],
    ["run_id", typeof run_id === "string"],
    ["branch", typeof branch === "string"],
    ["addresses", isTexts(addresses)],
    ["created_at", parseTime(created_at) !== undefined],
    ["expires_at", parseTime(expires_at) !== undefined],
    ["operation", operation === null || typeof operation === "string"],
  ]));
}

/** Reads a heartbeat's record, like {@link parseReservation}. */
export function parseHeartbeat(value: unknown, id: string): HeartbeatRecord | string {
  if (!isObject(value)) return "is not a JSON object";
  const { reservation_id = id, run_id = UNKNOWN_RUN, last_beat_at, extended_expires_at } = value;
  return checked(value, { reservation_id, run_id, last_beat_at, extended_expires_at }, [
    ["reservation_id", reservation_id === id],
    ["run_id", typeof run_id === "string"],
    ["last_beat_at", parseTime(last_beat_at) !== undefined],
    ["extended_expires_at", parseTime(extended_expires_at) !== undefined],
  ]);
}

/** Reads a release's record, like {@link parseReservation}. */
export function parseRelease(value: unknown, id: string): ReleaseRecord | string {
  if (!isObject(value)) return "is not a JSON object";
  const { reservation_id = id, run_id = UNKNOWN_RUN, released_at, reason = "completed" } = value;
  return checked(value, { reservation_id, run_id, released_at, reason }, [
    ["reservation_id", reservation_id === id],
    ["run_id", typeof run_id === "string"],
    ["released_at", parseTime(released_at) !== undefined],
    ["reason", typeof reason === "string"],
  ]);
}

/** Reads an intent's record, like {@link parseReservation}. */
export function parseIntent(value: unknown, id: string): IntentRecord | string {
  if (!isObject(value)) return "is not a JSON object";
  const { intent_id = id, run_id = UNKNOWN_RUN, branch = "main", detail = "" } = value;
  const { addresses, operation, created_at } = value;
  // Muse writes an empty text where there is none.
  const reservation_id = value.reservation_id === "" ? null : value.reservation_id ?? null;
  const ids = { intent_id, reservation_id, run_id, branch };
  return withoutForeign<IntentRecord>(
    checked(value, { ...ids, addresses, operation, detail, created_at }, [
      ["intent_id", intent_id === id],
      ["reservation_id", reservation_id === null || typeof reservation_id === "string"],
      ["run_id", typeof run_id === "string"],
      ["branch", typeof branch === "string"],
      ["addresses", isTexts(addresses)],
      ["operation", typeof operation === "string"],
      ["detail", typeof detail === "string"],
      ["created_at", parseTime(created_at) !== undefined],
    ]),
  );
}

/** Another tool may mean something else by these names; then nothing is known of them. */
function withoutForeign<T extends { readonly files?: unknown; readonly worktree?: unknown }>(
  record: T | string,
): T | string {
  if (typeof record === "string") return record;
  const { files, worktree } = record;
  const isFiles = files === undefined || isTexts(files);
  const isWorktree = worktree === undefined || typeof worktree === "string";
  if (isFiles && isWorktree) return record;
  const { files: _files, worktree: _worktree, ...others } = record;
  return {
    ...others,
    ...(isFiles && files !== undefined ? { files } : {}),
    ...(isWorktree && worktree !== undefined ? { worktree } : {}),
  } as T;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/**
 * The record with its defaults, or the names of the fields that are not valid. The fields that are
 * known come first, in the order in which they are documented, wherever the file has them.
 */
function checked<T extends object>(
  value: JsonObject,
  fields: Readonly<Record<string, JsonValue | undefined>>,
  rules: readonly (readonly [field: string, valid: boolean])[],
): T | string {
  const wrong = rules.filter(([, valid]) => !valid).map(([field]) => field);
  if (wrong.length > 0) return `has no valid ${wrong.join(", ")}`;
  return { ...fields, ...value, ...fields } as T;
}
