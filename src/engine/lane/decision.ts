/** The answers of `lane acquire` and `lane arbitrate`, put together from a decision, and what an entry says of its process. */
import type { Origin } from "../../domain/journal/entries.ts";
import type { Denied, Granted } from "../../domain/lane/arbiter.ts";
import type { Lease } from "../../domain/lane/lease.ts";
import { restTime } from "./answers.ts";
import type { LaneContext } from "./turn.ts";
import type { LaneAcquired, LaneAcquireInput, LaneScavenged, LaneVerdict } from "./types.ts";

/** The answer for a lease that the caller has. */
export function granted(verdict: Granted, lease: Lease): LaneAcquired {
  return {
    status: "acquired",
    outcome: "acquire",
    lane: lease.lane,
    lane_kind: lease.lane_kind,
    tree: lease.tree,
    owner: lease.holder,
    loop_ts: lease.loop_ts,
    fence: lease.fence,
    journaled: true,
    reason: verdict.reason,
    conflicts: [],
    ttl_seconds: lease.ttl_seconds,
    acquired_at: lease.acquired_at ?? "",
    expires_at: restTime(lease),
    scavenged: scavengedBy(verdict),
  };
}

/** The answer for a yes to a caller that only asks. */
export function freeAnswer(
  decision: Granted,
  { owner }: LaneAcquireInput,
  loop_ts: string,
): LaneVerdict {
  const { hold, existing, reason } = decision;
  return {
    status: "free",
    outcome: "acquire",
    lane: hold.lane,
    lane_kind: hold.kind,
    tree: existing?.tree ?? hold.tree.globs,
    owner,
    loop_ts,
    fence: existing?.fence ?? null,
    journaled: false,
    reason,
    conflicts: [],
    scavenged: scavengedBy(decision),
  };
}

function scavengedBy({ evictions }: Granted): LaneScavenged[] {
  return evictions.map(({ lease: { lane, holder, fence }, evidence }) => ({
    lane,
    holder,
    fence,
    evidence,
  }));
}

/** The answer for a no. */
export function refusalOf(
  { hold, why, reason, conflicts, reservations, total }: Denied,
  input: LaneAcquireInput,
  loopTs: string,
) {
  return {
    status: "refused",
    outcome: "refuse",
    lane: hold?.lane ?? input.lane ?? "",
    lane_kind: hold?.kind ?? input.kind ?? "",
    tree: hold?.tree.globs ?? input.tree ?? [],
    owner: input.owner,
    loop_ts: loopTs,
    fence: null,
    journaled: false,
    reason,
    reason_class: why,
    conflicts: [...conflicts, ...reservations],
    conflicts_total: total,
    error: reason,
  } as const;
}

/** Where a lease is taken, and by which process; warns of one that is not there. */
export function originOf({ processes, warn }: LaneContext, pid: number | undefined): Origin {
  const origin = processes.origin(pid);
  // Where nothing is known of this process either, nothing can be known of others.
  const isKnowable = () => processes.origin(processes.ownPid).process !== undefined;
  if (pid !== undefined && origin.process === undefined && isKnowable()) {
    warn(`There is no process ${pid}: the lease lasts until its holder was silent for too long`);
  }
  return origin;
}
