/**
 * The lanes' write-ahead log, as a store keeps it.
 *
 * The order of the lines is the truth. The log is one checkpoint and the entries after it; what was
 * before the checkpoint is history that no writer needs to go on.
 *
 * Writing goes through a session, which keeps other writers out or finds that they came: read, decide,
 * append, read again. What an append answers is certain: `kept` means that the entries are durable and
 * that every later reader sees them. `moved` means that nothing was written, since others wrote
 * meanwhile: the writer decides again. `unsure` means that a newer session has begun meanwhile, or that
 * the answer of a server was lost; the entries may be in the log or not, and the writer opens a session
 * of its own again and decides again on what it
 * reads there, where it finds its own entries if they were kept.
 */
import type { LaneView } from "../domain/journal/fold.ts";
import type { JournalEntry } from "../domain/journal/line.ts";

/** A line of a file. */
export interface FilePlace {
  /** Counted from 1 in its file; 0 is the file as a whole. */
  readonly line: number;
  /** Where the line begins, bytes. */
  readonly offset: number;
  /** The file's name where it is not the log itself. */
  readonly file?: string;
}

/** Where in a journal something is, as its store counts. */
export interface JournalPlace {
  /** In words, such as `line 3`: the subject of a sentence. */
  readonly text: string;
  /** Where the journal is kept in files. */
  readonly inFile?: FilePlace;
}

/** Something in a journal that is no entry, and what is wrong with it. It is kept and skipped. */
export interface JournalProblem {
  readonly place: JournalPlace;
  /** What kind of thing: a line that is no entry, one without its end, numbers or files that miss. */
  readonly kind: "corrupt" | "torn" | "seq" | "archive";
  /** What is wrong, such as `is not JSON`. */
  readonly reason: string;
}

/** What a journal says. */
export interface JournalView {
  /**
   * The fold of all entries so far. It is no snapshot: the next read of the same journal takes it
   * further, so copy from it what is to last longer. A lease itself is a value.
   */
  readonly fold: LaneView;
  /** Problems of the log in the order of its lines; archives are looked at by `verify()` alone. */
  readonly problems: readonly JournalProblem[];
  /** Entries that came after the last compaction. */
  readonly tail: number;
}

/** The result of a compaction. */
export interface CompactResult {
  readonly status: "compacted" | "nothing_to_compact" | "unsure";
  /** Lines of the log. */
  readonly entriesBefore: number;
  readonly entriesAfter: number;
  /** Where the store counts bytes. */
  readonly bytesReclaimed?: number;
  /** Where the old history is, where it is kept as an archive. */
  readonly archive?: string | undefined;
}

/** What became of entries. */
export type AppendOutcome = "kept" | "moved" | "unsure";

/**
 * A writer's time with the journal. Where the store has a mutex, no other session is open while it is valid;
 * where it has none, `open()` never waits, and `append()` after others have appended is `moved`.
 */
export interface JournalSession extends AsyncDisposable {
  /** The log as it is now, own entries included. */
  read(): Promise<JournalView>;
  /**
   * Appends entries, one line each, in one write, and waits until they are on the disk. What they
   * came to shows the next `read()`: entries of others may have come in between. Throws a
   * `CoordError` `bad_args` when one is too long.
   */
  append(entries: readonly JournalEntry[]): Promise<AppendOutcome>;
  /**
   * Waits until the log as it is now is on the disk, for an answer that rests on entries which others
   * appended and perhaps did not live to sync. `unsure` as for `append()`.
   */
  persist(): Promise<"kept" | "unsure">;
  /** Puts a checkpoint in the place of the history, which goes to an archive beside the log. */
  compact(): Promise<CompactResult>;
  /** Ends the session; the store may compact a log that has grown before that. Again it does nothing. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The process that is writing, as far as it is known. */
export interface JournalWriter {
  readonly pid: number | undefined;
  readonly host: string | undefined;
  /** Seconds since the writer began or was last seen to write. */
  readonly ageSeconds: number;
}

/** What `open()` answers. */
export type SessionOutcome =
  | { readonly status: "open"; readonly session: JournalSession }
  | { readonly status: "lock_busy"; readonly holder: JournalWriter };

/** All that is wrong with a journal and its archives. */
export interface JournalReport {
  readonly problems: readonly JournalProblem[];
  /** Lines that are entries, in the log and in its archives. */
  readonly entries: number;
  readonly archives: readonly string[];
}

/** The write-ahead log of one workspace, or one given by its path. */
export interface Journal {
  /** Where it is. */
  readonly location: string;
  /** Whether there is a log; without one it reads as empty. */
  exists(): Promise<boolean>;
  /** The log as it is now, without waiting for writers. Reads what is new since the last time. */
  read(): Promise<JournalView>;
  /** Opens a session, waiting for other writers at most this time, milliseconds (0: one try). */
  open(timeoutMs: number, signal?: AbortSignal): Promise<SessionOutcome>;
  /** The last entries, with those from before the last compaction where need be. */
  last(count: number): Promise<readonly JournalEntry[]>;
  /** How many bytes the log has without its archives, where the store counts bytes. */
  size(): Promise<number | undefined>;
  /** Reads everything, archives included. */
  verify(): Promise<JournalReport>;
}
