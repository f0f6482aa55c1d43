/** The records as the feed looks at them: kinds, ids, versions, and hints that something changed. */
import type { JsonObject } from "../../../domain/json.ts";
import type { RecordKind } from "../../../domain/watch/event.ts";

/** What a look at one record found. */
export type RecordLook =
  /**
   * Unchanged since the version that the caller knows. Where `version` is given it takes the place
   * of the known one: it says the same, and the next look with it is cheaper or surer. Where `data` is
   * given the record says something new that is no news, such as a lease's last sign of life.
   */
  | { readonly kind: "same"; readonly version?: string; readonly data?: JsonObject }
  /** `text` is the data as JSON, where that was made. */
  | {
    readonly kind: "record";
    readonly version: string;
    readonly data: JsonObject;
    readonly text?: string;
  }
  /** `last` says how it ended, where that is known. */
  | { readonly kind: "gone"; readonly last?: JsonObject }
  /** It has ended, at that instant, and lies in a segment, where it says this for good. */
  | {
    readonly kind: "moved";
    readonly version: string;
    readonly data: JsonObject;
    readonly endedMs: number;
  }
  /** There is something of that name which is no record; `problem` names the file and says why. */
  | { readonly kind: "broken"; readonly version: string; readonly problem: string };

/** A hint that something may have changed. Never the truth. */
export type RecordHint =
  | {
    readonly about: "record";
    readonly kind: RecordKind;
    readonly id: string;
    /** A cheaper look at it, for the next turn only: it starts from what was just listed. */
    readonly look?: ((known: string | undefined) => RecordLook) | undefined;
  }
  /** RecordLook at the whole kind. */
  | { readonly about: "kind"; readonly kind: RecordKind }
  /** A name that belongs to no record: it explains a folder's new mark, and hints may be lost with it. */
  | { readonly about: "other"; readonly kind: RecordKind | undefined };

/** What a look at names came to. */
export interface NameLook {
  /** The names that were listed; infinite where a folder has too many by now. */
  readonly listed: number;
  /** Those of them that had come or gone. */
  readonly changed: number;
}

/** Hints for one who looks at intervals. */
export interface IntervalWatch {
  /** The kinds that it hints at. */
  readonly kinds: readonly RecordKind[];
  /** Whether it misses nothing, however much happens. */
  readonly isComplete: boolean;
  /** Hints at what has changed since the look before, or since the beginning. */
  look(): NameLook;
  close(): void;
}

/** The records of a kind at one moment. */
export interface RecordListing {
  /** In no order. What has a record's name and is none is among them. */
  readonly ids: readonly string[];
  /**
   * Like {@link RecordSource.look}, for an id of this listing. It may answer from what the listing
   * showed, so it can be older than the call, never older than the listing.
   */
  look(id: string, known: string | undefined): RecordLook;
}

export interface RecordSource {
  /**
   * Sees to it that all tasks show as records, where it can: the process that added them may have died
   * in the middle of that.
   */
  prepare(): Promise<void>;
  /** How many records of a kind there are, also of those that have moved. */
  count(kind: RecordKind): number;
  /** All that has a record's name at the moment, with the means to look at it. */
  list(kind: RecordKind): RecordListing;
  /** The ids of what has ended since, and has moved to a segment. */
  moved(kind: RecordKind, since: number): string[];
  /** The clock by which it has ended, milliseconds since 1970. */
  clock(): number;
  /**
   * One record. What has moved is found when its version is known. `known` is the version of an earlier look, also one of an earlier process; the
   * answer is `same` exactly when the record still says what it said then.
   */
  look(kind: RecordKind, id: string, known: string | undefined): RecordLook;
  /**
   * A mark that differs whenever a record of the kind was added, replaced or removed since, and
   * `settled: false` while a further change might not show in it (coarse time stamps).
   */
  mark(kind: RecordKind): { readonly mark: string; readonly settled: boolean };
  /** Whether records of the kind are replaced after they were written. */
  replaced(kind: RecordKind): boolean;
  /**
   * Starts the kernel's notification for these kinds, also for folders that appear later; throws
   * where it cannot be had. `onError` is called at most once, and no hints follow it.
   */
  watch(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
    onError: (error: unknown) => void,
  ): { close(): void };
  /**
   * Starts to compare names, where that costs less than notifications of a fleet at work.
   *
   * @param gatherMs Milliseconds between two looks, at least.
   */
  byNames(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
    gatherMs: number,
  ): IntervalWatch;
  /** Has the kernel note what changes, where it can, for one who looks at intervals. */
  byNotices(
    kinds: readonly RecordKind[],
    onHint: (hint: RecordHint) => void,
  ): Promise<IntervalWatch | undefined>;
  /** Names by which these records are known again; other workspaces have other ones. */
  identity(): readonly string[];
}
