/**
 * Which holds of different runs overlap. Each pair is compared once, when the later hold becomes known, by
 * the rule that answers with conflicts. A state compares nothing again.
 */
import { Comparison, type Where } from "../../../domain/glob/holds/comparison.ts";
import { HoldMap } from "../../../domain/glob/holds/hold_map.ts";
import { sameRun } from "../../../domain/input/run_id.ts";
import type { Lease } from "../../../domain/lane/lease.ts";
import { MAX_CONFLICTS } from "../../../domain/limits.ts";
import type { ReservationRecord } from "../../../domain/reservation/reservation.ts";
import { formatTime, isAhead } from "../../../domain/time.ts";
import type { LaneItem } from "../../lane/types.ts";
import type { HoldsNow } from "../agents.ts";
import {
  areTogether,
  bySince,
  type ComparedHold,
  comparedLease,
  comparedReservation,
  endAt,
  endOfLease,
  isSameGrant,
  leaseRecordKey,
  type Life,
  reservationKey,
} from "./compared.ts";
import { MINUTE_MS } from "./ends.ts";
import type { FleetConflict, FleetHotspot } from "./types.ts";

/** Others with which a new hold is compared; more are not worth a person's look. */
const COMPARED = 200;

/** Others that are looked at to find those. */
const LOOKED_AT = 2_000;

/** Looks at two patterns that a new hold may take: a millisecond or two. */
const EFFORT = 10_000;

/** Conflicts that are kept, of those that go on and of those that began in the last minute. */
const KEPT = 2_000;

/** Addresses that are named. */
const HOTSPOTS = 5;

/** Two holds that overlap. */
interface Pair {
  readonly later: ComparedHold;
  readonly earlier: ComparedHold;
  /** An address of each of them that overlap. */
  readonly where: readonly [string, string];
  /** Each address of theirs that overlaps one of the other's. */
  readonly addresses: ReadonlySet<string>;
}

/** How it stands at a moment. */
export interface ConflictsNow {
  readonly conflicts: readonly FleetConflict[];
  readonly conflicts_total: number;
  readonly conflicts_last_minute: number;
  readonly conflicts_counted: boolean;
  readonly hotspots: readonly FleetHotspot[];
}

/** A bounded count of them. What it does not compare it says. */
export class FleetConflicts {
  /** By the name of the record; null for what has ended. */
  readonly #known = new Map<string, ComparedHold | null>();
  readonly #map = new HoldMap<ComparedHold>();
  readonly #open = new Set<ComparedHold>();
  /** Those that were not compared yet. */
  #news: ComparedHold[] = [];
  /** Those that go on, and those that began within the last minute. */
  #live: Pair[] = [];
  #begun: Pair[] = [];
  /** In how many of the latter an address is. */
  readonly #counts = new Map<string, number>();
  #hotspots: readonly FleetHotspot[] | undefined;
  /** Those that were not compared with all. */
  #cut: ComparedHold[] = [];

  /** Takes in a reservation, and where to look what was said of it; one that is known is no news. */
  reserved(reservation: ReservationRecord, life: () => Life): void {
    if (this.#known.has(reservationKey(reservation.reservation_id))) return;
    this.#put(comparedReservation(reservation, life));
  }

  /** Takes in a lease; one of the same grant to the same run is no news, but may end later. */
  leased(lease: Lease): void {
    const key = leaseRecordKey(lease);
    const known = this.#known.get(key);
    if (known && isSameGrant(known, lease)) {
      known.endsAt = () => endOfLease(lease);
      known.end = undefined;
      return;
    }
    this.gone(key);
    this.#put(comparedLease(lease));
  }

  #put(held: ComparedHold): void {
    this.#known.set(held.key, held);
    this.#news.push(held);
  }

  /** Something was said of a reservation that may move its end. */
  moved(id: string): void {
    const held = this.#known.get(reservationKey(id));
    if (held) held.end = undefined;
  }

  /** A record is gone. What came before is compared with it first. */
  gone(key: string): void {
    const held = this.#known.get(key);
    if (held) {
      this.#compare(-Infinity);
      this.#close(held);
    }
    this.#known.delete(key);
  }

  #close(held: ComparedHold): void {
    held.isOpen = false;
    this.#open.delete(held);
    this.#map.delete(held);
  }

  #compare(now: number): void {
    const news = this.#news.sort(bySince);
    this.#news = [];
    for (const held of news) {
      if (held.lapses && endAt(held) <= now - MINUTE_MS) {
        held.isOpen = false;
        this.#known.set(held.key, null);
        continue;
      }
      if (!this.#meet(held, now)) this.#cut.push(held);
      this.#open.add(held);
      this.#map.add(held);
    }
  }

  /** Finds what a hold overlaps; false when it was not compared with all. */
  #meet(held: ComparedHold, now: number): boolean {
    const { holding: { runId }, outlines } = held;
    const seen = new Set<ComparedHold>();
    let comparison: Comparison | undefined;
    let lookedAt = 0;
    let compared = 0;
    let isWhole = true;
    for (const other of this.#map.near(held)) {
      if (++lookedAt > LOOKED_AT) return false;
      if (seen.has(other)) continue;
      seen.add(other);
      if (sameRun(runId, other.holding.runId) || !areTogether(held, other)) continue;
      const isRoom = this.#live.length < KEPT || this.#begun.length < KEPT;
      if (++compared > COMPARED || !isRoom) return false;
      comparison ??= new Comparison(runId, outlines, { left: EFFORT });
      const found = comparison.where(other.holding);
      isWhole &&= found.isWhole;
      if (found.pairs.length > 0) isWhole &&= this.#keep(pairOf(held, other, found.pairs), now);
    }
    return isWhole;
  }

  /** False when there are too many to keep. */
  #keep(pair: Pair, now: number): boolean {
    const isOld = !isRecent(pair.later, now);
    const isRoom = this.#live.length < KEPT && (isOld || this.#begun.length < KEPT);
    if (this.#live.length < KEPT) this.#live.push(pair);
    if (!isOld && this.#begun.length < KEPT) {
      this.#begun.push(pair);
      this.#count(pair, 1);
    }
    return isRoom;
  }

  #count({ addresses }: Pair, by: number): void {
    for (const address of addresses) {
      const count = (this.#counts.get(address) ?? 0) + by;
      if (count > 0) this.#counts.set(address, count);
      else this.#counts.delete(address);
    }
    this.#hotspots = undefined;
  }

  /** How it stands at `now`, when these are the leases. */
  at(now: number, leases: readonly LaneItem[]): ConflictsNow {
    this.#compare(now);
    for (const held of this.#open) {
      if (!held.lapses || endAt(held) > now) continue;
      this.#close(held);
      this.#known.set(held.key, null);
    }
    this.#cut = this.#cut.filter((held) => held.isOpen || isRecent(held, now));
    this.#live = this.#live.filter(({ later, earlier }) => later.isOpen && earlier.isOpen);
    this.#begun = this.#begun.filter((pair) => {
      const isKept = isRecent(pair.later, now);
      if (!isKept) this.#count(pair, -1);
      return isKept;
    });
    const dead = new Set(leases.filter(({ status }) => status === "dead").map(leaseRecordKey));
    const isHeld = ({ key, since }: ComparedHold) => !dead.has(key) && !isAhead(since, now);
    const live = this.#live.filter(({ later, earlier }) => isHeld(later) && isHeld(earlier))
      .sort((a, b) => bySince(b.later, a.later) || bySince(b.earlier, a.earlier));
    return {
      conflicts: live.slice(0, MAX_CONFLICTS).map(conflictOf),
      conflicts_total: live.length,
      conflicts_last_minute: this.#begun.filter(({ later }) => later.since <= now).length,
      conflicts_counted: this.#cut.length === 0,
      hotspots: this.#hotspots ??= hotspotsOf(this.#counts),
    };
  }
}

function hotspotsOf(counts: ReadonlyMap<string, number>): FleetHotspot[] {
  return [...counts].map(([address, count]) => ({ address, count }))
    .sort((a, b) => b.count - a.count || (a.address < b.address ? -1 : 1))
    .slice(0, HOTSPOTS);
}

/** How it stands with what is held at `now`, for those who do not follow it: what has ended is missing. */
export function conflictsNow(
  { reservations, leases }: Pick<HoldsNow, "reservations" | "leases">,
  now: number,
): ConflictsNow {
  const all = new FleetConflicts();
  for (const entry of reservations) all.reserved(entry.reservation, () => entry);
  for (const lease of leases) all.leased(lease);
  return all.at(now, leases);
}

/** Whether what began with a hold counts in the last minute. */
function isRecent({ since }: ComparedHold, now: number): boolean {
  return since > now - MINUTE_MS;
}

function pairOf(held: ComparedHold, other: ComparedHold, found: readonly Where[]): Pair {
  const isLater = bySince(held, other) > 0;
  const { address: ours = "", their_address: theirs = "" } = found[0] ?? {};
  const addresses = new Set<string>();
  for (const { address, their_address } of found) addresses.add(address).add(their_address);
  return {
    ...(isLater ? { later: held, earlier: other } : { later: other, earlier: held }),
    where: isLater ? [ours, theirs] : [theirs, ours],
    addresses,
  };
}

function conflictOf({ later, earlier, where }: Pair): FleetConflict {
  return {
    run_ids: [later.holding.runId, earlier.holding.runId],
    addresses: where,
    ids: [later.id, earlier.id],
    since: formatTime(later.since),
  };
}
