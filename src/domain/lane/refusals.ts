/** Why a lane is refused that no lease is in the way of. */
import type { Conflicts, ReservationConflict, WaiterConflict } from "../glob/holds/comparison.ts";
import { MAX_IDENTIFIER } from "../limits.ts";
import { quoted } from "../text.ts";
import { type Denied, denied } from "./arbiter.ts";
import type { WantedLane } from "./request.ts";

/** The answer where exclusive reservations are in the way of what the leases leave free. */
export function reserved(
  hold: WantedLane,
  { conflicts, total, doubts }: Conflicts<ReservationConflict>,
): Denied {
  const [first] = conflicts;
  const more = total > 1 ? ` (and ${total - 1} more)` : "";
  const why = first === undefined ? "what overlaps its tree is reserved" : `its tree meets ` +
    `${quoted(first.their_address, MAX_IDENTIFIER)}, which ${quoted(first.run_id)} reserved ` +
    `exclusively until ${first.expires_at}${more}`;
  const reason = `Cannot acquire lane ${JSON.stringify(hold.lane)}: ${why}`;
  return { ...denied("reserved", hold, reason), reservations: conflicts, total, warnings: doubts };
}

/** The answer where others wait for the lane, or for what overlaps its tree, and came first. */
export function queued(
  hold: WantedLane,
  { conflicts, total, doubts }: Conflicts<WaiterConflict>,
): Denied {
  const [first] = conflicts;
  const more = total > 1 ? ` (and ${total - 1} more)` : "";
  const who = `${quoted(first?.run_id ?? "")} waits for ` +
    `${quoted(first?.their_address ?? "", MAX_IDENTIFIER)} since ${first?.since}${more}`;
  const reason = `Cannot acquire lane ${JSON.stringify(hold.lane)}: ${who}`;
  return { ...denied("queued", hold, reason), reservations: conflicts, total, warnings: doubts };
}

/** The answer to a caller whose wait would close a circle. */
export function encircled(denied: Denied, circle: string): Denied {
  const lane = denied.hold === undefined ? "a lane" : `lane ${JSON.stringify(denied.hold.lane)}`;
  return { ...denied, reason: `Cannot wait for ${lane}: ${circle}` };
}

/** The answer to a caller that ended its call. */
export function abandoned(): Denied {
  return denied("aborted", undefined, "the call was aborted");
}
