/**
 * The index over claimable tasks: `index/ready/<queue>/<priority>/` and below it a time index over
 * the tasks' creation, whose entries are named by the tasks' hex ids. Entries of tasks that were claimed
 * before and timed out end in `_again`, so that no process takes such a task for one without a
 * claim.
 *
 * An entry is a hint. It is there before its task's record is, and it goes when a process finds the
 * task claimed or over, so a claimable task always has one unless the index was tampered with.
 */
import { stemOfId } from "../../../domain/ids.ts";
import {
  compareTasks,
  orderOf,
  type TaskOrder,
  type TaskRecord,
} from "../../../domain/task/task.ts";
import type { HostFs } from "../../../ports/host.ts";
import { type FolderMark, isUnchanged, markFolder } from "../disk/folder_mark.ts";
import {
  allEntries,
  createEntry,
  entryPath,
  TimeCursor,
  type TimeEntry,
} from "../disk/time_index.ts";

const AGAIN = "_again";

/**
 * The folder of a queue. Some file systems fold the case of names, and Windows keeps some words for
 * devices; a queue's own name never holds a plus.
 */
export function folderOf(queue: string): string {
  const folded = queue.replace(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`);
  return /^(con|prn|aux|nul|(com|lpt)\d)$/.test(folded) ? `${folded}+` : folded;
}

function stemOf(rest: string): string {
  return rest.endsWith(AGAIN) ? rest.slice(0, -AGAIN.length) : rest;
}

/** An entry, by its place. */
export interface ReadyEntry {
  readonly stem: string;
  /** Whether the task has been claimed before. */
  readonly again: boolean;
  readonly path: string;
  readonly order: TaskOrder;
}

/** One queue's entries. */
class QueueFront {
  #priorities: number[] = [];
  #mark: FolderMark | undefined;
  #cursor: TimeCursor | undefined;
  #priority = 0;
  #lookedAgain = false;

  constructor(readonly fs: HostFs, readonly path: string) {}

  reset(): void {
    this.#mark = undefined;
    this.#cursor = undefined;
  }

  freshen(): void {
    this.#lookedAgain = false;
    this.#cursor?.freshen();
  }

  peek(): ReadyEntry | undefined {
    this.#refresh();
    while (this.#priorities[0] !== undefined) {
      if (this.#cursor === undefined || this.#priority !== this.#priorities[0]) {
        this.#priority = this.#priorities[0];
        this.#lookedAgain = false;
        this.#cursor = new TimeCursor(this.fs, `${this.path}/${this.#priority}`);
      }
      const entry = this.#cursor.peek() ?? this.#lookAgain(this.#cursor);
      if (entry !== undefined) {
        const stem = stemOf(entry.rest);
        return {
          stem,
          again: stem !== entry.rest,
          path: entry.path,
          order: { priority: this.#priority, createdMs: entry.ms, id: stem },
        };
      }
      this.#priorities.shift();
      this.#cursor = undefined;
    }
    return undefined;
  }

  /** A priority that seems used up: its directory goes, unless entries came since it was listed. */
  #lookAgain(cursor: TimeCursor): TimeEntry | undefined {
    if (this.fs.removeDir(`${this.path}/${this.#priority}`)) return undefined;
    this.#mark = undefined; // what is left in it may become claimable with no trace one level up
    if (this.#lookedAgain) return undefined; // only entries without a task are left
    this.#lookedAgain = true;
    cursor.reset();
    return cursor.peek();
  }

  skip(): void {
    this.#cursor?.skip();
  }

  relist(): void {
    this.#cursor?.relist();
  }

  /** A task of another priority shows as a change of this directory, so one look is enough. */
  #refresh(): void {
    const mark = markFolder(this.fs, this.path);
    if (isUnchanged(this.#mark, mark)) return;
    this.#mark = mark;
    this.#priorities = (this.fs.list(this.path) ?? [])
      .filter((entry) => entry.isDirectory && /^-?\d{1,16}$/.test(entry.name))
      .map((entry) => Number(entry.name))
      .sort((a, b) => b - a);
    if (this.#priority !== this.#priorities[0]) this.#cursor = undefined;
  }
}

export class ReadyIndex {
  readonly #fronts = new Map<string, QueueFront>();
  #folders: string[] = [];
  #mark: FolderMark | undefined;
  #last: QueueFront | undefined;

  constructor(readonly fs: HostFs, readonly root: string) {}

  /** Where the entry of a task that no agent has claimed lies, or would. */
  path(task: TaskRecord): string {
    const order = orderOf(task);
    return entryPath(this.#base(task), order.createdMs, stemOfId(task.task_id));
  }

  /** Whether an entry lies where its task belongs. */
  isPlace(entry: ReadyEntry, task: TaskRecord): boolean {
    return entry.path === this.path(task) + (entry.again ? AGAIN : "");
  }

  /** Makes a task's entry by `create`; `false` when it has one. */
  add(task: TaskRecord, again: boolean, create: (path: string) => boolean): boolean {
    const order = orderOf(task);
    const name = stemOfId(task.task_id) + (again ? AGAIN : "");
    return createEntry(this.fs, this.#base(task), order.createdMs, name, create);
  }

  /** Forgets what was listed. */
  reset(): void {
    this.#mark = undefined;
    for (const front of this.#fronts.values()) front.reset();
  }

  /** Before a search: forgets what was listed too long ago. */
  freshen(): void {
    for (const front of this.#fronts.values()) front.freshen();
  }

  /** The entry that comes first in a queue, or in all. */
  peek(queue: string | undefined): ReadyEntry | undefined {
    if (queue !== undefined) {
      this.#last = this.#front(folderOf(queue));
      return this.#last.peek();
    }
    this.#refresh();
    let best: ReadyEntry | undefined;
    for (const folder of this.#folders) {
      const front = this.#front(folder);
      const entry = front.peek();
      if (entry === undefined) continue;
      if (best === undefined || compareTasks(entry.order, best.order) < 0) {
        best = entry;
        this.#last = front;
      }
    }
    return best;
  }

  /** Skips the entry that `peek` gave. */
  skip(): void {
    this.#last?.skip();
  }

  /** Lists again where the last entry was found: others have taken most of what was listed. */
  relist(): void {
    this.#last?.relist();
  }

  /** The stems of all entries, with the folders of their queues. */
  stems(): Map<string, string> {
    const stems = new Map<string, string>();
    for (const folder of this.#dirs(this.root)) {
      for (const priority of this.#dirs(`${this.root}/${folder}`)) {
        for (const entry of allEntries(this.fs, `${this.root}/${folder}/${priority}`)) {
          stems.set(stemOf(entry.rest), folder);
        }
      }
    }
    return stems;
  }

  #base(task: TaskRecord): string {
    return `${this.root}/${folderOf(task.queue)}/${task.priority}`;
  }

  #front(folder: string): QueueFront {
    let front = this.#fronts.get(folder);
    if (front === undefined) {
      front = new QueueFront(this.fs, `${this.root}/${folder}`);
      this.#fronts.set(folder, front);
    }
    return front;
  }

  #refresh(): void {
    const mark = markFolder(this.fs, this.root);
    if (isUnchanged(this.#mark, mark)) return;
    this.#mark = mark;
    this.#folders = this.#dirs(this.root);
  }

  #dirs(path: string): string[] {
    return (this.fs.list(path) ?? []).filter((entry) => entry.isDirectory)
      .map((entry) => entry.name);
  }
}
