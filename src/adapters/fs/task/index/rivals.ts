/** The other runs that claimed what this process wanted to claim. */

/** For how long a run that claimed a task is taken to claim others, milliseconds. */
const RIVAL_MS = 1_000;

export class Rivals {
  readonly #met = new Map<string, number>();

  /** @param runId Who claimed the task. */
  meet(runId: string): void {
    this.#met.set(runId, Date.now());
  }

  /** Of how many it is known that they have claimed just now. */
  count(): number {
    for (const [runId, at] of this.#met) {
      if (Math.abs(Date.now() - at) > RIVAL_MS) this.#met.delete(runId);
    }
    return this.#met.size;
  }
}
