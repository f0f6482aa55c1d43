/** Leases of lanes: what the fold of the journal gives, and when a silent one is dead. */
import { isObject, type JsonObject } from "../json.ts";
import { LANE_GRACE_S, LANE_TTL_S, MAX_REFUSED_AT } from "../limits.ts";
import { formatTime, parseTime, writable } from "../time.ts";

/** A live lease. Unknown fields of other writers are kept. */
export interface Lease {
  /** The lane's name. */
  readonly lane: string;
  /** Its kind, by which a budget is counted; empty when it has none. */
  readonly lane_kind: string;
  /** The globs that it holds; none stands for the whole workspace, unless `name_only` says no. */
  readonly tree: readonly string[];
  /** It holds its name alone, and no tree. */
  readonly name_only?: boolean;
  /** Those of them that were files when the lease was taken: each is that file alone. */
  readonly files?: readonly string[];
  /** Who holds it; empty when it was not written down, and then no agent can act as its holder. */
  readonly holder: string;
  /** The holder's own key of this hold; with the lane's name it identifies the lease. */
  readonly loop_ts: string;
  /** Where the process ran that took it; empty when unknown. */
  readonly host_id: string;
  /** The process that took it, which a lease may outlive. */
  readonly pid: number | null;
  /** Who that process is, so that others on its host can see whether it still runs. */
  readonly process?: JsonObject;
  /** The run that took it. */
  readonly run_id?: string;
  /** ISO 8601 UTC. */
  readonly acquired_at?: string;
  /** When its present holder took it over from another. */
  readonly adopted_at?: string;
  /** The last heartbeat, as its writer's clock said. */
  readonly heartbeat_at?: string;
  /** From when it counts as silent, where the clocks of its writers do not say so themselves. */
  readonly alive_at?: string;
  /**
   * When requests were refused on its account by machines in whose future it is, since its last sign of
   * life: what their clocks said, by `host_id`.
   */
  readonly refused_at?: { readonly [host: string]: string };
  /** Seconds that its holder may be silent, before grace. */
  readonly ttl_seconds: number;
  /** Seconds of grace, where they are not the 300 of most. */
  readonly grace_seconds?: number;
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

/** By this a name says itself that it is a name alone. */
export const NAME_MARK = "@";

/**
 * What leases of one lane have in common. A name alone is the same with `@` and without; a lane with a
 * tree is known by all of its name.
 */
export function laneKey(lane: string, isNameOnly: boolean | undefined): string {
  return isNameOnly === true ? bareName(lane) : lane;
}

/** A name without its `@`. */
export function bareName(lane: string): string {
  return lane.startsWith(NAME_MARK) ? lane.slice(NAME_MARK.length) : lane;
}

/** The run that a lease belongs to. */
export function runOf({ run_id, holder }: Pick<Lease, "run_id" | "holder">): string {
  return run_id ?? holder;
}

/** Whether an exclusive lane keeps a lease out: each but a name alone that is not exclusive. */
export function mindsExclusive({ exclusive, name_only }: Pick<Lease, "exclusive" | "name_only">) {
  return exclusive || name_only !== true;
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
  grant: { fence: number; renewed_seq: number; events: number; alive?: number | undefined },
): Lease {
  const { alive, ...numbers } = grant;
  const {
    run_id,
    acquired_at,
    adopted_at,
    heartbeat_at,
    process,
    name_only,
    grace_seconds,
    ...rest
  } = record;
  const { alive_at: _alive, refused_at: _refused, ...others } = withoutBadFiles(rest);
  const { tree, pid, lane_kind, holder, host_id } = others;
  const lease = {
    ...others,
    lane: identity.lane,
    lane_kind: typeof lane_kind === "string" ? lane_kind : "",
    tree: isTexts(tree) ? tree : [],
    ...(name_only === true && Array.isArray(tree) && tree.length === 0 ? { name_only } : {}),
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
    ...(isGrace(grace_seconds) ? { grace_seconds } : {}),
    exclusive: record["exclusive"] === true,
    ...numbers,
  };
  return alive === undefined ? lease : withLife(lease, alive);
}

/** A lease as a fold left it, from a checkpoint or from data that was made of it. */
export function readFolded(
  record: Readonly<Record<string, unknown>>,
  identity: LeaseIdentity,
  grant: { fence: number; renewed_seq: number; events: number },
): Lease {
  const lease = readLease(record, identity, { ...grant, alive: instant(record["alive_at"]) });
  const { refused_at } = record;
  if (!isObject(refused_at)) return lease;
  const refused = Object.entries(refused_at).slice(0, MAX_REFUSED_AT)
    .filter((each): each is [string, string] => instant(each[1]) !== undefined);
  return refused.length === 0 ? lease : { ...lease, refused_at: Object.fromEntries(refused) };
}

/** A lease that has shown life: silence counts from this instant. Milliseconds since 1970. */
export function withLife(lease: Lease, alive: number | undefined): Lease {
  const { alive_at: _alive, refused_at: _refused, ...others } = lease;
  if (alive === undefined || alive === stamped(others)) return others;
  return { ...others, alive_at: formatTime(writable(alive)) };
}

/** Another tool may mean something else by that name; then a path is taken for what it may be. */
function withoutBadFiles(
  { files, ...others }: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return isTexts(files) ? { files, ...others } : others;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** At most what coord gives: otherwise a lease could last for any time. */
function ttlOf({ ttl_seconds, ttl_minutes }: Readonly<Record<string, unknown>>): number {
  if (isPositive(ttl_seconds)) return Math.min(ttl_seconds, LANE_TTL_S.max);
  return isPositive(ttl_minutes) ? Math.min(ttl_minutes * 60, LANE_TTL_S.max) : LANE_TTL_S.default;
}

function isGrace(value: unknown): value is number {
  return typeof value === "number" && value >= LANE_GRACE_S.min && value <= LANE_GRACE_S.max;
}

/** Seconds past its TTL before a lease is dead. */
function graceOf({ grace_seconds }: Lease): number {
  return grace_seconds ?? LANE_GRACE_S.default;
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

/** An instant in a record, milliseconds since 1970; `undefined` when there is none to go on with. */
export function instant(text: unknown): number | undefined {
  const ms = parseTime(text);
  return ms === undefined || ms < 0 ? undefined : ms;
}

/** The later of the two stamps of a lease. */
function stamped(lease: Pick<Lease, "heartbeat_at" | "acquired_at">): number | undefined {
  const [beat, start] = [instant(lease.heartbeat_at), instant(lease.acquired_at)];
  return beat === undefined || start === undefined ? beat ?? start : Math.max(beat, start);
}

/**
 * From when a lease counts as silent, milliseconds since 1970; `undefined` when nothing shows it.
 */
export function lastBeat(lease: Lease): number | undefined {
  return instant(lease.alive_at) ?? stamped(lease);
}

/** What the clock of its holder said at its last sign of life, milliseconds since 1970. */
export function stampOf(lease: Lease): number | undefined {
  return instant(lease.heartbeat_at) ?? instant(lease.acquired_at);
}

/** Until when its holder may be silent, by its own clock; `undefined` when nothing shows it. */
export function restUntil(lease: Lease): number | undefined {
  const stamp = stampOf(lease);
  if (stamp === undefined) return undefined;
  return writable(stamp + Math.floor(lease.ttl_seconds * 1000));
}

/** Whether its holder has sent a heartbeat since it was granted to it. */
export function hasBeaten({ renewed_seq, fence }: Lease): boolean {
  return renewed_seq > fence;
}

/**
 * Whether a beat now would add nothing to the last one, which is younger than the given seconds. A
 * beat from the future is not young, and after a TTL none is.
 */
export function isFresh(lease: Lease, now: number, within: number): boolean {
  const last = stampOf(lease);
  return last !== undefined && last <= now &&
    now - last < Math.min(within, lease.ttl_seconds) * 1000;
}

/** Why a lease counts as dead. */
export interface LaneDeathEvidence {
  /** From when it counts as silent, ISO 8601 UTC; empty when nothing shows it. */
  readonly last_beat_at: string;
  /** For how long it has been silent. */
  readonly silent_seconds: number;
  /** For how long it may be. */
  readonly ttl_seconds: number;
  /** What it has beyond that. */
  readonly grace_seconds: number;
  /** False when the holder's process was looked for and is gone, null when that is unknown. */
  readonly pid_alive: false | null;
  /** The refusal from which the silence counts, where `last_beat_at` is of no use to this machine. */
  readonly refused_at?: string;
}

/**
 * Evidence that a lease is dead at `now`, or `undefined`: its process is known to be gone, or it was
 * silent for longer than its TTL and grace. Where its last sign of life cannot be read, or is in the
 * future, silence counts from the first refusal on its account that came from the same machine; without
 * one there is none.
 *
 * @param pidAlive Whether the holder's process runs, if that is known: same host, same boot.
 * @param host Whose clock `now` is from.
 */
export function deathOf(
  lease: Lease,
  now: number,
  pidAlive: boolean | undefined,
  host = "",
): LaneDeathEvidence | undefined {
  const beat = lastBeat(lease);
  const since = beat === undefined || beat > now ? refusedAt(lease, host) : beat;
  const isGone = pidAlive === false;
  if (since === undefined && !isGone) return undefined;
  const silent = since === undefined ? 0 : (now - since) / 1000;
  if (silent <= lease.ttl_seconds + graceOf(lease) && !isGone) return undefined;
  return {
    last_beat_at: beat === undefined ? "" : formatTime(beat),
    silent_seconds: Math.floor(silent),
    ttl_seconds: lease.ttl_seconds,
    grace_seconds: graceOf(lease),
    pid_alive: isGone ? false : null,
    ...(since === undefined || since === beat ? {} : { refused_at: formatTime(since) }),
  };
}

function refusedAt({ refused_at }: Lease, host: string): number | undefined {
  if (refused_at === undefined || host === "" || !Object.hasOwn(refused_at, host)) return undefined;
  return instant(refused_at[host]);
}

/**
 * The first instant at which a lease is dead of silence unless it is renewed, milliseconds since 1970.
 *
 * @param host Whose clock the instant is for.
 */
export function deadAt(lease: Lease, host = ""): number | undefined {
  const beat = lastBeat(lease);
  const allowed = Math.floor((lease.ttl_seconds + graceOf(lease)) * 1000) + 1;
  const refused = refusedAt(lease, host);
  const early = refused === undefined ? undefined : refused + allowed;
  if (early !== undefined && (beat === undefined || early < beat)) return early;
  return beat === undefined ? undefined : beat + allowed;
}

/**
 * Whether it matters if the holder's process still runs: it ran on this host, and the lease is not dead of
 * silence.
 */
export function isWorthProbing(lease: Lease, now: number, host: string): boolean {
  return lease.pid !== null && lease.host_id === host &&
    deathOf(lease, now, undefined, host) === undefined;
}

/** Reads the record of a lease in a list that another tool may have written, if it is an object. */
export function leaseRecords(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
