/** Releasing what was reserved for a caller that went away before the answer. */
import { CoordError } from "../../domain/errors.ts";
import type { ReservationRecord } from "../../domain/reservation/reservation.ts";
import { formatTime } from "../../domain/time.ts";
import type { ReservationContext } from "../context.ts";

/** Releases a reservation that this process has just made; where it cannot, the reservation expires. */
export async function giveUpReservation(
  { clock, store, warn }: ReservationContext,
  { reservation_id, run_id, expires_at }: ReservationRecord,
): Promise<void> {
  const released_at = formatTime(clock());
  try {
    await store.reservations.release({ reservation_id, run_id, released_at, reason: "cancelled" });
  } catch (error) {
    if (!(error instanceof CoordError)) throw error;
    warn(`Reservation ${reservation_id} stays live until ${expires_at}: ${error.message}`);
  }
}
