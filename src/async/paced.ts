/** Long work in pieces: between two of them everything else of the process has its turn. */
import type { Stepwise } from "../domain/glob/steps.ts";
import { realTimers, type Timers } from "./timers.ts";

/** Milliseconds of work without a pause; a step takes far less. */
const PIECE_MS = 10;

/** The pauses of one piece of work, which may consist of several parts. */
export class Pace {
  #began: number;

  constructor(readonly timers: Timers = realTimers) {
    this.#began = timers.now();
  }

  /** Whether the work has gone on for long. */
  get isDue(): boolean {
    return this.timers.now() - this.#began >= PIECE_MS;
  }

  async pause(): Promise<void> {
    await this.timers.turn();
    this.#began = this.timers.now();
  }
}

/** Does work that may pause, and pauses whenever it has gone on for long. */
export async function paced<T>(steps: Stepwise<T>, pace = new Pace()): Promise<T> {
  while (true) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (pace.isDue) await pace.pause();
  }
}
