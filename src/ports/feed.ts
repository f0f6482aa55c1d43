/** What changes in a store, one record after the other, for those who follow it. */
import type { Timers } from "../async/timers.ts";
import type { Wakeup } from "../async/wakeup.ts";
import type { JsonObject } from "../domain/json.ts";
import type { RecordKind } from "../domain/watch/event.ts";

/** A record by its name. */
export interface RecordName {
  readonly kind: RecordKind;
  readonly id: string;
}

/** Something that became known of a record. */
export interface Change extends RecordName {
  /**
   * `snapshot`: it was there when the run began. `known`: no news, but it bears on what comes: what the
   * position says of a record, or a new sign of life.
   */
  readonly type: "snapshot" | "added" | "modified" | "removed" | "known";
  /** What it says; of a removed one what it said last. */
  readonly data: JsonObject;
}

/** Changes that a consumer takes together. */
export interface FeedBatch {
  /** In the order in which they became known; there may be none. */
  readonly changes: readonly Change[];
  /**
   * Lines, without their ends, that together with the lines before them say where a consumer is that
   * has taken the changes. None where these move no position, and where none is kept. A position may
   * also move without changes.
   */
  readonly position: readonly string[];
  /** Whether that was all: everything that was there was looked at, and what notifications named. */
  readonly caughtUp: boolean;
}

/** What to follow, and how. */
export interface FeedRequest {
  readonly kinds: ReadonlySet<RecordKind>;
  /** The lines of a position, in their order; `undefined` where the consumer begins. */
  readonly since: readonly string[] | undefined;
  /** The kinds that the position covers: all others begin with snapshots. */
  readonly covered: ReadonlySet<RecordKind>;
  /** Whether the consumer keeps positions. */
  readonly keeps: boolean;
  /** End with the first batch that has caught up. */
  readonly once: boolean;
  /** `auto` polls only where notification cannot be had; `native` fails there. */
  readonly backend: "auto" | "native" | "poll";
  /** Between two looks where the feed polls, milliseconds. */
  readonly pollMs: number;
  /**
   * The consumer takes batches at intervals of this many milliseconds, and wants little done for them. A
   * change may then come by that much later. What a notification has lost may come a second late, or
   * later where there are very many records; so may what another tool has replaced in place.
   */
  readonly gatherMs?: number;
  readonly timers: Timers;
  /**
   * On this the run sleeps, and this its notifications wake. The consumer wakes it too, when it has
   * something to do besides: a batch that has caught up follows.
   */
  readonly wakeup: Wakeup;
  /** When a sleep ends at the latest, on the clock of the timers. Asked before every sleep. */
  readonly alarm: () => number;
  /** Ends the run, also in the middle of long work; wakes it as well. */
  readonly signal: AbortSignal;
}

/**
 * One following of the feed, by one consumer, who takes one batch after the other. Nothing happens
 * before the first is asked for, or between two.
 */
export interface FeedRun extends AsyncIterable<FeedBatch> {
  /**
   * What these records say that no batch has said yet. Asked between two batches, where the consumer
   * must not act on what a late notification has outdated.
   */
  look(names: readonly RecordName[]): Promise<FeedBatch>;

  /** A record as it was given last, or newer; `undefined` when there is none. */
  data(name: RecordName): Promise<JsonObject | undefined>;
}

/** The lines of a position that count. */
export interface CompactPosition {
  readonly lines: readonly string[];
  /** How many others are none of this feed's. */
  readonly unread: number;
}

export interface ChangeFeed {
  /**
   * Follows the records of these kinds. All snapshots come first, in the order of creation
   * (domain/watch/creation.ts), after all records were read. Each change after
   * that is given once, in the newest state of its record, and none is lost: states that were replaced
   * before the feed could look are not given, and a claim never goes back. Every sleep comes after a
   * batch that has caught up.
   *
   * With a position the run goes on from there. It begins with what that says of the records, as
   * `known`; what was added, changed or removed since follows, also where no run saw it happen. What a
   * position does not cover as a whole is given again.
   *
   * A failure to notify is the feed's to mend, by looking at intervals; throws `io_error` where
   * `native` was asked for and cannot be had.
   */
  open(request: FeedRequest): FeedRun;

  /** Leaves out the lines of a position that later ones have outdated; what they say stays the same. */
  compact(lines: Iterable<string>): CompactPosition;

  /** How many records of a kind there are. */
  count(kind: RecordKind): Promise<number>;

  /** Names by which these records are known again; other workspaces have other ones. */
  identity(): Promise<readonly string[]>;
}
