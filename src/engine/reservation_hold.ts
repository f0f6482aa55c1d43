/** A reservation bound to a block of code: it beats while held and is released with the block. */
import { Beating } from "./beating.ts";
import type {
  Released,
  ReleaseInput,
  ReservationBeat,
  ReservationBeatInput,
  ReservationRefused,
  Reserved,
} from "./reservation_types.ts";

/** What a hold needs of the operations on reservations. */
export interface ReservationKeeper {
  /** Keeps the reservation. */
  heartbeat(input: ReservationBeatInput): Promise<ReservationBeat | ReservationRefused>;
  /** Ends it. */
  release(input: ReleaseInput): Promise<Released | ReservationRefused>;
}

/** A reservation that is kept by heartbeats in the background until it is released. */
export class ReservationHold implements AsyncDisposable {
  /** It is held; the other outcome is `conflict`. */
  readonly status = "held";
  /** The reservation as it was written, with what overlapped it then. */
  readonly reservation: Reserved;
  readonly #keeper: ReservationKeeper;
  readonly #beating: Beating;

  /** Made by `coord.reservations.hold()`. */
  constructor(keeper: ReservationKeeper, reservation: Reserved, ttlSeconds: number) {
    this.reservation = reservation;
    this.#keeper = keeper;
    this.#beating = new Beating(ttlSeconds, async () => {
      const answer = await keeper.heartbeat({ ...this.#who(), extension: ttlSeconds });
      return answer.status === "ok" ? undefined : answer.error;
    });
  }

  /** Fires when the reservation is lost: it was released, or could not be kept in time. */
  get lost(): AbortSignal {
    return this.#beating.lost;
  }

  /** Releases it before the block ends; `reason` is by default `completed`. */
  async release(reason?: string): Promise<Released | ReservationRefused> {
    // A call that fails changes nothing, and the reservation is kept for the next try.
    const answer = await this.#keeper.release({ ...this.#who(), ...(reason && { reason }) });
    this.#beating.stop();
    return answer;
  }

  /** Releases it unless that was done. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#beating.over) return;
    // Nobody tries again after this: should it fail, the reservation expires.
    this.#beating.stop();
    await this.#keeper.release(this.#who());
  }

  #who() {
    const { reservation_id, run_id } = this.reservation;
    return { id: reservation_id, runId: run_id };
  }
}
