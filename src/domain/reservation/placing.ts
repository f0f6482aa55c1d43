/** How a reservation that is to be added stands to others, for stores that are no files. */
import type { Stepwise } from "../glob/steps.ts";
import {
  effectiveExpiry,
  farther,
  type HeartbeatRecord,
  intentExpiry,
  type IntentRecord,
  isLive,
  type ReleaseRecord,
  type ReservationEntry,
  type ReservationRecord,
} from "./reservation.ts";
import { formatTime, parseTime } from "../time.ts";

/** Notes by their ids which of these reservations overlap; those that are noted are not compared again. */
export function* comparing(
  entries: readonly ReservationEntry[],
  overlaps: (other: ReservationRecord) => Stepwise<boolean>,
  meets: Map<string, boolean>,
): Stepwise<undefined> {
  for (const { reservation } of entries) {
    const { reservation_id: id } = reservation;
    if (!meets.has(id)) meets.set(id, yield* overlaps(reservation));
    yield undefined;
  }
  return undefined;
}

/** What is live, or is exclusive and must not come to life again beside an exclusive one. */
export function mattersTo(
  own: Pick<ReservationRecord, "exclusive">,
  entry: ReservationEntry,
  now: number,
): boolean {
  return isLive(entry, now) ||
    entry.release === undefined && own.exclusive === true && entry.reservation.exclusive === true;
}

/**
 * The reservations that end for good as one is added beside those that overlap it; `undefined` when it is
 * not admitted.
 */
export function outOfItsWay(
  met: readonly ReservationEntry[],
  { reservation, admit, excludes }: {
    readonly reservation: ReservationRecord;
    readonly admit: (others: readonly ReservationEntry[]) => boolean;
    readonly excludes: (other: ReservationRecord) => boolean;
  },
  now: number,
): ReservationEntry[] | undefined {
  const isComing = (entry: ReservationEntry) =>
    entry.unsettled === true && excludes(entry.reservation);
  if (!admit(met.filter((entry) => isLive(entry, now) || isComing(entry)))) return undefined;
  return met.filter((entry) =>
    !isLive(entry, now) && reservation.exclusive === true &&
    (entry.unsettled !== true || isComing(entry))
  );
}

/** The release that ends a reservation for good which has expired. */
export function expiredRelease(
  entry: ReservationEntry,
  run_id: string,
  now: number,
): ReleaseRecord {
  const { reservation_id } = entry.reservation;
  const released_at = formatTime(Math.min(effectiveExpiry(entry), now));
  return { reservation_id, run_id, released_at, reason: "expired" };
}

/** The heartbeat that is kept after one; or why it does not count. */
export function keptBeat(
  entry: ReservationEntry | undefined,
  beat: HeartbeatRecord,
  now: number,
): HeartbeatRecord | "expired" | "released" {
  if (entry === undefined || entry.release !== undefined || entry.unsettled === true) {
    return "released";
  }
  const { reservation, heartbeat: last } = entry;
  if (reservation.exclusive === true && now >= effectiveExpiry(entry)) return "expired";
  const { extended_expires_at } = farther(beat, last);
  return { ...last, ...beat, extended_expires_at, beat: (last?.beat ?? 0) + 1 };
}

/** How a reservation that may be removed has ended; `undefined` while it is kept. */
export function heldEnd(
  entry: ReservationEntry,
  now: number,
  graceMs: number,
): "expired" | "released" | undefined {
  const { release } = entry;
  const end = release === undefined
    ? effectiveExpiry(entry)
    : parseTime(release.released_at) ?? now;
  if (end > now || end + graceMs > now) return undefined;
  return release === undefined || release.reason === "expired" ? "expired" : "released";
}

/** Whether an intent may be removed; `isHeld` says whether there is a reservation. */
export function isIntentOver(
  intent: IntentRecord,
  isHeld: (reservationId: string) => boolean,
  now: number,
  graceMs: number,
): boolean {
  const { reservation_id: of, created_at } = intent;
  const end = of === null ? intentExpiry(intent) : parseTime(created_at) ?? now;
  return end + graceMs <= now && (of === null || !isHeld(of));
}
