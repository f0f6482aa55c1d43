/**
 * The task store over plain files. FORMAT.md describes every file; claim_chain.ts is the protocol of
 * a task's transitions; ready_index.ts and the index over expiry find the next task.
 *
 * `add`, in order: the task is written as its own entry of the ready index (staging and index in one
 * file), synced, and linked to `tasks/<hex>.json`; then the folder is synced. Until the link nobody
 * takes the entry for a task, so the task appears whole, and it never appears without an entry.
 */
import {
  type ClaimRecord,
  claimTimedOut,
  isTerminal,
  type TransitionRule,
} from "../../../domain/task/claim.ts";
import { idOfStem, stemOfId } from "../../../domain/ids.ts";
import { parseTask, taskExpired, type TaskRecord } from "../../../domain/task/task.ts";
import { parseTime } from "../../../domain/time.ts";
import type { Host, HostFs } from "../../../ports/host.ts";
import type { Applied, ClaimSearch, TaskEntry, TaskStore } from "../../../ports/tasks.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { ensureLastingDir, isNotFound } from "../disk/ensure_dir.ts";
import { Batches } from "./batch.ts";
import { settleStep } from "./batch_settling.ts";
import { type ChainOutcome, firstTransition, mend, readHead, transition } from "./claim_chain.ts";
import { ClaimFiles, stemOfDue } from "./claim_files.ts";
import type { Layout } from "../layout.ts";
import { type ReadyEntry, ReadyIndex } from "./ready_index.ts";
import { listStems, readRecord, recordBytes } from "../disk/record_file.ts";
import { RecordWatch } from "../watch/record_watch.ts";
import { RecordsCheck } from "./check.ts";
import { listTasks } from "./list.ts";
import { Sparing } from "./sparing.ts";
import { announceTask, watchTasks } from "./wake.ts";
import { TimeCursor } from "../disk/time_index.ts";
import { Skipping } from "../disk/unreadable.ts";
import { WrongClock } from "../disk/wrong_clock.ts";

/** Entries in a row that others took before the names are listed anew. */
const MISSES_BEFORE_RELIST = 3;

/** Who has just made a claim removes the task's entry within so many milliseconds, or never. */
const CLAIM_SETTLED_MS = 1_000;

/** An entry without a task is an enqueue under way, and after so many milliseconds a dead one. */
const DANGLING_MS = 60_000;

/** Comparisons of index and records in one search. */
const MAX_REBUILDS = 5;

/** How long the earliest timeout is taken to be known, milliseconds of the caller's clock. */
const DUE_TRUST_MS = 50;

/** What became of a try for one task. */
type Attempt =
  | { readonly kind: "won"; readonly entry: TaskEntry }
  | { readonly kind: "refused" | "lost"; readonly claim: ClaimRecord | undefined };

export class FsTaskStore implements TaskStore {
  readonly #fs: HostFs;
  readonly #claims: ClaimFiles;
  readonly #ready: ReadyIndex;
  readonly #due: TimeCursor;
  readonly #check: RecordsCheck;
  readonly #sparing: Sparing;
  readonly #watch: RecordWatch;
  readonly #batches: Batches;
  #dueKnown = { earliest: -Infinity, at: -Infinity };
  #isOpen = false;
  readonly #skipping: Skipping;

  constructor(readonly host: Host, readonly layout: Layout, readonly warn: Warn) {
    this.#fs = host.fs;
    this.#skipping = new Skipping(warn);
    this.#claims = new ClaimFiles(host.fs, layout, warn);
    this.#ready = new ReadyIndex(host.fs, `${layout.index}/ready`);
    this.#due = new TimeCursor(host.fs, this.#claims.dueRoot);
    this.#check = new RecordsCheck(host.fs, layout, this.#claims.dueRoot, warn);
    this.#sparing = new Sparing(new WrongClock(host.fs, layout.tmp, warn));
    this.#watch = new RecordWatch(host, [layout.folder("claim")]);
    this.#batches = new Batches(host, layout, warn);
  }

  async add(tasks: readonly TaskRecord[]): Promise<void> {
    this.#openToWrite();
    const [first, ...others] = tasks;
    if (first === undefined) return;
    if (others.length === 0) {
      this.#addOne(first);
      this.#fs.syncDir(this.layout.folder("task"));
    } else {
      await this.#batches.add(tasks);
      settleStep(this.#batches.turns);
    }
  }

  async get(id: string): Promise<TaskEntry | undefined> {
    const stem = stemOfId(id);
    const task = this.#task(stem) ?? (await this.#batches.pending()).get(stem)?.task ??
      this.#task(stem);
    return task === undefined ? undefined : { task, claim: readHead(this.#claims, stem) };
  }

  async find(prefix: string, limit: number): Promise<string[]> {
    const pending = await this.#batches.pending();
    return [...new Set([...pending.keys(), ...listStems(this.#fs, this.layout.folder("task"))])]
      .filter((stem) => stem.toLowerCase().startsWith(prefix))
      .sort().slice(0, limit).map(idOfStem);
  }

  async apply(taskId: string, rule: TransitionRule): Promise<Applied> {
    this.#openToWrite();
    const stem = stemOfId(taskId);
    // A task with a claim exists; only the first transition has to ask.
    if (!this.#claims.exists(`${stem}.json`) && this.#task(stem) === undefined) {
      const failure = await this.#batches.fileAll();
      if (this.#task(stem) === undefined) {
        if (failure !== undefined) throw failure;
        return { kind: "missing" };
      }
    }
    const outcome = transition(this.#claims, stem, rule);
    if (outcome.kind === "refuse") return { kind: "refused", refusal: outcome.refusal };
    if (outcome.kind === "keep") {
      if (isTerminal(outcome.claim)) this.#settleEnd(stem);
      return { kind: "kept", claim: outcome.claim, warning: outcome.warning };
    }
    if (this.#isRemoved(stem, outcome.claim)) return { kind: "missing" };
    this.#afterWrite(outcome);
    if (isTerminal(outcome.claim)) settleStep(this.#batches.turns);
    return { kind: "written", claim: outcome.claim };
  }

  async claimNext(search: ClaimSearch): Promise<TaskEntry | undefined> {
    this.#openToWrite();
    this.#skipping.reset();
    if (search.effort === "thorough") await this.#batches.repair(false);
    this.#sweepDue(search.now);
    let found = this.#claimFromIndex(search, "first");
    for (const id of search.hints ?? []) {
      found ??= this.#skipping.past(() => this.#claimHinted(search, stemOfId(id)));
    }
    if (found !== undefined || search.effort === "quick") return found;
    this.#ready.reset();
    this.#dueKnown = { earliest: -Infinity, at: -Infinity };
    this.#sweepDue(search.now);
    const failure = await this.#batches.repair(true);
    do {
      found = this.#claimFromIndex(search, "last");
    } while (found === undefined && await this.#batches.isRepairing());
    // Again while a comparison finds something to claim that is gone from the index by the next look.
    for (let round = 0, isWhole = true; isWhole && round < MAX_REBUILDS; round++) {
      if (found !== undefined || !this.#check.needed(search.queue, search.now)) break;
      isWhole = this.#rebuild(search.now);
      found = this.#claimFromIndex(search, "last");
    }
    // Whether there is nothing to claim, only a process can say that may read and write everything.
    const refused = failure ?? this.#skipping.refused;
    if (found === undefined && refused !== undefined) throw refused;
    return found;
  }

  async nextTimeout(): Promise<number | undefined> {
    this.#due.reset();
    return this.#due.peek()?.ms;
  }

  async list(): Promise<TaskEntry[]> {
    return await listTasks(this.layout, {
      claims: this.#claims,
      pending: await this.#batches.pending(),
      read: (stem) => this.#task(stem),
    });
  }

  announce(id: string): void {
    announceTask(this.#fs, this.layout, id);
  }

  onTask(body: (id: string | undefined) => void): { close(): void } {
    return watchTasks(this.host, this.layout, this.warn, body);
  }

  watchClaim(
    id: string,
    onChange: () => void,
    onError: (error: unknown) => void,
  ): { close(): void } {
    return this.#watch.listen(stemOfId(id), onChange, onError);
  }

  /** Once a process, before it writes: makes the folders that are missing. */
  #openToWrite(): void {
    if (this.#isOpen) return;
    for (const kind of ["task", "claim"] as const) {
      ensureLastingDir(this.#fs, this.layout.folder(kind));
    }
    this.#isOpen = true;
  }

  #addOne(task: TaskRecord): void {
    const path = this.layout.record("task", stemOfId(task.task_id));
    const bytes = recordBytes(task);
    for (let tries = 0;; tries++) {
      this.#ready.add(task, false, (entry) => this.#fs.createNew(entry, bytes, true));
      try {
        this.#fs.link(this.#ready.path(task), path);
        return;
      } catch (error) {
        // `index/` may be removed at any time, and this was the time.
        const again = isNotFound(error) && tries < 20;
        if (!again) {
          this.#fs.remove(this.#ready.path(task));
          throw error;
        }
        ensureLastingDir(this.#fs, this.layout.folder("task"));
      }
    }
  }

  #task(stem: string): TaskRecord | undefined {
    const file = readRecord(this.#fs, this.layout.record("task", stem));
    if (file.kind === "gone") return undefined;
    const task = file.kind === "record" ? parseTask(file.value, idOfStem(stem)) : file.reason;
    if (typeof task !== "string") return task;
    this.warn(`tasks/${stem}.json ${task}: skipped`);
    return undefined;
  }

  #claimFromIndex(search: ClaimSearch, look: "first" | "last"): TaskEntry | undefined {
    let misses = 0;
    this.#ready.freshen();
    while (true) {
      const entry = this.#ready.peek(search.queue);
      if (entry === undefined) return undefined;
      const found = this.#skipping.past(() => this.#claimEntry(search, entry, look));
      if (typeof found === "object") return found;
      if (found === "taken" && ++misses >= MISSES_BEFORE_RELIST) {
        misses = 0;
        this.#ready.relist();
      }
    }
  }

  /** Tries one entry of the ready index, and moves past it. */
  #claimEntry(
    search: ClaimSearch,
    entry: ReadyEntry,
    look: "first" | "last",
  ): TaskEntry | "taken" | "passed" {
    this.#ready.skip();
    // Somebody who took the task has removed the entry: one look spares a vain attempt.
    const stat = this.#fs.lstat(entry.path);
    if (stat === undefined) return "taken";
    const task = this.#task(entry.stem);
    if (task === undefined) {
      if (Math.abs(Date.now() - stat.mtimeMs) > DANGLING_MS) this.#fs.remove(entry.path);
      return "passed";
    }
    if (!this.#ready.isPlace(entry, task)) {
      this.#fs.remove(entry.path);
      this.#enterReady(entry.stem, entry.again, search.now);
      return "passed";
    }
    if (search.queue !== undefined && task.queue !== search.queue) return "passed";
    const started = Date.now();
    const outcome = this.#claimTask(search, task, entry.stem, entry.again);
    // Who was first removes the entry, unless that process died; the claim may also be another tool's.
    if (outcome.kind === "lost" && look === "first" && !this.#isOldClaim(entry.stem)) {
      return "passed";
    }
    const claim = outcome.kind === "won" ? outcome.entry.claim : outcome.claim;
    // A holder whose timeout was noticed may have ended the task and died over it; with this entry
    // goes the last trace of that.
    if (claim !== undefined && isTerminal(claim)) mend(this.#claims, entry.stem);
    this.#fs.remove(entry.path);
    // The claim that this call made or met may have timed out while the process slept; then the entry
    // was perhaps the one that the task got for it.
    const now = search.now + (Date.now() - started);
    if (claim === undefined ? outcome.kind === "lost" : claimTimedOut(claim, now)) {
      this.#skipping.past(() => void this.#recheck(entry.stem, now));
    }
    return outcome.kind === "won" ? outcome.entry : "taken";
  }

  /** Whether a task's claim was there before whoever made it could be about to remove the entry. */
  #isOldClaim(stem: string): boolean {
    const stat = this.#fs.lstat(this.layout.record("claim", stem));
    return stat !== undefined && Math.abs(Date.now() - stat.mtimeMs) > CLAIM_SETTLED_MS;
  }

  #claimHinted(search: ClaimSearch, stem: string): TaskEntry | undefined {
    const task = this.#task(stem);
    if (task === undefined) return undefined;
    if (search.queue !== undefined && task.queue !== search.queue) return undefined;
    const outcome = this.#claimTask(search, task, stem, true);
    return outcome.kind === "won" ? outcome.entry : undefined;
  }

  /** Tries for a task; where it has no claim that is known of, for its first slot alone. */
  #claimTask(search: ClaimSearch, task: TaskRecord, stem: string, again: boolean): Attempt {
    const rule = this.#sparing.rule(search.rule(task), search.now);
    const outcome = again
      ? transition(this.#claims, stem, rule)
      : firstTransition(this.#claims, stem, rule);
    if (outcome === undefined) return { kind: "lost", claim: undefined };
    if (outcome.kind !== "written") {
      const claim = outcome.kind === "refuse" ? outcome.refusal.claim : outcome.claim;
      return { kind: "refused", claim };
    }
    if (this.#isRemoved(stem, outcome.claim)) return { kind: "lost", claim: undefined };
    this.#afterWrite(outcome);
    const expires = parseTime(outcome.claim.expires_at) ?? 0;
    this.#dueKnown.earliest = Math.min(this.#dueKnown.earliest, expires);
    return { kind: "won", entry: { task, claim: outcome.claim } };
  }

  /**
   * Whether a task was removed since it was looked at; the slot that was taken then was perhaps free
   * only because the task was over, and is given back.
   */
  #isRemoved(stem: string, taken: ClaimRecord): boolean {
    if (this.#fs.lstat(this.layout.record("task", stem)) !== undefined) return false;
    this.#claims.forget(taken);
    return true;
  }

  #afterWrite(outcome: ChainOutcome & { kind: "written" }): void {
    const { claim, previous } = outcome;
    if (previous !== undefined && !isTerminal(previous)) this.#claims.dropDue(previous);
    if (isTerminal(claim)) this.#fs.syncDir(this.layout.folder("claim"));
  }

  /** An end that this call only found: whoever made it may have died before it was on the disk. */
  #settleEnd(stem: string): void {
    mend(this.#claims, stem);
    this.#claims.syncEnd(stem);
    this.#fs.syncDir(this.layout.folder("claim"));
  }

  /** Makes the tasks of claims that timed out claimable, and drops entries that are out of date. */
  #sweepDue(now: number): void {
    const known = this.#dueKnown;
    if (now < known.earliest && Math.abs(now - known.at) < DUE_TRUST_MS) return;
    this.#due.reset();
    for (let entry = this.#due.peek(); entry !== undefined; entry = this.#due.peek()) {
      if (entry.ms > now) break;
      this.#due.skip();
      const stem = stemOfDue(entry.rest);
      this.#skipping.past(() => {
        const kept = this.#recheck(stem, now);
        if (kept === undefined || !this.#claims.isDueEntry(entry.path, kept)) {
          this.#fs.remove(entry.path);
        }
      });
    }
    this.#dueKnown = { earliest: this.#due.peek()?.ms ?? Infinity, at: now };
  }

  /**
   * Looks where a claimed task stands, and puts it into the index where it belongs.
   *
   * @returns The claim while its timeout lies ahead.
   */
  #recheck(stem: string, now: number): ClaimRecord | undefined {
    const head = readHead(this.#claims, stem);
    if (head === undefined) this.#enterReady(stem, false, now); // another tool has removed the claim
    else if (isTerminal(head)) mend(this.#claims, stem);
    else if (claimTimedOut(head, now)) this.#enterReady(stem, true, now);
    else {
      this.#claims.ensureDue(head);
      return head;
    }
    return undefined;
  }

  /** @returns Whether there is an entry now. */
  #enterReady(stem: string, again: boolean, now: number): boolean {
    const task = this.#task(stem);
    if (task === undefined || !again && taskExpired(task, now)) return false;
    const path = this.layout.record("task", stem);
    try {
      this.#ready.add(task, again, (entry) => this.#fs.link(path, entry));
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return false; // the task was removed since it was read
    }
  }

  /** Compares the index with the records and adds to it what is missing; `false` if some was skipped. */
  #rebuild(now: number): boolean {
    const isWhole = this.#check.run(now, this.#skipping, {
      unclaimed: (stem) => this.#enterReady(stem, false, now),
      claimed: (stem) => this.#recheck(stem, now),
    });
    this.#ready.reset();
    return isWhole;
  }
}
