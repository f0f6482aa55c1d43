/** Reservations in memory. Only comparing addresses takes turns with others; the rest is one step. */
import { paced } from "../../async/paced.ts";
import { stemOfId } from "../../domain/ids.ts";
import type { NamedAddresses } from "../../domain/glob/holds/holds.ts";
import type { Stepwise } from "../../domain/glob/steps.ts";
import {
  comparing,
  expiredRelease,
  keptBeat,
  mattersTo,
  outOfItsWay,
} from "../../domain/reservation/placing.ts";
import {
  type HeartbeatRecord,
  type IntentRecord,
  isLive,
  type ReleaseRecord,
  type ReservationEntry,
  type ReservationRecord,
  wasConfirmed,
} from "../../domain/reservation/reservation.ts";
import type {
  NoticePlacement,
  Placement,
  ReservationStore,
  Rival,
} from "../../ports/reservations.ts";
import type { MemoryWorkspace } from "./workspace.ts";

export class MemoryReservationStore implements ReservationStore {
  constructor(readonly workspace: MemoryWorkspace) {}

  async add(placement: Placement): Promise<boolean> {
    const { reservation, overlaps } = placement;
    const meets = new Map<string, boolean>();
    while (true) {
      const news = this.#near(reservation, this.workspace.clock())
        .filter((entry) => !meets.has(entry.reservation.reservation_id));
      if (news.length === 0) break;
      await paced(comparing(news, overlaps, meets));
    }
    const now = this.workspace.clock();
    const near = this.#near(reservation, now)
      .filter((entry) => meets.get(entry.reservation.reservation_id));
    const ended = outOfItsWay(near, placement, now);
    if (ended === undefined) return false;
    for (const entry of ended) this.#seal(entry, reservation.run_id, now);
    const { reservation_id: id } = reservation;
    if (reservation.confirmation === undefined) this.workspace.reservations.put(id, reservation);
    else this.workspace.unsettled.set(id, reservation);
    return true;
  }

  async addNotice({ reservation, overlaps }: NoticePlacement): Promise<ReservationEntry[]> {
    const { reservation_id: id } = reservation;
    this.workspace.reservations.put(id, reservation);
    const near = await this.near(reservation, this.workspace.clock(), overlaps);
    return near.filter((other) => other.reservation.reservation_id !== id);
  }

  async near(
    _near: NamedAddresses,
    now: number,
    overlaps: (other: ReservationRecord) => Stepwise<boolean>,
  ): Promise<ReservationEntry[]> {
    const live = this.#entries().filter((entry) => isLive(entry, now));
    const meets = new Map<string, boolean>();
    await paced(comparing(live, overlaps, meets));
    return live.filter(({ reservation }) => meets.get(reservation.reservation_id));
  }

  async confirm(id: string): Promise<number | undefined> {
    const { unsettled, reservations, fences } = this.workspace;
    const reservation = unsettled.get(id);
    if (reservation === undefined) return undefined;
    unsettled.delete(id);
    reservations.put(id, reservation);
    const fence = fences.size + 1;
    fences.set(id, fence);
    return fence;
  }

  async refuse(id: string, runId: string): Promise<void> {
    const entry = this.#entry(id);
    if (entry?.unsettled === true) this.#seal(entry, runId, this.workspace.clock());
  }

  async makeWay({ runId, overlaps, excludes }: Rival): Promise<ReservationEntry[]> {
    const meets = new Map<string, boolean>();
    const near = () =>
      this.#near({ exclusive: true }, this.workspace.clock()).filter(({ reservation }) =>
        reservation.exclusive === true && excludes(reservation)
      );
    await paced(comparing(near(), overlaps, meets));
    const now = this.workspace.clock();
    // What came meanwhile finds the rival when it looks.
    const met = near().filter(({ reservation }) => meets.get(reservation.reservation_id));
    for (const entry of met) {
      if (!isLive(entry, now)) this.#seal(entry, runId, now);
    }
    return met.filter((entry) => isLive(entry, now));
  }

  async get(id: string): Promise<ReservationEntry | undefined> {
    const entry = this.#entry(id);
    const fence = this.workspace.fences.get(id);
    return entry === undefined || fence === undefined ? entry : { ...entry, fence };
  }

  async find(prefix: string, limit: number): Promise<string[]> {
    return this.workspace.reservations.ids
      .filter((id) => stemOfId(id).toLowerCase().startsWith(prefix))
      .sort().slice(0, limit);
  }

  async list(now: number, all: boolean): Promise<ReservationEntry[]> {
    return this.#entries().filter((entry) => wasConfirmed(entry) && (all || isLive(entry, now)));
  }

  async beat(
    id: string,
    beatAt: (now: number) => HeartbeatRecord,
  ): Promise<HeartbeatRecord | "expired" | "released"> {
    const now = this.workspace.clock();
    const heartbeat = beatAt(now);
    const kept = keptBeat(this.#entry(id), heartbeat, now);
    if (typeof kept === "string") return kept;
    this.workspace.heartbeats.put(id, kept);
    return kept;
  }

  async release(release: ReleaseRecord): Promise<boolean> {
    const { reservation_id: id } = release;
    if (this.workspace.releases.has(id)) return false;
    this.workspace.unsettled.delete(id);
    this.workspace.releases.put(id, release);
    return true;
  }

  /** What is written here is never lost before the process is. */
  async persistRelease(): Promise<void> {}

  watch(id: string, onChange: () => void): { close(): void } {
    const { reservations, releases } = this.workspace;
    const open = [reservations, releases].map((table) =>
      table.listen((changed) => {
        if (changed === id) onChange();
      })
    );
    return {
      close() {
        for (const each of open) each.close();
      },
    };
  }

  async addIntent(intent: IntentRecord): Promise<void> {
    this.workspace.intents.put(intent.intent_id, intent);
  }

  async listIntents(): Promise<IntentRecord[]> {
    const { intents } = this.workspace;
    return intents.ids.flatMap((id) => intents.get(id) ?? []);
  }

  #near(own: Pick<ReservationRecord, "exclusive">, now: number): ReservationEntry[] {
    return this.#entries().filter((entry) => mattersTo(own, entry, now));
  }

  #seal(entry: ReservationEntry, run_id: string, now: number): void {
    const { reservation_id } = entry.reservation;
    // What was refused before it was confirmed leaves nothing.
    if (this.workspace.unsettled.delete(reservation_id)) return;
    this.workspace.releases.put(reservation_id, expiredRelease(entry, run_id, now));
  }

  #entry(id: string): ReservationEntry | undefined {
    const { reservations, heartbeats, releases, unsettled } = this.workspace;
    const coming = unsettled.get(id);
    if (coming !== undefined) {
      return { reservation: coming, heartbeat: undefined, release: undefined, unsettled: true };
    }
    const reservation = reservations.get(id);
    if (reservation === undefined) return undefined;
    return { reservation, heartbeat: heartbeats.get(id), release: releases.get(id) };
  }

  #entries(): ReservationEntry[] {
    const { reservations, unsettled } = this.workspace;
    return [...reservations.ids, ...unsettled.keys()].flatMap((id) => this.#entry(id) ?? []);
  }
}
