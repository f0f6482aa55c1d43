/** Handing a lease over to another holder. */
import { originOf } from "./decision.ts";
import { addressesOfTree } from "../../domain/glob/holds/holds.ts";
import type { Conflicts, ReservationConflict } from "../../domain/glob/holds/comparison.ts";
import { adoptEntry, releaseEntry } from "../../domain/journal/entries.ts";
import type { Applied } from "../../domain/journal/fold.ts";
import type { Lease } from "../../domain/lane/lease.ts";
import { quoted } from "../../domain/text.ts";
import { FREE, type Holders, holdExclusively } from "../hold/exclusion.ts";
import * as answers from "./answers.ts";
import type { LaneContext, Turn } from "./turn.ts";
import type { LaneAdopted, LaneAdoptInput, LaneRefused } from "./types.ts";

/**
 * One adoption, which may take several turns. The lease is its new holder's from then on, whose run may
 * not pass by the reservations that the old one passed by.
 */
export class Adoption {
  readonly action: string;
  /** The lease that is to be taken back, and what is in its way. */
  #unwanted: { readonly lease: Lease; readonly found: Conflicts<ReservationConflict> } | undefined;

  constructor(
    readonly context: LaneContext,
    readonly input: LaneAdoptInput,
    readonly others: Holders<ReservationConflict>,
  ) {
    this.action = `adopt lane ${quoted(input.lane)}`;
  }

  /** Decides and writes; `undefined` when it must be decided again. */
  async take(turn: Turn): Promise<LaneAdopted | LaneRefused | undefined> {
    const { lane, owner, loopTs, pid, runId: run_id } = this.input;
    if (this.#unwanted !== undefined) return await this.#takeBack(turn);
    const kept = turn.kept("adopted");
    if (kept !== undefined) return await this.#held(turn, kept);
    const { fold } = turn.view;
    const lease = answers.newest(fold, lane, loopTs);
    if (lease === undefined) return this.#no("no agent holds it");
    const found = await this.others.find(this.#wanted(lease, turn.now));
    if (found.total > 0) return this.#reserved(found);
    const adoption = {
      ...originOf(this.context, pid),
      holder: owner,
      run_id,
      baseSeq: fold.lastSeq,
      reason: `adopted by ${owner}`,
    };
    const [applied] = await turn.append([adoptEntry(turn.stamp(), lease, adoption)]) ?? [];
    // Unless it is adopted, its holder has shown life, or ended it, in between.
    return applied?.effect === "adopted" ? await this.#held(turn, applied) : undefined;
  }

  /** It is in the log; a confirmed reservation may have come before, and then the lease ends. */
  async #held(turn: Turn, applied: Applied): Promise<LaneAdopted | LaneRefused | undefined> {
    const { lease } = applied;
    if (lease === undefined) return undefined;
    let found: Conflicts<ReservationConflict> = FREE;
    let refused: LaneRefused | undefined;
    const isHeld = await holdExclusively({
      publish: () => true,
      look: async () => {
        found = await this.others.makeWay(this.#wanted(lease, turn.now));
        return found.total === 0;
      },
      confirm: () => true,
      withdraw: async () => {
        this.#unwanted = { lease, found };
        refused = await this.#takeBack(turn);
        return true;
      },
    });
    return isHeld ? answers.adopted(applied) : refused;
  }

  async #takeBack(turn: Turn): Promise<LaneRefused | undefined> {
    if (this.#unwanted === undefined) return undefined;
    const { lease, found } = this.#unwanted;
    const current = turn.view.fold.leases.get(lease);
    if (current?.fence === lease.fence) {
      const entry = releaseEntry(turn.stamp(), current, answers.WITHDRAWN);
      if (await turn.append([entry]) === undefined) return undefined;
    }
    return this.#reserved(found);
  }

  #reserved(found: Conflicts<ReservationConflict>): LaneRefused {
    return answers.reservedBy(found, this.input.lane, this.action);
  }

  #no(why: string): LaneRefused {
    return answers.no("refused", this.input.lane, `Cannot ${this.action}: ${why}`);
  }

  #wanted(lease: Lease, now: number) {
    const { owner, runId = owner } = this.input;
    return { runId, named: addressesOfTree(lease), now };
  }
}
