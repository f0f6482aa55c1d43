/**
 * The task store over plain files. FORMAT.md describes every file; claim_chain.ts is the protocol of
 * a task's transitions; claim_next.ts finds the next task.
 *
 * `add`, in order: the task is written as its own first entry of the index (staging and index in one file) and
 * linked to `tasks/<hex>.json`; then the file is synced with that name. Until the link no process takes the
 * entry for a task, so the task appears whole, and it never appears without an entry.
 */
import {
  type ClaimRecord,
  type Decision,
  grant,
  isTerminal,
  type TimedRule,
  type TransitionRule,
} from "../../../domain/task/claim.ts";
import { idOfStem, stemOfId } from "../../../domain/ids.ts";
import { canonicalJson } from "../../../domain/json.ts";
import { isGated } from "../../../domain/task/after.ts";
import { archived, keepingKeys, type Revival } from "../../../domain/task/requeue.ts";
import { isBack, wasHeldBack } from "../../../domain/task/retry.ts";
import { isKeyed } from "../../../domain/task/key.ts";
import { heeded } from "../../../domain/task/keeping/pause.ts";
import { recalling } from "../../../domain/task/keeping/recall.ts";
import { parseTask, type TaskRecord } from "../../../domain/task/task.ts";
import type { Clock } from "../../../domain/time.ts";
import type { Host, HostFs } from "../../../ports/host.ts";
import type { TaskEntry, TaskFilter, TaskListing } from "../../../domain/task/listing.ts";
import type { Added, Applied, ClaimSearch, Preceding, TaskStore } from "../../../ports/tasks.ts";
import type { OnUnread, Warn } from "../../../ports/warnings.ts";
import { ensureLastingDir } from "../disk/ensure_dir.ts";
import { Batches } from "./batch.ts";
import { settleStep } from "./batch_settling.ts";
import { type ChainOutcome, mend, readHead, transition } from "./claim_chain.ts";
import { answerOf } from "./claim/applied.ts";
import { endOf, slotName } from "./claim/names.ts";
import { FsPauses } from "./claim/pauses.ts";
import { ClaimFiles } from "./claim_files.ts";
import { ClaimNext } from "./claim_next.ts";
import { FirstEntry } from "./index/first_entry.ts";
import type { KeyedTasks } from "../key/add.ts";
import type { Layout } from "../layout.ts";
import { isTimeToMove } from "../segment/names.ts";
import type { TaskMover } from "../segment/mover.ts";
import type { Segments } from "../segment/segments.ts";
import { isReprioritized, Placing } from "./index/placing.ts";
import { listStems, readParsed } from "../disk/record_file.ts";
import { SharedSync } from "../disk/shared_sync.ts";
import { RecordWatch } from "../watch/record_watch.ts";
import { Moved } from "./index/after_chain.ts";
import type { Successors } from "./successors.ts";
import { announceTask, watchTasks } from "./wake.ts";
import { TimeCursor } from "../disk/time_index.ts";
import { WrongClock } from "../disk/wrong_clock.ts";

/** Keeps a rule from a task that may not exist; no caller gets it. */
const ABSENT: Decision = {
  kind: "refuse",
  refusal: { status: "expired", message: "", claim: undefined },
};

export class FsTaskStore implements TaskStore {
  readonly pauses: FsPauses;
  readonly #fs: HostFs;
  readonly #claims: ClaimFiles;
  readonly #first: FirstEntry;
  readonly #due: TimeCursor;
  readonly #placing: Placing;
  readonly #next: ClaimNext;
  readonly #watch: RecordWatch;
  readonly #batches: Batches;
  readonly #sharedSync: SharedSync;
  #segments: Segments | undefined;
  #mover: TaskMover | undefined;
  #keyed: KeyedTasks | undefined;
  #successors: Successors | undefined;
  #isOpen = false;

  constructor(
    readonly host: Host,
    readonly layout: Layout,
    readonly clock: Clock,
    readonly warn: Warn,
  ) {
    this.#fs = host.fs;
    this.pauses = new FsPauses(host.fs, layout, warn);
    this.#claims = new ClaimFiles(host.fs, layout, warn);
    this.#first = new FirstEntry(host.fs, layout);
    this.#due = new TimeCursor(host.fs, this.#claims.dueRoot);
    this.#watch = new RecordWatch(host, [layout.folder("claim")]);
    this.#batches = new Batches(host, layout, warn);
    this.#sharedSync = new SharedSync(host.fs);
    const read = (stem: string) => this.#task(stem);
    const wrongClock = new WrongClock(host.fs, layout.tmp, warn);
    const parts = { claims: this.#claims, first: this.#first, read, wrongClock };
    this.#placing = new Placing(host.fs, layout, parts);
    this.#next = new ClaimNext(host.fs, layout, warn, {
      claims: this.#claims,
      first: this.#first,
      placing: this.#placing,
      batches: this.#batches,
      read,
      follow: (moved, now) => this.#follow(moved, now),
    });
  }

  async add(tasks: readonly TaskRecord[], found?: Preceding): Promise<Added> {
    this.#openToWrite();
    const added = await this.#addTasks(tasks, found);
    if (added.kind !== "added") return added;
    const moved = new Moved();
    for (const { task } of added.tasks) {
      if (isGated(task)) moved.waiting.add(stemOfId(task.task_id));
    }
    await this.#follow(moved, this.clock(), found?.completed);
    return added;
  }

  async #addTasks(tasks: readonly TaskRecord[], found?: Preceding): Promise<Added> {
    if (tasks.some(isKeyed)) return await (await this.#keyedTasks()).add(tasks, found?.standIns);
    await this.#addAll(tasks);
    return { kind: "added", tasks: tasks.map((task) => ({ task, isNew: true })) };
  }

  async restore(ended: Parameters<TaskStore["restore"]>[0]): ReturnType<TaskStore["restore"]> {
    this.#openToWrite();
    const left = await (await this.#moves()).restore(ended);
    const moved = new Moved();
    for (const each of ended) if (!left.includes(each)) moved.end(stemOfId(each.task.task_id));
    await this.#follow(moved, this.clock());
    return left;
  }

  async byKey(key: string): Promise<string[]> {
    return (await import("../key/newest.ts")).newestByKey(this.#fs, this.layout, key);
  }

  async #addAll(tasks: readonly TaskRecord[]): Promise<void> {
    const [first, ...others] = tasks;
    if (first === undefined) return;
    if (others.length === 0) {
      const path = this.layout.record("task", stemOfId(first.task_id));
      this.#first.make(first, path);
      await this.#sharedSync.names(path, this.layout.folder("task"));
    } else {
      await this.#batches.add(tasks);
      settleStep(this.#batches.turns);
    }
  }

  async successors(id: string): Promise<string[]> {
    return this.#first.after.successors(stemOfId(id))
      .filter((stem) => this.#claims.hasTask(stem) && this.#claims.isWaiting(stem))
      .map(idOfStem);
  }

  async get(id: string): Promise<TaskEntry | undefined> {
    const stem = stemOfId(id);
    const task = this.#task(stem) ?? (await this.#batches.pending()).get(stem)?.task ??
      this.#task(stem);
    const claim = task && readHead(this.#claims, stem);
    const isHere = claim !== undefined && isTerminal(claim) || this.#claims.hasTask(stem);
    return (isHere ? undefined : await this.#ended(stem)) ?? (task && { task, claim });
  }

  async find(prefix: string, limit: number): Promise<string[]> {
    const pending = await this.#batches.pending();
    const files = listStems(this.#fs, this.layout.folder("task"));
    const ended = (await this.#ends()).stems(prefix);
    return [...new Set([...pending.keys(), ...files, ...ended])]
      .filter((stem) => stem.toLowerCase().startsWith(prefix))
      .sort().slice(0, limit).map(idOfStem);
  }

  async apply(taskId: string, rule: TimedRule): Promise<Applied> {
    this.#openToWrite();
    const stem = stemOfId(taskId);
    while (true) {
      let revival: Revival | undefined;
      let done: ClaimRecord | undefined;
      const keeping = keepingKeys(rule, () => this.#task(stem), (noted) => void (revival = noted));
      const applied = await this.#apply(stem, recalling(keeping, (noted) => void (done = noted)));
      if (done !== undefined) return { kind: "written", claim: done };
      if (revival === undefined) return applied;
      const revived = await (await this.#keyedTasks()).revive(revival);
      if (revived !== undefined) return revived;
    }
  }

  async #apply(stem: string, rule: TimedRule): Promise<Applied> {
    let outcome = this.#transition(stem, rule);
    if (outcome === undefined) {
      const failure = await this.#batches.fileAll();
      outcome = this.#transition(stem, rule);
      if (outcome === undefined) {
        const ended = await this.#applyToEnd(stem, rule);
        if (ended === undefined && failure !== undefined) throw failure;
        return ended ?? { kind: "missing" };
      }
    }
    if (outcome.kind !== "written") {
      const claim = outcome.kind === "keep" ? outcome.claim : outcome.refusal.claim;
      const isHere = claim !== undefined && isTerminal(claim) || this.#claims.hasTask(stem);
      const ended = isHere ? undefined : await this.#applyToEnd(stem, rule);
      if (ended !== undefined) return ended;
      if (outcome.kind === "keep") {
        if (isTerminal(outcome.claim)) await this.#settleEnd(stem, outcome.claim);
        else this.#claims.syncState(stem, outcome.claim);
      }
      return answerOf(outcome);
    }
    if (outcome.conclude !== undefined) {
      await this.#claims.syncBeside(this.#sharedSync, endOf(outcome.claim));
      outcome.conclude();
    } else if (isBack(outcome.claim) || isReprioritized(outcome)) {
      await this.#claims.syncBeside(this.#sharedSync, slotName(stem, outcome.claim.transition));
    }
    if (this.#claims.takeBack(stem, outcome.claim)) {
      // A process that collects garbage removed what this call had ended.
      if (outcome.isSure) return { kind: "written", claim: outcome.claim };
      return await this.#applyToEnd(stem, rule, outcome.claim) ?? { kind: "missing" };
    }
    this.#claims.follow(outcome);
    if (isReprioritized(outcome)) this.#placing.reprioritized(outcome, this.clock());
    if (isTerminal(outcome.claim) || isBack(outcome.claim)) {
      await this.#afterwards(stem, outcome.claim);
    }
    if (isTerminal(outcome.claim)) {
      settleStep(this.#batches.turns);
      if (isTimeToMove(stem) || this.#mover?.isBusy) await (await this.#moves()).step();
    }
    return { kind: "written", claim: outcome.claim };
  }

  /** Applies a rule to the newest state; `undefined` when a task has neither a claim nor a file. */
  #transition(stem: string, rule: TimedRule): ChainOutcome | undefined {
    let isThere = true;
    const outcome = transition(this.#claims, stem, (current) => {
      // A task with a claim exists; only the first transition has to ask.
      isThere = current !== undefined || this.#task(stem) !== undefined;
      return isThere ? rule(this.clock())(current) : ABSENT;
    });
    return isThere ? outcome : undefined;
  }

  async claimNext(search: ClaimSearch): Promise<TaskEntry | undefined> {
    this.#openToWrite();
    // The time of a claim begins with the grant, which may come long after the search began.
    const rule = (task: TaskRecord): TransitionRule => (current) =>
      grant({ ...search.grant, task, now: this.clock() })(current);
    return await this.#next.run({ ...await heeded(search, this.pauses), now: this.clock(), rule });
  }

  async unmetNeeds(): ReturnType<TaskStore["unmetNeeds"]> {
    const { Claimers } = await import("./index/claimers.ts");
    return new Claimers(this.#fs, this.layout).unmet(this.#claims, this.clock());
  }

  async nextTimeout(): Promise<number | undefined> {
    this.#due.reset();
    return this.#due.peek()?.ms;
  }

  async list(filter: TaskFilter, onUnread?: OnUnread): Promise<TaskListing> {
    // A claim alone needs no listing.
    const { listTasks } = await import("../listing/list.ts");
    const sources = {
      claims: this.#claims,
      pending: await this.#batches.pending(),
      ends: await this.#ends(),
      onUnread,
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

  /** Most workspaces have no keys. */
  async #keyedTasks(): Promise<KeyedTasks> {
    const { KeyedTasks } = await import("../key/add.ts");
    return this.#keyed ??= new KeyedTasks({
      host: this.host,
      layout: this.layout,
      first: this.#first,
      batches: this.#batches,
      claims: this.#claims,
      sharedSync: this.#sharedSync,
      revived: async (claim) => {
        await this.#afterwards(stemOfId(claim.task_id), claim);
        await this.announce(claim.task_id);
      },
      add: (tasks) => this.#addAll(tasks),
      definition: async (id) => (await this.get(id))?.task,
      apply: (id, rule) => this.apply(id, rule),
    });
  }

  /** Once a process, before it writes: makes the folders that are missing. */
  #openToWrite(): void {
    if (this.#isOpen) return;
    for (const kind of ["task", "claim"] as const) {
      ensureLastingDir(this.#fs, this.layout.folder(kind));
    }
    this.#isOpen = true;
  }

  #task(stem: string): TaskRecord | undefined {
    return readParsed(this.#fs, this.layout.root, `tasks/${stem}.json`, parseTask, this.warn);
  }

  /** The tasks that have no files any more; few calls look for one. */
  async #ends(): Promise<Segments> {
    const { Segments } = await import("../segment/segments.ts");
    return this.#segments ??= new Segments(this.#fs, this.layout, this.warn);
  }

  async #ended(stem: string): Promise<(TaskEntry & { claim: ClaimRecord }) | undefined> {
    return (await this.#ends()).entry(stem);
  }

  /**
   * What a rule says of a task that has ended and has no files; `undefined` when there is none.
   *
   * @param own A state that this call took back, which may be the end.
   */
  async #applyToEnd(
    stem: string,
    rule: TimedRule,
    own?: ClaimRecord,
  ): Promise<Applied | undefined> {
    const claim = (await this.#ended(stem))?.claim;
    if (claim === undefined) return undefined;
    if (own !== undefined && canonicalJson(own) === canonicalJson(claim)) {
      return { kind: "written", claim };
    }
    const decision = rule(this.clock())(claim);
    if (decision.kind !== "write") return answerOf(decision);
    return { kind: "refused", refusal: archived(claim) };
  }

  async #moves(): Promise<TaskMover> {
    const { TaskMover } = await import("../segment/mover.ts");
    return this.#mover ??= new TaskMover(this.host, this.layout, this.warn);
  }

  /** An end that this call only found: its maker may have died before it was on the disk. */
  async #settleEnd(stem: string, claim: ClaimRecord): Promise<void> {
    mend(this.#claims, stem);
    this.#claims.sync(endOf(claim));
    await this.#afterwards(stem, claim);
  }

  /** Does for other tasks what follows from a state that is on the disk. */
  async #afterwards(stem: string, claim: ClaimRecord): Promise<void> {
    const moved = new Moved();
    moved.end(stem);
    // It may have waited itself, and was cancelled.
    if (claim.transition === 1 || wasHeldBack(claim)) moved.waiting.add(stem);
    await this.#follow(moved, this.clock());
  }

  /** Does all that follows from what happened for tasks that wait for others; `false` when nothing does. */
  async #follow(moved: Moved, now: number, completed?: ReadonlySet<string>): Promise<boolean> {
    // Most tasks have none that wait for them, and need no more than this look.
    for (const stem of moved.ended) {
      if (!this.#first.after.mayBeAwaited(stem)) moved.ended.delete(stem);
    }
    if (moved.isNothing) return false;
    const { Successors } = await import("./successors.ts");
    this.#successors ??= new Successors({
      fs: this.#fs,
      layout: this.layout,
      warn: this.warn,
      claims: this.#claims,
      first: this.#first,
      read: (stem) => this.#task(stem),
      get: (id) => this.get(id),
      batches: this.#batches,
    });
    await this.#successors.follow(moved, now, completed);
    return true;
  }
}
