/**
 * Removal of tasks that have ended.
 *
 * 1. A task that has expired while it was pending gets a terminal claim, so that no process claims
 *    it.
 * 2. Its definition goes; the folder is synced.
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
  isTerminal,
  parseClaim,
  taskStatus,
} from "../../../domain/task/claim.ts";
import { idOfStem } from "../../../domain/ids.ts";
import { orderOf, parseTask } from "../../../domain/task/task.ts";
import { formatTime } from "../../../domain/time.ts";
import type { Swept, TimedSweep } from "../../../ports/gc.ts";
import { type Host, HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { BatchCollector } from "./batch_settling.ts";
import { endName, groupClaims, type ListedClaim, mend, readHead, slotName } from "./claim_chain.ts";
import { ClaimFiles } from "./claim_files.ts";
import { inChunks } from "../../../async/chunks.ts";
import type { Room } from "../disk/gc_room.ts";
import type { Layout } from "../layout.ts";
import { listStems, readParsed, readRecord, recordBytes } from "../disk/record_file.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import { ofRecord } from "../disk/unreadable.ts";

const RUN_ID = "gc";

/** A task that has ended, and its claim's files. */
interface EndedTask extends Swept {
  readonly stem: string;
  readonly listed: ListedClaim | undefined;
}

export class TaskGc {
  readonly #fs: HostFs;
  readonly #claims: ClaimFiles;

  readonly #batches: BatchCollector;

  constructor(host: Host, readonly layout: Layout, readonly warn: Warn, readonly room: Room) {
    this.#fs = host.fs;
    this.#claims = new ClaimFiles(host.fs, layout, warn);
    this.#batches = new BatchCollector(host, layout, warn);
  }

  async sweep(sweep: TimedSweep): Promise<Swept[]> {
    // Claims are listed before the tasks, so that none of a new task is taken for orphaned.
    const listing = this.#fs.list(this.layout.folder("claim")) ?? [];
    const claims = groupClaims(listing.map(({ name }) => name));
    const tasks = listStems(this.#fs, this.layout.folder("task"));
    if (sweep.execute) await this.#settleBatches();
    const batched = await this.#batches.named(sweep.execute);
    const swept: Swept[] = [];
    await inChunks(tasks, (stems) => {
      let over = stems.filter((stem) => !batched.has(stem))
        .flatMap((stem) =>
          ofRecord(
            this.warn,
            () => this.room.needed(() => this.#over(stem, claims.get(stem), sweep)),
          ) ?? []
        );
      if (sweep.execute && over.length > 0) over = this.#remove(over, sweep.now);
      for (const { kind, id, reason } of over) swept.push({ kind, id, reason });
    });
    for (const stem of tasks) claims.delete(stem);
    let isGoneForGood = false;
    for (const [stem, listed] of claims) {
      if (batched.has(stem) || !this.#isOrphaned(stem, listed, sweep)) continue;
      if (sweep.execute) {
        // A process that removed the task may have died before it synced that.
        if (!isGoneForGood) this.#fs.syncDir(this.layout.folder("task"));
        isGoneForGood = true;
        this.#removeClaim(stem, listed);
      }
      swept.push({ kind: "claim", id: idOfStem(stem), reason: "orphaned" });
    }
    return swept;
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

  #over(
    stem: string,
    listed: ListedClaim | undefined,
    { now, graceMs, execute }: TimedSweep,
  ): EndedTask | undefined {
    const task = readParsed(
      this.#fs,
      this.layout.root,
      `tasks/${stem}.json`,
      parseTask,
      this.warn,
    );
    if (task === undefined) return undefined;
    const head = listed && readHead(this.#claims, stem, listed);
    const status = taskStatus(task, head, now);
    let end: number;
    if (head === undefined) {
      if (status !== "expired") return undefined;
      end = orderOf(task).createdMs + task.ttl_seconds * 1000;
    } else {
      if (!isTerminal(head)) return undefined;
      if (execute) mend(this.#claims, stem);
      // A claim does not say when it ended; its file does, by a clock that may be another.
      const stat = this.#fs.lstat(this.#path(endName(stem))) ??
        this.#fs.lstat(this.#path(slotName(stem, 1)));
      end = Math.min(stat?.mtimeMs ?? now, now);
    }
    if (end + graceMs > now || this.#isBroken(stem)) return undefined;
    return { kind: "task", id: idOfStem(stem), reason: status, stem, listed };
  }

  #remove(over: readonly EndedTask[], now: number): EndedTask[] {
    const mine = over.filter(({ stem, listed }) =>
      listed !== undefined || this.room.needed(() => this.#close(stem, now))
    );
    for (const { stem } of mine) this.#fs.remove(this.layout.record("task", stem));
    this.#fs.syncDir(this.layout.folder("task"));
    for (const { stem, listed } of mine) this.#removeClaim(stem, listed);
    return mine;
  }

  /** Takes the first slot of a task that no process has touched; `false` when one has. */
  #close(stem: string, now: number): boolean {
    const at = formatTime(now);
    const claim: ClaimRecord = {
      task_id: idOfStem(stem),
      claimer_run_id: RUN_ID,
      claimed_at: at,
      expires_at: at,
      heartbeat_at: at,
      status: "cancelled",
      claim_nonce: "",
      attempt: 0,
      fence: 0,
      transition: 1,
      result: null,
      error: null,
      cancelled_by: RUN_ID,
    };
    const folder = this.layout.folder("claim");
    const bytes = recordBytes(claim);
    const stage = () => stageFile(this.#fs, this.layout.tmp, bytes, false);
    const staged = new StagedFile(this.#fs, folder, stage);
    const created = staged.create(slotName(stem, 1));
    staged.discard();
    return created;
  }

  #removeClaim(stem: string, listed: ListedClaim | undefined): void {
    this.#claims.remove(slotName(stem, 1));
    for (const slot of listed?.slots ?? []) this.#claims.remove(slotName(stem, slot));
    this.#claims.remove(endName(stem));
  }

  #isOrphaned(stem: string, listed: ListedClaim, { now, graceMs }: TimedSweep): boolean {
    // In the meantime a batch may have brought the task back.
    if (this.#fs.lstat(this.layout.record("task", stem)) !== undefined) return false;
    const names = listed.slots.map((slot) => slotName(stem, slot));
    if (listed.hasView) names.push(slotName(stem, 1));
    if (listed.isEnded) names.push(endName(stem));
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
