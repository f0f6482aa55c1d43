/**
 * One heartbeat, which may take several turns. The first one of a grant looks at the reservations, as
 * the process did that took the lane, or adopted it: that may have died between its entry and its look.
 */
import { addressesOfTree } from "../../domain/glob/holds/holds.ts";
import type { Conflicts, ReservationConflict } from "../../domain/glob/holds/comparison.ts";
import { heartbeatEntry, releaseEntry } from "../../domain/journal/entries.ts";
import { hasBeaten, isFresh, type Lease, runOf } from "../../domain/lane/lease.ts";
import { quoted } from "../../domain/text.ts";
import type { Clock } from "../../domain/time.ts";
import type { JournalView } from "../../ports/journal.ts";
import { FREE, type Holders } from "../hold/exclusion.ts";
import * as answers from "./answers.ts";
import type { Turn } from "./turn.ts";
import type { LaneHeartbeat, LaneHeartbeatInput, LaneRefused } from "./types.ts";

export class Keeping {
  readonly action: string;
  /** Why the lease is to end. */
  #refused: LaneRefused | undefined;

  constructor(
    readonly input: LaneHeartbeatInput,
    readonly others: Holders<ReservationConflict>,
  ) {
    this.action = `keep lane ${quoted(input.lane)}`;
  }

  /** The answer where nothing need be written; most heartbeats that change nothing wait for no writer. */
  async known({ fold }: JournalView, clock: Clock): Promise<LaneHeartbeat | undefined> {
    const { input, action } = this;
    const lease = answers.heldBy(fold, input, action);
    const now = clock();
    if ("status" in lease || !isFresh(lease, now, input.coalesceWithin ?? 0)) return undefined;
    return (await this.#inTheWay(lease, now)).total === 0 ? answers.beatOf(lease, true) : undefined;
  }

  /** Decides and writes; `undefined` when it must be decided again. */
  async take(turn: Turn): Promise<LaneHeartbeat | LaneRefused | undefined> {
    const { input, action } = this;
    if (this.#refused !== undefined && turn.kept("released") !== undefined) return this.#refused;
    const lease = answers.heldBy(turn.view.fold, input, action);
    if ("status" in lease) return lease;
    if (turn.kept("renewed") !== undefined) return answers.beatOf(lease, false);
    const found = await this.#inTheWay(lease, turn.now);
    if (found.total > 0) {
      this.#refused = answers.reservedBy(found, lease.lane, action);
      const entry = releaseEntry(turn.stamp(), lease, answers.WITHDRAWN);
      return await turn.append([entry]) && this.#refused;
    }
    if (isFresh(lease, turn.now, input.coalesceWithin ?? 0)) return answers.beatOf(lease, true);
    const [applied] = await turn.append([heartbeatEntry(turn.stamp(), lease)]) ?? [];
    return applied?.effect === "renewed" && applied.lease !== undefined
      ? answers.beatOf(applied.lease, false)
      : undefined;
  }

  /** The reservations that were there first, unless a heartbeat in the journal says that there are none. */
  async #inTheWay(lease: Lease, now: number): Promise<Conflicts<ReservationConflict>> {
    if (hasBeaten(lease)) return FREE;
    return await this.others.makeWay({ runId: runOf(lease), named: addressesOfTree(lease), now });
  }
}
