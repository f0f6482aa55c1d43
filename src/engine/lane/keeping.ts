/**
 * One heartbeat, which may take several turns. The first one of a grant looks at the reservations, as
 * the process did that took the lane, or adopted it: that may have died between its entry and its look.
 */
import { addressesOfTree } from "../../domain/glob/holds/holds.ts";
import type { ReservationConflict } from "../../domain/glob/holds/comparison.ts";
import { heartbeatEntry, releaseEntry } from "../../domain/journal/entries.ts";
import { hasBeaten, isFresh, runOf } from "../../domain/lane/lease.ts";
import { quoted } from "../../domain/text.ts";
import type { Clock } from "../../domain/time.ts";
import type { JournalView } from "../../ports/journal.ts";
import type { Holders } from "../hold/exclusion.ts";
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
  known({ fold }: JournalView, clock: Clock): LaneHeartbeat | undefined {
    const { input, action } = this;
    const lease = answers.heldBy(fold, input, action);
    if ("status" in lease || !hasBeaten(lease)) return undefined;
    return isFresh(lease, clock(), input.coalesceWithin ?? 0)
      ? answers.beatOf(lease, true)
      : undefined;
  }

  /** Decides and writes; `undefined` when it must be decided again. */
  async take(turn: Turn): Promise<LaneHeartbeat | LaneRefused | undefined> {
    const { input, action } = this;
    if (this.#refused !== undefined && turn.kept("released") !== undefined) return this.#refused;
    const lease = answers.heldBy(turn.view.fold, input, action);
    if ("status" in lease) return lease;
    if (turn.kept("renewed") !== undefined) return answers.beatOf(lease, false);
    if (!hasBeaten(lease)) {
      const named = addressesOfTree(lease);
      const found = await this.others.makeWay({ runId: runOf(lease), named, now: turn.now });
      if (found.total > 0) {
        this.#refused = answers.reservedBy(found, lease.lane, action);
        const entry = releaseEntry(turn.stamp(), lease, answers.WITHDRAWN);
        return await turn.append([entry]) && this.#refused;
      }
    }
    if (isFresh(lease, turn.now, input.coalesceWithin ?? 0)) return answers.beatOf(lease, true);
    const [applied] = await turn.append([heartbeatEntry(turn.stamp(), lease)]) ?? [];
    return applied?.effect === "renewed" && applied.lease !== undefined
      ? answers.beatOf(applied.lease, false)
      : undefined;
  }
}
