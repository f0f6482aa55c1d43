/** Which lease a caller means, and the answers of operations on lanes. */
import type { Conflicts, ReservationConflict } from "../../domain/glob/holds/comparison.ts";
import { sameAgent } from "../../domain/input/run_id.ts";
import type { Applied, LaneView } from "../../domain/journal/fold.ts";
import {
  deathOf,
  isWorthProbing,
  lastBeat,
  type Lease,
  restUntil,
  stampOf,
} from "../../domain/lane/lease.ts";
import { isLeaseAhead } from "../../domain/lane/lease_clock.ts";
import { quoted } from "../../domain/text.ts";
import { formatTime } from "../../domain/time.ts";
import type { LaneContext } from "./turn.ts";
import type {
  LaneAdopted,
  LaneHaltInput,
  LaneHeartbeat,
  LaneHolderInput,
  LaneItem,
  LaneRefused,
  LaneReleased,
} from "./types.ts";

/** Something that the rules do not allow. */
export function no(status: LaneRefused["status"], lane: string, error: string): LaneRefused {
  return { status, lane, error };
}

/** The newest lease of a lane. */
export function newest(
  fold: LaneView,
  lane: string,
  loopTs: string | undefined,
): Lease | undefined {
  return newestFirst(fold, lane).find((lease) => hasKey(lease, loopTs));
}

function newestFirst(fold: LaneView, lane: string): Lease[] {
  return fold.leases.named(lane).sort((a, b) => b.fence - a.fence);
}

function hasKey(lease: Lease, loopTs: string | undefined): boolean {
  return loopTs === undefined || lease.loop_ts === loopTs;
}

/** The lease that its holder means, or why there is none. */
export function heldBy(
  fold: LaneView,
  { lane, owner, loopTs, fence }: LaneHolderInput,
  action: string,
): Lease | LaneRefused {
  const leases = newestFirst(fold, lane);
  const because = (status: LaneRefused["status"], why: string) =>
    no(status, lane, `Cannot ${action}: ${why}`);
  if (fence !== undefined && leases.every((lease) => lease.fence !== fence)) {
    const [now] = leases;
    const why = now === undefined
      ? `no agent holds it, and the caller's fence is ${fence}`
      : `the fence is ${now.fence}, the caller's is ${fence}`;
    return because("stale_fence", why);
  }
  const ours = leases.filter((lease) => sameAgent(lease.holder, owner));
  const mine = ours.find((lease) =>
    hasKey(lease, loopTs) && (fence === undefined || lease.fence === fence)
  );
  if (mine !== undefined) return mine;
  const [other] = ours.length > 0 ? ours : leases;
  if (other === undefined) return because("not_holder", "no agent holds it");
  const { holder, loop_ts } = other;
  return because(
    "not_holder",
    ours.length > 0
      ? `loop_ts is ${quoted(loop_ts)}, the caller's is ${quoted(loopTs ?? "")}`
      : `holder is ${quoted(holder)}, caller is ${quoted(owner)}`,
  );
}

/** The lease that a halt is about. */
export function targetOf(
  fold: LaneView,
  { handle, lane, loopTs }: LaneHaltInput,
): Lease | undefined {
  if (lane !== undefined) return newest(fold, lane, loopTs);
  return fold.live().find((lease) =>
    loopTs === undefined ? `${lease.pid}` === handle : lease.loop_ts === loopTs
  );
}

/** What to say of a lease whose stamps are of no use to this machine's clock. */
export function aheadWarning(lease: Lease, now: number): string | undefined {
  if (!isLeaseAhead(lease, now)) return undefined;
  const beat = lastBeat(lease);
  const name = quoted(lease.lane);
  const last = beat === undefined
    ? `The last sign of life on lane ${name} has no instant that can be read`
    : `The last sign of life on lane ${name} is ${Math.floor((beat - now) / 1000)} s ahead of ` +
      "this machine's clock";
  return `${last}: its silence is counted from the first refusal here`;
}

/** Why a lease is taken back that met a confirmed reservation. */
export const WITHDRAWN = "an exclusive reservation was there before";

/** The refusal of a lease that exclusive reservations are in the way of. */
export function reservedBy(
  { conflicts: [first] }: Conflicts<ReservationConflict>,
  lane: string,
  action: string,
): LaneRefused {
  const why = first === undefined
    ? "what overlaps its tree is reserved"
    : `${quoted(first.run_id)} reserved ${quoted(first.their_address, 80)} exclusively until ` +
      first.expires_at;
  return no("refused", lane, `Cannot ${action}: ${why}`);
}

/** The answer to a heartbeat. */
export function beatOf(lease: Lease, coalesced: boolean): LaneHeartbeat {
  const last = stampOf(lease);
  return {
    status: "ok",
    lane: lease.lane,
    owner: lease.holder,
    loop_ts: lease.loop_ts,
    fence: lease.fence,
    heartbeat_at: last === undefined ? null : formatTime(last),
    expires_at: restTime(lease),
    coalesced,
  };
}

/** Until when the holder of a lease may be silent, by the holder's own clock. */
export function restTime(lease: Lease): string | null {
  const until = restUntil(lease);
  return until === undefined ? null : formatTime(until);
}

/** The answer to a release, if its entry ended a lease. */
export function released(applied: Applied | undefined): LaneReleased | undefined {
  if (applied?.effect !== "released" || applied.lease === undefined) return undefined;
  const { lane, holder: owner, loop_ts, fence } = applied.lease;
  return { status: "released", lane, owner, loop_ts, fence };
}

/** The answer to an adoption, if its entry gave a lease to its new holder. */
export function adopted(applied: Applied | undefined): LaneAdopted | undefined {
  if (applied?.effect !== "adopted" || applied.lease === undefined) return undefined;
  const { lane, holder: owner, loop_ts, fence } = applied.lease;
  const { prev_holder } = applied.entry;
  const previous_owner = typeof prev_holder === "string" ? prev_holder : "";
  return { status: "adopted", lane, owner, previous_owner, loop_ts, fence };
}

/** A lease as listings show it. */
export function leaseItem(
  lease: Lease,
  { clock, processes }: Pick<LaneContext, "clock" | "processes">,
): LaneItem {
  const now = clock();
  const host = processes.origin(undefined).host_id;
  const isAlive = isWorthProbing(lease, now, host) ? processes.isAlive(lease) : undefined;
  const beat = lastBeat(lease);
  return {
    ...lease,
    status: deathOf(lease, now, isAlive, host) === undefined ? "live" : "dead",
    silent_seconds: beat === undefined ? null : Math.max(0, Math.floor((now - beat) / 1000)),
  };
}
