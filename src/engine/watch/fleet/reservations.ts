/** The reservations of a fleet: those in force cost something at each state, and those that were released nothing. */
import type { JsonObject } from "../../../domain/json.ts";
import {
  type HeartbeatRecord,
  liveSpan,
  parseHeartbeat,
  parseRelease,
  parseReservation,
  type ReleaseRecord,
  type ReservationEntry,
  type ReservationRecord,
} from "../../../domain/reservation/reservation.ts";
import { byAge, reservationItem } from "../../reservation/answers.ts";
import type { ReservationItem } from "../../reservation/types.ts";
import type { Life } from "./compared.ts";

/** A reservation that was not released, as it is while it is in force. */
export interface HeldReservation {
  readonly entry: ReservationEntry;
  /** As a listing has it; the same object until the reservation changes. */
  readonly item: ReservationItem;
  /** From when until when it is in force, milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}

export class FleetReservations {
  readonly #reservations = new Map<string, ReservationRecord>();
  readonly #heartbeats = new Map<string, HeartbeatRecord>();
  readonly #releases = new Map<string, ReleaseRecord>();
  readonly #held = new Map<string, HeldReservation>();
  /** They, the oldest first; `undefined` once one of them has changed. */
  #ordered: readonly HeldReservation[] | undefined;

  /** Takes in a record; the same, where it can be read. */
  reservation(id: string, data: JsonObject | undefined): ReservationRecord | undefined {
    const record = put(this.#reservations, id, data && parseReservation(data, id));
    this.#changed(id);
    return record;
  }

  heartbeat(id: string, data: JsonObject | undefined): void {
    put(this.#heartbeats, id, data && parseHeartbeat(data, id));
    this.#changed(id);
  }

  release(id: string, data: JsonObject | undefined): void {
    put(this.#releases, id, data && parseRelease(data, id));
    this.#changed(id);
  }

  /** What was said of one. */
  life(id: string): Life {
    return { heartbeat: this.#heartbeats.get(id), release: this.#releases.get(id) };
  }

  /** Those in force at `now`, the oldest first. */
  live(now: number): readonly HeldReservation[] {
    this.#ordered ??= [...this.#held.values()].sort((a, b) => byAge(a.entry, b.entry));
    return this.#ordered.filter(({ from, until }) => now >= from && now < until);
  }

  #changed(id: string): void {
    const reservation = this.#reservations.get(id);
    const isHeld = reservation !== undefined && !this.#releases.has(id);
    if (isHeld) {
      const entry = { reservation, heartbeat: this.#heartbeats.get(id), release: undefined };
      const span = liveSpan(entry);
      this.#held.set(id, { entry, item: reservationItem(entry, span.from), ...span });
    }
    if (isHeld || this.#held.delete(id)) this.#ordered = undefined;
  }
}

/** Keeps a record; one that is gone or cannot be read counts for nothing, as in listings. */
export function put<T>(
  records: Map<string, T>,
  id: string,
  record: T | string | undefined,
): T | undefined {
  const good = typeof record === "string" ? undefined : record;
  if (good === undefined) records.delete(id);
  else records.set(id, good);
  return good;
}
