/**
 * The indexes of tags: `index/tagged/<mark>/`, built like `index/ready/`, for each tag that a claimer has
 * asked for. `<mark>` is a hash of the tag.
 *
 * The folder of a tag is made by the first claimer that asks for it. It lists the records only then, and
 * gives those with the tag an entry. Each process that enters a task into `index/ready/` looks for the
 * folders of its tags when the record is there, and adds an entry to each that it finds. So of the two,
 * one sees what the other made. A claim that does not ask for a tag looks at none of this, but that
 * the entries of the task which it got go.
 */
import { stemOfId } from "../../../../domain/ids.ts";
import { hash } from "../../../../domain/journal/hash.ts";
import type { TaskRecord } from "../../../../domain/task/task.ts";
import type { HostFs } from "../../../../ports/host.ts";
import type { Layout } from "../../layout.ts";
import { ReadyIndex } from "./ready_index.ts";

export class TagIndex {
  readonly #root: string;
  readonly #indexes = new Map<string, ReadyIndex>();

  constructor(readonly fs: HostFs, readonly layout: Layout) {
    this.#root = `${layout.index}/tagged`;
  }

  /** Where the index of a tag is. */
  rootOf(tag: string): string {
    return `${this.#root}/${hash(tag)}`;
  }

  /** The index of a tag, which may not be there. */
  of(tag: string): ReadyIndex {
    let index = this.#indexes.get(tag);
    if (index === undefined) {
      index = new ReadyIndex(this.fs, this.rootOf(tag));
      this.#indexes.set(tag, index);
    }
    return index;
  }

  /** Enters a task that has its record, and may be claimed, under those of its tags that have an index. */
  add(task: TaskRecord, again: boolean): void {
    const record = this.layout.record("task", stemOfId(task.task_id));
    for (const tag of this.#kept(task)) {
      this.of(tag).add(task, again, (path) => this.fs.link(record, path));
    }
  }

  /** Removes the entries of a task that is not to be claimed any more, but under one tag. */
  drop(task: TaskRecord, again: boolean, except?: string): void {
    const tags = task.tags.filter((tag) => tag !== except);
    for (const tag of this.#kept({ tags })) this.of(tag).drop(task, again);
  }

  /** Forgets what was listed. */
  reset(): void {
    for (const index of this.#indexes.values()) index.reset();
  }

  #kept({ tags }: Pick<TaskRecord, "tags">): string[] {
    if (tags.length === 0 || this.fs.lstat(this.#root) === undefined) return [];
    return [...new Set(tags)].filter((tag) => this.fs.lstat(this.rootOf(tag)) !== undefined);
  }
}
