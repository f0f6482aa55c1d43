/** Why a reservation that has ended cannot be extended, and who has its place now. */
import type { ReservationConflict } from "../../domain/glob/holds/comparison.ts";
import { findConflicts } from "../../domain/reservation/conflict.ts";
import { quoted } from "../../domain/text.ts";
import { effectiveExpiry, type ReservationEntry } from "../../domain/reservation/reservation.ts";
import { formatTime, parseTime } from "../../domain/time.ts";
import type { ReservationContext } from "../context.ts";
import { alreadyReleased } from "./answers.ts";
import type { ReservationRefused } from "./types.ts";

/** The refusal to extend a reservation that was released, or that is exclusive and has lapsed. */
export async function whyEnded(
  { clock, store }: ReservationContext,
  doing: string,
  entry: ReservationEntry,
): Promise<ReservationRefused> {
  const { reservation, release } = entry;
  const { reservation_id, run_id } = reservation;
  const hasLapsed = release === undefined || release.reason === "expired";
  if (reservation.exclusive === true && hasLapsed) {
    // A seal says itself when it was.
    const end = parseTime(release?.released_at) ?? effectiveExpiry(entry);
    const others = (await store.reservations.list(clock(), false))
      .filter((other) => other.reservation.exclusive === true);
    const { conflicts } = findConflicts(run_id, reservation, others);
    return lapsed(doing, reservation_id, end, conflicts);
  }
  return release === undefined
    ? { status: "already_released", reservation_id, error: `${doing}: it is gone` }
    : alreadyReleased(doing, release);
}

/** An exclusive reservation that has lapsed: it has ended, and its place may be another agent's. */
function lapsed(
  doing: string,
  reservationId: string,
  endMs: number,
  conflicts: readonly ReservationConflict[],
): ReservationRefused {
  const expires_at = formatTime(endMs);
  const [first, ...others] = conflicts;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  const holder = first === undefined
    ? "no other agent has it"
    : `${quoted(first.run_id)} has ${quoted(first.their_address, 80)} until ${first.expires_at}`;
  return {
    status: "expired",
    reservation_id: reservationId,
    expires_at,
    conflicts,
    error: `${doing}: it expired at ${expires_at}, and ${holder}${more}`,
  };
}
