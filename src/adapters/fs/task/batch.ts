/**
 * Many tasks at once: all of them or none, durable with one sync. batch_chain.ts is the protocol.
 *
 * Adding, in order: every task is written to the batch's folder, without a sync, so that what the disk
 * has no room for fails here; then one file with all of them, synced. Renaming the folder is the
 * moment at which all tasks exist; the rename is synced, and the tasks get their names. If that fails
 * half-way, or the process dies, the tasks exist all the same: who needs to know all tasks reads the
 * others from the batch, and who looks for a task to claim, or changes one, gives them their names
 * first. A batch holds its tasks until each has been synced by itself (batch_settling.ts).
 */
import { stemOfId } from "../../../domain/ids.ts";
import type { TaskRecord } from "../../../domain/task/task.ts";
import { type Host, HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { linkTasks, repairTasks, takeTurn, type Turn } from "./batch_chain.ts";
import type { TaskLine } from "./batch_files.ts";
import type { Batch } from "./batch_name.ts";
import { BatchTurns, sliced } from "./batch_turns.ts";
import { ensureDir, isNotFound } from "../disk/ensure_dir.ts";
import type { Layout } from "../layout.ts";
import { recordBytes } from "../disk/record_file.ts";
import { ofFolder } from "../disk/unreadable.ts";
import { sleep } from "../../../async/sleep.ts";

/** For how long the names of batches are believed on the way of a claim, milliseconds. */
const TRUST_MS = 50;

/** For how long a repair that failed is not tried again, milliseconds: the disk may be full. */
const FAILURE_TRUST_MS = 1_000;

/** Milliseconds between two looks at a batch that another process repairs. */
const LOOK_MS = 10;

/** What is done in a turn of a batch before its tasks exist; `false` when they are not to. */
type Reserve = (turn: Turn) => Promise<boolean>;

/** A task that exists and may lack its file. */
export interface PendingTask {
  readonly task: TaskRecord;
  /** Whether its batch is still there; if not, it has got its file since, or has been removed. */
  isPending(): boolean;
}

export class Batches {
  readonly turns: BatchTurns;
  #looked: { at: number; trustMs: number; failure?: HostError } = { at: -Infinity, trustMs: 0 };
  #isFolderSynced = false;

  constructor(readonly host: Host, readonly layout: Layout, readonly warn: Warn) {
    this.turns = new BatchTurns(host, layout, warn);
  }

  /**
   * Adds tasks, all or none. They are durable when it resolves.
   *
   * @param reserve What is to be done before they exist, in a turn of the batch; `false` when they
   * cannot be added.
   * @returns Whether they were.
   */
  async add(tasks: readonly TaskRecord[], reserve?: Reserve): Promise<boolean> {
    const lines: TaskLine[] = [];
    const turn = await this.#commit(tasks, lines, reserve);
    if (turn === undefined) return false;
    const { turns } = this;
    try {
      if (await turns.drive(turn, linkTasks(turns.files, turn, lines))) turns.linked(turn);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      turns.giveBack(turn);
      this.warn(`All tasks are added, and some have no files yet: ${error.message}`);
    } finally {
      turns.owners.end(turn.batch);
    }
    return true;
  }

  /** Makes the tasks exist; the turn in which they get their names. Fills `lines`. */
  async #commit(
    tasks: readonly TaskRecord[],
    lines: TaskLine[],
    reserve: Reserve | undefined,
  ): Promise<Turn | undefined> {
    const { turns, host: { fs } } = this;
    const { files, owners } = turns;
    let batch: Batch = {
      id: crypto.randomUUID(),
      turn: 0,
      state: "new",
      done: 0,
      ...turns.stamp(),
    };
    try {
      ensureDir(fs, files.path(batch));
      await sliced(this.#stageAll(batch, tasks, lines));
      files.writeLines(batch, lines);
      if (reserve !== undefined) {
        const own = takeTurn(files, batch, "new", turns.stamp());
        if (own === undefined) throw new HostError("not_found", "rename", files.path(batch));
        owners.begin(own.batch);
        try {
          if (!await reserve(own)) {
            turns.discard(own.batch);
            return undefined;
          }
        } finally {
          owners.end(own.batch);
          batch = own.batch;
        }
      }
      const turn = takeTurn(files, batch, "links", turns.stamp());
      // A process that met a key of the batch may have taken this one for dead.
      if (turn === undefined && reserve !== undefined) return undefined;
      if (turn === undefined) throw new HostError("not_found", "rename", files.path(batch));
      batch = turn.batch;
      owners.begin(batch);
      this.sync();
      return turn;
    } catch (error) {
      owners.end(batch);
      if (error instanceof HostError) turns.discard(batch);
      throw error;
    }
  }

  /** Makes last which batches there are. */
  sync(): void {
    const { host: { fs }, layout } = this;
    try {
      fs.syncDir(layout.batches);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return; // there never was one
    }
    if (!this.#isFolderSynced) fs.syncDir(layout.folder("task"));
    this.#isFolderSynced = true;
  }

  *#stageAll(
    batch: Batch,
    tasks: readonly TaskRecord[],
    lines: TaskLine[],
  ): Generator<number, boolean> {
    const { files } = this.turns;
    let next = 0;
    for (const task of tasks) {
      const bytes = recordBytes(task);
      const line = { task, bytes, stem: stemOfId(task.task_id), next: next += bytes.length };
      if (!files.stage(batch, line, false)) {
        throw new HostError("not_found", "create", files.path(batch));
      }
      lines.push(line);
      yield next;
    }
    return true;
  }

  /**
   * The tasks that exist and may lack their files. Those that may not be read are reported.
   *
   * @param all Also those that have theirs, or get them at this moment.
   */
  async pending(all = false): Promise<Map<string, PendingTask>> {
    const { turns } = this;
    const pending = new Map<string, PendingTask>();
    for (const batch of ofFolder(this.warn, () => turns.files.list()) ?? []) {
      const isOut = batch.state === "new" || batch.state === "void";
      const isLacking = turns.isNeedy(batch, true) || turns.isBeingRepaired(batch);
      if (isOut || !all && !isLacking) continue;
      const isPending = () => turns.files.list().some(({ id }) => id === batch.id);
      try {
        for await (const { task, stem } of turns.lines(batch)) {
          if (task !== undefined && stem !== undefined) pending.set(stem, { task, isPending });
        }
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        this.warn(`${error.message}: skipped`);
      }
    }
    return pending;
  }

  /**
   * Gives all tasks their files whose process has not, or whose files a power cut may have taken.
   *
   * @param isLast Whether the caller is about to answer that there is none; a look of a moment ago is
   * not enough then.
   * @returns What kept some tasks from getting theirs.
   */
  async repair(isLast: boolean): Promise<HostError | undefined> {
    if (!isLast && Math.abs(Date.now() - this.#looked.at) < this.#looked.trustMs) {
      return this.#looked.failure;
    }
    this.#looked = { at: Date.now(), trustMs: TRUST_MS };
    const failure = await this.#repairNeedy(isLast);
    if (failure !== undefined) {
      this.#looked = { at: Date.now(), trustMs: FAILURE_TRUST_MS, failure };
    }
    return failure;
  }

  async #repairNeedy(ifPerhaps: boolean): Promise<HostError | undefined> {
    const { turns } = this;
    let needy: Batch[];
    try {
      needy = turns.files.list().filter((batch) => turns.isNeedy(batch, ifPerhaps));
    } catch (error) {
      if (error instanceof HostError) return error;
      throw error;
    }
    return await turns.each(needy, "repair", async (turn) => {
      // Its process may have died before that: no power cut is to leave a part of the tasks.
      this.sync();
      if (await turns.drive(turn, repairTasks(turns.files, turn))) turns.linked(turn);
    }, (turn) => turns.giveBack(turn));
  }

  /** The same, and waits for other processes that do it. */
  async fileAll(): Promise<HostError | undefined> {
    const failure = await this.repair(true);
    while (await this.isRepairing());
    return failure;
  }

  /**
   * Waits a moment while another process repairs a batch; `false` when none does, or that is
   * unknown.
   */
  async isRepairing(): Promise<boolean> {
    if (this.#looked.failure !== undefined) return false;
    if (!this.turns.files.list().some((batch) => this.turns.isBeingRepaired(batch))) return false;
    await sleep(LOOK_MS);
    return true;
  }
}
