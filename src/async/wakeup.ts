/**
 * Sleeping until a hint, an instant or an abort, whichever comes first.
 *
 * A hint that comes while nothing sleeps ends the next sleep at once, so that none is lost between a
 * look and the sleep that follows it. Hints that come before the sleeper has gone on count as one.
 */
import { ringAt, type Timers } from "./timers.ts";

/** What ended a sleep. */
export type Woken = "hint" | "time" | "abort";

export class Wakeup implements Disposable {
  readonly #timers: Timers;
  readonly #signal: AbortSignal | undefined;
  #hinted = false;
  #end: ((by: Woken) => void) | undefined;
  readonly #abort = () => this.#end?.("abort");

  /** @param signal Ends every sleep from its abort on. */
  constructor(timers: Timers, signal?: AbortSignal) {
    this.#timers = timers;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort);
  }

  /** Something may have changed. */
  readonly wake = (): void => {
    this.#hinted = true;
    this.#end?.("hint");
  };

  /**
   * Sleeps, but not beyond `until` on the clock of the timers. An instant that has passed leaves time
   * for others to have their turn.
   */
  async sleep(until: number): Promise<Woken> {
    if (this.#signal?.aborted) return "abort";
    if (!this.#hinted) {
      const woken = await this.#asleep(until);
      if (woken !== "hint") return woken;
    }
    this.#hinted = false;
    return "hint";
  }

  /** Listens to the signal no more. */
  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#abort);
  }

  #asleep(until: number): Promise<Woken> {
    return new Promise((resolve) => {
      let stop = () => {};
      const end = (by: Woken) => {
        stop();
        this.#end = undefined;
        resolve(by);
      };
      this.#end = end;
      stop = ringAt(this.#timers, until, () => end("time"));
    });
  }
}
