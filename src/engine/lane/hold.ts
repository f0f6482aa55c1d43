/** A lease bound to a block of code: it beats while held and is released with the block. */
import { CoordError } from "../../domain/errors.ts";
import { LAST_RELEASE_S, LOCK_TIMEOUT_S } from "../../domain/limits.ts";
import { quoted } from "../../domain/text.ts";
import { parseTime } from "../../domain/time.ts";
import { Hold } from "../hold/hold.ts";
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
export class LaneHold extends Hold {
  /** The lease as it was granted. */
  readonly grant: LaneAcquired;
  readonly #release: () => Promise<LaneReleased | LaneRefused | LaneBusy>;

  /** Made by `coord.lanes.hold()`. */
  constructor(
    context: LaneContext,
    keeper: LaneKeeper,
    changes: LaneChanges,
    grant: LaneAcquired,
    endsMs: number,
  ) {
    const { lane, owner, loop_ts: loopTs, fence, ttl_seconds: ttlSeconds } = grant;
    const who = { lane, owner, loopTs, fence };
    const held = {
      what: `lane ${quoted(lane)}`,
      ttlSeconds,
      endsMs,
      beat: async () => {
        // Waiting for other writers must leave time for another try.
        const lockTimeout = Math.min(LOCK_TIMEOUT_S.default, ttlSeconds / 4);
        const answer = await keeper.heartbeat({ ...who, lockTimeout });
        if (answer.status === "lock_busy") throw new CoordError("io_error", answer.error);
        if (answer.status === "ok") {
          return (parseTime(answer.heartbeat_at) ?? 0) + ttlSeconds * 1000;
        }
        return new CoordError(lostCode(answer.status), answer.error);
      },
      look: async () => {
        const { fold } = await readJournal(context);
        const now = fold.leases.get(grant);
        if (now?.fence === fence) return undefined;
        const what = now === undefined ? "it was released or evicted" : "another agent holds it";
        return new CoordError("not_holder", `Lost lane ${quoted(lane)}: ${what}`);
      },
      listen: (look: () => void) => {
        const listening = changes.listen(look);
        return { close: () => listening[Symbol.dispose]() };
      },
    };
    super(held, context, () => keeper.release({ ...who, lockTimeout: LAST_RELEASE_S }));
    this.grant = grant;
    this.#release = () => keeper.release(who);
  }

  /** The lane. */
  get lane(): string {
    return this.grant.lane;
  }

  /** Fencing token: pass it to whatever is written under this lease. */
  get fence(): number {
    return this.grant.fence;
  }

  /** Releases it before the block ends. An answer `lock_busy` leaves it held. */
  release(): Promise<LaneReleased | LaneRefused | LaneBusy> {
    return this.end(this.#release);
  }
}

function lostCode(status: LaneRefused["status"]): "not_holder" | "stale_fence" {
  return status === "refused" ? "not_holder" : status;
}
