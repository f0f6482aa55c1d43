/** A lease bound to a block of code: it beats while held and is released with the block. */
import { CoordError } from "../../domain/errors.ts";
import { LAST_RELEASE_S, LOCK_TIMEOUT_S } from "../../domain/limits.ts";
import { quoted } from "../../domain/text.ts";
import { parseTime } from "../../domain/time.ts";
import { Beating } from "../heartbeat_loop.ts";
import type { LaneChanges } from "./changes.ts";
import { type LaneContext, readJournal } from "./turn.ts";
import type {
  LaneAcquired,
  LaneBusy,
  LaneHeartbeat,
  LaneHeartbeatInput,
  LaneHolderInput,
  LaneRefused,
  LaneReleased,
} from "./types.ts";

/** What a hold needs of the operations on lanes. */
export interface LaneKeeper {
  /** Keeps the lease. */
  heartbeat(input: LaneHeartbeatInput): Promise<LaneHeartbeat | LaneRefused | LaneBusy>;
  /** Ends it. */
  release(input: LaneHolderInput): Promise<LaneReleased | LaneRefused | LaneBusy>;
}

/** A lease that is kept by heartbeats in the background until it is released or disposed of. */
export class LaneHold implements AsyncDisposable {
  /** It is held; other outcomes are `refused` and `lock_busy`. */
  readonly status = "held";
  /** The lease as it was granted. */
  readonly grant: LaneAcquired;
  readonly #keeper: LaneKeeper;
  readonly #beating: Beating;

  /** Made by `coord.lanes.hold()`. */
  constructor(
    context: LaneContext,
    keeper: LaneKeeper,
    changes: LaneChanges,
    grant: LaneAcquired,
    endsMs: number,
  ) {
    this.#keeper = keeper;
    this.grant = grant;
    const ttlMs = grant.ttl_seconds * 1000;
    this.#beating = new Beating({
      what: `lane ${quoted(grant.lane)}`,
      ttlSeconds: grant.ttl_seconds,
      endsMs,
      beat: async () => {
        // Waiting for other writers must leave time for another try.
        const lockTimeout = Math.min(LOCK_TIMEOUT_S.default, grant.ttl_seconds / 4);
        const answer = await keeper.heartbeat({ ...this.#who(), lockTimeout });
        if (answer.status === "lock_busy") throw new CoordError("io_error", answer.error);
        if (answer.status === "ok") return (parseTime(answer.heartbeat_at) ?? 0) + ttlMs;
        return new CoordError(lostCode(answer.status), answer.error);
      },
      look: async () => {
        const { fold } = readJournal(context);
        const now = fold.leases.get(this.grant);
        if (now?.fence === this.fence) return undefined;
        const what = now === undefined ? "it was released or evicted" : "another agent holds it";
        return new CoordError("not_holder", `Lost lane ${quoted(this.lane)}: ${what}`);
      },
      listen: (look) => {
        const listening = changes.listen(look);
        return { close: () => listening[Symbol.dispose]() };
      },
    }, context);
  }

  /**
   * Fires when the lease is lost, with a {@link CoordError}: another agent took it over or ended it, or
   * it could not be kept; then it fires before its TTL runs out.
   */
  get lost(): AbortSignal {
    return this.#beating.lost;
  }

  /** When the TTL runs out unless a heartbeat extends it, ISO 8601 UTC. */
  get expiresAt(): string {
    return this.#beating.expiresAt;
  }

  /** The lane. */
  get lane(): string {
    return this.grant.lane;
  }

  /** Fencing token: pass it to whatever is written under this lease. */
  get fence(): number {
    return this.grant.fence;
  }

  /** Releases it before the block ends. */
  async release(): Promise<LaneReleased | LaneRefused | LaneBusy> {
    const answer = await this.#keeper.release(this.#who());
    // A call that changes nothing leaves the lease to be kept for the next try.
    if (answer.status !== "lock_busy") this.#beating.stop();
    return answer;
  }

  /** Releases it unless that was done. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#beating.over) return;
    // Nothing tries again after this: should it fail, the lease ends with its TTL.
    this.#beating.stop();
    await this.#keeper.release({ ...this.#who(), lockTimeout: LAST_RELEASE_S });
  }

  #who() {
    const { lane, owner, loop_ts: loopTs, fence } = this.grant;
    return { lane, owner, loopTs, fence };
  }
}

function lostCode(status: LaneRefused["status"]): "not_holder" | "stale_fence" {
  return status === "refused" ? "not_holder" : status;
}
