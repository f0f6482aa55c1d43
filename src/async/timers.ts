/** Time for whatever waits, on a clock that never jumps; tests put a clock of their own in its place. */
import { sleep } from "./sleep.ts";

/** The longest delay that platforms take without overflow, milliseconds. */
const MAX_DELAY_MS = 2_000_000_000;

export interface Timers {
  /** Milliseconds on a clock that never jumps. */
  now(): number;
  /**
   * Calls `body` after this number of milliseconds, earlier when that is very long; the result
   * stops it.
   */
  after(ms: number, body: () => void): () => void;
  /** Lets everything else have its turn. */
  turn(): Promise<void>;
}

/** The platform's own timers. */
export const realTimers: Timers = {
  now: () => performance.now(),
  after(ms, body) {
    const timer = setTimeout(body, Math.min(Math.max(0, ms), MAX_DELAY_MS));
    return () => clearTimeout(timer);
  },
  turn: () => sleep(0),
};

/** Calls `body` at an instant on the clock of the timers, however far it is; the result stops it. */
export function ringAt(timers: Timers, at: number, body: () => void): () => void {
  let stop = () => {};
  const arm = () => {
    stop = timers.after(Math.max(1, Math.ceil(at - timers.now())), () => {
      // Platforms ring early where the delay is very long, and by a fraction of a millisecond.
      if (timers.now() >= at) body();
      else arm();
    });
  };
  arm();
  return () => stop();
}
