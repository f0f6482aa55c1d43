/** A reservation bound to a block of code: it beats while held and is released with the block. */
import { notifyOrPoll } from "../../async/notify_or_poll.ts";
import { CoordError } from "../../domain/errors.ts";
import { SAFETY_LOOK_MS } from "../../domain/limits.ts";
import { parseTime } from "../../domain/time.ts";
import { Beating } from "../heartbeat_loop.ts";
import type { Context } from "../context.ts";
import { notFound } from "../find_id.ts";
import { whyEnded } from "./ended.ts";
import type {
  ReservationGranted,
  ReservationHeartbeat,
  ReservationHeartbeatInput,
  ReservationRefused,
  ReservationReleased,
  ReservationReleaseInput,
} from "./types.ts";

/** What a hold needs of the operations on reservations. */
export interface ReservationKeeper {
  /** Keeps the reservation. */
  heartbeat(input: ReservationHeartbeatInput): Promise<ReservationHeartbeat | ReservationRefused>;
  /** Ends it. */
  release(input: ReservationReleaseInput): Promise<ReservationReleased | ReservationRefused>;
}

/** A reservation that is kept by heartbeats in the background until it is released. */
export class ReservationHold implements AsyncDisposable {
  /** It is held; the other outcome is `conflict`. */
  readonly status = "held";
  /** The reservation as it was written, with what overlapped it then. */
  readonly reservation: ReservationGranted;
  readonly #keeper: ReservationKeeper;
  readonly #beating: Beating;

  /** Made by `coord.reservations.hold()`. */
  constructor(
    context: Context,
    keeper: ReservationKeeper,
    reservation: ReservationGranted,
    ttlSeconds: number,
  ) {
    this.reservation = reservation;
    this.#keeper = keeper;
    const { store, warn, timers } = context;
    const { reservation_id: id, expires_at } = reservation;
    this.#beating = new Beating({
      what: `reservation ${id}`,
      ttlSeconds,
      endsMs: parseTime(expires_at) ?? 0,
      beat: async () => {
        const answer = await keeper.heartbeat({ ...this.#who(), extension: ttlSeconds });
        if (answer.status !== "ok") return new CoordError(answer.status, answer.error);
        return parseTime(answer.extended_expires_at) ?? 0;
      },
      look: async () => {
        const entry = await store.reservations.get(id);
        if (entry === undefined) return notFound(["reservation"], id);
        if (entry.release === undefined) return undefined;
        const { status, error } = await whyEnded(context, `Cannot keep reservation ${id}`, entry);
        return new CoordError(status, error);
      },
      listen: (look) =>
        notifyOrPoll(
          (onError) => store.reservations.watch(id, look, onError),
          { look, safetyMs: SAFETY_LOOK_MS, warn, timers },
        ),
    }, context);
  }

  /**
   * Fires when the reservation is lost, with a {@link CoordError}: it was released, or could not be
   * kept; then it fires before the reservation's time runs out.
   */
  get lost(): AbortSignal {
    return this.#beating.lost;
  }

  /** When the reservation ends unless a heartbeat extends it, ISO 8601 UTC. */
  get expiresAt(): string {
    return this.#beating.expiresAt;
  }

  /** Releases it before the block ends; `reason` is by default `completed`. */
  async release(reason?: string): Promise<ReservationReleased | ReservationRefused> {
    // A call that fails changes nothing, and the reservation is kept for the next try.
    const answer = await this.#keeper.release({ ...this.#who(), ...(reason && { reason }) });
    this.#beating.stop();
    return answer;
  }

  /** Releases it unless that was done. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#beating.over) return;
    // Nothing tries again after this: should it fail, the reservation expires.
    this.#beating.stop();
    await this.#keeper.release(this.#who());
  }

  #who() {
    const { reservation_id, run_id } = this.reservation;
    return { id: reservation_id, runId: run_id };
  }
}
