/**
 * The index over claimable tasks: `index/ready/<queue>/<priority>/` and below it a time index over
 * the tasks' creation, whose entries are named by the tasks' hex ids. Tasks that need something lie in
 * `index/ready/<queue>=<mark>/`, one folder for each set of needs, so that no claimer looks at tasks
 * which it may not have. Entries of tasks that were claimed
 * before and timed out end in `_again`, so that no process takes such a task for one without a
 * claim.
 *
 * An entry is a hint. It is there before its task's record is, and it goes when a process finds the
 * task claimed or over, so a claimable task always has one unless the index was tampered with.
 */
import { dirname } from "../../../../deps/path.ts";
import { idOfStem, stemOfId } from "../../../../domain/ids.ts";
import { hash } from "../../../../domain/journal/hash.ts";
import { canonicalJson } from "../../../../domain/json.ts";
import {
  compareTasks,
  needsOf,
  orderOf,
  parseTask,
  type TaskOrder,
  type TaskRecord,
  type Wanted,
} from "../../../../domain/task/task.ts";
import type { HostFs } from "../../../../ports/host.ts";
import { type FolderMark, isUnchanged, markFolder } from "../../disk/folder_mark.ts";
import { readRecord } from "../../disk/record_file.ts";
import {
  allEntries,
  createEntry,
  entryPath,
  LISTING_TRUST_MS,
  TimeCursor,
  type TimeEntry,
  type TimeTree,
} from "../../disk/time_index.ts";

const AGAIN = "_again";

/** Milliseconds that a folder of tasks spans: many at once come 25 to a millisecond, and are listed often. */
const READY_LEAF_MS = 2 ** 4;

/**
 * The folder of a queue. Some file systems fold the case of names, and Windows keeps some words for
 * devices; a queue's own name never holds a plus.
 */
export function folderOf(queue: string): string {
  const folded = queue.replace(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`);
  return /^(con|prn|aux|nul|(com|lpt)\d)$/.test(folded) ? `${folded}+` : folded;
}

/** The queue of a folder; `undefined` of another name. */
export function queueOf(folder: string): string | undefined {
  const queue = folder.replace(/\+$/, "").replace(/\+([a-z])/g, (_, c) => c.toUpperCase());
  return /^[A-Za-z0-9_-]{1,64}$/.test(queue) && folderOf(queue) === folder ? queue : undefined;
}

/** What stands between a queue's folder and the mark of what its tasks need. */
const NEEDS = "=";

/** The folder of a task: that of its queue, and one beside it for each set of needs. */
function folderFor(task: TaskRecord): string {
  const needs = needsOf(task);
  const queue = folderOf(task.queue);
  return needs.length === 0 ? queue : `${queue}${NEEDS}${hash(canonicalJson(needs))}`;
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
  #isFresh = false;

  constructor(readonly fs: HostFs, readonly path: string) {}

  reset(): void {
    this.#mark = undefined;
    this.#isFresh = false;
    this.#cursor = undefined;
  }

  freshen(): void {
    this.#lookedAgain = false;
    this.#isFresh = false;
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
    // Used up: its folder goes as well, unless entries came since; an addition makes it again.
    if (this.#mark?.mtimeMs !== -1) this.fs.removeDir(this.path);
    return undefined;
  }

  /** A priority that seems used up: its directory goes, unless entries came since it was listed. */
  #lookAgain(cursor: TimeCursor): TimeEntry | undefined {
    if (this.fs.removeDir(`${this.path}/${this.#priority}`)) return undefined;
    this.#mark = undefined; // what is left in it may become claimable with no trace one level up
    this.#isFresh = false;
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

  /** The highest priority of which there may be entries. */
  top(): number {
    this.#refresh();
    return this.#priorities[0] ?? -Infinity;
  }

  /** A task of another priority shows as a change of this directory, so one look a search is enough. */
  #refresh(): void {
    if (this.#isFresh) return;
    this.#isFresh = true;
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
  /** Entries to try before any later one, the next one last, and when they were found. */
  #line: ReadyEntry[] = [];
  #lineOf: string | undefined;
  /** What the tasks of a folder need, once that is known. */
  readonly #needs = new Map<string, readonly string[]>();
  #lineAt = 0;
  /** The paths of entries that were in line and did not get their turn. */
  #waited: ReadonlySet<string> = new Set();
  /** Whether there was no entry after those in line; a search that looks again forgets that. */
  #isUsedUp = false;

  constructor(readonly fs: HostFs, readonly root: string) {}

  /** Where the entry of a task that no agent has claimed lies, or would. */
  path(task: TaskRecord): string {
    const order = orderOf(task);
    return entryPath(this.#base(task), order.createdMs, stemOfId(task.task_id));
  }

  /** The same of one that has a state, by its present priority. */
  againPath(task: TaskRecord): string {
    return this.path(task) + AGAIN;
  }

  /** Whether an entry lies where its task belongs; the priority of one with a state is in that. */
  isPlace({ again, order: { priority }, path }: ReadyEntry, task: TaskRecord): boolean {
    return path === (again ? this.againPath({ ...task, priority }) : this.path(task));
  }

  /** Makes a task's entry by `create`; `false` when it has one. */
  add(task: TaskRecord, again: boolean, create: (path: string) => boolean): boolean {
    const order = orderOf(task);
    const name = stemOfId(task.task_id) + (again ? AGAIN : "");
    return createEntry(this.fs, this.#base(task), order.createdMs, name, create);
  }

  /** Removes a task's entry, and the directories that this leaves empty. */
  drop(task: TaskRecord, again: boolean): void {
    const path = this.path(task) + (again ? AGAIN : "");
    if (!this.fs.remove(path)) return;
    for (let dir = dirname(path); dir !== this.root && this.fs.removeDir(dir);) dir = dirname(dir);
  }

  /** Removes all entries, and the directories that this leaves empty. */
  clear(): void {
    for (const folder of this.#dirs(this.root)) {
      const path = `${this.root}/${folder}`;
      for (const entry of this.#entriesIn(folder)) this.fs.remove(entry.path);
      for (const priority of this.#dirs(path)) this.fs.removeDir(`${path}/${priority}`);
      this.fs.removeDir(path);
    }
    this.fs.removeDir(this.root);
  }

  /** Forgets what was listed. */
  reset(): void {
    this.#mark = undefined;
    this.#line = [];
    this.#isUsedUp = false;
    for (const front of this.#fronts.values()) front.reset();
  }

  /** Before a search: forgets what was listed too long ago. */
  freshen(): void {
    this.#isUsedUp = false;
    if (Date.now() - this.#lineAt > LISTING_TRUST_MS) {
      if (this.#line.length > 0) this.#waited = new Set(this.#line.map(({ path }) => path));
      this.#line = [];
    }
    for (const front of this.#fronts.values()) front.freshen();
  }

  /**
   * The entry to try next, in a queue or in all, which is not given again while its listing is known.
   * With a `width` it is any of that number of entries from the first on, all of one priority; the
   * rest of them come before any later entry. So claimers that meet each other spread, none takes an
   * entry with that number before it, and none lets an entry wait for a second round.
   */
  take(wanted: Wanted, width: number): ReadyEntry | undefined {
    const { queues = [], has = [], paused = [] } = wanted;
    const lineOf = [queues.join(), has.join(), ...paused].join(" ");
    if (this.#lineOf !== lineOf && this.#line.length > 0) this.reset();
    this.#lineOf = lineOf;
    const waiting = this.#line[0]?.order;
    if (waiting === undefined) {
      if (this.#isUsedUp) return undefined;
      this.#line = this.#next(wanted, width);
      this.#lineAt = Date.now();
    } else if (this.#frontsOf(wanted).some((front) => front.top() > waiting.priority)) {
      const [first] = this.#next(wanted, 1, waiting.priority + 1);
      if (first !== undefined) return first;
    }
    if (width === 1) this.#line.sort((a, b) => compareTasks(b.order, a.order));
    return this.#line.pop();
  }

  /** Entries of one priority, that one at least, from the first on, in any order. */
  #next(wanted: Wanted, width: number, least = -Infinity): ReadyEntry[] {
    const line: ReadyEntry[] = [];
    while (line.length < width) {
      const [entry, front] = this.#first(wanted);
      // Entries without a task would else be found once more after the line.
      if (entry === undefined) this.#isUsedUp = line.length > 0;
      if (entry === undefined || entry.order.priority < (line[0]?.order.priority ?? least)) break;
      // The listing was used up and made again.
      if (line.some(({ path }) => path === entry.path)) break;
      front.skip();
      this.#last = front;
      line.splice(Math.floor(Math.random() * (line.length + 1)), 0, entry);
    }
    const waited = ({ path }: ReadyEntry) => Number(this.#waited.has(path));
    return line.sort((a, b) => waited(a) - waited(b));
  }

  /** The entry that comes first in a queue, or in all, and where it is. */
  #first(wanted: Wanted): [ReadyEntry, QueueFront] | [undefined] {
    let best: [ReadyEntry, QueueFront] | [undefined] = [undefined];
    for (const front of this.#frontsOf(wanted)) {
      const entry = front.peek();
      if (entry === undefined) continue;
      if (best[0] === undefined || compareTasks(entry.order, best[0].order) < 0) {
        best = [entry, front];
      }
    }
    return best;
  }

  #frontsOf(wanted: Wanted): QueueFront[] {
    const { queues, has = [], paused } = wanted;
    // One that has nothing looks at nothing else, however many tasks need something.
    if (queues !== undefined && has.length === 0) {
      const open = queues.filter((queue) => paused?.has(queue) !== true);
      return open.map((queue) => this.#front(folderOf(queue)));
    }
    this.#refresh();
    return this.#folders.filter(this.foldersFor(wanted)).map((folder) => this.#front(folder));
  }

  /** Whether a claimer may have what lies in a folder, as far as that is known. */
  foldersFor({ queues, has = [], paused = new Set() }: Wanted): (folder: string) => boolean {
    const own = queues?.map(folderOf);
    const closed = new Set([...paused].map(folderOf));
    return (folder) => {
      const [base = "", mark] = folder.split(NEEDS, 2);
      if (own?.includes(base) === false || closed.has(base)) return false;
      if (mark === undefined) return true;
      const needs = has.length === 0 ? undefined : this.#needsIn(folder);
      return needs !== undefined && needs.every((need) => has.includes(need));
    };
  }

  /** What the tasks of a folder need, by the first of them; `undefined` where there is none. */
  #needsIn(folder: string): readonly string[] | undefined {
    const task = this.#needs.has(folder) ? undefined : this.#firstIn(folder, () => true);
    if (task !== undefined) this.#needs.set(folder, needsOf(task));
    return this.#needs.get(folder);
  }

  /** Tasks that need something, the first of each queue and set of needs that `isWanted` takes. */
  needing(isWanted: (task: TaskRecord) => boolean): TaskRecord[] {
    const folders = this.#dirs(this.root).filter((folder) => folder.includes(NEEDS));
    return folders.flatMap((folder) => this.#firstIn(folder, isWanted) ?? []);
  }

  #firstIn(folder: string, isWanted: (task: TaskRecord) => boolean): TaskRecord | undefined {
    for (const entry of this.#entriesIn(folder)) {
      const task = this.#read(entry);
      if (task !== undefined && folderFor(task) === folder && isWanted(task)) return task;
    }
    return undefined;
  }

  *#entriesIn(folder: string): Generator<TimeEntry> {
    const path = `${this.root}/${folder}`;
    for (const priority of this.#dirs(path)) yield* allEntries(this.fs, `${path}/${priority}`);
  }

  /** The task of an entry, which is the same file. */
  #read({ path, rest }: TimeEntry): TaskRecord | undefined {
    const file = readRecord(this.fs, path);
    const task = file.kind === "record" && parseTask(file.value, idOfStem(stemOf(rest)));
    return typeof task === "object" ? task : undefined;
  }

  /** Lists again where the last entry was found: others have taken most of what was listed. */
  relist(): void {
    if (this.#line.length === 0) this.#last?.relist();
  }

  /** The stems of all entries, with the folders of their queues. */
  stems(): Map<string, string> {
    const stems = new Map<string, string>();
    for (const folder of this.#dirs(this.root)) {
      for (const { rest } of this.#entriesIn(folder)) stems.set(stemOf(rest), folder);
    }
    return stems;
  }

  #base(task: TaskRecord): TimeTree {
    const root = `${this.root}/${folderFor(task)}/${task.priority}`;
    return { root, leafMs: READY_LEAF_MS };
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
    const present = new Set(this.#folders);
    for (const folder of this.#fronts.keys()) if (!present.has(folder)) this.#fronts.delete(folder);
  }

  #dirs(path: string): string[] {
    return (this.fs.list(path) ?? []).flatMap(({ name, isDirectory }) => isDirectory ? name : []);
  }
}
