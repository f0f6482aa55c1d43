/** The exclusive reservations, as lanes ask about them. */
import { addressOutlines } from "../../domain/glob/holds/holds.ts";
import {
  Comparison,
  type Conflicts,
  type ReservationConflict,
} from "../../domain/glob/holds/comparison.ts";
import { sameRun } from "../../domain/input/run_id.ts";
import { heldReservation, overlapsRecord } from "../../domain/reservation/conflict.ts";
import type { ReservationStore } from "../../ports/reservations.ts";
import type { AwaitedHolders, Wanted } from "../hold/exclusion.ts";

export class ReservationHolders implements AwaitedHolders<ReservationConflict> {
  constructor(readonly store: ReservationStore) {}

  async find({ runId, named, now }: Wanted): Promise<Conflicts<ReservationConflict>> {
    const comparison = new Comparison(runId, addressOutlines(named));
    const near = await this.store.near(named, now, overlapsRecord(comparison));
    const exclusive = near.filter(({ reservation }) => reservation.exclusive === true);
    return comparison.conflicts(exclusive.map(heldReservation));
  }

  async makeWay({ runId, named }: Wanted): Promise<Conflicts<ReservationConflict>> {
    const comparison = new Comparison(runId, addressOutlines(named));
    const held = await this.store.makeWay({
      named,
      runId,
      overlaps: overlapsRecord(comparison),
      excludes: ({ run_id }) => !sameRun(run_id, runId),
    });
    return comparison.conflicts(held.map(heldReservation));
  }

  watch(
    conflicts: readonly ReservationConflict[],
    onChange: () => void,
    onError: (error: unknown) => void,
  ): { close(): void } {
    const ids = new Set(conflicts.map(({ reservation_id }) => reservation_id));
    const open = [...ids].map((id) => this.store.watch(id, onChange, onError));
    return {
      close() {
        for (const each of open) each.close();
      },
    };
  }
}
