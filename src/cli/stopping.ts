/** Signals that end a command. */
import type { Host } from "../ports/host.ts";
import { INTERRUPTED } from "./exit_codes.ts";

/** Turns of the event loop after which a signal that came is heard: one or two on both runtimes. */
const SIGNAL_TURNS = 3;

/** Listens to SIGINT and SIGTERM from the moment the signal is asked for. */
export class Stopping {
  readonly #host: Host;
  readonly #controller = new AbortController();
  #again: AbortController | undefined;
  #isLeft = false;
  #end: (() => void) | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  get signal(): AbortSignal {
    this.#end ??= this.#host.onStop(() => {
      if (this.#isLeft) return;
      const next = [this.#controller, this.#again].find((one) => one?.signal.aborted === false);
      if (next === undefined) this.#host.exit(INTERRUPTED);
      next.abort();
    });
    return this.#controller.signal;
  }

  /** Fires at the second signal, which then ends the process no more. */
  get again(): AbortSignal {
    void this.signal;
    this.#again ??= new AbortController();
    return this.#again.signal;
  }

  /** Leaves signals to others until the result is called. */
  leave(): () => void {
    this.#isLeft = true;
    return () => this.#isLeft = false;
  }

  /** Whether a signal came, also while the thread was busy. */
  async isStopped(): Promise<boolean> {
    const { signal } = this.#controller;
    if (this.#end === undefined) return false;
    const { realTimers } = await import("../async/timers.ts");
    for (let turn = 0; turn < SIGNAL_TURNS && !signal.aborted; turn++) await realTimers.turn();
    return signal.aborted;
  }

  end(): void {
    this.#end?.();
  }
}
