/** How queues stood over time: a ring of samples for each. */
import type { FleetQueue } from "../engine/watch/fleet/types.ts";

/** Seconds between two samples. */
export const SAMPLE_S = 2;

/** Samples of a queue: ten minutes. */
export const SAMPLES = 300;

/** Queues of which samples are kept. */
const QUEUES = 50;

/** Tasks that are pending, claimed, completed within the last minute, and failed. */
type Counts = readonly [pending: number, claimed: number, completed: number, failed: number];

/** The counts at an instant, milliseconds since 1970. */
type Sample = readonly [at: number, ...Counts];

/** A moment of all queues. */
export interface Moment {
  readonly at: number;
  readonly queues: Readonly<Record<string, Counts>>;
}

export class Samples {
  readonly #queues = new Map<string, Sample[]>();
  #last = -Infinity;

  /** Takes a sample when one is due, and returns it. */
  take(at: number, queues: readonly FleetQueue[]): Moment | undefined {
    if (Math.abs(at - this.#last) < SAMPLE_S * 1_000) return undefined;
    this.#last = at;
    const kept = [...queues].sort((a, b) => b.total - a.total).slice(0, QUEUES);
    const counts = kept.map(({ queue, pending, claimed, completed_last_minute, failed }) =>
      [queue, [pending, claimed, completed_last_minute, failed]] as const
    );
    for (const [queue, now] of counts) {
      const samples = this.#queues.get(queue) ?? [];
      samples.push([at, ...now]);
      if (samples.length > SAMPLES) samples.shift();
      // Those of the last sample come last.
      this.#queues.delete(queue);
      this.#queues.set(queue, samples);
    }
    for (const queue of this.#queues.keys()) {
      if (this.#queues.size <= QUEUES) break;
      this.#queues.delete(queue);
    }
    return { at, queues: Object.fromEntries(counts) };
  }

  /** All of them, by queue, the oldest first. */
  all(): Readonly<Record<string, readonly Sample[]>> {
    return Object.fromEntries(this.#queues);
  }
}
