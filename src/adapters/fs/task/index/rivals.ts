/** The other runs that claimed what this process wanted to claim. */
import { isBack } from "../../../../domain/task/retry.ts";
import type { HostFs } from "../../../../ports/host.ts";
import { slotName } from "../claim/names.ts";
import { readClaim } from "../claim/read_claim.ts";

/** For how long a run that claimed a task is taken to claim others, milliseconds. */
const RIVAL_MS = 1_000;

/** Milliseconds within which a process that made a claim removes the task's entry, or never does. */
const CLAIM_SETTLED_MS = 1_000;

export class Rivals {
  readonly #met = new Map<string, number>();

  /** @param folder Where the claims are. */
  constructor(readonly fs: HostFs, readonly folder: string) {}

  /**
   * Whether a task has a claim whose maker may be about to remove the entry; another run is a rival then. What
   * was listed may also show a task that this run has taken by a tag, or by another process.
   *
   * @param runId Who asks.
   */
  meets(stem: string, runId: string): boolean {
    const file = readClaim(this.fs, this.folder, slotName(stem, 1));
    // What is back in the queue was claimed by none.
    if (file === undefined || isBack(file.claim)) return false;
    if (Math.abs(Date.now() - file.stat.mtimeMs) > CLAIM_SETTLED_MS) return false;
    const { claimer_run_id: claimer } = file.claim;
    if (claimer !== runId) this.#met.set(claimer, Date.now());
    return true;
  }

  /** Of how many it is known that they have claimed just now. */
  count(): number {
    for (const [runId, at] of this.#met) {
      if (Math.abs(Date.now() - at) > RIVAL_MS) this.#met.delete(runId);
    }
    return this.#met.size;
  }
}
