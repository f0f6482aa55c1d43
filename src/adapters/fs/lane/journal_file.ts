/** A journal as a file: what the port promises, in calls that end before anything else has its turn. */
import type { JournalEntry } from "../../../domain/journal/line.ts";
import type {
  CompactResult,
  JournalReport,
  JournalView,
  JournalWriter,
} from "../../../ports/journal.ts";

/** A writer's time with the file. */
export interface JournalFileSession extends Disposable {
  read(): JournalView;
  append(entries: readonly JournalEntry[]): "kept" | "unsure";
  persist(): "kept" | "unsure";
  compact(): CompactResult;
  /**
   * Puts a checkpoint in the place of a damaged log, which follows nothing and keeps no line that is
   * damaged. `keep` gives the log a second name before; where it returns `false`, nothing is done.
   *
   * @returns Whether it was done.
   */
  restart(keep: () => boolean): boolean;
}

/** What opening the file for writing answers. */
export type FileSessionOutcome =
  | { readonly status: "open"; readonly session: JournalFileSession }
  | { readonly status: "lock_busy"; readonly holder: JournalWriter };

export interface JournalFile {
  readonly location: string;
  exists(): boolean;
  read(): JournalView;
  open(timeoutMs: number, signal?: AbortSignal): Promise<FileSessionOutcome>;
  last(count: number): readonly JournalEntry[];
  /** The same by what was read last, without a look; `undefined` where fewer are remembered. */
  remembered(count: number): readonly JournalEntry[] | undefined;
  size(): number;
  verify(): JournalReport;
}
