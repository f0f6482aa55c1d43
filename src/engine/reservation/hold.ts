/** A reservation bound to a block of code: it beats while held and is released with the block. */
import { notifyOrPoll } from "../../async/notify_or_poll.ts";
import { CoordError } from "../../domain/errors.ts";
import { SAFETY_LOOK_MS } from "../../domain/limits.ts";
import { parseTime } from "../../domain/time.ts";
import type { ReservationContext } from "../context.ts";
import { notFound } from "../find_id.ts";
import { Hold } from "../hold/hold.ts";
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
export class ReservationHold extends Hold {
  /** The reservation as it was written, with what overlapped it then. */
  readonly reservation: ReservationGranted;
  readonly #release: (reason?: string) => Promise<ReservationReleased | ReservationRefused>;

  /** Made by `coord.reservations.hold()`. */
  constructor(
    context: ReservationContext,
    keeper: ReservationKeeper,
    reservation: ReservationGranted,
    ttlSeconds: number,
  ) {
    const { store, warn, timers } = context;
    const { reservation_id: id, run_id: runId, expires_at } = reservation;
    const held = {
      what: `reservation ${id}`,
      ttlSeconds,
      endsMs: parseTime(expires_at) ?? 0,
      beat: async () => {
        const answer = await keeper.heartbeat({ id, runId, extension: ttlSeconds });
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
      listen: (look: () => void) =>
        notifyOrPoll(
          (onError) => store.reservations.watch(id, look, onError),
          { look, safetyMs: SAFETY_LOOK_MS, warn, timers },
        ),
    };
    const release = (reason?: string) => keeper.release({ id, runId, ...(reason && { reason }) });
    super(held, context, release);
    this.reservation = reservation;
    this.#release = release;
  }

  /** Of an exclusive one: pass it to whatever is written under this reservation. */
  get fence(): number | undefined {
    return this.reservation.fence;
  }

  /** Releases it before the block ends; `reason` is by default `completed`. */
  release(reason?: string): Promise<ReservationReleased | ReservationRefused> {
    return this.end(() => this.#release(reason));
  }
}
