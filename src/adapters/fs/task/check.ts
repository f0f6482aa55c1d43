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
import type { ClaimRecord } from "../../../domain/task/claim.ts";
import { formatTime, isAhead, parseTime, writable } from "../../../domain/time.ts";
import { HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { ensureDir } from "../disk/ensure_dir.ts";
import type { Layout } from "../layout.ts";
import { type FolderMark, isUnchanged, markFolder } from "../disk/folder_mark.ts";
import { listStems, readNote } from "../disk/record_file.ts";
import { groupClaims } from "./claim_chain.ts";
import { folderOf, ReadyIndex } from "./ready_index.ts";
import { signOfDue, stemOfDue } from "./claim_files.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import { allEntries } from "../disk/time_index.ts";
import type { Skipping } from "../disk/unreadable.ts";

/** How long a comparison is believed, milliseconds. */
const TRUST_MS = 10_000;

/** How long those who find nothing are warned that a claim was made by a clock ahead, milliseconds. */
const REPORT_MS = 600_000;

/** Queues that the note names; of more it says that any may have tasks. */
const MAX_NAMED = 16;

/** The note's name in `index/`. */
const NOTE = "checked";

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
  /** Whether a task without a claim may be claimed. */
  unclaimed(stem: string): boolean;
  /** A claim that is not over and has not timed out. */
  claimed(stem: string): ClaimRecord | undefined;
}

export class RecordsCheck {
  readonly #path: string;
  readonly #ready: ReadyIndex;
  #reported = 0;

  constructor(
    readonly fs: HostFs,
    readonly layout: Layout,
    readonly dueRoot: string,
    readonly warn: Warn,
  ) {
    this.#ready = new ReadyIndex(fs, `${layout.index}/ready`);
    this.#path = `${layout.index}/${NOTE}`;
  }

  /** Whether a queue, or any, may have tasks to claim that the index lacks. */
  needed(queue: string | undefined, now: number): boolean {
    const checked = this.#read();
    if (checked === undefined) return true;
    const { atMs, until, busy } = checked;
    const age = Date.now() - atMs;
    if (age < 0 || age > TRUST_MS || !isUnchanged(checked, this.#mark()) || now >= until) {
      return true;
    }
    if (queue === undefined ? busy.size > 0 : busy.has(folderOf(queue)) || busy.has(ANY)) {
      return true;
    }
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
    let until = Infinity;
    let { ahead, metAt } = this.#recent();
    for (const entry of allEntries(this.fs, this.dueRoot)) {
      const sign = signOfDue(entry.rest);
      if (isAhead(sign, now)) {
        [ahead, metAt] = [Math.max(ahead, sign), atMs];
        continue; // the claim has timed out
      }
      due.add(stemOfDue(entry.rest));
      if (entry.ms > now) until = Math.min(until, entry.ms);
    }
    const skipped = skipping.count;
    const busy = new Set<string>();
    for (const stem of listStems(this.fs, this.layout.folder("task"))) {
      const listed = claims.get(stem);
      if (listed?.isEnded) continue;
      const queue = ready.get(stem);
      if (queue !== undefined) {
        busy.add(queue);
      } else if (listed === undefined) {
        if (skipping.past(() => completion.unclaimed(stem))) busy.add(ANY);
      } else if (!due.has(stem) || !listed.hasView) {
        // Another tool that removes the view gives the claim back before it is due.
        const claim = skipping.past(() => completion.claimed(stem));
        if (claim === undefined) busy.add(ANY);
        else until = Math.min(until, parseTime(claim.expires_at) ?? 0);
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
    const { tmp, index } = this.layout;
    const note = `${mtimeMs} ${atMs} ${until} ${ahead} ${metAt} ${[...busy].join()}`;
    const bytes = new TextEncoder().encode(note);
    try {
      ensureDir(this.fs, index);
      new StagedFile(this.fs, index, () => stageFile(this.fs, tmp, bytes, false)).replace(NOTE);
    } catch (error) {
      // The note only saves time. When another process removes the folders, the next comparison is
      // due anyway.
      const unwritable = ["not_found", "no_space", "read_only", "permission"];
      if (!(error instanceof HostError) || !unwritable.includes(error.reason)) throw error;
    }
  }
}
