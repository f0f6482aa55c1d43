/** Reservations as holds that others may meet. */
import { addressOutlines, type NamedAddresses } from "../glob/holds/holds.ts";
import {
  Comparison,
  type Conflicts,
  type Holding,
  type ReservationConflict,
} from "../glob/holds/comparison.ts";
import type { Stepwise } from "../glob/steps.ts";
import { formatTime, parseTime } from "../time.ts";
import {
  areApart,
  effectiveExpiry,
  type InCheckout,
  type ReservationEntry,
  type ReservationRecord,
} from "./reservation.ts";

/** A reservation to be compared with what is wanted. */
export function heldReservation(entry: ReservationEntry): Holding<ReservationConflict> {
  const { reservation_id, run_id, branch, operation, exclusive } = entry.reservation;
  return {
    key: reservation_id,
    runId: run_id,
    since: parseTime(entry.reservation.created_at) ?? 0,
    outlines: () => addressOutlines(entry.reservation),
    conflict: ({ address, their_address, ...unsure }) => ({
      kind: "reservation",
      exclusive: exclusive === true,
      address,
      their_address,
      reservation_id,
      run_id,
      branch,
      operation,
      expires_at: formatTime(effectiveExpiry(entry)),
      ...unsure,
    }),
  };
}

/** Marks in a text what is of another checkout of the repository. */
export function elsewhere({ worktree }: { readonly worktree?: true }): string {
  return worktree === true ? " in another checkout" : "";
}

/** What it makes of reservations beside one's own: those of another checkout are marked. */
export function heldBeside(
  ours: InCheckout,
): (entry: ReservationEntry) => Holding<ReservationConflict> {
  return (entry) => {
    const held = heldReservation(entry);
    if (!areApart(ours, entry.reservation)) return held;
    return { ...held, conflict: (where) => ({ ...held.conflict(where), worktree: true }) };
  };
}

/**
 * Which reservations keep other runs out: exclusive ones. The files of another checkout are others,
 * unless the team wants them to be held as one (`block`).
 */
export function locksBeside(
  ours: InCheckout,
  worktrees: "warn" | "block",
): (other: ReservationRecord) => boolean {
  return (other) => other.exclusive === true && (worktrees === "block" || !areApart(ours, other));
}

/** Asks whether a record overlaps, whatever happened to it; yes when there is no time to know. */
export function overlapsRecord(
  comparison: Comparison,
): (other: ReservationRecord) => Stepwise<boolean> {
  return (reservation) =>
    comparison.overlaps(heldReservation({ reservation, heartbeat: undefined, release: undefined }));
}

/** The conflicts of an agent's addresses with live reservations; its own ones are none. */
export function findConflicts(
  runId: string,
  named: NamedAddresses,
  others: readonly ReservationEntry[],
): Conflicts<ReservationConflict> {
  return new Comparison(runId, addressOutlines(named)).conflicts(others.map(heldReservation));
}
