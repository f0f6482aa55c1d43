/** Reservations in memory. Only comparing addresses takes turns with others; the rest is one step. */
import { paced } from "../../async/paced.ts";
import { stemOfId } from "../../domain/ids.ts";
import type { NamedAddresses } from "../../domain/glob/holds/holds.ts";
import type { Stepwise } from "../../domain/glob/steps.ts";
import {
  effectiveExpiry,
  farther,
  type HeartbeatRecord,
  type IntentRecord,
  isLive,
  type ReleaseRecord,
  type ReservationEntry,
  type ReservationRecord,
  wasConfirmed,
} from "../../domain/reservation/reservation.ts";
import { formatTime } from "../../domain/time.ts";
import type {
  NoticePlacement,
  Placement,
  ReservationStore,
  Rival,
} from "../../ports/reservations.ts";
import type { MemoryWorkspace } from "./workspace.ts";

export class MemoryReservationStore implements ReservationStore {
  constructor(readonly workspace: MemoryWorkspace) {}

  async add({ reservation, overlaps, admit, excludes }: Placement): Promise<boolean> {
    const meets = new Map<string, boolean>();
    while (true) {
      const news = this.#near(reservation, this.workspace.clock())
        .filter((entry) => !meets.has(entry.reservation.reservation_id));
      if (news.length === 0) break;
      await paced(compare(news, overlaps, meets));
    }
    const now = this.workspace.clock();
    const near = this.#near(reservation, now)
      .filter((entry) => meets.get(entry.reservation.reservation_id));
    const isComing = (entry: ReservationEntry) =>
      entry.unsettled === true && excludes(entry.reservation);
    if (!admit(near.filter((entry) => isLive(entry, now) || isComing(entry)))) return false;
    for (const entry of near) {
      if (isLive(entry, now) || reservation.exclusive !== true) continue;
      if (entry.unsettled !== true || isComing(entry)) this.#seal(entry, reservation.run_id, now);
    }
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
    await paced(compare(live, overlaps, meets));
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
    await paced(compare(near(), overlaps, meets));
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
    const entry = this.#entry(id);
    if (entry === undefined || entry.release !== undefined || entry.unsettled === true) {
      return "released";
    }
    const { reservation, heartbeat: last } = entry;
    if (reservation.exclusive === true && now >= effectiveExpiry(entry)) return "expired";
    const { extended_expires_at } = farther(heartbeat, last);
    const beat = (last?.beat ?? 0) + 1;
    const kept = { ...last, ...heartbeat, extended_expires_at, beat };
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

  /** What is live, or is exclusive and must not come to life again beside an exclusive one. */
  #near(own: Pick<ReservationRecord, "exclusive">, now: number): ReservationEntry[] {
    return this.#entries().filter((entry) =>
      isLive(entry, now) ||
      entry.release === undefined && own.exclusive === true && entry.reservation.exclusive === true
    );
  }

  #seal(entry: ReservationEntry, run_id: string, now: number): void {
    const { reservation_id } = entry.reservation;
    // What was refused before it was confirmed leaves nothing.
    if (this.workspace.unsettled.delete(reservation_id)) return;
    const released_at = formatTime(Math.min(effectiveExpiry(entry), now));
    const release = { reservation_id, run_id, released_at, reason: "expired" };
    this.workspace.releases.put(reservation_id, release);
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

/** Notes which of these reservations overlap. */
function* compare(
  entries: readonly ReservationEntry[],
  overlaps: Placement["overlaps"],
  meets: Map<string, boolean>,
): Stepwise<undefined> {
  for (const { reservation } of entries) {
    meets.set(reservation.reservation_id, yield* overlaps(reservation));
    yield undefined;
  }
  return undefined;
}
