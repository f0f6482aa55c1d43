/** Leases of lanes: what the fold of the journal gives, and when a silent one is dead. */
import { isObject, type JsonObject } from "./json.ts";
import { LANE_GRACE_S, LANE_TTL_S } from "./limits.ts";
import { formatTime, parseTime } from "./time.ts";

/** A live lease. Unknown fields of other writers are kept. */
export interface Lease {
  /** The lane's name. */
  readonly lane: string;
  /** Its kind, by which a budget is counted; empty when it has none. */
  readonly lane_kind: string;
  /** The globs that it holds; none stands for the whole workspace. */
  readonly tree: readonly string[];
  /** Who holds it; empty when nobody wrote it down, and then nobody can act as its holder. */
  readonly holder: string;
  /** The holder's own key of this hold; with the lane's name it identifies the lease. */
  readonly loop_ts: string;
  /** Where the process ran that took it; empty when unknown. */
  readonly host_id: string;
  /** The process that took it, which a lease may outlive. */
  readonly pid: number | null;
  /** Who that process is, so that others on its host can tell whether it still runs. */
  readonly process?: JsonObject;
  /** The run that took it. */
  readonly run_id?: string;
  /** ISO 8601 UTC. */
  readonly acquired_at?: string;
  /** When its present holder took it over from another. */
  readonly adopted_at?: string;
  /** The last heartbeat. */
  readonly heartbeat_at?: string;
  /** Seconds that its holder may be silent, before grace. */
  readonly ttl_seconds: number;
  /** Whether no other lane may be held beside it. */
  readonly exclusive: boolean;
  /** Fencing token: the number of the entry that granted or transferred it; only grows. */
  readonly fence: number;
  /** The number of the last entry that granted, transferred or renewed it. */
  readonly renewed_seq: number;
  /** Entries that granted or reconciled it again since its holder has it. */
  readonly events: number;
}

/** What identifies a lease: the lane's name and the holder's own key. */
export interface LeaseIdentity {
  readonly lane: string;
  readonly loop_ts: string;
}

/** An identity as one text. */
export function leaseKey({ lane, loop_ts }: LeaseIdentity): string {
  return `${lane.length}:${lane}${loop_ts}`;
}

/**
 * A lease from a record in the journal, with the defaults of what is missing. A tree that cannot be
 * read is the whole workspace.
 */
export function readLease(
  record: Readonly<Record<string, unknown>>,
  identity: LeaseIdentity,
  grant: { fence: number; renewed_seq: number; events: number },
): Lease {
  const { run_id, acquired_at, adopted_at, heartbeat_at, process, ...others } = record;
  const { tree, pid, lane_kind, holder, host_id } = others;
  return {
    ...others,
    lane: identity.lane,
    lane_kind: typeof lane_kind === "string" ? lane_kind : "",
    tree: isTexts(tree) ? tree : [],
    holder: typeof holder === "string" ? holder : "",
    loop_ts: identity.loop_ts,
    host_id: typeof host_id === "string" ? host_id : "",
    pid: typeof pid === "number" && Number.isSafeInteger(pid) && pid > 0 ? pid : null,
    ...(isObject(process) ? { process } : {}),
    ...(typeof run_id === "string" ? { run_id } : {}),
    ...(typeof acquired_at === "string" ? { acquired_at } : {}),
    ...(typeof adopted_at === "string" ? { adopted_at } : {}),
    ...(typeof heartbeat_at === "string" ? { heartbeat_at } : {}),
    ttl_seconds: ttlOf(record),
    exclusive: record["exclusive"] === true,
    ...grant,
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function ttlOf({ ttl_seconds, ttl_minutes }: Readonly<Record<string, unknown>>): number {
  if (isPositive(ttl_seconds)) return ttl_seconds;
  return isPositive(ttl_minutes) ? ttl_minutes * 60 : LANE_TTL_S.default;
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

/** The last sign of life in milliseconds since 1970; `undefined` when none can be read. */
export function lastBeat(lease: Lease): number | undefined {
  return parseTime(lease.heartbeat_at) ?? parseTime(lease.acquired_at);
}

/** Why a lease counts as dead. */
export interface DeathEvidence {
  /** Its last sign of life, ISO 8601 UTC. */
  readonly last_beat_at: string;
  /** For how long it has been silent. */
  readonly silent_seconds: number;
  /** For how long it may be. */
  readonly ttl_seconds: number;
  /** What it has beyond that. */
  readonly grace_seconds: number;
  /** False when the holder's process was looked for and is gone, null when nobody knows. */
  readonly pid_alive: false | null;
}

/**
 * Evidence that a lease is dead at `now`, or `undefined`: silent for longer than its TTL and grace,
 * or for longer than the grace while its process is known to be gone. A lease without any readable
 * sign of life is never dead.
 *
 * @param pidAlive Whether the holder's process runs, if that is known: same host, same boot.
 */
export function deathOf(
  lease: Lease,
  now: number,
  pidAlive: boolean | undefined,
): DeathEvidence | undefined {
  const beat = lastBeat(lease);
  if (beat === undefined) return undefined;
  const silent = (now - beat) / 1000;
  const isGone = pidAlive === false;
  if (silent <= (isGone ? 0 : lease.ttl_seconds) + LANE_GRACE_S) return undefined;
  return {
    last_beat_at: formatTime(beat),
    silent_seconds: Math.floor(silent),
    ttl_seconds: lease.ttl_seconds,
    grace_seconds: LANE_GRACE_S,
    pid_alive: isGone ? false : null,
  };
}

/**
 * The first instant at which a lease is dead unless it is renewed, milliseconds since 1970.
 *
 * @param isGone Whether the holder's process is known to be gone.
 */
export function deadAt(lease: Lease, isGone: boolean): number | undefined {
  const beat = lastBeat(lease);
  if (beat === undefined) return undefined;
  return beat + Math.floor(((isGone ? 0 : lease.ttl_seconds) + LANE_GRACE_S) * 1000) + 1;
}

/**
 * Whether it matters if the holder's process still runs: the lease missed its grace, its TTL is not
 * over, and the process ran on this host.
 */
export function isWorthProbing(lease: Lease, now: number, host: string): boolean {
  return lease.pid !== null && lease.host_id === host &&
    deathOf(lease, now, undefined) === undefined && deathOf(lease, now, false) !== undefined;
}

/** Reads the record of a lease in a list that somebody wrote, if it is an object. */
export function leaseRecords(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
