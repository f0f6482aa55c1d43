/** The operations on reservations over a store in memory, and a clock that moves by hand. */
import { realTimers, type Timers } from "../../../src/async/timers.ts";
import { NO_HOLDERS } from "../../../src/engine/hold/exclusion.ts";
import { Reservations } from "../../../src/engine/reservation/reservations.ts";
import type { ReservationInput } from "../../../src/engine/reservation/types.ts";
import type { ReservationRecord } from "../../../src/domain/reservation/reservation.ts";
import { MemoryWorkspace } from "../../../src/adapters/memory/workspace.ts";
import type { ReservationStore } from "../../../src/ports/reservations.ts";
import { MemoryReservationStore } from "../../../src/adapters/memory/reservations.ts";
import { NOWHERE } from "../scene/over_store.ts";
import { changed } from "./changed.ts";

/** 2026-11-21T09:30:00.000Z */
const START = 1_795_253_400_000;

export class ReservationBench {
  ms = START;
  readonly clock = () => this.ms;
  /** The records, as another process reaches them. */
  readonly records = new MemoryWorkspace({ clock: this.clock });
  readonly warnings: string[] = [];
  readonly reservations: Reservations;

  /** @param faults What the store does instead. */
  constructor(
    faults: (store: ReservationStore) => Partial<ReservationStore> = () => ({}),
    timers: Timers = realTimers,
  ) {
    const warn = (message: string) => void this.warnings.push(message);
    const checkout = { ...NOWHERE, branch: (explicit?: string) => explicit ?? "trunk" };
    const store = new MemoryReservationStore(this.records);
    const reservations = changed<ReservationStore>(store, faults(store));
    const context = { clock: this.clock, warn, checkout, store: { reservations }, timers };
    this.reservations = new Reservations(context, NO_HOLDERS);
  }

  /** An instant a number of seconds after the start, as records have it. */
  iso(seconds: number): string {
    return new Date(START + seconds * 1000).toISOString();
  }

  advance(seconds: number): void {
    this.ms += seconds * 1000;
  }

  /** Reserves what must be free to be reserved. */
  async reserve(runId: string, address: string, more: Partial<ReservationInput> = {}) {
    const answer = await this.reservations.reserve({ addresses: [address], runId, ...more });
    if (answer.status === "conflict") throw new Error(answer.error);
    return answer;
  }

  /** A reservation as another tool writes it. */
  foreign(id: string, more: Partial<ReservationRecord> = {}): void {
    this.records.reservations.put(id, {
      reservation_id: id,
      run_id: "muse",
      branch: "main",
      addresses: ["src/a.py"],
      created_at: "2026-11-21T09:29:00.000000+00:00",
      expires_at: "2026-11-21T10:29:00.000000+00:00",
      operation: null,
      ...more,
    });
  }
}
