/** Being told when the journal changes: one notification for all who wait and hold in one process. */
import { HostError } from "../ports/host.ts";
import type { LaneContext } from "./lane_session.ts";

/** Milliseconds between two looks where the kernel cannot notify. */
const POLL_MS = 500;

/** The same where it can: it keeps its word unless the folder is removed and made again. */
const SAFETY_MS = 5_000;

export class LaneChanges {
  readonly #context: LaneContext;
  readonly #listeners = new Set<() => void>();
  #watch: { close(): void } | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(context: LaneContext) {
    this.#context = context;
  }

  /** Calls `body` whenever the journal may have changed, until the result is disposed of. */
  listen(body: () => void): Disposable {
    this.#listeners.add(body);
    if (this.#listeners.size === 1) this.#start();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(body);
        if (this.#listeners.size === 0) this.#stop();
      },
    };
  }

  #start(): void {
    try {
      this.#watch = this.#context.lanes.watch(() => this.#tell(), (error) => this.#poll(error));
      this.#every(SAFETY_MS);
    } catch (error) {
      this.#poll(error);
    }
  }

  #stop(): void {
    this.#watch?.close();
    this.#watch = undefined;
    clearInterval(this.#timer);
  }

  #poll(error: unknown): void {
    if (!(error instanceof HostError)) throw error;
    const { warn } = this.#context;
    warn(`The kernel cannot notify, looking every ${POLL_MS} ms instead: ${error.message}`);
    this.#watch = undefined;
    this.#every(POLL_MS);
  }

  #every(ms: number): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tell(), ms);
  }

  #tell(): void {
    for (const body of [...this.#listeners]) body();
  }
}
