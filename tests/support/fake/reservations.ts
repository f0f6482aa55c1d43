/** Reservations in memory: the port's contract without files, with a hand in what comes between. */
import { stemOfId } from "../../../src/domain/ids.ts";
import type {
  HeartbeatRecord,
  IntentRecord,
  ReleaseRecord,
  ReservationEntry,
  ReservationRecord,
} from "../../../src/domain/reservation/reservation.ts";
import { isLive } from "../../../src/domain/reservation/reservation.ts";
import { inOneGo } from "../../../src/domain/glob/steps.ts";
import { type Clock, parseTime } from "../../../src/domain/time.ts";
import type { Placement, ReservationStore } from "../../../src/ports/reservations.ts";

export class FakeReservations implements ReservationStore {
  readonly reservations = new Map<string, ReservationRecord>();
  readonly heartbeats = new Map<string, HeartbeatRecord>();
  readonly releases = new Map<string, ReleaseRecord>();
  readonly intents: IntentRecord[] = [];
  /** What others do just before the next change is written; it happens once. */
  meanwhile: (() => void) | undefined;

  constructor(readonly clock: () => number) {}

  async add({ reservation, overlaps, admit }: Placement): Promise<boolean> {
    const near = () =>
      this.#entries().filter((entry) =>
        isLive(entry, this.clock()) && inOneGo(overlaps(entry.reservation))
      );
    if (!admit(near())) return false;
    if (this.#interrupted() && !admit(near())) return false;
    this.reservations.set(reservation.reservation_id, reservation);
    return true;
  }

  async get(id: string): Promise<ReservationEntry | undefined> {
    return this.#entries().find(({ reservation }) => reservation.reservation_id === id);
  }

  async find(prefix: string, limit: number): Promise<string[]> {
    const ids = [...this.reservations.keys()];
    return ids.filter((id) => stemOfId(id).startsWith(prefix)).sort().slice(0, limit);
  }

  async list(now: number, all: boolean): Promise<ReservationEntry[]> {
    return this.#entries().filter((entry) => all || isLive(entry, now));
  }

  async beat(heartbeat: HeartbeatRecord, clock: Clock) {
    this.#interrupted();
    const { reservation_id: id } = heartbeat;
    if (this.releases.has(id)) return "released";
    const entry = await this.get(id);
    const isOver = entry?.reservation.exclusive === true && !isLive(entry, clock());
    if (isOver) return "expired";
    const before = this.heartbeats.get(id)?.extended_expires_at ?? "";
    const later = (parseTime(before) ?? 0) > (parseTime(heartbeat.extended_expires_at) ?? 0)
      ? before
      : heartbeat.extended_expires_at;
    const kept = { ...heartbeat, extended_expires_at: later };
    this.heartbeats.set(id, kept);
    return kept;
  }

  async release(release: ReleaseRecord): Promise<boolean> {
    this.#interrupted();
    if (this.releases.has(release.reservation_id)) return false;
    this.releases.set(release.reservation_id, release);
    return true;
  }

  /** Nothing is lost here. */
  async persistRelease(): Promise<void> {}

  /** Nothing notifies here. */
  watch(): { close(): void } {
    return { close() {} };
  }

  async addIntent(intent: IntentRecord): Promise<void> {
    this.intents.push(intent);
  }

  async listIntents(): Promise<IntentRecord[]> {
    return this.intents;
  }

  #entries(): ReservationEntry[] {
    return [...this.reservations.values()].map((reservation) => ({
      reservation,
      heartbeat: this.heartbeats.get(reservation.reservation_id),
      release: this.releases.get(reservation.reservation_id),
    }));
  }

  #interrupted(): boolean {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    meanwhile?.();
    return meanwhile !== undefined;
  }
}
