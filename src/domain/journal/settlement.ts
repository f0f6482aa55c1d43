/** What a writer owes readers of the old format when its entry had no effect. */
import type { Applied, LaneView } from "./fold.ts";
import { identityOf } from "./line.ts";
import type { JournalEntry } from "./line.ts";
import { reconcileEntry, releaseEntry, type Stamp } from "./entries.ts";

/**
 * `dos` takes every entry at its word. After a void ACQUIRE, a RELEASE ends for it what was never
 * granted; where a lease of the same lane and `loop_ts` is live, a RECONCILE says what it is.
 *
 * @param applied What the fold made of the writer's entry.
 * @param state The state after all entries that are known.
 * @returns The entry to append, or `undefined` when `dos` comes to the same leases.
 */
export function settlementEntry(
  stamp: Stamp,
  applied: Applied,
  state: LaneView,
): JournalEntry | undefined {
  const { entry, effect, lease, seq } = applied;
  const identity = identityOf(entry);
  if (effect !== "none" && effect !== "void" || identity === undefined) return undefined;
  if (!["ACQUIRE", "RELEASE", "SCAVENGE", "ADOPT"].includes(entry.op)) return undefined;
  const live = state.leases.get(identity);
  if (live !== undefined) return reconcileEntry(stamp, live, `entry ${seq} had no effect`);
  if (effect === "none" || lease === undefined) return undefined;
  return releaseEntry(stamp, { ...lease, fence: seq }, `entry ${seq} is void`);
}
