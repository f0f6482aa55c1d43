/**
 * When the index may lack tasks, and which.
 *
 * Other tools write straight into `tasks/`, and the index may be damaged. A full comparison lists
 * two folders, so its result is kept in `index/checked`: while the folder of tasks has not changed
 * since, nothing new can be in it. The note is not believed when the folder changed in the tick of
 * the listing, and not for long, since somebody may be removing `index/` at this moment.
 */
import { HostError, type HostFs } from "../../../ports/host.ts";
import { ensureDir } from "../disk/ensure_dir.ts";
import type { Layout } from "../layout.ts";
import { listStems, readNote, tickOf } from "../disk/record_file.ts";
import { ReadyIndex } from "./ready_index.ts";
import { stemOfDue } from "./claim_files.ts";
import { allEntries } from "../disk/time_index.ts";

/** How long a comparison is believed, milliseconds. */
const TRUST_MS = 10_000;

interface Checked {
  /** Last change of the folder of tasks before it was listed. */
  readonly mtimeMs: number;
  readonly atMs: number;
}

export class RecordsCheck {
  readonly #path: string;

  readonly #ready: ReadyIndex;

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly dueRoot: string) {
    this.#ready = new ReadyIndex(fs, `${layout.index}/ready`);
    this.#path = `${layout.index}/checked`;
  }

  /** Whether there may be tasks that the index lacks. */
  needed(): boolean {
    const checked = this.#read();
    if (checked === undefined) return true;
    const { mtimeMs, atMs } = checked;
    const age = Date.now() - atMs;
    if (age < 0 || age > TRUST_MS || mtimeMs !== this.#tasksChanged()) return true;
    return atMs - mtimeMs < tickOf(mtimeMs);
  }

  /**
   * Compares, has `complete` add what the index lacks (tasks without a claim, and claims that are not
   * over), and notes that the index is whole if it says so.
   */
  run(complete: (unclaimed: string[], live: string[]) => boolean): void {
    const checked: Checked = { mtimeMs: this.#tasksChanged(), atMs: Date.now() };
    const claims = new Set<string>();
    const views = new Set<string>();
    const ended = new Set<string>();
    for (const { name } of this.fs.list(this.layout.folder("claim")) ?? []) {
      const dot = name.indexOf(".");
      const ending = name.slice(dot);
      if (ending === ".end") ended.add(name.slice(0, dot));
      // A task whose view another tool removed still has the slots above it.
      else if (/^\.(json|\d+)$/.test(ending)) claims.add(name.slice(0, dot));
      if (ending === ".json") views.add(name.slice(0, dot));
    }
    const ready = this.#ready.stems();
    const due = new Set<string>();
    for (const entry of allEntries(this.fs, this.dueRoot)) due.add(stemOfDue(entry.rest));
    const unclaimed: string[] = [];
    const live: string[] = [];
    for (const stem of listStems(this.fs, this.layout.folder("task"))) {
      if (ready.has(stem) || ended.has(stem)) continue;
      // Without its view a claim was given back by another tool before it is due.
      if (due.has(stem) && views.has(stem)) continue;
      if (claims.has(stem)) live.push(stem);
      else unclaimed.push(stem);
    }
    if (complete(unclaimed, live)) this.#write(checked);
  }

  #tasksChanged(): number {
    return this.fs.lstat(this.layout.folder("task"))?.mtimeMs ?? -1;
  }

  #read(): Checked | undefined {
    const note = readNote(this.fs, this.#path);
    if (note === undefined) return undefined;
    const [mtimeMs, atMs] = note.split(" ").map(Number);
    if (mtimeMs === undefined || atMs === undefined) return undefined;
    return Number.isFinite(mtimeMs) && Number.isFinite(atMs) ? { mtimeMs, atMs } : undefined;
  }

  #write({ mtimeMs, atMs }: Checked): void {
    const staged = `${this.layout.tmp}/${crypto.randomUUID()}`;
    try {
      ensureDir(this.fs, this.layout.tmp);
      ensureDir(this.fs, this.layout.index);
      this.fs.createNew(staged, new TextEncoder().encode(`${mtimeMs} ${atMs}`));
      this.fs.rename(staged, this.#path);
    } catch (error) {
      // The note only saves time. When somebody removes the folders, the next comparison is due anyway.
      const unwritable = ["not_found", "no_space", "read_only", "permission"];
      if (!(error instanceof HostError) || !unwritable.includes(error.code)) throw error;
    }
  }
}
