/** What a worker process does with a queue, whichever it is. */

/** One connection to a queue. */
export interface Client {
  /** Adds a task; as durable as the queue promises when the call returns. */
  enqueue(): Promise<unknown> | unknown;
  /** Adds tasks as quickly as the queue can; this is not measured. */
  fill(count: number): Promise<unknown> | unknown;
  /** Makes ready what claiming needs; this is not measured. */
  prepare?(): Promise<unknown>;
  /** Claims and completes tasks, one after another, until an instant or until none is left. */
  work(until: number): Promise<Done>;
  /** Waits for a task and claims it; when it had it, milliseconds since 1970. */
  next?(): Promise<number>;
  close(): Promise<unknown> | unknown;
}

/** How to connect to a queue: what its peer put into the configuration. */
export type Connect = (config: Readonly<Record<string, string>>) => Promise<Client>;

/** Tasks that were done, and when the last was, milliseconds since 1970. */
export interface Done {
  readonly count: number;
  readonly last: number;
}

/** What each task carries, everywhere the same. */
export const PAYLOAD = { path: "src/module_1.ts", symbol: "total" };

/** What each task is completed with. */
export const RESULT = { ok: true };

/** Milliseconds since 1970, with fractions. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Calls `step` until an instant, or until it returns `false`. */
export async function repeat(
  step: () => Promise<unknown> | unknown,
  until: number,
): Promise<Done> {
  let count = 0;
  let last = now();
  while (last < until && await step() !== false) {
    count++;
    last = now();
  }
  return { count, last };
}

/** Counts tasks of a library that calls back, until an instant or until none came for a while. */
export class Completions {
  #count = 0;
  #last = now();

  readonly add = (): void => {
    this.#count++;
    this.#last = now();
  };

  async done(until: number, idleMs = 500): Promise<Done> {
    this.#count = 0;
    this.#last = now();
    while (now() < Math.min(until, this.#last + idleMs)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return { count: this.#count, last: this.#last };
  }
}
