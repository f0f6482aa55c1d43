/** A lease bound to a block of code: it beats while held and is released with the block. */
import { LAST_RELEASE_S, LOCK_TIMEOUT_S } from "../domain/limits.ts";
import { CoordError } from "../domain/errors.ts";
import { Beating } from "./beating.ts";
import type { LaneChanges } from "./lane_changes.ts";
import { type LaneContext, readJournal } from "./lane_session.ts";
import type {
  LaneBeat,
  LaneBeatInput,
  LaneBusy,
  LaneGrant,
  LaneHolderInput,
  LaneNo,
  LaneReleased,
} from "./lane_types.ts";

/** What a hold needs of the operations on lanes. */
export interface LaneKeeper {
  /** Keeps the lease. */
  heartbeat(input: LaneBeatInput): Promise<LaneBeat | LaneNo | LaneBusy>;
  /** Ends it. */
  release(input: LaneHolderInput): Promise<LaneReleased | LaneNo | LaneBusy>;
}

/** A lease that is kept by heartbeats in the background until it is released or disposed of. */
export class LaneHold implements AsyncDisposable {
  /** It is held; other outcomes are `refused` and `lock_busy`. */
  readonly status = "held";
  /** The lease as it was granted. */
  readonly grant: LaneGrant;
  readonly #context: LaneContext;
  readonly #keeper: LaneKeeper;
  readonly #beating: Beating;
  readonly #taken = new AbortController();
  readonly #listening: Disposable;
  /** Fires when the lease is lost: somebody took it over, or it could not be kept in time. */
  readonly lost: AbortSignal;

  /** Made by `coord.lanes.acquire()`. */
  constructor(context: LaneContext, keeper: LaneKeeper, changes: LaneChanges, grant: LaneGrant) {
    this.#context = context;
    this.#keeper = keeper;
    this.grant = grant;
    this.#beating = new Beating(grant.ttl_seconds, async () => {
      // Waiting for other writers must leave time for another try.
      const lockTimeout = Math.min(LOCK_TIMEOUT_S.default, grant.ttl_seconds / 4);
      const answer = await keeper.heartbeat({ ...this.#who(), lockTimeout });
      if (answer.status === "lock_busy") throw new CoordError("io_error", answer.error);
      return answer.status === "ok" ? undefined : answer.error;
    });
    this.lost = AbortSignal.any([this.#beating.lost, this.#taken.signal]);
    this.#listening = changes.listen(() => this.#look());
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
  async release(): Promise<LaneReleased | LaneNo | LaneBusy> {
    const answer = await this.#keeper.release(this.#who());
    // A call that changes nothing leaves the lease to be kept for the next try.
    if (answer.status !== "lock_busy") this.#stop();
    return answer;
  }

  /** Releases it unless that was done. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#beating.over) return;
    // Nobody tries again after this: should it fail, the lease ends with its TTL.
    this.#stop();
    await this.#keeper.release({ ...this.#who(), lockTimeout: LAST_RELEASE_S });
  }

  #stop(): void {
    this.#beating.stop();
    this.#listening[Symbol.dispose]();
  }

  #who() {
    const { lane, owner, loop_ts: loopTs, fence } = this.grant;
    return { lane, owner, loopTs, fence };
  }

  /** Whoever took the lease over wrote that into the journal: there is no need to wait for a beat. */
  #look(): void {
    if (this.#beating.over || this.lost.aborted) return;
    try {
      const { fold } = readJournal(this.#context);
      const now = fold.leases.get(this.grant);
      if (now?.fence === this.fence) return;
      const what = now === undefined ? "it was released or evicted" : "somebody else holds it";
      this.#stop();
      this.#taken.abort(new Error(`Lost lane ${JSON.stringify(this.lane)}: ${what}`));
    } catch (error) {
      // The next beat will tell.
      if (!(error instanceof CoordError)) throw error;
    }
  }
}
