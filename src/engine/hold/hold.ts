/** What every hold has: it beats while held, is lost when it cannot be kept, and ends with its block. */
import { Beating, type BeatingContext, type Held } from "./heartbeat_loop.ts";

/** Something that is kept by heartbeats in the background until it is ended or disposed of. */
export class Hold implements AsyncDisposable {
  /** It is held, or was when it was granted; see {@link lost}. */
  readonly status = "held";
  readonly #beating: Beating;
  readonly #giveBack: () => Promise<unknown>;

  /** Made by the `hold()` of tasks, reservations and lanes. */
  protected constructor(held: Held, context: BeatingContext, giveBack: () => Promise<unknown>) {
    this.#beating = new Beating(held, context);
    this.#giveBack = giveBack;
  }

  /**
   * Fires when what is held is lost, with a `CoordError`: another agent has it or ended it, or it could
   * not be kept; then it fires before its time runs out.
   */
  get lost(): AbortSignal {
    return this.#beating.lost;
  }

  /** When it ends unless a heartbeat extends it, ISO 8601 UTC. */
  get expiresAt(): string {
    return this.#beating.expiresAt;
  }

  /** Gives back what is held, unless it was ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#beating.over) return;
    // No later call tries again: should it fail, the hold ends with its time.
    this.#beating.stop();
    await this.#giveBack();
  }

  /** Ends it by `body`. A call that fails changes nothing, and the hold is kept for the next try. */
  protected async end<T extends { readonly status: string }>(body: () => Promise<T>): Promise<T> {
    const answer = await body();
    if (answer.status !== "lock_busy") this.#beating.stop();
    return answer;
  }
}
