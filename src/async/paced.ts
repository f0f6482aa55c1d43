/** Long work in pieces: between two of them everything else of the process has its turn. */
import type { Stepwise } from "../domain/glob/steps.ts";
import { realTimers, type Timers } from "./timers.ts";

/** Milliseconds of work without a pause; a step takes far less. */
const PIECE_MS = 10;

/** Does work that may pause, and pauses whenever it has gone on for long. */
export async function paced<T>(steps: Stepwise<T>, timers: Timers = realTimers): Promise<T> {
  let began = timers.now();
  while (true) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (timers.now() - began < PIECE_MS) continue;
    await timers.turn();
    began = timers.now();
  }
}
