/** Keeping a workspace in order: removal of records that have ended, and a check of all that it keeps. */
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

/**
 * What kind of damage: `broken` is a record that cannot be read as what its name says, `altered` one
 * that says something else than its id, which is a hash of it. `misplaced` is a folder, a link or a
 * special file in the place of a file, or something in the place of a folder. `foreign` is a name
 * among records that is no id. `stuck` is a task whose files contradict one another, so that no command
 * can move it on. `unreadable` is what the system does not let this process read, which is
 * neither absent nor damaged. `index`, `journal`, `segment` and `settings` are of those files; `counter` is
 * one that lags behind a number that was given out.
 */
export type DamageClass =
  | "broken"
  | "misplaced"
  | "foreign"
  | "altered"
  | "stuck"
  | "unreadable"
  | "segment"
  | "journal"
  | "index"
  | "counter"
  | "settings";

/** What becomes of it: a repair mends it, one after a minute does, or only a person can. */
export type DamageRemedy = "repair" | "later" | "hand";

/**
 * What a repair did: `moved` took it away; `replaced` put in its place what readers took it for, so
 * that nothing changes for them; `rebuilt` made it again from what is sound.
 */
export type DamageRepair = "moved" | "replaced" | "rebuilt";

/** Something that is damaged. */
export interface Damage {
  readonly class: DamageClass;
  /** Where it is, by its place in the store. */
  readonly file: string;
  /** What is wrong with it, such as `is not JSON`. */
  readonly reason: string;
  readonly remedy: DamageRemedy;
  /** What was done; absent where nothing was. */
  readonly repaired?: DamageRepair;
  /** Where it is kept since. */
  readonly kept?: string;
}

/** What to check, and how. */
export interface CheckAsked {
  /** Whether to mend what can be; otherwise nothing is written. */
  readonly repair: boolean;
  /** The id that follows from what a record says. */
  idOf(record: object): Promise<string>;
}

/** What was found. */
export interface Checked {
  readonly damages: readonly Damage[];
  /** How many of each kind were looked at. */
  readonly looked: Readonly<Record<string, number>>;
}

export interface Checker {
  /**
   * Checks everything. Others may work meanwhile: what is in the middle of being written is no damage.
   * A repair removes nothing and takes nothing from those who work; what it moves is kept with a note.
   */
  check(asked: CheckAsked): Promise<Checked>;
}
