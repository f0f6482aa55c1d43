/** `reserve --renew`: what the run holds already is extended, and there is no second record. */
import type { Outline } from "../../domain/glob/address_outline.ts";
import { addressOutlines, areCovered } from "../../domain/glob/holds/holds.ts";
import { inOneGo } from "../../domain/glob/steps.ts";
import { sameAgent } from "../../domain/input/run_id.ts";
import type { Comparison } from "../../domain/glob/holds/comparison.ts";
import { heldBeside, overlapsRecord } from "../../domain/reservation/conflict.ts";
import {
  effectiveExpiry,
  type ReservationEntry,
  type ReservationRecord,
  reservationTtl,
} from "../../domain/reservation/reservation.ts";
import { parseTime } from "../../domain/time.ts";
import type { ReservationContext } from "../context.ts";
import { metOf } from "./answers.ts";
import type { ReservationKeeper } from "./hold.ts";
import type { ReservationGranted } from "./types.ts";

/** The search for a reservation of the caller's own that holds all that it asks for. */
export class Renewal {
  readonly #ours: readonly Outline[];
  #held: ReservationEntry | undefined;

  /** @param wanted The reservation that is made where there is none to renew. */
  constructor(readonly wanted: ReservationRecord) {
    this.#ours = addressOutlines(wanted);
  }

  /** Whether the last look found one. */
  get isFound(): boolean {
    return this.#held !== undefined;
  }

  /** Looks without writing; that is all that most calls of a hook need. */
  async look(
    { store }: ReservationContext,
    comparison: Comparison,
  ): Promise<readonly ReservationEntry[]> {
    const { wanted } = this;
    const now = parseTime(wanted.created_at) ?? 0;
    const near = await store.reservations.near(wanted, now, overlapsRecord(comparison));
    this.finds(near);
    return near;
  }

  /** Whether one of these is the caller's own and holds all that is asked for: the longest does. */
  finds(others: readonly ReservationEntry[]): boolean {
    const { wanted } = this;
    this.#held = others
      .filter(({ reservation }) =>
        sameAgent(reservation.run_id, wanted.run_id) && reservation.branch === wanted.branch &&
        reservation.worktree === wanted.worktree &&
        (reservation.exclusive === true || wanted.exclusive !== true)
      )
      .sort((a, b) => effectiveExpiry(b) - effectiveExpiry(a))
      .find(({ reservation }) => inOneGo(areCovered(this.#ours, addressOutlines(reservation))));
    return this.#held !== undefined;
  }

  /** Extends it; `undefined` where there is none, or it has ended meanwhile. */
  async extend(
    keeper: Pick<ReservationKeeper, "heartbeat">,
    comparison: Comparison,
    others: readonly ReservationEntry[],
  ): Promise<ReservationGranted | undefined> {
    if (this.#held === undefined) return undefined;
    const { reservation } = this.#held;
    const { reservation_id: id, run_id: runId } = reservation;
    const { note } = this.wanted;
    const extension = reservationTtl(this.wanted);
    const beat = await keeper.heartbeat({ id, runId, extension, ...(note && { note }) });
    if (beat.status !== "ok") return undefined;
    const { note: _note, ...record } = reservation;
    const { expires_at, fence, note: said, progress } = beat;
    return {
      ...record,
      expires_at,
      ...(fence === undefined ? {} : { fence }),
      ...(said === undefined ? {} : { note: said }),
      ...(progress === undefined ? {} : { progress }),
      status: "reserved",
      renewed: true,
      ...metOf(comparison.conflicts(others.map(heldBeside(reservation)))),
    };
  }
}
