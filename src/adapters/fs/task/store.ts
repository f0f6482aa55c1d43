/**
 * The task store over plain files. FORMAT.md describes every file; claim_chain.ts is the protocol of
 * a task's transitions; claim_next.ts finds the next task.
 *
 * `add`, in order: the task is written as its own entry of the ready index (staging and index in one
 * file), synced, and linked to `tasks/<hex>.json`; then the folder is synced. Until the link no
 * process takes the entry for a task, so the task appears whole, and it never appears without an
 * entry.
 */
import {
  grant,
  isTerminal,
  type TimedRule,
  type TransitionRule,
} from "../../../domain/task/claim.ts";
import { idOfStem, stemOfId } from "../../../domain/ids.ts";
import { parseTask, type TaskRecord } from "../../../domain/task/task.ts";
import type { Clock } from "../../../domain/time.ts";
import type { Host, HostFs } from "../../../ports/host.ts";
import type { TaskEntry, TaskFilter, TaskListing } from "../../../domain/task/listing.ts";
import type { Applied, ClaimSearch, TaskStore } from "../../../ports/tasks.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { ensureLastingDir, isNotFound } from "../disk/ensure_dir.ts";
import { Batches } from "./batch.ts";
import { settleStep } from "./batch_settling.ts";
import { mend, readHead, transition } from "./claim_chain.ts";
import { ClaimFiles } from "./claim_files.ts";
import { ClaimNext } from "./claim_next.ts";
import type { Layout } from "../layout.ts";
import { ReadyIndex } from "./ready_index.ts";
import { listStems, readParsed, recordBytes } from "../disk/record_file.ts";
import { RecordWatch } from "../watch/record_watch.ts";
import { announceTask, watchTasks } from "./wake.ts";
import { TimeCursor } from "../disk/time_index.ts";

export class FsTaskStore implements TaskStore {
  readonly #fs: HostFs;
  readonly #claims: ClaimFiles;
  readonly #ready: ReadyIndex;
  readonly #due: TimeCursor;
  readonly #next: ClaimNext;
  readonly #watch: RecordWatch;
  readonly #batches: Batches;
  #isOpen = false;

  constructor(
    readonly host: Host,
    readonly layout: Layout,
    readonly clock: Clock,
    readonly warn: Warn,
  ) {
    this.#fs = host.fs;
    this.#claims = new ClaimFiles(host.fs, layout, warn);
    this.#ready = new ReadyIndex(host.fs, `${layout.index}/ready`);
    this.#due = new TimeCursor(host.fs, this.#claims.dueRoot);
    this.#watch = new RecordWatch(host, [layout.folder("claim")]);
    this.#batches = new Batches(host, layout, warn);
    this.#next = new ClaimNext(host.fs, layout, warn, {
      claims: this.#claims,
      ready: this.#ready,
      batches: this.#batches,
      read: (stem) => this.#task(stem),
    });
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

  async apply(taskId: string, rule: TimedRule): Promise<Applied> {
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
    const outcome = transition(this.#claims, stem, (current) => rule(this.clock())(current));
    if (outcome.kind === "refuse") return { kind: "refused", refusal: outcome.refusal };
    if (outcome.kind === "keep") {
      if (isTerminal(outcome.claim)) this.#settleEnd(stem);
      return { kind: "kept", claim: outcome.claim, warning: outcome.warning };
    }
    if (this.#claims.takeBack(stem, outcome.claim)) return { kind: "missing" };
    this.#claims.follow(outcome);
    if (isTerminal(outcome.claim)) settleStep(this.#batches.turns);
    return { kind: "written", claim: outcome.claim };
  }

  async claimNext(search: ClaimSearch): Promise<TaskEntry | undefined> {
    this.#openToWrite();
    // The time of a claim begins with the grant, which may come long after the search began.
    const rule = (task: TaskRecord): TransitionRule => (current) =>
      grant({ ...search.grant, task, now: this.clock() })(current);
    return await this.#next.run({ ...search, now: this.clock(), rule });
  }

  async nextTimeout(): Promise<number | undefined> {
    this.#due.reset();
    return this.#due.peek()?.ms;
  }

  async list(filter: TaskFilter): Promise<TaskListing> {
    // A claim alone needs no listing.
    const { listTasks } = await import("./list.ts");
    const sources = {
      claims: this.#claims,
      pending: await this.#batches.pending(),
      read: (stem: string) => this.#task(stem),
    };
    return listTasks(this.layout, sources, filter, this.clock());
  }

  async announce(id: string): Promise<void> {
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
    return readParsed(this.#fs, this.layout.root, `tasks/${stem}.json`, parseTask, this.warn);
  }

  /** An end that this call only found: its maker may have died before it was on the disk. */
  #settleEnd(stem: string): void {
    mend(this.#claims, stem);
    this.#claims.syncEnd(stem);
    this.#fs.syncDir(this.layout.folder("claim"));
  }
}
