/** Beating in the background while something is held, and noticing when it is lost. */
import { realTimers, type Timers } from "../async/timers.ts";
import { CoordError } from "../domain/errors.ts";

/** A third of the time leaves two more tries before it is over. */
const BEATS_PER_TTL = 3;

/** Background heartbeats of one hold, from its grant until {@link stop}. */
export class Beating {
  readonly #ttlMs: number;
  readonly #beat: () => Promise<string | undefined>;
  readonly #timers: Timers;
  readonly #lost = new AbortController();
  #cancel = () => {};
  #expiresMs: number;
  #over = false;

  /**
   * @param ttlSeconds How long the hold lasts after each beat.
   * @param beat Sends one; it resolves to why the hold is lost, or to `undefined`.
   */
  constructor(
    ttlSeconds: number,
    beat: () => Promise<string | undefined>,
    timers: Timers = realTimers,
  ) {
    this.#ttlMs = ttlSeconds * 1000;
    this.#beat = beat;
    this.#timers = timers;
    this.#expiresMs = timers.now() + this.#ttlMs;
    this.#schedule();
  }

  /** Fires when the hold is lost: somebody ended it, or it could not be kept in time. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether {@link stop} was called. */
  get over(): boolean {
    return this.#over;
  }

  /** No more beats. */
  stop(): void {
    this.#over = true;
    this.#cancel();
  }

  #schedule(): void {
    this.#cancel = this.#timers.after(this.#ttlMs / BEATS_PER_TTL, () => this.#run());
  }

  async #run(): Promise<void> {
    try {
      const sent = this.#timers.now();
      const reason = await this.#beat();
      if (this.#over) return;
      if (reason !== undefined) return this.#lost.abort(new Error(reason));
      this.#expiresMs = sent + this.#ttlMs;
    } catch (error) {
      if (!(error instanceof CoordError)) throw error;
      if (this.#over) return;
      // The disk may be full for a moment: the hold is lost only when its time is over.
      if (this.#timers.now() >= this.#expiresMs) return this.#lost.abort(error);
    }
    this.#schedule();
  }
}
