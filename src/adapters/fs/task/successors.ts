/** What follows from the ends of tasks for those that wait for them, on disk, by the protocol of index/after_chain.ts. */
import { idOfStem, stemOfId } from "../../../domain/ids.ts";
import { isGated, onFailureOf } from "../../../domain/task/after.ts";
import { isTerminal, taskStatus } from "../../../domain/task/claim.ts";
import { BATCH_MS } from "../../../domain/limits.ts";
import { letGo } from "../../../domain/task/let_go.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import { pendingExpiry } from "../../../domain/task/pending.ts";
import type { TaskRecord } from "../../../domain/task/task.ts";
import { HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import type { Layout } from "../layout.ts";
import { isNotFound } from "../disk/ensure_dir.ts";
import type { Batches } from "./batch.ts";
import { mend, readHead, transition } from "./claim_chain.ts";
import { endOf } from "./claim/names.ts";
import type { ClaimFiles } from "./claim_files.ts";
import { follow, type Moved, type Stand, type WaitingFiles } from "./index/after_chain.ts";
import type { FirstEntry } from "./index/first_entry.ts";
import { announceTask } from "./wake.ts";
import { sleep } from "../../../async/sleep.ts";

/** Milliseconds for which an entry without a task is an addition under way; then it is a dead one. */
const DANGLING_MS = 60_000;

/** What it works on. */
interface Tools {
  readonly fs: HostFs;
  readonly layout: Layout;
  readonly warn: Warn;
  readonly claims: ClaimFiles;
  readonly first: FirstEntry;
  /** A task by its file. */
  readonly read: (stem: string) => TaskRecord | undefined;
  /** A task with its newest state, wherever it is. */
  readonly get: (id: string) => Promise<TaskEntry | undefined>;
  readonly batches: Batches;
}

export class Successors {
  constructor(readonly tools: Tools) {}

  /**
   * Does all that follows from what happened, and forgets it.
   *
   * @param completed Ids of tasks that count as completed where they are gone.
   */
  async follow(moved: Moved, now: number, completed?: ReadonlySet<string>): Promise<void> {
    const looked: [string, string[]][] = [];
    for (const stem of moved.ended) looked.push([stem, await this.#leftBy(stem)]);
    const files = new FsWaitingFiles(this.tools, moved, now);
    const work = follow(files, moved);
    let since = performance.now();
    for (let step = work.next(); step.done !== true;) {
      const { value: id } = step;
      if (id === undefined && performance.now() - since > BATCH_MS.slice) {
        await sleep(0);
        since = performance.now();
      }
      try {
        step = work.next(id === undefined ? undefined : await this.#standing(id, now, completed));
      } catch (error) {
        if (id === undefined) throw error;
        step = work.throw(error);
      }
    }
    for (const [stem, those] of looked) {
      this.#mark(stem, those.filter((each) => files.left.has(each)));
    }
  }

  /** The tasks that wait for one which has ended, before they are looked at. */
  async #leftBy(stem: string): Promise<string[]> {
    try {
      const claim = (await this.tools.get(idOfStem(stem)))?.claim;
      const hasEnded = claim !== undefined && isTerminal(claim);
      return hasEnded ? this.tools.first.after.successors(stem) : [];
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return [];
    }
  }

  /** Spares the next comparison those that have been looked at since the end, and have to wait. */
  #mark(stem: string, left: readonly string[]): void {
    try {
      if (left.length > 0) this.tools.first.after.markSeen(stem, left);
    } catch (error) {
      // The next comparison looks once more.
      if (!(error instanceof HostError)) throw error;
    }
  }

  async #standing(
    id: string,
    now: number,
    completed: ReadonlySet<string> | undefined,
  ): Promise<Stand> {
    const entry = await this.tools.get(id) ?? await this.#inBatch(id);
    if (entry === undefined) {
      const status = completed?.has(id) ? "completed" : "gone";
      return { task_id: id, status, expiresMs: Infinity };
    }
    const { task, claim } = entry;
    const ms = pendingExpiry(task, claim);
    const expiresMs = ms > now ? ms : Infinity;
    return { task_id: id, status: taskStatus(task, claim, now), expiresMs };
  }

  /** A task that has no file yet, or none any more while its batch is settled; it is not gone. */
  async #inBatch(id: string): Promise<TaskEntry | undefined> {
    const { batches, claims, get } = this.tools;
    const stem = stemOfId(id);
    const task = (await batches.pending(true)).get(stem)?.task;
    // Its batch may have ended since it was looked for.
    return task === undefined ? await get(id) : { task, claim: readHead(claims, stem) };
  }
}

class FsWaitingFiles implements WaitingFiles<TaskRecord> {
  /** The stems of those that have to wait. */
  readonly left = new Set<string>();

  constructor(readonly tools: Tools, readonly moved: Moved, readonly now: number) {}

  successors(stem: string): string[] {
    return this.tools.first.after.successors(stem);
  }

  enter(stem: string): void {
    const task = this.task(stem);
    if (task === undefined || !isGated(task) || this.isTouched(stem)) return;
    this.#linked(task, (link) => void this.tools.first.after.add(task, link));
  }

  task(stem: string): TaskRecord | undefined {
    return this.tools.read(stem);
  }

  isTouched(stem: string): boolean {
    return !this.tools.claims.isWaiting(stem);
  }

  sync(stem: string): void {
    mend(this.tools.claims, stem);
    const end = readHead(this.tools.claims, stem);
    if (end !== undefined) this.tools.claims.sync(endOf(end));
  }

  letGo(task: TaskRecord, predecessors: readonly Stand[]): boolean {
    const { claims, fs, layout } = this.tools;
    const stem = stemOfId(task.task_id);
    const nonce = crypto.randomUUID().replaceAll("-", "");
    const rule = letGo({ task, predecessors, now: this.now, nonce });
    const outcome = transition(claims, stem, rule);
    if (outcome.kind !== "written") return false;
    if (outcome.conclude !== undefined) {
      claims.sync(endOf(outcome.claim));
      outcome.conclude();
      this.moved.lasting.add(stem);
    }
    if (claims.takeBack(stem, outcome.claim)) return false;
    claims.follow(outcome);
    if (!isTerminal(outcome.claim)) announceTask(fs, layout, task.task_id);
    return true;
  }

  lookLater(task: TaskRecord, standings: readonly Stand[]): void {
    const ms = Math.min(...standings.map(({ expiresMs }) => expiresMs));
    if (onFailureOf(task) !== "block" && ms < Infinity) {
      this.#linked(task, (link) => this.tools.first.lookAt(task, ms, link));
    }
    this.left.add(stemOfId(task.task_id));
  }

  drop(task: TaskRecord): void {
    this.tools.first.after.drop(task);
  }

  forget(predecessor: string, stem: string): void {
    const { claims, first } = this.tools;
    if (claims.hasTask(stem)) return; // it cannot be read, or it came since
    const isOld = (mtimeMs: number) => Math.abs(Date.now() - mtimeMs) > DANGLING_MS;
    first.after.forget(predecessor, stem, isOld);
  }

  failed(stem: string, error: unknown): void {
    if (!(error instanceof HostError)) throw error;
    this.tools.warn(`What follows from task ${idOfStem(stem)} has to wait: ${error.message}`);
  }

  /** Makes entries of a task, unless it was removed since it was read. */
  #linked(task: TaskRecord, body: (link: (entry: string) => boolean) => void): void {
    const { fs, layout } = this.tools;
    const path = layout.record("task", stemOfId(task.task_id));
    try {
      body((entry) => fs.link(path, entry));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
