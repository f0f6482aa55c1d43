/** Says which resources have changed, by the stream of changes; what comes in a burst is said once. */
import { realTimers } from "../async/timers.ts";
import { RECORD_KINDS } from "../domain/watch/event.ts";
import type { Coord } from "../engine/coord.ts";
import { RESOURCES } from "./resources.ts";

/** Milliseconds from a change until it is said: what changes meanwhile goes with it. */
const BURST_MS = 50;

/** How changes are looked for, from the first subscription on. */
export class Subscriptions {
  readonly #open: () => Promise<Coord>;
  readonly #changed: (uri: string) => void;
  readonly #failed: (error: unknown) => void;
  readonly #stop = new AbortController();
  readonly #due = new Set<string>();
  #disarm: (() => void) | undefined;
  #running: Promise<void> | undefined;

  /**
   * @param open Opens the workspace.
   * @param changed Is called with each resource that has changed.
   * @param failed Is called when the stream ends before its time.
   */
  constructor(
    open: () => Promise<Coord>,
    changed: (uri: string) => void,
    failed: (error: unknown) => void,
  ) {
    this.#open = open;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** Resolves when each change from now on will be said, or when it cannot be known. */
  begin(): Promise<void> {
    return this.#running ??= new Promise((ready) => void this.#run(ready).finally(ready));
  }

  end(): void {
    this.#stop.abort();
    this.#disarm?.();
  }

  async #run(ready: () => void): Promise<void> {
    const { signal } = this.#stop;
    try {
      const coord = await this.#open();
      const events = coord.watch({ kinds: RECORD_KINDS, snapshot: false, synced: true, signal });
      for await (const { kind } of events) {
        if (kind === undefined) ready();
        else this.#note(kind);
      }
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
    // A later subscription tries once more.
    this.#running = undefined;
  }

  #note(kind: typeof RECORD_KINDS[number]): void {
    for (const [uri, { kinds }] of Object.entries(RESOURCES)) {
      if (kinds.includes(kind)) this.#due.add(uri);
    }
    if (this.#due.size === 0) return;
    this.#disarm ??= realTimers.after(BURST_MS, () => {
      this.#disarm = undefined;
      const due = [...this.#due];
      this.#due.clear();
      for (const uri of due) this.#changed(uri);
    });
  }
}
