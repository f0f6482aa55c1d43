/** The journal's entries in memory, and who may write them. */
import { realTimers, type Timers } from "../../async/timers.ts";
import { Wakeup } from "../../async/wakeup.ts";
import { checkpointEntry, isCompactable } from "../../domain/journal/checkpoint.ts";
import { LaneState } from "../../domain/journal/fold.ts";
import { identityOf, type JournalEntry } from "../../domain/journal/line.ts";
import { jsonCopy, type JsonObject } from "../../domain/json.ts";
import {
  announcementData,
  announcementId,
  isAnnouncement,
  leaseData,
  leaseEnd,
  leaseId,
} from "../../domain/watch/lane_record.ts";
import type { Table } from "./table.ts";

export class Log {
  /** All that was ever written, checkpoints included. */
  readonly history: JournalEntry[] = [];
  fold = new LaneState();
  /** Entries since the last compaction. */
  tail = 0;
  /** How many entries the log has, its checkpoint included. */
  length = 0;
  readonly #listeners = new Set<() => void>();
  readonly #waiting: Wakeup[] = [];
  /** When the writer began, on the clock of the timers; `undefined` when no process writes. */
  #writingSince: number | undefined;

  /** @param records Where leases and announcements are kept as records of the stream. */
  constructor(readonly records: Table<JsonObject>, readonly timers: Timers = realTimers) {}

  /** Seconds since the writer began. */
  get writingFor(): number {
    return this.#writingSince === undefined ? 0 : (this.timers.now() - this.#writingSince) / 1000;
  }

  /**
   * Waits for the right to write, at most `timeoutMs` milliseconds, in the order of coming.
   *
   * @returns Whether the caller has it. Rejects with the signal's reason on abort.
   */
  async enter(timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    const { timers } = this;
    const deadline = timers.now() + timeoutMs;
    signal?.throwIfAborted();
    for (let turns = 0; this.#writingSince !== undefined; turns++) {
      if (timeoutMs <= 0) return false;
      using wakeup = new Wakeup(timers, signal);
      // Another caller came between the end of a turn and this one's: it keeps its place.
      if (turns > 0) this.#waiting.unshift(wakeup);
      else this.#waiting.push(wakeup);
      const woken = await wakeup.sleep(deadline);
      const at = this.#waiting.indexOf(wakeup);
      if (at >= 0) this.#waiting.splice(at, 1);
      if (woken === "abort") {
        // The turn that this caller was about to have is the next one's.
        if (at < 0) this.#waiting.shift()?.wake();
        throw signal?.reason;
      }
      if (woken === "time" && this.#writingSince !== undefined) return false;
    }
    this.#writingSince = timers.now();
    return true;
  }

  /** Gives the right to write to the next. */
  leave(): void {
    this.#writingSince = undefined;
    this.#waiting.shift()?.wake();
  }

  append(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      const copy = jsonCopy(entry) as JournalEntry;
      this.#apply(copy);
      this.#record(copy);
    }
    this.tail += entries.length;
    this.length += entries.length;
    this.#notify();
  }

  /** Puts a checkpoint in the place of the entries; `false` when there is nothing to do. */
  compact(now: number): boolean {
    if (this.tail === 0 || !isCompactable(this.fold)) return false;
    const checkpoint = checkpointEntry(this.fold, now);
    this.fold = new LaneState();
    this.#apply(checkpoint);
    this.tail = 0;
    this.length = 1;
    this.#notify();
    return true;
  }

  /** Calls `body` after each change, in a turn of its own, until the result is closed. */
  listen(body: () => void): { close(): void } {
    const listener = () => body();
    this.#listeners.add(listener);
    return { close: () => void this.#listeners.delete(listener) };
  }

  #apply(entry: JournalEntry): void {
    this.history.push(entry);
    this.fold.apply(entry);
  }

  /** Puts what an entry changed into the records; a heartbeat is no news. */
  #record(entry: JournalEntry): void {
    const { records } = this;
    if (isAnnouncement(entry)) records.put(announcementId(entry), announcementData(entry));
    const identity = identityOf(entry);
    if (identity === undefined) return;
    const id = leaseId(identity);
    const lease = this.fold.leases.get(identity);
    if (lease === undefined) records.remove(id, leaseEnd(entry));
    else if (records.row(id)?.record["fence"] === lease.fence) records.amend(id, leaseData(lease));
    else records.put(id, leaseData(lease));
  }

  #notify(): void {
    for (const listener of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener();
      });
    }
  }
}
