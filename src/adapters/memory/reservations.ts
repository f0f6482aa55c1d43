/** Reservations in memory. Only comparing addresses takes turns with others; the rest is one step. */
import { paced } from "../../async/paced.ts";
import { stemOfId } from "../../domain/ids.ts";
import type { NamedAddresses } from "../../domain/glob/holds.ts";
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
} from "../../domain/reservation/reservation.ts";
import { type Clock, formatTime, parseTime } from "../../domain/time.ts";
import type { Placement, ReservationStore } from "../../ports/reservations.ts";
import type { MemoryWorkspace } from "./workspace.ts";

export class MemoryReservationStore implements ReservationStore {
  constructor(readonly workspace: MemoryWorkspace) {}

  async add({ reservation, overlaps, admit }: Placement): Promise<boolean> {
    const now = parseTime(reservation.created_at) ?? 0;
    const meets = new Map<string, boolean>();
    while (true) {
      const news = this.#near(reservation, now).filter(({ reservation: { reservation_id: id } }) =>
        !meets.has(id)
      );
      if (news.length === 0) break;
      await paced(compare(news, overlaps, meets));
    }
    const near = this.#near(reservation, now)
      .filter((entry) => meets.get(entry.reservation.reservation_id));
    if (!admit(near.filter((entry) => isLive(entry, now)))) return false;
    for (const entry of near) {
      if (!isLive(entry, now) && reservation.exclusive === true) {
        this.#seal(entry, reservation, now);
      }
    }
    this.workspace.reservations.put(reservation.reservation_id, reservation);
    return true;
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

  async get(id: string): Promise<ReservationEntry | undefined> {
    return this.#entry(id);
  }

  async find(prefix: string, limit: number): Promise<string[]> {
    return this.workspace.reservations.ids
      .filter((id) => stemOfId(id).toLowerCase().startsWith(prefix))
      .sort().slice(0, limit);
  }

  async list(now: number, all: boolean): Promise<ReservationEntry[]> {
    return this.#entries().filter((entry) => all || isLive(entry, now));
  }

  async beat(
    heartbeat: HeartbeatRecord,
    clock: Clock,
  ): Promise<HeartbeatRecord | "expired" | "released"> {
    const { reservation_id: id } = heartbeat;
    const entry = this.#entry(id);
    if (entry === undefined || entry.release !== undefined) return "released";
    const { reservation, heartbeat: last } = entry;
    if (reservation.exclusive === true && clock() >= effectiveExpiry(entry)) return "expired";
    const { extended_expires_at } = farther(heartbeat, last);
    const beat = (last?.beat ?? 0) + 1;
    const kept = { ...last, ...heartbeat, extended_expires_at, beat };
    this.workspace.heartbeats.put(id, kept);
    return kept;
  }

  async release(release: ReleaseRecord): Promise<boolean> {
    const { reservation_id: id } = release;
    if (this.workspace.releases.has(id)) return false;
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
  #near(own: ReservationRecord, now: number): ReservationEntry[] {
    return this.#entries().filter((entry) =>
      isLive(entry, now) ||
      entry.release === undefined && own.exclusive === true && entry.reservation.exclusive === true
    );
  }

  #seal(entry: ReservationEntry, by: ReservationRecord, now: number): void {
    const { reservation_id } = entry.reservation;
    this.workspace.releases.put(reservation_id, {
      reservation_id,
      run_id: by.run_id,
      released_at: formatTime(Math.min(effectiveExpiry(entry), now)),
      reason: "expired",
    });
  }

  #entry(id: string): ReservationEntry | undefined {
    const { reservations, heartbeats, releases } = this.workspace;
    const reservation = reservations.get(id);
    return reservation && { reservation, heartbeat: heartbeats.get(id), release: releases.get(id) };
  }

  #entries(): ReservationEntry[] {
    return this.workspace.reservations.ids.flatMap((id) => this.#entry(id) ?? []);
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
