/**
 * The index over tasks that wait for others: `index/after/<predecessor>/<task>_<n>`, an entry for each
 * of its n predecessors, by the stems of the tasks. So the end of a task finds those that wait for it.
 * No process that claims a task looks here.
 *
 * An entry is a hard link to its task. All are there before the task has its name, and they go when
 * the task is let go or has ended. Any of them may vanish at any time: the comparison of index and
 * records counts them, and has them made again where some are missing.
 *
 * `seen_<hash>` beside them says that the predecessor has ended, and that those which had entries then
 * and have them now were looked at since. So they are not looked at by each comparison.
 */
import { isStem, stemOfId } from "../../../../domain/ids.ts";
import { afterOf } from "../../../../domain/task/after.ts";
import { hash } from "../../../../domain/journal/hash.ts";
import type { TaskRecord } from "../../../../domain/task/task.ts";
import { HostError, type HostFs } from "../../../../ports/host.ts";
import { inDir } from "../../disk/ensure_dir.ts";
import { type FolderMark, isUnchanged, markFolder } from "../../disk/folder_mark.ts";

/** How often an entry's folder is made again when others remove it. */
const MAX_TRIES = 100;

/** What stands between a task and the number of its entries. */
const COUNT = "_";

/** The beginning of the name of a mark. */
const SEEN = "seen_";

/** The entries of all tasks that wait. */
interface Waiting {
  /** The stems of the tasks that they wait for, without those whose mark says that all is done. */
  readonly awaited: readonly string[];
  /** The stems of those. */
  readonly marked: readonly string[];
  /** The stems of those that have all their entries. */
  readonly whole: ReadonlySet<string>;
}

/** The name of an entry, and what it says. */
interface AfterName {
  readonly name: string;
  readonly stem: string;
  readonly count: number;
}

function markOf(entries: readonly AfterName[]): string {
  return SEEN + hash(entries.map(({ name }) => name).sort().join());
}

export class AfterIndex {
  readonly #root: string;
  /** How the folder above looked when there was no entry for any task. */
  #empty: FolderMark | undefined;

  constructor(readonly fs: HostFs, readonly index: string) {
    this.#root = `${index}/after`;
  }

  /** Whether tasks may wait for one; where no task waits for any, one look at a folder says so. */
  isAwaited(stem: string): boolean {
    const mark = markFolder(this.fs, this.index);
    if (isUnchanged(this.#empty, mark)) return false;
    if (this.#names(stem).length > 0) return true;
    this.#empty = this.fs.lstat(this.#root) === undefined ? mark : undefined;
    return false;
  }

  /** The same, where it cannot be seen as well: the next look reports that. */
  mayBeAwaited(stem: string): boolean {
    try {
      return this.isAwaited(stem);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return true;
    }
  }

  /** Where the first entry of a task lies, or would. */
  path(task: TaskRecord): string {
    return this.paths(task)[0] ?? "";
  }

  /** The same of all its entries. */
  paths(task: TaskRecord): string[] {
    return this.#entries(task).map(({ path }) => path);
  }

  /** Makes all entries of a task, the first by `create`; `false` when that one is there. */
  add(task: TaskRecord, create: (path: string) => boolean): boolean {
    const [first, ...others] = this.#entries(task);
    if (first === undefined) return false;
    const isMade = inDir(this.fs, first.folder, MAX_TRIES, () => create(first.path));
    for (const { folder, path } of others) {
      inDir(this.fs, folder, MAX_TRIES, () => this.fs.link(first.path, path));
    }
    return isMade;
  }

  /** Removes all entries of a task, and the folders that are empty then. */
  drop(task: TaskRecord): void {
    for (const { folder, path } of this.#entries(task)) {
      if (this.fs.remove(path)) this.fs.removeDir(folder);
    }
  }

  /** The stems of the tasks that wait for one, sorted. */
  successors(stem: string): string[] {
    return this.#names(stem).map(({ stem }) => stem).sort();
  }

  /** Removes the entry of a task that is gone, if it is as old as `isOld` wants it. */
  forget(predecessor: string, stem: string, isOld: (mtimeMs: number) => boolean): void {
    for (const name of this.#names(predecessor)) {
      if (name.stem !== stem) continue;
      const path = `${this.#root}/${predecessor}/${name.name}`;
      const stat = this.fs.lstat(path);
      if (stat === undefined || !isOld(stat.mtimeMs)) continue;
      this.fs.remove(path);
      this.fs.removeDir(`${this.#root}/${predecessor}`);
    }
  }

  /** Marks that these were looked at since their predecessor has ended; those that still wait are left. */
  markSeen(predecessor: string, looked: readonly string[]): void {
    const known = new Set(looked);
    const { entries, marks } = this.#folder(predecessor);
    const left = entries.filter(({ stem }) => known.has(stem));
    const mark = markOf(left);
    for (const each of marks) {
      if (each !== mark) this.fs.remove(`${this.#root}/${predecessor}/${each}`);
    }
    if (left.length === 0 || marks.includes(mark)) return;
    this.fs.createNew(`${this.#root}/${predecessor}/${mark}`, new Uint8Array());
  }

  /** All that waits. */
  waiting(): Waiting {
    const folders = (this.fs.list(this.#root) ?? [])
      .filter(({ name, isDirectory }) => isDirectory && isStem(name)).map(({ name }) => name);
    const awaited: string[] = [];
    const marked: string[] = [];
    const missing = new Map<string, number>();
    for (const predecessor of folders) {
      const { entries, marks } = this.#folder(predecessor);
      for (const { stem, count } of entries) {
        missing.set(stem, (missing.get(stem) ?? count) - 1);
      }
      if (entries.length === 0) {
        for (const mark of marks) this.fs.remove(`${this.#root}/${predecessor}/${mark}`);
        this.fs.removeDir(`${this.#root}/${predecessor}`);
      } else (marks.includes(markOf(entries)) ? marked : awaited).push(predecessor);
    }
    const whole = new Set([...missing].filter(([, count]) => count === 0).map(([stem]) => stem));
    return { awaited, marked, whole };
  }

  #names(predecessor: string): AfterName[] {
    return this.#folder(predecessor).entries;
  }

  #folder(predecessor: string): { entries: AfterName[]; marks: string[] } {
    const entries: AfterName[] = [];
    const marks: string[] = [];
    for (const { name, isDirectory } of this.fs.list(`${this.#root}/${predecessor}`) ?? []) {
      const at = name.indexOf(COUNT);
      const stem = name.slice(0, Math.max(0, at));
      const count = Number(name.slice(at + 1));
      if (isDirectory) continue;
      if (name.startsWith(SEEN)) marks.push(name);
      else if (isStem(stem) && count > 0) entries.push({ name, stem, count });
    }
    return { entries, marks };
  }

  #entries(task: TaskRecord): { folder: string; path: string }[] {
    const after = afterOf(task);
    return after.map((id) => {
      const folder = `${this.#root}/${stemOfId(id)}`;
      return { folder, path: `${folder}/${stemOfId(task.task_id)}${COUNT}${after.length}` };
    });
  }
}
