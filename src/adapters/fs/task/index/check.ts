/**
 * When the index may lack tasks, and which.
 *
 * Other tools write straight into `tasks/`, and the index may be damaged or removed. A full comparison
 * lists two folders, so what it found is kept in `index/checked`. The note says which queues had tasks
 * that could be claimed. For any other queue it shows by the records alone that there was nothing to
 * claim, whatever has become of the index since, as long as the folder of tasks has not changed and
 * no claim has timed out. It is not believed when the folder changed in the tick of the listing, and
 * not for long, since file systems and other tools have their ways.
 */
import { INSTANT_MS } from "../../../../domain/limits.ts";
import { formatTime, isAhead, writable } from "../../../../domain/time.ts";
import type { HostFs } from "../../../../ports/host.ts";
import type { Warn } from "../../../../ports/warnings.ts";
import type { Layout } from "../../layout.ts";
import { type FolderMark, isUnchanged, markFolder } from "../../disk/folder_mark.ts";
import { listStems, readNote } from "../../disk/record_file.ts";
import { groupClaims, type ListedClaim } from "../claim/names.ts";
import { ReadyIndex } from "./ready_index.ts";
import { signOfDue, stemOfDue } from "../claim_files.ts";
import { AfterIndex } from "./after_index.ts";
import { isOfDelayed, isOfUnclaimed } from "./first_entry.ts";
import { writeNote } from "../../disk/staging.ts";
import { allEntries } from "../../disk/time_index.ts";
import type { Skipping } from "../../disk/unreadable.ts";

/** How long a comparison is believed, milliseconds. */
const TRUST_MS = 10_000;

/** How long those who find nothing are warned that a claim was made by a clock ahead, milliseconds. */
const REPORT_MS = 600_000;

/** Queues that the note names; of more it says that any may have tasks. */
const MAX_NAMED = 16;

/** The note's name in its folder. */
export const NOTE = "checked";

/** Stands for any queue; no folder has that name. */
const ANY = "*";

interface Checked extends FolderMark {
  /** When the first of the claims that were live then times out, by the clock of claims. */
  readonly until: number;
  /** The latest sign of life of a claim that lay ahead of the clock, and when it was met; or 0. */
  readonly ahead: number;
  readonly metAt: number;
  /** The folders of the queues in which there was something to claim. */
  readonly busy: ReadonlySet<string>;
}

/** What adds to the index what it lacks. */
interface Completion {
  /** From when on a task without a claim may be claimed: 0 for now, infinity for never. */
  unclaimed(stem: string): number;
  /** The same of one with a claim. */
  claimed(stem: string): number;
  /** Whether a task with a claim has ended. */
  isOver(stem: string): boolean;
  /** Takes note of a task that others wait for and that has ended. */
  ended(stem: string): void;
}

/** What is compared, and where that is noted. */
interface Compared {
  /** The root of the index. */
  readonly ready: string;
  /** The folder of the note. */
  readonly note: string;
  /** Whether a task belongs into the index. */
  holds(stem: string): boolean;
}

export class RecordsCheck {
  readonly #path: string;
  readonly #ready: ReadyIndex;
  readonly #after: AfterIndex;
  #reported = 0;

  constructor(
    readonly fs: HostFs,
    readonly layout: Layout,
    readonly dueRoot: string,
    readonly warn: Warn,
    readonly compared: Compared,
  ) {
    this.#ready = new ReadyIndex(fs, compared.ready);
    this.#after = new AfterIndex(fs, layout.index);
    this.#path = `${compared.note}/${NOTE}`;
  }

  /** Whether there was a comparison, however long ago. */
  hasRun(): boolean {
    return this.fs.lstat(this.#path) !== undefined;
  }

  /**
   * Whether there may be tasks to claim that the index lacks.
   *
   * @param isFor Whether the caller may have what lies in a folder of the index.
   */
  needed(isFor: (folder: string) => boolean, now: number): boolean {
    const checked = this.#read();
    if (checked === undefined) return true;
    const { atMs, until, busy } = checked;
    const age = Date.now() - atMs;
    if (age < 0 || age > TRUST_MS || !isUnchanged(checked, this.#mark()) || now >= until) {
      return true;
    }
    for (const folder of busy) if (folder === ANY || isFor(folder)) return true;
    this.#report(checked, now);
    return false;
  }

  /** Says once that claims were made by a clock that is ahead. */
  #report({ ahead }: Checked, now: number): void {
    if (!isAhead(ahead, now) || ahead === this.#reported) return;
    this.#reported = ahead;
    const at = formatTime(writable(ahead));
    this.warn(
      `Some process's clock is or was wrong: a claim was made at ${at}, which is yet to come`,
    );
  }

  /**
   * Compares, adds what the index lacks, and notes what there is to claim.
   *
   * @returns Whether nothing had to be skipped.
   */
  run(now: number, skipping: Skipping, completion: Completion): boolean {
    const { mtimeMs, atMs } = this.#mark();
    const names = this.fs.list(this.layout.folder("claim")) ?? [];
    const claims = groupClaims(names.map(({ name }) => name));
    const ready = this.#ready.stems();
    const due = new Set<string>();
    const delayed = new Set<string>();
    let until = Infinity;
    let { ahead, metAt } = this.#recent();
    for (const entry of allEntries(this.fs, this.dueRoot)) {
      const sign = signOfDue(entry.rest);
      if (isAhead(sign, now)) {
        [ahead, metAt] = [Math.max(ahead, sign), atMs];
        continue; // the claim has timed out
      }
      if (entry.ms > now) until = Math.min(until, entry.ms);
      if (entry.ms >= INSTANT_MS.max) continue; // it waits for others, and shows as that below
      if (!isOfUnclaimed(entry.rest)) due.add(stemOfDue(entry.rest));
      else if (entry.ms > now && isOfDelayed(entry.rest)) delayed.add(stemOfDue(entry.rest));
    }
    const skipped = skipping.count;
    const { holds } = this.compared;
    const busy = new Set<string>();
    const { awaited, marked, whole } = this.#after.waiting();
    const stems = listStems(this.fs, this.layout.folder("task"));
    const there = new Set(awaited.length + marked.length === 0 ? [] : stems);
    // A process has died between an end and what follows from it, or a power cut came in between.
    for (const stem of [...awaited, ...marked.filter((each) => wasRevived(claims.get(each)))]) {
      const listed = claims.get(stem);
      const isOver = isSurelyOver(listed) ||
        listed && skipping.past(() => completion.isOver(stem));
      if (!there.has(stem) || isOver) completion.ended(stem);
    }
    for (const stem of stems) {
      const listed = claims.get(stem);
      if (isSurelyOver(listed)) continue;
      const queue = ready.get(stem);
      if (queue !== undefined) {
        busy.add(queue);
      } else if (listed === undefined) {
        if (delayed.has(stem) || whole.has(stem)) continue;
        const from = skipping.past(() => holds(stem) ? completion.unclaimed(stem) : Infinity) ??
          Infinity;
        if (from === 0) busy.add(ANY);
        else until = Math.min(until, from);
      } else if (!due.has(stem) || !listed.hasView) {
        // Another tool that removes the view gives the claim back before it is due.
        const from = skipping.past(() => holds(stem) ? completion.claimed(stem) : Infinity) ?? 0;
        if (from === 0) busy.add(ANY);
        else until = Math.min(until, from);
      }
    }
    const isWhole = skipping.count === skipped;
    if (busy.size > MAX_NAMED) busy.add(ANY);
    if (isWhole) this.#write({ mtimeMs, atMs, until, ahead, metAt, busy });
    return isWhole;
  }

  /** The claim ahead of the clock that was met last; it is spoken of for a while. */
  #recent(): Pick<Checked, "ahead" | "metAt"> {
    const { ahead, metAt } = this.#read() ?? { ahead: 0, metAt: 0 };
    return Math.abs(Date.now() - metAt) < REPORT_MS ? { ahead, metAt } : { ahead: 0, metAt: 0 };
  }

  #mark(): FolderMark {
    return markFolder(this.fs, this.layout.folder("task"));
  }

  #read(): Checked | undefined {
    const note = readNote(this.fs, this.#path);
    if (note === undefined) return undefined;
    const numbers = note.split(" ", 5).map(Number);
    const [mtimeMs = NaN, atMs = NaN, until = NaN, ahead = NaN, metAt = NaN] = numbers;
    const busy = note.split(" ")[5];
    if (busy === undefined || Number.isNaN(mtimeMs + atMs + until + ahead + metAt)) {
      return undefined;
    }
    return {
      mtimeMs,
      atMs,
      until,
      ahead,
      metAt,
      busy: new Set(busy.split(",").filter((name) => name !== "")),
    };
  }

  #write({ mtimeMs, atMs, until, ahead, metAt, busy }: Checked): void {
    const note = `${mtimeMs} ${atMs} ${until} ${ahead} ${metAt} ${[...busy].join()}`;
    writeNote(this.fs, { tmp: this.layout.tmp, index: this.compared.note }, NOTE, note);
  }
}

/** An end beside a slot may be one that a power cut has torn, or that was followed by a revival. */
function isSurelyOver(listed: ListedClaim | undefined): boolean {
  return listed !== undefined && listed.isEnded && listed.slots.length === 0;
}

/** Whether it may have been revived; then a mark may speak of an earlier end. */
function wasRevived(listed: ListedClaim | undefined): boolean {
  return listed !== undefined && listed.isEnded && listed.slots.length > 0;
}
