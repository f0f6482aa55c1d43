/**
 * The first entry of a task in the index: among those that may be claimed or, while it is delayed, in
 * the index over instants, by the one from which it may be claimed; of a task that waits for others
 * in the index over these. The place follows from the definition alone, so a process that has only
 * that finds it.
 */
import { stemOfId } from "../../../../domain/ids.ts";
import { isGated } from "../../../../domain/task/after.ts";
import { claimableFrom, orderOf, type TaskRecord } from "../../../../domain/task/task.ts";
import { HostError, type HostFs } from "../../../../ports/host.ts";
import { ensureLastingDir, isNotFound } from "../../disk/ensure_dir.ts";
import { recordBytes } from "../../disk/record_file.ts";
import { createEntry, entryPath, type TimeTree } from "../../disk/time_index.ts";
import type { Layout } from "../../layout.ts";
import { dueTree } from "../claim_files.ts";
import { AfterIndex } from "./after_index.ts";
import { ReadyIndex } from "./ready_index.ts";
import { TagIndex } from "./tag_index.ts";

/** Stands where the entry of a claim has its transition. */
const UNCLAIMED = "_0_";

/** How often a task is made again when another process removes its entry meanwhile. */
const MAX_TRIES = 20;

/** The end of the entry of a task that waits for others. */
const WAITING = "_after";

export class FirstEntry {
  readonly ready: ReadyIndex;
  readonly due: TimeTree;
  readonly after: AfterIndex;
  readonly tagged: TagIndex;

  constructor(readonly fs: HostFs, layout: Layout) {
    this.ready = new ReadyIndex(fs, `${layout.index}/ready`);
    this.due = dueTree(layout);
    this.after = new AfterIndex(fs, layout.index);
    this.tagged = new TagIndex(fs, layout);
  }

  /** Where it lies, or would. */
  path(task: TaskRecord): string {
    if (isGated(task)) return this.after.path(task);
    const place = delayedPlace(task);
    return place === undefined ? this.ready.path(task) : entryPath(this.due, place.ms, place.rest);
  }

  /** The same of all that go with it: a task that waits for several others has an entry for each. */
  paths(task: TaskRecord): readonly string[] {
    return isGated(task) ? this.after.paths(task) : [this.path(task)];
  }

  /** Makes it by `create`; `false` when it is there. */
  add(task: TaskRecord, create: (path: string) => boolean): boolean {
    if (isGated(task)) return this.after.add(task, create);
    const place = delayedPlace(task);
    return place === undefined
      ? this.ready.add(task, false, create)
      : createEntry(this.fs, this.due, place.ms, place.rest, create);
  }

  /** Makes it with the task in it, and links that to the task's name in its folder. */
  make(task: TaskRecord, path: string): void {
    const bytes = recordBytes(task);
    for (let tries = 0;; tries++) {
      this.add(task, (entry) => this.fs.createNew(entry, bytes));
      try {
        this.fs.link(this.path(task), path);
        this.recorded(task);
        return;
      } catch (error) {
        // `index/` may be removed at any time, and this was the time.
        const again = isNotFound(error) && tries < MAX_TRIES;
        if (!again) {
          this.remove(task);
          throw error;
        }
        ensureLastingDir(this.fs, path.slice(0, path.lastIndexOf("/")));
      }
    }
  }

  /** Adds its entries under its tags, once its record is there. What fails is found by a comparison. */
  recorded(task: TaskRecord): void {
    if (isGated(task) || delayedPlace(task) !== undefined) return;
    try {
      this.tagged.add(task, false);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
    }
  }

  /** Removes it: the task does not come. */
  remove(task: TaskRecord): void {
    if (isGated(task)) this.after.drop(task);
    else this.fs.remove(this.path(task));
    this.tagged.drop(task, false);
  }

  /** Forgets what was listed of the tasks that may be claimed. */
  forget(): void {
    this.ready.reset();
    this.tagged.reset();
  }

  /** Has a task that waits for others looked at, at an instant, by the process that claims then. */
  lookAt(task: TaskRecord, ms: number, create: (path: string) => boolean): void {
    const { createdMs } = orderOf(task);
    const rest = `${stemOfId(task.task_id)}${UNCLAIMED}${createdMs}${WAITING}`;
    createEntry(this.fs, this.due, ms, rest, create);
  }
}

/** Whether an entry of the index over instants is that of a task without a claim. */
export function isOfUnclaimed(rest: string): boolean {
  return rest.includes(UNCLAIMED) && rest.indexOf("_") === rest.indexOf(UNCLAIMED);
}

/** Whether it is that of a delayed task. */
export function isOfDelayed(rest: string): boolean {
  return isOfUnclaimed(rest) && !rest.endsWith(WAITING);
}

function delayedPlace(task: TaskRecord): { ms: number; rest: string } | undefined {
  const { createdMs } = orderOf(task);
  const ms = claimableFrom(task);
  return ms <= createdMs
    ? undefined
    : { ms, rest: `${stemOfId(task.task_id)}${UNCLAIMED}${createdMs}` };
}
