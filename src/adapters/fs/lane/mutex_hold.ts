/**
 * The mutex of a journal. It keeps writers from wasting work; what is safe the log decides.
 *
 * Its holds are numbered, and numbers only grow. What callers may rely on:
 *
 * 1. At any moment at most one hold is the newest, whatever crashes, pauses or comes late. A hold is
 *    valid from the return of `acquire()` until it is released or a newer one begins.
 * 2. A newer hold begins only after the one before was released, or its process has provably gone,
 *    or was silent (neither begun nor renewed) for longer than the stale bound.
 * 3. A holder that was overtaken learns it from the next `isHeld()` or `renew()`, and from then on
 *    always. Between two looks it may believe to hold what it has lost, so a holder that needs more
 *    than that asks after the deed: if `isHeld()` is true after an operation, the hold was valid
 *    throughout that operation.
 * 4. `replaceFile()` takes effect only while the hold is valid: when `acquire()` returns a hold, no
 *    older one can replace a file any more, however late it wakes up.
 */
import type { JournalWriter } from "../../../ports/journal.ts";

/** A valid hold, until it is released or overtaken. */
export interface MutexHold {
  /** Grows from hold to hold. */
  readonly generation: number;
  /** Whether the hold before this one was released by its holder, who thus left nothing half done. */
  readonly isClean: boolean;
  /** Whether no newer hold has begun. */
  isHeld(): boolean;
  /** The same before a deed, without a look while the hold is so young that no process may follow it. */
  mayBeHeld(): boolean;
  /** Starts the stale bound again; `false` when a newer hold has begun. */
  renew(): boolean;
  /**
   * Replaces a file of the mutex's file system, whole and synced, in one step.
   *
   * @returns `false` when a newer hold has begun; the file is then as it was.
   */
  replaceFile(path: string, bytes: Uint8Array): boolean;
  /** Ends the hold. Harmless when it was overtaken, and the second time. */
  release(): void;
}

/** The process that held a busy mutex, as far as it is known. */
export interface MutexHolder extends JournalWriter {
  readonly generation: number;
}

/** What `acquire()` answers. */
export type MutexOutcome =
  | { readonly status: "held"; readonly hold: MutexHold }
  | { readonly status: "lock_busy"; readonly holder: MutexHolder };

/** The mutex of one journal. */
export interface Mutex {
  /**
   * Waits until it holds the mutex, at most `timeoutMs` milliseconds (0: one try). Holds of one
   * process exclude each other like those of any two. Rejects with the signal's reason on abort.
   */
  acquire(timeoutMs: number, signal?: AbortSignal): Promise<MutexOutcome>;
}
