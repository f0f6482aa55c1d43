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
 * A batch file may bring a definition back. Tasks of batches stay until the batch is settled; and since
 * a batch file may be about to be written, the claim of a task that was added a short while ago stays,
 * so that it is over even then.
 */
import { type ClaimRecord, isTerminal, parseClaim, taskStatus } from "../../domain/claim.ts";
import { idOfStem, isStem } from "../../domain/ids.ts";
import { orderOf, parseTask } from "../../domain/task.ts";
import { formatTime } from "../../domain/time.ts";
import type { Sweep, Swept } from "../../ports/gc.ts";
import type { HostFs } from "../../ports/host.ts";
import type { Warn } from "../../ports/warnings.ts";
import { pendingBatches, settleBatches } from "./batch.ts";
import { endName, mend, readHead, slotName } from "./claim_chain.ts";
import { ClaimFiles } from "./claim_files.ts";
import { inChunks } from "./gc_chunks.ts";
import type { Layout } from "./layout.ts";
import { listStems, readRecord, recordBytes } from "./record_file.ts";
import { TmpStage } from "./staging.ts";
import { ofRecord } from "./unreadable.ts";

/** No process takes so long from a task's file to the file of its batch, milliseconds. */
export const BATCH_GRACE_MS = 600_000;

const RUN_ID = "gc";

/** A task that is over, and its claim's files besides the view and the end. */
interface Over extends Swept {
  readonly stem: string;
  readonly isClaimed: boolean;
  readonly isGuarded: boolean;
}

export class TaskGc {
  readonly #fs: HostFs;
  readonly #claims: ClaimFiles;

  constructor(
    fs: HostFs,
    readonly layout: Layout,
    readonly warn: Warn,
    readonly batchGraceMs = BATCH_GRACE_MS,
  ) {
    this.#fs = fs;
    this.#claims = new ClaimFiles(fs, layout, warn);
  }

  async sweep(sweep: Sweep): Promise<Swept[]> {
    if (sweep.execute) settleBatches(this.#fs, this.layout, this.warn);
    const batched = pendingBatches(this.#fs, this.layout);
    // Claims are listed before the tasks, so that none of a new task is taken for orphaned.
    const claims = this.#claimNames();
    const tasks = listStems(this.#fs, this.layout.folder("task"));
    const swept: Swept[] = [];
    await inChunks(tasks, (stems) => {
      let over = stems.filter((stem) => !batched.has(stem))
        .flatMap((stem) =>
          ofRecord(this.warn, () => this.#over(stem, claims.has(stem), sweep)) ?? []
        );
      if (sweep.execute && over.length > 0) over = this.#remove(over, claims, sweep.now);
      for (const { kind, id, reason } of over) swept.push({ kind, id, reason });
    });
    for (const stem of tasks) claims.delete(stem);
    for (const [stem, names] of claims) {
      if (batched.has(stem) || !this.#isOrphaned(stem, names, sweep)) continue;
      if (sweep.execute) this.#removeClaim(stem, names);
      swept.push({ kind: "claim", id: idOfStem(stem), reason: "orphaned" });
    }
    return swept;
  }

  #over(stem: string, isClaimed: boolean, { now, graceMs, execute }: Sweep): Over | undefined {
    const file = readRecord(this.#fs, this.layout.record("task", stem));
    if (file.kind === "gone") return undefined;
    const task = file.kind === "record" ? parseTask(file.value, idOfStem(stem)) : file.reason;
    if (typeof task === "string") {
      this.warn(`tasks/${stem}.json ${task}: passed over`);
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
    const isGuarded = Date.now() - file.stat.mtimeMs < this.batchGraceMs;
    return { kind: "task", id: idOfStem(stem), reason: status, stem, isClaimed, isGuarded };
  }

  #remove(over: readonly Over[], claims: ReadonlyMap<string, string[]>, now: number): Over[] {
    const mine = over.filter(({ stem, isClaimed }) => isClaimed || this.#close(stem, now));
    for (const { stem } of mine) this.#fs.remove(this.layout.record("task", stem));
    this.#fs.syncDir(this.layout.folder("task"));
    for (const { stem, isGuarded } of mine) {
      if (!isGuarded) this.#removeClaim(stem, claims.get(stem) ?? []);
    }
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
    const age = Math.max(0, now - Math.max(...changed));
    return age >= graceMs && Date.now() - Math.max(...changed) >= this.batchGraceMs;
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
