/** Notice of changes of the journal: one watch for all that wait and hold in one process. */
import { notifyOrPoll } from "../../async/notify_or_poll.ts";
import { SAFETY_LOOK_MS } from "../../domain/limits.ts";
import type { JournalContext } from "./turn.ts";

export class LaneChanges {
  readonly #context: JournalContext;
  readonly #listeners = new Set<() => void>();
  #watch: { close(): void } | undefined;

  constructor(context: JournalContext) {
    this.#context = context;
  }

  /** Calls `body` whenever the journal may have changed, until the result is disposed of. */
  listen(body: () => void): Disposable {
    this.#listeners.add(body);
    if (this.#listeners.size === 1) this.#start();
    return {
      [Symbol.dispose]: () => {
        if (!this.#listeners.delete(body) || this.#listeners.size > 0) return;
        this.#watch?.close();
        this.#watch = undefined;
      },
    };
  }

  #start(): void {
    const { lanes, warn, timers } = this.#context;
    const look = () => {
      for (const body of [...this.#listeners]) body();
    };
    this.#watch = notifyOrPoll(
      (onError) => lanes.watch(look, onError),
      { look, safetyMs: SAFETY_LOOK_MS, warn, timers },
    );
  }
}
