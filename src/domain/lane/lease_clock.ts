/**
 * The instant from which a holder counts as silent, where the clocks of writers differ or jump.
 *
 * A stamp is what its writer's clock said. The order of the log says more: an entry was written after
 * the one before it. So three rules, each of them a matter of the log alone:
 *
 * 1. An entry counts from the instant that the log had reached when it came, if that is later than its
 *    own stamp. What is more than a day ahead of it is not believed: one of the two clocks is wrong.
 * 2. A sign of life never sets back what an earlier one reached. One with an earlier stamp, from a
 *    clock that is behind or was set back, adds the time that its holder stamped since the last one.
 * 3. A lease that is in the future of a machine's clock could live for any time. A refusal on its account
 *    notes what that clock said; without a sign of life since, silence counts from there, on that
 *    machine.
 */
import { instant, lastBeat, type Lease, stampOf } from "./lease.ts";
import { LANE_GRACE_S, MAX_CLOCK_SKEW_S, MAX_REFUSED_AT } from "../limits.ts";
import { formatTime } from "../time.ts";
import type { JournalEntry } from "../journal/line.ts";

/** The instant that a log has reached with a stamp. Milliseconds since 1970, as all here. */
export function reachedWith(
  stamp: number | undefined,
  reached: number | undefined,
): number | undefined {
  if (stamp === undefined || reached === undefined) return stamp ?? reached;
  const isBelieved = reached > stamp && reached - stamp <= MAX_CLOCK_SKEW_S * 1000;
  return isBelieved ? reached : stamp;
}

/** What a sign of life says, as `dos` reads it; it may be no instant. */
export function beatStamp({ heartbeat_at, ts }: JournalEntry): string | undefined {
  return [heartbeat_at, ts].filter((stamp) => typeof stamp === "string")
    .find((stamp) => stamp !== "");
}

/**
 * From when a lease counts as silent after a sign of life.
 *
 * @param lease As it was before.
 * @param stamp What the writer's clock said.
 * @param reached What the log had reached.
 */
export function aliveWith(
  lease: Lease,
  stamp: number | undefined,
  reached: number | undefined,
): number | undefined {
  const alive = lastBeat(lease);
  if (alive === undefined) return reachedWith(stamp, reached);
  const now = reachedWith(stamp ?? alive, reached) ?? alive;
  if (stamp !== undefined && stamp >= alive) return now;
  const last = stampOf(lease);
  const paced = stamp === undefined || last === undefined ? 0 : Math.max(0, stamp - last);
  return Math.max(now, alive + Math.min(paced, lease.ttl_seconds * 1000));
}

/** Whether a lease is so far in the future of a clock that a refusal on its account is to be noted. */
export function isLeaseAhead(lease: Lease, now: number): boolean {
  const alive = lastBeat(lease);
  return alive === undefined || alive > now + LANE_GRACE_S.default * 1000;
}

/** A lease on whose account a request was refused; the same one when that says nothing new of it. */
export function withRefusal(lease: Lease, host: string, at: number): Lease {
  if (!isLeaseAhead(lease, at)) return lease;
  const { refused_at = {} } = lease;
  const known = Object.hasOwn(refused_at, host) ? instant(refused_at[host]) : undefined;
  if (known !== undefined && known <= at) return lease;
  if (known === undefined && Object.keys(refused_at).length >= MAX_REFUSED_AT) return lease;
  return { ...lease, refused_at: { ...refused_at, [host]: formatTime(at) } };
}
