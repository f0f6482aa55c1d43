/**
 * Removal of tasks that have ended.
 *
 * A task that another one waits for stays. Therefore all tasks are read before one is removed.
 *
 * 1. A task that has expired while it was pending gets a terminal claim, so that no process claims
 *    it; so does one that had come back after an attempt.
 * 2. Its names in `keys/` go (key/removal.ts), then its definition; the folder is synced.
 * 3. Its claim goes, `<hex>.end` last: a task without it would look pending.
 *
 * A process that is slow to claim, extend or end the task and finds the way free by step 3 looks
 * for the definition afterwards, finds it gone, and takes it back.
 *
 * A batch may bring a definition back, so tasks of batches stay until the batch is settled. The
 * batches are looked at after the tasks were listed: a task that is there then, and in no batch, never
 * gets its name again (batch_chain.ts).
 */
import {
  type ClaimRecord,
  isClaimAhead,
  isTerminal,
  taskStatus,
  type TransitionRule,
} from "../../../domain/task/claim.ts";
import { parseClaim } from "../../../domain/task/parse_claim.ts";
import { idOfStem, stemOfId } from "../../../domain/ids.ts";
import { afterOf } from "../../../domain/task/after.ts";
import { expiredForGood } from "../../../domain/task/key.ts";
import { pendingExpiry } from "../../../domain/task/pending.ts";
import { giveUp, retire } from "../../../domain/task/requeue.ts";
import { isHeldBack } from "../../../domain/task/retry.ts";
import { parseTask, taskExpiry, type TaskRecord } from "../../../domain/task/task.ts";
import { graceOf } from "../../../domain/task/retention.ts";
import type { Swept, TimedSweep } from "../../../ports/upkeep.ts";
import { type Host, HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { BatchCollector } from "./batch_settling.ts";
import { archive, mend, readHead, transition } from "./claim_chain.ts";
import { endName, endOf, groupClaims, type ListedClaim, slotName } from "./claim/names.ts";
import { ClaimFiles } from "./claim_files.ts";
import { inChunks } from "../../../async/chunks.ts";
import type { Room } from "../disk/gc_room.ts";
import { collectKeys, forgetKeys, mayBeComing } from "../key/removal.ts";
import type { Layout } from "../layout.ts";
import { listStems, readParsed, readRecord, recordBytes } from "../disk/record_file.ts";
import { SegmentGc } from "../segment/gc.ts";
import { TaskMover } from "../segment/mover.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import { ofRecord } from "../disk/unreadable.ts";

const RUN_ID = "gc";

/** A task that has ended, and its claim's files. */
interface EndedTask extends Swept {
  readonly stem: string;
  readonly listed: ListedClaim | undefined;
  /** The number of its end; absent where it has none yet. */
  readonly transition?: number | undefined;
  /** Ends one that has not ended; `false` when another process has moved it. */
  readonly close?: () => boolean;
}

export class TaskGc {
  readonly #fs: HostFs;
  readonly #claims: ClaimFiles;

  readonly #batches: BatchCollector;
  readonly #mover: TaskMover;
  readonly #segments: SegmentGc;

  constructor(host: Host, readonly layout: Layout, readonly warn: Warn, readonly room: Room) {
    this.#fs = host.fs;
    this.#claims = new ClaimFiles(host.fs, layout, warn);
    this.#batches = new BatchCollector(host, layout, warn);
    this.#mover = new TaskMover(host, layout, warn);
    this.#segments = new SegmentGc(host.fs, layout, warn, room, this.#mover);
  }

  async sweep(sweep: TimedSweep): Promise<Swept[]> {
    // Claims are listed before the tasks, so that none of a new task is taken for orphaned.
    const listing = this.#fs.list(this.layout.folder("claim")) ?? [];
    const claims = groupClaims(listing.map(({ name }) => name));
    const tasks = listStems(this.#fs, this.layout.folder("task"));
    if (sweep.execute) await this.#settleBatches();
    const batched = await this.#batches.named(sweep.execute);
    const swept: Swept[] = [];
    const ended: EndedTask[] = [];
    const awaited = new Set<string>();
    await inChunks(tasks, (stems) => {
      const over = stems.flatMap((stem) =>
        ofRecord(
          this.warn,
          () => this.room.needed(() => this.#over(stem, claims.get(stem), sweep, awaited)),
        ) ?? []
      );
      ended.push(...over.filter(({ stem }) => !batched.has(stem)));
    });
    await this.#addAwaited(awaited, tasks);
    await inChunks(ended, (some) => {
      let over = some.filter(({ stem }) => !awaited.has(stem));
      if (sweep.execute && over.length > 0) over = this.#remove(over);
      for (const { kind, id, reason } of over) swept.push({ kind, id, reason });
    });
    const known = new Set(swept.map(({ id }) => id));
    swept.push(...this.#segments.sweep(sweep, awaited).filter(({ id }) => !known.has(id)));
    if (sweep.execute) await this.#mover.drain();
    for (const stem of tasks) claims.delete(stem);
    let isGoneForGood = false;
    for (const [stem, listed] of claims) {
      if (batched.has(stem) || !this.#isOrphaned(stem, listed, sweep)) continue;
      if (sweep.execute) {
        // A process that removed the task may have died before it synced that.
        if (!isGoneForGood) this.#fs.syncDir(this.layout.folder("task"));
        isGoneForGood = true;
        this.#claims.removeClaim(stem, listed);
      }
      swept.push({ kind: "claim", id: idOfStem(stem), reason: "orphaned" });
    }
    if (sweep.execute) this.#collectKeys(batched);
    return swept;
  }

  /** What is left of keys. */
  #collectKeys(batched: ReadonlySet<string>): void {
    this.room.needed(() =>
      collectKeys(
        this.#fs,
        this.layout,
        ({ stem, batch, revival }) =>
          (batch ?? revival) !== undefined && !batched.has(stem) && !this.#claims.hasTask(stem) &&
          readHead(this.#claims, stem) === undefined && !this.#mover.hasLine(stem),
      )
    );
  }

  /** Adds what those wait for that have come since `tasks` was listed, or have no files yet. */
  async #addAwaited(awaited: Set<string>, tasks: readonly string[]): Promise<void> {
    const listed = new Set(tasks);
    const added = listStems(this.#fs, this.layout.folder("task")).filter((stem) =>
      !listed.has(stem)
    );
    const pending = [...(await this.#batches.pending()).values()].map(({ task }) => task);
    for (const task of [...pending, ...added.flatMap((stem) => this.#task(stem) ?? [])]) {
      for (const id of afterOf(task)) awaited.add(stemOfId(id));
    }
  }

  #task(stem: string): TaskRecord | undefined {
    return readParsed(this.#fs, this.layout.root, `tasks/${stem}.json`, parseTask, this.warn);
  }

  /** What cannot be settled stays, and so do its tasks. */
  async #settleBatches(): Promise<void> {
    try {
      await this.#batches.settleAll();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (!this.room.isLacking(error)) this.warn(`A batch of tasks stays: ${error.message}`);
    }
  }

  /** @param awaited The stems of tasks that others wait for, to which this one's are added. */
  #over(
    stem: string,
    listed: ListedClaim | undefined,
    sweep: TimedSweep,
    awaited: Set<string>,
  ): EndedTask | undefined {
    const { now, execute } = sweep;
    const task = this.#task(stem);
    if (task === undefined) return undefined;
    const head = listed && readHead(this.#claims, stem, listed);
    const status = taskStatus(task, head, now);
    let end: number;
    let close: EndedTask["close"];
    if (head === undefined || isHeldBack(head)) {
      for (const id of afterOf(task)) awaited.add(stemOfId(id));
    }
    if (head === undefined) {
      if (status !== "expired") return undefined;
      end = taskExpiry(task);
      close = () => this.#close(stem, expiredForGood({ task, runId: RUN_ID, now }, undefined));
    } else if (!isTerminal(head)) {
      const isGivenUp = execute && status === "timed_out" && !isClaimAhead(head, now);
      if (isGivenUp) this.#end(stem, giveUp({ task, now }));
      if (status !== "expired") return undefined;
      end = pendingExpiry(task, head);
      close = () => this.#end(stem, retire({ task, runId: RUN_ID, now }));
    } else {
      if (execute) mend(this.#claims, stem);
      // A claim does not say when it ended; its file does, by a clock that may be another.
      const stat = this.#fs.lstat(this.#path(endOf(head))) ??
        this.#fs.lstat(this.#path(slotName(stem, 1)));
      end = Math.min(stat?.mtimeMs ?? now, now);
    }
    if (end + graceOf(status, sweep) > now || mayBeComing(task, now)) return undefined;
    if (this.#isBroken(stem)) return undefined;
    return {
      kind: "task",
      id: idOfStem(stem),
      reason: status,
      stem,
      listed,
      ...(close ? { close } : { transition: head?.transition }),
    };
  }

  #remove(over: readonly EndedTask[]): EndedTask[] {
    const mine = over.filter(({ close }) => close === undefined || this.room.needed(close))
      .flatMap((task) => this.room.needed(() => this.#archived(task)) ?? []);
    // A tombstone needs room.
    const free = mine.filter((task) =>
      this.room.needed(() => (forgetKeys(this.#claims, [task]), true))
    );
    this.#claims.removeTasks(free);
    return free;
  }

  /** A task that no process revives any more; `undefined` when one has. */
  #archived(task: EndedTask): EndedTask | undefined {
    const { stem, listed, reason, transition = 0 } = task;
    if (reason === "completed") return task;
    mend(this.#claims, stem);
    const head = readHead(this.#claims, stem);
    if (head === undefined || !isTerminal(head)) return undefined;
    const isSame = transition === 0 || head.transition === transition;
    if (!isSame || !archive(this.#claims, stem, head)) return undefined;
    return { ...task, listed: this.#claims.archived(listed, head) };
  }

  /** Ends a task by a rule, if that allows it. */
  #end(stem: string, rule: TransitionRule): boolean {
    const outcome = transition(this.#claims, stem, rule);
    if (outcome.kind !== "written") return false;
    this.#claims.sync(endOf(outcome.claim));
    outcome.conclude?.();
    this.#claims.follow(outcome);
    return true;
  }

  /** Takes the first slot of a task that no process has touched; `false` when one has. */
  #close(stem: string, claim: ClaimRecord | undefined): boolean {
    if (claim === undefined) return false;
    const folder = this.layout.folder("claim");
    const bytes = recordBytes(claim);
    const stage = () => stageFile(this.#fs, this.layout.tmp, bytes, false);
    const staged = new StagedFile(this.#fs, folder, stage);
    const created = staged.create(slotName(stem, 1));
    staged.discard();
    return created;
  }

  #isOrphaned(stem: string, listed: ListedClaim, { now, graceMs }: TimedSweep): boolean {
    // In the meantime a batch may have brought the task back.
    if (this.#claims.hasTask(stem)) return false;
    const names = listed.slots.map((slot) => slotName(stem, slot));
    if (listed.hasView) names.push(slotName(stem, 1));
    if (listed.isEnded) names.push(endName(stem));
    for (const after of listed.laterEnds ?? []) names.push(endName(stem, after));
    const changed = names.map((name) => this.#fs.lstat(this.#path(name)))
      .map((stat) => stat?.kind === "file" ? stat.mtimeMs : Infinity);
    return Math.max(0, now - Math.max(...changed)) >= graceMs;
  }

  /** Whether something of a claim says nothing that can be read. */
  #isBroken(stem: string): boolean {
    return [slotName(stem, 1), endName(stem)].some((name) => {
      const file = readRecord(this.#fs, this.#path(name));
      if (file.kind === "gone") return false;
      return file.kind === "broken" || typeof parseClaim(file.value, idOfStem(stem)) === "string";
    });
  }

  #path(name: string): string {
    return `${this.layout.folder("claim")}/${name}`;
  }
}
