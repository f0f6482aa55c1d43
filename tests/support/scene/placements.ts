/** Reservations for tests of a store: made by hand, and added by the engine's rule. */
import { addressOutlines } from "../../../src/domain/glob/holds/holds.ts";
import { Comparison } from "../../../src/domain/glob/holds/comparison.ts";
import { heldReservation, overlapsRecord } from "../../../src/domain/reservation/conflict.ts";
import type { ReservationRecord } from "../../../src/domain/reservation/reservation.ts";
import { formatTime } from "../../../src/domain/time.ts";
import type { ReservationStore } from "../../../src/ports/reservations.ts";
import type { FakeClock } from "./workspace.ts";

/** Where a test is: all that it needs is what time it is there. */
interface At {
  readonly clock: FakeClock;
}

let ids = 0;

/** A reservation for a minute, not added yet. */
export function record({ clock }: At, given: Partial<ReservationRecord> = {}): ReservationRecord {
  return {
    reservation_id: `sha256:${(++ids).toString(16).padStart(64, "0")}`,
    run_id: "a",
    branch: "main",
    addresses: ["src/**"],
    created_at: formatTime(clock.ms),
    expires_at: formatTime(clock.ms + 60_000),
    operation: null,
    exclusive: false,
    ...given,
  };
}

/** Adds one by the rule for exclusive ones; the ids that it met, if it was added. */
export async function add(store: ReservationStore, reservation: ReservationRecord) {
  const comparison = new Comparison(reservation.run_id, addressOutlines(reservation));
  let met: string[] = [];
  const isAdded = await store.add({
    reservation,
    overlaps: overlapsRecord(comparison),
    excludes: ({ exclusive, run_id }) => exclusive === true && run_id !== reservation.run_id,
    admit(others) {
      met = others.map((entry) => entry.reservation.reservation_id).sort();
      return reservation.exclusive !== true ||
        comparison.conflicts(others.map(heldReservation)).total === 0;
    },
  });
  return isAdded ? met : undefined;
}

/** Adds a notice; the ids that it met. */
export async function addNotice(store: ReservationStore, reservation: ReservationRecord) {
  const comparison = new Comparison(reservation.run_id, addressOutlines(reservation));
  const met = await store.addNotice({ reservation, overlaps: overlapsRecord(comparison) });
  return met.map((entry) => entry.reservation.reservation_id).sort();
}

export function beatOf(
  { clock }: At,
  { reservation_id, run_id }: ReservationRecord,
  seconds: number,
) {
  return {
    reservation_id,
    run_id,
    last_beat_at: formatTime(clock.ms),
    extended_expires_at: formatTime(clock.ms + seconds * 1000),
  };
}

export function releaseOf({ clock }: At, { reservation_id, run_id }: ReservationRecord) {
  const released_at = formatTime(clock.ms);
  return { reservation_id, run_id, released_at, reason: "completed" };
}
