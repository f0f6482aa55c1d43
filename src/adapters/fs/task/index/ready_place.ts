/**
 * Where a search for a task looks: in the index of all tasks, or in that of one tag. Each has a note of
 * its own of when it was compared with the records last (check.ts); where there is none, a tag's
 * index may lack tasks.
 */
import { hasTag, type TaskRecord } from "../../../../domain/task/task.ts";
import type { HostFs } from "../../../../ports/host.ts";
import type { Warn } from "../../../../ports/warnings.ts";
import { ensureDir } from "../../disk/ensure_dir.ts";
import type { Layout } from "../../layout.ts";
import { RecordsCheck } from "./check.ts";
import type { FirstEntry } from "./first_entry.ts";
import type { ReadyEntry, ReadyIndex } from "./ready_index.ts";

/** What the places of a process share. */
export interface ReadyPlaceParts {
  readonly fs: HostFs;
  readonly layout: Layout;
  readonly warn: Warn;
  readonly first: FirstEntry;
  /** A task by its file. */
  readonly read: (stem: string) => TaskRecord | undefined;
}

export class ReadyPlace {
  readonly ready: ReadyIndex;
  readonly check: RecordsCheck;
  /** Tasks that do not have the tag; a definition does not change. */
  readonly #others = new Set<string>();

  /** @param tag Absent for the index of all tasks. */
  constructor(readonly parts: ReadyPlaceParts, readonly tag: string | undefined) {
    const { fs, layout, warn, first: { ready, tagged, due } } = parts;
    this.ready = tag === undefined ? ready : tagged.of(tag);
    this.check = new RecordsCheck(fs, layout, due.root, warn, {
      ready: this.ready.root,
      note: tag === undefined ? layout.index : tagged.rootOf(tag),
      holds: (stem) => this.#holds(stem),
    });
  }

  /** Whether all that were there when it was built have their entries. */
  isBuilt(): boolean {
    return this.tag === undefined || this.check.hasRun();
  }

  /** Before a comparison: with the folder of a tag there, those who enter tasks from now on look for it. */
  open(): void {
    if (this.tag !== undefined) ensureDir(this.parts.fs, this.ready.root);
  }

  /** Removes an entry that has led to a task, and what that task has in other places. */
  drop({ path, again, order: { priority } }: ReadyEntry, task: TaskRecord): void {
    const { fs, first: { ready, tagged } } = this.parts;
    const present = { ...task, priority };
    fs.remove(path);
    if (this.tag !== undefined) ready.drop(present, again); // that of all tasks
    tagged.drop(present, again, this.tag);
  }

  /** Whether a task belongs here; one that is gone may. */
  #holds(stem: string): boolean {
    if (this.tag === undefined) return true;
    if (this.#others.has(stem)) return false;
    const task = this.parts.read(stem);
    if (task === undefined || hasTag(task, this.tag)) return true;
    this.#others.add(stem);
    return false;
  }
}

/** The places in which a process has looked. */
export class ReadyPlaces {
  readonly #places = new Map<string | undefined, ReadyPlace>();

  constructor(readonly parts: ReadyPlaceParts) {}

  of(tag: string | undefined): ReadyPlace {
    let place = this.#places.get(tag);
    if (place === undefined) {
      place = new ReadyPlace(this.parts, tag);
      this.#places.set(tag, place);
    }
    return place;
  }
}
