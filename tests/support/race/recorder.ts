/**
 * What processes do, written line by line as they go, so that a killed process leaves its last call
 * open.
 */
import { openSync, readFileSync, writeSync } from "node:fs";

/** One call. */
export interface Recorded<Request, Outcome> {
  readonly runId: string;
  readonly request: Request;
  /** What the process took for the present. */
  readonly now: number;
  /** Milliseconds on the machine's one clock; `returned` is Infinity for a process that was killed. */
  readonly invoked: number;
  returned: number;
  outcome: Outcome | undefined;
}

/** Clocks of two processes agree to much less than this, milliseconds. */
export const SLACK_MS = 1;

/** What the machine's clock said at the zero of this process's own one, see {@link originOf}. */
let origin: number | undefined;

/** The machine's clock as all processes read it, milliseconds. */
export function instant(): number {
  return (origin ??= originOf(Date.now, () => performance.now())) + performance.now();
}

/** Both readings of the machine's clock at a tick lie within this time, milliseconds. */
const TICK_MS = 0.1;

/**
 * What the machine's clock, which counts whole milliseconds, says at the zero of a finer one.
 * Runtimes find `performance.timeOrigin` by one reading of either. A process that is not running
 * between the two has a wrong one as long as it lives: some 4 ms where others wanted the processor.
 * So this waits for a tick that lies between two readings close together.
 */
export function originOf(wall: () => number, fine: () => number): number {
  for (let before = fine(), last = wall();;) {
    const ticked = wall();
    const after = fine();
    if (ticked === last + 1 && after - before < TICK_MS) return ticked - (before + after) / 2;
    [before, last] = [fine(), wall()];
  }
}

/** Writes a process's history. */
export class Recorder<Request, Outcome> {
  readonly #file: number;
  #calls = 0;

  constructor(path: string, readonly runId: string) {
    this.#file = openSync(path, "a");
  }

  /**
   * Makes a call between two lines of the history.
   *
   * @param clock Reads what the process takes for the present, once the call has begun: a process that
   * sleeps in between must not seem to have called later than that.
   */
  async call<T extends Outcome>(
    request: Request,
    clock: () => number,
    body: () => Promise<T>,
  ): Promise<T> {
    const call = this.#calls++;
    const invoked = instant();
    this.#write({ call, runId: this.runId, request, now: clock(), invoked });
    const outcome = await body();
    this.#write({ call, returned: instant(), outcome });
    return outcome;
  }

  #write(line: object): void {
    writeSync(this.#file, JSON.stringify(line) + "\n");
  }
}

/** Reads the histories of some processes. */
export function readRecorded<Request, Outcome>(
  paths: readonly string[],
): Recorded<Request, Outcome>[] {
  return paths.flatMap((path) => {
    const calls: Recorded<Request, Outcome>[] = [];
    // The last line of a killed process may be cut off.
    for (const line of readFileSync(path, "utf-8").split("\n").slice(0, -1)) {
      const { call, ...rest } = JSON.parse(line);
      if ("invoked" in rest) calls[call] = { ...rest, returned: Infinity, outcome: undefined };
      else Object.assign(calls[call] ?? {}, rest);
    }
    return calls;
  });
}
