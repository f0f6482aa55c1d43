/** Reservations and leases as holds that are compared with one another. */
import type { Outline } from "../../../domain/glob/address_outline.ts";
import type { Holding } from "../../../domain/glob/holds/comparison.ts";
import { heldLease } from "../../../domain/lane/held.ts";
import {
  deadAt,
  type Lease,
  type LeaseIdentity,
  leaseKey,
  runOf,
} from "../../../domain/lane/lease.ts";
import { heldReservation } from "../../../domain/reservation/conflict.ts";
import {
  effectiveExpiry,
  type ReservationEntry,
  type ReservationRecord,
} from "../../../domain/reservation/reservation.ts";
import { msOf, parseTime } from "../../../domain/time.ts";

/** What was said of a reservation since it was made. */
export type Life = Pick<ReservationEntry, "heartbeat" | "release">;

/** A hold, as it is compared. Instants are milliseconds since 1970. */
export interface ComparedHold {
  readonly key: string;
  /** What `show` takes for it. */
  readonly id: string;
  readonly since: number;
  readonly holding: Holding;
  /** Its addresses, made once. */
  readonly outlines: readonly Outline[];
  /** Whether a record says when it has ended; otherwise it has when its own record is gone. */
  readonly lapses: boolean;
  endsAt: () => number;
  /** What that said; `undefined` until it is asked for again. */
  end: number | undefined;
  isOpen: boolean;
}

/** A reservation to be compared. */
export function comparedReservation(
  reservation: ReservationRecord,
  life: () => Life,
): ComparedHold {
  const { reservation_id: id, created_at } = reservation;
  const none = { heartbeat: undefined, release: undefined };
  return compared(heldReservation({ reservation, ...none }), {
    key: reservationKey(id),
    id,
    since: msOf(created_at),
    lapses: true,
    endsAt: () => endOf({ reservation, ...life() }),
  });
}

/** A lease to be compared. */
export function comparedLease(lease: Lease): ComparedHold {
  return compared(heldLease(lease), {
    key: leaseRecordKey(lease),
    id: `lane:${lease.lane}`,
    since: sinceOf(lease),
    lapses: false,
    endsAt: () => endOfLease(lease),
  });
}

function compared(
  held: Holding,
  about: Pick<ComparedHold, "key" | "id" | "since" | "lapses" | "endsAt">,
): ComparedHold {
  const outlines = held.outlines();
  const holding = { ...held, outlines: () => outlines };
  return { ...about, holding, outlines, end: undefined, isOpen: true };
}

/** The key of a reservation, by its id. */
export function reservationKey(id: string): string {
  return `reservation ${id}`;
}

/** The key of a lease. */
export function leaseRecordKey(lease: LeaseIdentity): string {
  return `lane ${leaseKey(lease)}`;
}

/** Whether a lease is the same grant to the same run, whatever was said of it since. */
export function isSameGrant(held: ComparedHold, lease: Lease): boolean {
  return held.since === sinceOf(lease) && held.holding.runId === runOf(lease);
}

function sinceOf({ adopted_at, acquired_at }: Lease): number {
  return msOf(adopted_at ?? acquired_at);
}

/** When a reservation ended or ends. */
function endOf(entry: ReservationEntry): number {
  return Math.min(effectiveExpiry(entry), parseTime(entry.release?.released_at) ?? Infinity);
}

/** When a lease is dead unless its holder shows life. */
export function endOfLease(lease: Lease): number {
  return deadAt(lease) ?? Infinity;
}

/** When a hold ended or ends. */
export function endAt(held: ComparedHold): number {
  return held.end ??= held.endsAt();
}

/** Whether there is a moment at which both were held. */
export function areTogether(a: ComparedHold, b: ComparedHold): boolean {
  return Math.max(a.since, b.since) < Math.min(endAt(a), endAt(b));
}

/** The order in which holds were made. */
export function bySince(a: ComparedHold, b: ComparedHold): number {
  return a.since - b.since || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}
