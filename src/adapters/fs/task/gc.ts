/**
 * Removal of tasks that are over.
 *
 * 1. A task that has expired while it was pending gets a terminal claim, so that nobody claims it.
 * 2. Its definition goes; the folder is synced.
 * 3. Its claim goes, `<hex>.end` last: a task without it would look pending.
 *
 * Whoever is slow to claim, extend or end the task and finds the way free because of step 3 looks for
 * the definition afterwards, finds it gone, and takes it back.
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
import { idOfStem, isStem } from "../../../domain/ids.ts";
import { orderOf, parseTask } from "../../../domain/task/task.ts";
import { formatTime } from "../../../domain/time.ts";
import type { Sweep, Swept } from "../../../ports/gc.ts";
import { type Host, HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { BatchCollector } from "./batch_settling.ts";
import { endName, mend, readHead, slotName } from "./claim_chain.ts";
import { ClaimFiles } from "./claim_files.ts";
import { inChunks } from "../../../async/chunks.ts";
import type { Room } from "../disk/gc_room.ts";
import type { Layout } from "../layout.ts";
import { listStems, readRecord, recordBytes } from "../disk/record_file.ts";
import { TmpStage } from "../disk/staging.ts";
import { ofRecord } from "../disk/unreadable.ts";

const RUN_ID = "gc";

/** A task that is over, and its claim's files besides the view and the end. */
interface EndedTask extends Swept {
  readonly stem: string;
  readonly isClaimed: boolean;
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

  async sweep(sweep: Sweep): Promise<Swept[]> {
    // Claims are listed before the tasks, so that none of a new task is taken for orphaned.
    const claims = this.#claimNames();
    const tasks = listStems(this.#fs, this.layout.folder("task"));
    if (sweep.execute) await this.#settleBatches();
    const batched = await this.#batches.named(sweep.execute);
    const swept: Swept[] = [];
    await inChunks(tasks, (stems) => {
      let over = stems.filter((stem) => !batched.has(stem))
        .flatMap((stem) =>
          ofRecord(
            this.warn,
            () => this.room.needed(() => this.#over(stem, claims.has(stem), sweep)),
          ) ?? []
        );
      if (sweep.execute && over.length > 0) over = this.#remove(over, claims, sweep.now);
      for (const { kind, id, reason } of over) swept.push({ kind, id, reason });
    });
    for (const stem of tasks) claims.delete(stem);
    let isGoneForGood = false;
    for (const [stem, names] of claims) {
      if (batched.has(stem) || !this.#isOrphaned(stem, names, sweep)) continue;
      if (sweep.execute) {
        // A process that removed the task may have died before it synced that.
        if (!isGoneForGood) this.#fs.syncDir(this.layout.folder("task"));
        isGoneForGood = true;
        this.#removeClaim(stem, names);
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

  #over(stem: string, isClaimed: boolean, { now, graceMs, execute }: Sweep): EndedTask | undefined {
    const file = readRecord(this.#fs, this.layout.record("task", stem));
    if (file.kind === "gone") return undefined;
    const task = file.kind === "record" ? parseTask(file.value, idOfStem(stem)) : file.reason;
    if (typeof task === "string") {
      this.warn(`tasks/${stem}.json ${task}: skipped`);
      return undefined;
    }
    const head = isClaimed ? readHead(this.#claims, stem) : undefined;
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
    return { kind: "task", id: idOfStem(stem), reason: status, stem, isClaimed };
  }

  #remove(
    over: readonly EndedTask[],
    claims: ReadonlyMap<string, string[]>,
    now: number,
  ): EndedTask[] {
    const mine = over.filter(({ stem, isClaimed }) =>
      isClaimed || this.room.needed(() => this.#close(stem, now))
    );
    for (const { stem } of mine) this.#fs.remove(this.layout.record("task", stem));
    this.#fs.syncDir(this.layout.folder("task"));
    for (const { stem } of mine) this.#removeClaim(stem, claims.get(stem) ?? []);
    return mine;
  }

  /** Takes the first slot of a task that nobody has touched; `false` when somebody has. */
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
    const staged = new TmpStage(this.#fs, folder, this.layout.tmp, recordBytes(claim), false);
    const created = staged.create(slotName(stem, 1));
    staged.discard();
    return created;
  }

  #removeClaim(stem: string, names: readonly string[]): void {
    const last = endName(stem);
    for (const name of [slotName(stem, 1), ...names]) {
      if (name !== last) this.#claims.remove(name);
    }
    this.#claims.remove(last);
  }

  #isOrphaned(stem: string, names: readonly string[], { now, graceMs }: Sweep): boolean {
    // In the meantime a batch may have brought the task back.
    if (this.#fs.lstat(this.layout.record("task", stem)) !== undefined) return false;
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

  /** The names in `claims/` by the task that they are about. */
  #claimNames(): Map<string, string[]> {
    const names = new Map<string, string[]>();
    for (const { name } of this.#fs.list(this.layout.folder("claim")) ?? []) {
      const stem = name.slice(0, Math.max(0, name.indexOf(".")));
      if (!isStem(stem) || !/^\.(json|end|[1-9]\d{0,15})$/.test(name.slice(stem.length))) continue;
      const known = names.get(stem);
      if (known === undefined) names.set(stem, [name]);
      else known.push(name);
    }
    return names;
  }

  #path(name: string): string {
    return `${this.layout.folder("claim")}/${name}`;
  }
}
