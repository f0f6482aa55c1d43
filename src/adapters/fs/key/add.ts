/**
 * Adding tasks with keys. chain.ts is the protocol of a key.
 *
 * One task, in order: it is written as its own first entry of the index; that file gets the key's next
 * name, and from then on the task is to exist; it gets its definition, from that name; one sync makes it
 * last with all its names.
 *
 * Several tasks are a batch. Its pledges get the names of the keys while the batch is still `new`, in
 * one order, so that no two batches wait for each other. They are synced, and then the batch comes into
 * being. What a pledge of a batch that never did says holds nothing.
 *
 * A task that has ended is revived by a pledge too (revival.ts).
 */
import { idOfStem, stemOfId } from "../../../domain/ids.ts";
import { BATCH_MS, MAX_PLEDGED_KEYS } from "../../../domain/limits.ts";
import { distinct, hindrance, outcomesOf } from "../../../domain/task/keeping/adding.ts";
import { isKeyed, type KeyedTask, keyTaken, keyText, makeWay } from "../../../domain/task/key.ts";
import type { ClaimRecord, TimedRule } from "../../../domain/task/claim.ts";
import type { Revival } from "../../../domain/task/requeue.ts";
import type { TaskRecord } from "../../../domain/task/task.ts";
import type { Host, HostFs } from "../../../ports/host.ts";
import type { Added, Applied } from "../../../ports/tasks.ts";
import { isNotFound } from "../disk/ensure_dir.ts";
import { recordBytes } from "../disk/record_file.ts";
import type { SharedSync } from "../disk/shared_sync.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import type { Layout } from "../layout.ts";
import type { Batches } from "../task/batch.ts";
import type { Turn } from "../task/batch_chain.ts";
import { slotName } from "../task/claim/names.ts";
import type { ClaimFiles } from "../task/claim_files.ts";
import type { FirstEntry } from "../task/index/first_entry.ts";
import { findHolder, type Standing, takeKey } from "./chain.ts";
import {
  FsKeyFiles,
  type Holder,
  keyPlace,
  type Making,
  pledgeBytes,
  revivalBytes,
} from "./files.ts";
import { revivedAs, revivePledged, standingAfter } from "./revival.ts";
import { sleep } from "../../../async/sleep.ts";

/** Milliseconds between two looks at a batch whose process is about to decide. */
const LOOK_MS = 10;

/** What the queue has that tasks with keys need. */
export interface QueueParts {
  readonly host: Host;
  readonly layout: Layout;
  readonly first: FirstEntry;
  readonly batches: Batches;
  readonly claims: ClaimFiles;
  readonly sharedSync: SharedSync;
  /** Adds tasks, none of which has a key. */
  add(tasks: readonly TaskRecord[]): Promise<void>;
  /** The definition of a task. */
  definition(id: string): Promise<TaskRecord | undefined>;
  apply(id: string, rule: TimedRule): Promise<Applied>;
  /** Does what follows from a revival. */
  revived(claim: ClaimRecord): Promise<void>;
}

export class KeyedTasks {
  readonly #fs: HostFs;
  /** When others could run last, milliseconds. */
  #breathedAt = 0;
  /** What has not been followed yet. */
  readonly #revived: ClaimRecord[] = [];

  constructor(readonly parts: QueueParts) {
    this.#fs = parts.host.fs;
  }

  /** Adds tasks, all or none; those whose keys other tasks with the same content have are these. */
  async add(all: readonly TaskRecord[], taken?: ReadonlyMap<string, string>): Promise<Added> {
    const once = distinct(all);
    const { tasks, conflict } = once;
    if (conflict !== undefined) return { kind: "conflict", conflict };
    const isOne = tasks.length === 1;
    while (true) {
      const held = new Map<TaskRecord, TaskRecord>();
      for (const task of inOrder(tasks)) {
        const holder = isOne ? await this.#addOne(task) : await this.#holder(task);
        await this.#breathe();
        if (holder !== undefined) held.set(task, holder);
      }
      const hindered = hindrance(tasks, held, taken);
      if (hindered !== undefined) return hindered;
      const left = tasks.filter((task) => !held.has(task));
      if (!isOne && !await this.#addAll(left)) continue;
      for (const holder of held.values()) await this.#persist(holder);
      return { kind: "added", tasks: outcomesOf(all, once, held) };
    }
  }

  /** Adds tasks that were found to have free keys; `false` when that has changed. */
  async #addAll(tasks: readonly TaskRecord[]): Promise<boolean> {
    const [first, ...others] = tasks;
    if (first === undefined) return true;
    if (others.length === 0 && isKeyed(first)) return await this.#addOne(first) === undefined;
    const keyed = inOrder(tasks);
    if (keyed.length > 0) {
      return await this.parts.batches.add(tasks, (turn) => this.#reserve(turn, keyed));
    }
    await this.parts.add(tasks);
    return true;
  }

  /** Adds a task, unless another one has its key, which is the answer. */
  async #addOne(task: KeyedTask): Promise<TaskRecord | undefined> {
    const { first } = this.parts;
    const bytes = recordBytes(task);
    const { keys } = this.parts.layout;
    const staged = new StagedFile(this.#fs, keys, () => {
      first.add(task, (entry) => this.#fs.createNew(entry, bytes));
      return first.path(task);
    });
    const own = { stem: stemOfId(task.task_id), task };
    const names = this.#names(task, (path) => staged.create(path.slice(keys.length + 1)));
    let isMade = false;
    try {
      while (true) {
        const taken = await this.#drive(takeKey(names, own), task.created_by);
        if ("number" in taken) {
          names.make(taken.number, own);
          isMade = true;
          await this.#persist(task);
          return undefined;
        }
        const holder = await this.#definition(taken.holder);
        if (holder === undefined) continue;
        if (taken.holder.stem !== own.stem) staged.discard();
        return holder;
      }
    } catch (error) {
      // What has its name by now enters it again when it is made, and what is made keeps its entry.
      if (!isMade) staged.discard();
      throw error;
    }
  }

  /**
   * Revives a task, unless another one has its key.
   *
   * @returns `undefined` when the task has moved on, so that the caller has to look again.
   */
  async revive({ task, end, next }: Revival): Promise<Applied | undefined> {
    const { claims, layout: { keys, tmp } } = this.parts;
    const own = { stem: stemOfId(task.task_id), revival: next };
    const stage = () => stageFile(this.#fs, tmp, revivalBytes(next), false);
    const staged = new StagedFile(this.#fs, keys, stage);
    const names = this.#names(task, (path) => staged.create(path.slice(keys.length + 1)));
    const runId = next.requeued_by ?? next.claimer_run_id;
    try {
      if (await this.#standing(own, runId, () => {}) === "unmade") {
        const taken = await this.#drive(takeKey(names, own), runId);
        if ("number" in taken) names.make(taken.number, own);
        else if (taken.holder.stem !== own.stem) {
          const holder = await this.#definition(taken.holder);
          return holder && { kind: "refused", refusal: keyTaken(task, holder, end) };
        }
      }
    } finally {
      staged.discard();
    }
    await this.#follow();
    return revivedAs(claims, end, next);
  }

  /** Gives the pledges of a batch the names of its keys; `false` when a task has one of them. */
  async #reserve(turn: Turn, keyed: readonly KeyedTask[]): Promise<boolean> {
    const { batches: { turns } } = this.parts;
    const folders = new Set<string>();
    for (let from = 0, part = 0; from < keyed.length; from += MAX_PLEDGED_KEYS, part++) {
      const tasks = keyed.slice(from, from + MAX_PLEDGED_KEYS);
      const path = () => `${turns.files.path(turn.batch)}/keys-${part}`;
      try {
        this.#fs.createNew(path(), pledgeBytes(turn.batch.id, tasks));
        for (const task of tasks) {
          const names = this.#names(task, (name) => this.#fs.link(path(), name));
          const taken = await this.#drive(
            takeKey(names, undefined),
            task.created_by,
            () => turns.renew(turn),
          );
          if ("holder" in taken || !turns.renew(turn)) return false;
          folders.add(names.folder);
          await this.#breathe();
        }
        this.#fs.syncNames(path(), [...folders, ...this.#above()]);
      } catch (error) {
        // Another process took this one for dead, and the batch with it.
        if (isNotFound(error) && this.#fs.lstat(path()) === undefined) return false;
        throw error;
      }
    }
    return true;
  }

  /** The unfinished task that has the key of a task. */
  async #holder(task: KeyedTask): Promise<TaskRecord | undefined> {
    while (true) {
      const names = this.#names(task, () => false);
      const found = await this.#drive(findHolder(names), task.created_by);
      if (!("holder" in found)) return undefined;
      const holder = await this.#definition(found.holder);
      if (holder !== undefined) return holder;
    }
  }

  /** The definition of a task that has a key; `undefined` when it has gone meanwhile. */
  async #definition({ stem, task, batch }: Holder): Promise<TaskRecord | undefined> {
    // Its process may have died before all tasks of the batch were on the disk.
    if (batch !== undefined) this.parts.batches.sync();
    return task ?? await this.parts.definition(idOfStem(stem));
  }

  async #drive<R>(
    work: Generator<Holder, R, Standing>,
    runId: string,
    pulse: () => unknown = () => {},
  ): Promise<R> {
    let step = work.next();
    while (step.done !== true) {
      await this.#follow();
      step = work.next(await this.#standing(step.value, runId, pulse));
    }
    return step.value;
  }

  /** Does what follows from the revivals that this process has made. */
  async #follow(): Promise<void> {
    for (const claim of this.#revived.splice(0)) await this.parts.revived(claim);
  }

  async #standing(
    { stem, task: known, batch, revival }: Holder,
    runId: string,
    pulse: () => unknown,
  ): Promise<Standing> {
    const { layout, claims } = this.parts;
    const id = idOfStem(stem);
    for (let isDecided = false;;) {
      const task = known ?? await this.parts.definition(id);
      const applied = task &&
        await this.parts.apply(id, (now) => makeWay({ task, runId, now }));
      if (applied?.kind === "refused") {
        // The process that revived it may have died before that was on the disk.
        if (revival !== undefined) claims.sync(slotName(stem, revival.transition));
        return "unfinished";
      }
      const end = applied === undefined || applied.kind === "missing" ? undefined : applied.claim;
      if (revival !== undefined) {
        // A file that a power cut took of a batch comes back.
        if (!claims.hasTask(stem)) await this.parts.batches.fileAll();
        const standing = end === undefined ? "ended" : standingAfter(claims, end, revival);
        if (standing !== undefined) return standing;
        continue;
      }
      if (end !== undefined) return "ended";
      if (batch === undefined) {
        if (this.#fs.lstat(layout.record("task", stem)) === undefined) return "unmade";
        // It was made in between. If it still is no task, it cannot be read.
        if (isDecided) return "ended";
        isDecided = true;
        continue;
      }
      if (isDecided) {
        // A batch that was given up must not come back beside the task that follows it.
        this.parts.batches.sync();
        return "ended";
      }
      isDecided = this.#isDecided(batch);
      if (isDecided) continue;
      pulse();
      await sleep(LOOK_MS);
    }
  }

  /** Whether the tasks of a batch have their files by now, or never will. */
  #isDecided(id: string): boolean {
    const { turns } = this.parts.batches;
    const batch = turns.files.list().find((each) => each.id === id);
    if (batch?.state !== "new") return batch?.state !== "links" && batch?.state !== "repair";
    if (!turns.owners.isHeld(batch)) turns.discard(batch);
    return false;
  }

  /** Lets others run in a long call. */
  async #breathe(): Promise<void> {
    if (performance.now() - this.#breathedAt < BATCH_MS.slice) return;
    await sleep(0);
    this.#breathedAt = performance.now();
  }

  /** Makes a task last that another process perhaps added. */
  async #persist(task: TaskRecord): Promise<void> {
    const { sharedSync, layout } = this.parts;
    const folders = isKeyed(task) ? [`${layout.keys}/${keyPlace(task).folder}`] : [];
    try {
      const record = layout.record("task", stemOfId(task.task_id));
      await sharedSync.names(record, layout.folder("task"), ...folders, ...this.#above());
    } catch (error) {
      // It has ended, and its files have gone: that is on the disk.
      if (!isNotFound(error)) throw error;
    }
  }

  #above(): string[] {
    return [this.parts.layout.keys, this.parts.layout.root];
  }

  #names(task: KeyedTask, link: Making["link"]): FsKeyFiles {
    const enter = (task: TaskRecord, path: string) =>
      void this.parts.first.add(
        task,
        (entry) => this.#fs.lstat(path) !== undefined && this.#fs.link(path, entry),
      );
    const place = keyPlace(task);
    const revive = (revival: ClaimRecord, path: string) => {
      // Of what follows it a power cut must leave nothing without it.
      this.#fs.syncNames(path, [`${this.parts.layout.keys}/${place.folder}`, ...this.#above()]);
      if (revivePledged(this.parts.claims, revival)) this.#revived.push(revival);
    };
    const recorded = (task: TaskRecord) => this.parts.first.recorded(task);
    const making = { link, enter, recorded, revive };
    return new FsKeyFiles(this.#fs, this.parts.layout, place, making);
  }
}

/** The tasks with keys, in the one order in which all processes take several. */
function inOrder(tasks: readonly TaskRecord[]): KeyedTask[] {
  const texts = new Map(tasks.filter(isKeyed).map((task) => [keyText(task), task]));
  return [...texts].sort(([a], [b]) => a < b ? -1 : 1).map(([, task]) => task);
}
