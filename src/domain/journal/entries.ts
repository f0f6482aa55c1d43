/**
 * The entries that coord writes. Each has the fields that `dos` writes, so that its replay reads them,
 * and besides: `nonce`, by which the writer finds its entry again; `base_seq`, the last entry that its
 * decision saw; and `fence`, the grant that it speaks of.
 */
import type { JsonObject } from "../json.ts";
import type { LaneDeathEvidence, Lease } from "../lane/lease.ts";
import { MAX_CONFLICT_BYTES, MAX_REFUSAL_BYTES } from "../limits.ts";
import { formatTime } from "../time.ts";
import type { JournalEntry, Op } from "./line.ts";

/** What every entry carries. */
export interface Stamp {
  /** One more than the last entry's; where two writers give the same, the order of lines counts. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Random. */
  readonly nonce: string;
}

/** Where an entry is written, and the process that it speaks of. */
export interface Origin {
  readonly host_id: string;
  readonly pid: number | null;
  /** The identity of that process, where it can be known; see `ProcessIdentity`. */
  readonly process?: JsonObject;
}

/** A lease that is to be granted. */
export interface NewLease extends Origin {
  readonly lane: string;
  readonly lane_kind: string;
  readonly tree: readonly string[];
  readonly files?: readonly string[];
  readonly holder: string;
  readonly loop_ts: string;
  readonly ttl_seconds: number;
  readonly grace_seconds?: number | undefined;
  readonly exclusive: boolean;
  readonly name_only?: boolean | undefined;
  readonly run_id?: string | undefined;
}

function entry(op: Op, stamp: Stamp, fields: Record<string, unknown>): JournalEntry {
  const all: Record<string, unknown> = {
    ...fields,
    op,
    seq: stamp.seq,
    ts: formatTime(stamp.now),
    nonce: stamp.nonce,
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as JournalEntry;
}

/** ACQUIRE: grants a lease, if nothing that came after `baseSeq` is in its way. */
export function acquireEntry(
  stamp: Stamp,
  lease: NewLease,
  decision: { baseSeq: number; maxConcurrent: number | null; reason: string },
): JournalEntry {
  const ttl_minutes = lease.ttl_seconds / 60;
  const { lane, lane_kind, tree, files = [], loop_ts, host_id, pid } = lease;
  const { holder, ttl_seconds, exclusive, run_id, process, name_only, grace_seconds } = lease;
  const shared = { lane, lane_kind, tree: [...tree], loop_ts, host_id, pid, ttl_minutes };
  const others = {
    ...(files.length === 0 ? {} : { files: [...files] }),
    ...(run_id === undefined ? {} : { run_id }),
    ...(name_only && { name_only }),
    ...(grace_seconds === undefined ? {} : { grace_seconds }),
    ...(process && { process }),
  };
  const acquired_at = formatTime(stamp.now);
  return entry("ACQUIRE", stamp, {
    ...shared,
    prev_holder: null,
    reason: decision.reason,
    base_seq: decision.baseSeq,
    max_concurrent: decision.maxConcurrent,
    lease: { ...shared, holder, acquired_at, ttl_seconds, exclusive, ...others },
  });
}

/** What RELEASE needs to know of a lease; of a void ACQUIRE, `fence` is the number of its entry. */
type ReleasedLease =
  & Pick<Lease, "lane" | "loop_ts" | "host_id" | "fence">
  & Partial<Pick<Lease, "holder">>;

/** RELEASE: ends the grant that it names, and no other. */
export function releaseEntry(stamp: Stamp, lease: ReleasedLease, reason: string): JournalEntry {
  const { lane, loop_ts, holder, host_id, fence } = lease;
  return entry("RELEASE", stamp, { lane, loop_ts, holder, host_id, fence, reason });
}

/** HEARTBEAT: its holder is alive. */
export function heartbeatEntry(stamp: Stamp, lease: Lease): JournalEntry {
  const { lane, loop_ts, holder, host_id, fence } = lease;
  return entry("HEARTBEAT", stamp, {
    lane,
    loop_ts,
    holder,
    host_id,
    fence,
    heartbeat_at: formatTime(stamp.now),
  });
}

/** ADOPT: gives a lease to another holder, unless it was renewed or has changed after `baseSeq`. */
export function adoptEntry(
  stamp: Stamp,
  lease: Lease,
  adoption: Origin & {
    readonly holder: string;
    readonly run_id?: string | undefined;
    readonly baseSeq: number;
    readonly reason: string;
  },
): JournalEntry {
  const { holder, run_id = holder, host_id, pid, process = {}, reason, baseSeq } = adoption;
  return entry("ADOPT", stamp, {
    lane: lease.lane,
    loop_ts: lease.loop_ts,
    fence: lease.fence,
    prev_holder: lease.holder,
    holder,
    run_id,
    host_id,
    pid,
    process,
    reason,
    heartbeat_at: formatTime(stamp.now),
    base_seq: baseSeq,
  });
}

/** SCAVENGE: ends a dead lease, unless it was renewed or has changed after `baseSeq`. */
export function scavengeEntry(
  stamp: Stamp,
  lease: Lease,
  evidence: LaneDeathEvidence,
  { baseSeq, by }: { baseSeq: number; by: string },
): JournalEntry {
  const { lane, loop_ts, host_id, pid, fence, holder } = lease;
  const why = evidence.pid_alive === false ? "and its process is gone" : "past its ttl and grace";
  return entry("SCAVENGE", stamp, {
    lane,
    loop_ts,
    host_id,
    pid,
    fence,
    prev_holder: holder,
    holder: by,
    reason: `silent for ${evidence.silent_seconds} s, ${why}`,
    evidence: { ...evidence },
    base_seq: baseSeq,
  });
}

/** REFUSE: an agent wanted a lane and could not have it. */
export function refuseEntry(
  stamp: Stamp,
  refusal: {
    readonly lane: string;
    readonly holder: string;
    readonly loop_ts: string;
    readonly host_id: string;
    readonly run_id?: string | undefined;
    readonly reason: string;
    readonly reason_class: string;
    readonly tree: readonly string[];
    readonly conflicts: readonly JsonObject[];
    /** The last entry that the decision saw. */
    readonly baseSeq?: number | undefined;
  },
): JournalEntry {
  const { baseSeq, ...fields } = refusal;
  const short = shortened(refusal.conflicts);
  return entry("REFUSE", stamp, {
    ...fields,
    base_seq: baseSeq,
    run_id: refusal.run_id ?? null,
    tree: [...refusal.tree],
    conflicts: short ?? [...refusal.conflicts],
    conflicts_total: short && refusal.conflicts.length,
  });
}

/**
 * Conflicts for the log where they would take too much of it: the first ones are whole, the others say
 * who is in the way and no more, or nothing where even that is long. `undefined` when all have room.
 */
function shortened(conflicts: readonly JsonObject[]): JsonObject[] | undefined {
  let left = MAX_REFUSAL_BYTES;
  const short = conflicts.flatMap((conflict) => {
    left -= bytesOf(conflict);
    if (left >= 0) return [conflict];
    const { their_tree: _theirs, our_tree: _ours, witness: _witness, ...who } = conflict;
    return bytesOf(who) <= MAX_CONFLICT_BYTES ? [who] : [];
  });
  return left < 0 ? short : undefined;
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** SPAWN: a run is coming to a lane; holds nothing. */
export function spawnEntry(
  stamp: Stamp,
  intent: Origin & {
    readonly lane: string;
    readonly loop_ts: string;
    readonly holder: string;
    readonly run_id?: string | undefined;
    readonly reason: string;
  },
): JournalEntry {
  return entry("SPAWN", stamp, { ...intent });
}

/** HALT: an agent decided that a run should stop; stops nothing. */
export function haltEntry(
  stamp: Stamp,
  halt: {
    /** Whatever names the run to those who can stop it. */
    readonly handle: string;
    readonly lane: string;
    readonly loop_ts: string;
    readonly host_id: string;
    readonly run_id?: string | undefined;
    readonly command?: string | undefined;
    readonly reason: string;
  },
): JournalEntry {
  return entry("HALT", stamp, {
    ...halt,
    run_id: halt.run_id ?? null,
    command: halt.command ?? null,
  });
}

/**
 * RECONCILE: says again what a lease is, for readers of the old format alone; the fold takes nothing
 * from one that names a fence.
 */
export function reconcileEntry(stamp: Stamp, lease: Lease, reason: string): JournalEntry {
  const { lane, loop_ts, host_id, fence } = lease;
  const { fence: _fence, renewed_seq: _renewed, events: _events, ...rest } = lease;
  const { alive_at: _alive, refused_at: _refused, ...record } = rest;
  return entry("RECONCILE", stamp, { lane, loop_ts, host_id, fence, reason, lease: { ...record } });
}
