/** The journal of lanes as such: what it says, whether it is sound, and keeping it short. */
import type { Lease } from "../../domain/lane/lease.ts";
import { TAIL_COUNT } from "../../domain/limits.ts";
import * as laneFields from "../../domain/lane/fields.ts";
import { quoted } from "../../domain/text.ts";
import type { JournalEntry } from "../../domain/journal/line.ts";
import type { JournalProblem as Found } from "../../ports/journal.ts";
import { checkInput } from "../input.ts";
import { inTurn, type JournalContext, readJournal } from "./turn.ts";
import type { LaneBusy, LaneLockInput } from "./types.ts";

/** How much to show. */
export interface JournalTailInput {
  /** Entries, 1 to 100000, default 20. */
  readonly count?: number;
}

/** The end of a journal. */
export interface JournalTail {
  /** The file. */
  readonly journal: string;
  /** As they were written, the last one last. */
  readonly entries: readonly JournalEntry[];
}

/** Something in a journal that is no entry, and what is wrong with it. It is kept and skipped. */
export interface JournalProblem {
  /** Where the journal is a file: the line, counted from 1; 0 is the file as a whole. */
  readonly line?: number;
  /** Where that line begins, bytes. */
  readonly offset?: number;
  /** The file's name where it is not the log itself. */
  readonly file?: string;
  /** What kind of thing: a line that is no entry, one without its end, numbers or files that miss. */
  readonly kind: "corrupt" | "torn" | "seq" | "archive";
  /** What is wrong, such as `is not JSON`. */
  readonly reason: string;
}

/** What a journal comes to. */
export interface JournalReplay {
  /** The file. */
  readonly journal: string;
  /** The number of the last entry. */
  readonly seq: number;
  /** The leases that were not ended, dead ones among them; the first granted first. */
  readonly leases: readonly Lease[];
  /** Lines that are no entries and count for nothing. */
  readonly problems: readonly JournalProblem[];
}

/** Whether a journal is sound. */
export interface JournalVerdict {
  /** What is damaged hides nothing but itself, which may be a lease. */
  readonly status: "sound" | "damaged";
  /** The file. */
  readonly journal: string;
  /** Entries in it and in its archives. */
  readonly entries: number;
  /** The files of history that were compacted away. */
  readonly archives: readonly string[];
  /** What is wrong, and where. */
  readonly problems: readonly JournalProblem[];
  /** For people: what is wrong, when something is. */
  readonly error?: string;
}

/** Problems that a sentence names; the rest is counted. */
const MAX_NAMED = 3;

/** What compaction did. */
export interface JournalCompaction {
  /** There may be nothing to do. */
  readonly status: "compacted" | "nothing_to_compact";
  /** The file. */
  readonly journal: string;
  /** Lines before. */
  readonly entries_before: number;
  /** Lines after: a checkpoint, and what could not be read. */
  readonly entries_after: number;
  /** By which the file became shorter. */
  readonly bytes_reclaimed: number;
  /** Where the history is; null when nothing was done. */
  readonly archive: string | null;
}

/** The fields of each operation's input, for the library and the command line alike. */
export const JOURNAL_INPUTS = {
  tail: { count: laneFields.tailCount },
  compact: { lockTimeout: laneFields.lockTimeout },
  path: laneFields.path,
} as const;

/**
 * The journal of a workspace's lanes, or one that is given by its path. Reading waits for no
 * writer. Each operation throws a `CoordError`: `bad_args` for bad input, `io_error` when the
 * machine fails.
 */
export class LaneJournal {
  readonly #context: JournalContext;

  /** Made by opening a workspace or a journal. */
  constructor(context: JournalContext) {
    this.#context = context;
  }

  /** The file. */
  get location(): string {
    return this.#context.lanes.journal.location;
  }

  /**
   * The last entries, as they were written.
   *
   * @param input How many.
   */
  async tail(input: JournalTailInput = {}): Promise<JournalTail> {
    checkInput(input, JOURNAL_INPUTS.tail);
    const { journal } = this.#context.lanes;
    const count = input.count ?? TAIL_COUNT.default;
    const entries = await journal.last(count);
    return { journal: this.location, entries };
  }

  /** Folds the journal to the leases that it leaves. No clock has a say, so dead ones are among them. */
  async replay(): Promise<JournalReplay> {
    const { fold, problems: found } = await readJournal(this.#context);
    const problems = found.map(answerOf);
    return { journal: this.location, seq: fold.seq, leases: fold.live(), problems };
  }

  /** Reads everything, archives included, and reports what is wrong with it. */
  async verify(): Promise<JournalVerdict> {
    const { journal } = this.#context.lanes;
    const { entries, archives, problems } = await journal.verify();
    const answers = problems.map(answerOf);
    const verdict = { journal: this.location, entries, archives, problems: answers };
    if (problems.length === 0) return { status: "sound", ...verdict };
    return { status: "damaged", ...verdict, error: damageOf(this.location, problems) };
  }

  /**
   * Puts a checkpoint in the place of the history, which goes to an archive beside the journal. What
   * the journal comes to stays the same.
   *
   * @param input How long to wait for writers.
   */
  async compact(input: LaneLockInput = {}): Promise<JournalCompaction | LaneBusy> {
    checkInput(input, JOURNAL_INPUTS.compact);
    return await inTurn<JournalCompaction>(
      this.#context,
      input,
      `compact ${quoted(this.location, 200)}`,
      async (turn) => {
        const done = await turn.compact();
        if (done.status === "unsure") return undefined;
        return {
          status: done.status,
          journal: this.location,
          entries_before: done.entriesBefore,
          entries_after: done.entriesAfter,
          bytes_reclaimed: done.bytesReclaimed ?? 0,
          archive: done.archive ?? null,
        };
      },
    );
  }
}

function answerOf({ place, kind, reason }: Found): JournalProblem {
  const { file, ...line } = place.inFile ?? {};
  return { ...line, kind, reason, ...(file !== undefined && { file }) };
}

function damageOf(location: string, problems: readonly Found[]): string {
  const named = problems.slice(0, MAX_NAMED).map(({ place, reason }) => `${place.text} ${reason}`);
  const more = problems.length - named.length;
  const all = named.join("; ") + (more > 0 ? `; and ${more} more` : "");
  return `Journal ${quoted(location, 200)} is damaged: ${all}`;
}
