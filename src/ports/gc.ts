/** Removal of records that have ended. */
import type { RecordKind } from "../domain/watch/event.ts";

/** What to remove. */
export interface Sweep {
  /** How long ended records are kept, milliseconds. */
  readonly graceMs: number;
  /** How long failed and cancelled tasks are kept, milliseconds; default `graceMs`. */
  readonly failedGraceMs?: number;
  /** Whether to remove them; otherwise they are only reported. */
  readonly execute: boolean;
}

/** A sweep that has begun. */
export interface TimedSweep extends Sweep {
  /** The store's time, in milliseconds since 1970. */
  readonly now: number;
}

/** A record that has ended, with all that belongs to it. */
export interface Swept {
  readonly kind: RecordKind;
  readonly id: string;
  /** What became of it: `released`, `expired`, `completed` …, of an intent `ended`; `orphaned` belongs to nothing. */
  readonly reason: string;
}

export interface Collector {
  /**
   * When a sweep that removes began last, else when the workspace was made, in milliseconds since
   * 1970; `undefined` where neither is known.
   */
  collectedAt(): Promise<number | undefined>;
  /**
   * Removes what has been over for the grace by the store's clock, counted from the instant at which it was released,
   * expired or ended. Others may work meanwhile: what is live stays, and whatever was removed is gone
   * for good, also after a crash at any moment. What cannot be read stays, with a warning.
   */
  sweep(sweep: Sweep): Promise<Swept[]>;
}
