/**
 * The search for the next task to claim: in the index over claimable tasks, then among the ids that the
 * caller names, and before the answer "none" once more with nothing taken for known.
 *
 * Four windows save looks; a task that one of them hides is found by that last pass.
 *
 * - {@link DUE_TRUST_MS}, 50 ms: the earliest timeout is not looked up again, which takes a listing a
 *   level of its index. A claim made within the window lasts at least a second, so it is not overlooked;
 *   a task that is given back within it is found that much later.
 * - {@link CLAIM_SETTLED_MS}, 1 s: a process that made a claim removes the task's entry two steps later.
 *   The entry of an older claim has no process left that will remove it.
 * - The comparison of index and records is believed for 10 s (check.ts). It lists both folders, and
 *   finds only what other tools wrote or removed; a change of the folder of tasks ends it at once.
 * - {@link DANGLING_MS}, 60 s: an entry is there before its task's record, and a sync lies between them.
 *   An older entry without a record is what a process that died has left.
 */
import {
  type ClaimRecord,
  claimTimedOut,
  isClaimAhead,
  isTerminal,
  taken,
  type TransitionRule,
} from "../../../domain/task/claim.ts";
import { stemOfId } from "../../../domain/ids.ts";
import { taskExpired, type TaskRecord } from "../../../domain/task/task.ts";
import { parseTime } from "../../../domain/time.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import type { ClaimSearch } from "../../../ports/tasks.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { isNotFound } from "../disk/ensure_dir.ts";
import type { Batches } from "./batch.ts";
import { firstTransition, mend, readHead, transition } from "./claim_chain.ts";
import { type ClaimFiles, stemOfDue } from "./claim_files.ts";
import { RecordsCheck } from "./check.ts";
import type { Layout } from "../layout.ts";
import type { ReadyEntry, ReadyIndex } from "./ready_index.ts";
import { TimeCursor } from "../disk/time_index.ts";
import { Skipping } from "../disk/unreadable.ts";
import { WrongClock } from "../disk/wrong_clock.ts";

/** Entries in a row that others took before the names are listed again. */
const MISSES_BEFORE_RELIST = 3;

/** Milliseconds within which a process that made a claim removes the task's entry, or never does. */
const CLAIM_SETTLED_MS = 1_000;

/** Milliseconds for which an entry without a task is an enqueue under way; then it is a dead one. */
const DANGLING_MS = 60_000;

/** Comparisons of index and records in one search. */
const MAX_REBUILDS = 5;

/** How long the earliest timeout is taken to be known, milliseconds of the caller's clock. */
const DUE_TRUST_MS = 50;

/** A search that has begun. */
interface TimedSearch extends ClaimSearch {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The rule that grants one given task. */
  readonly rule: (task: TaskRecord) => TransitionRule;
}

/** What became of a try for one task. */
type Attempt =
  | { readonly kind: "won"; readonly entry: TaskEntry }
  | { readonly kind: "refused" | "lost"; readonly claim: ClaimRecord | undefined };

/** What the search works on, besides the files of claims. */
interface SearchParts {
  readonly claims: ClaimFiles;
  readonly ready: ReadyIndex;
  readonly batches: Batches;
  /** A task by its file. */
  readonly read: (stem: string) => TaskRecord | undefined;
}

/** It keeps what it has listed from one search to the next. */
export class ClaimNext {
  readonly #fs: HostFs;
  readonly #layout: Layout;
  readonly #claims: ClaimFiles;
  readonly #ready: ReadyIndex;
  readonly #batches: Batches;
  readonly #task: (stem: string) => TaskRecord | undefined;
  readonly #due: TimeCursor;
  readonly #check: RecordsCheck;
  readonly #wrongClock: WrongClock;
  readonly #skipping: Skipping;
  #dueKnown = { earliest: -Infinity, at: -Infinity };

  constructor(
    fs: HostFs,
    layout: Layout,
    warn: Warn,
    { claims, ready, batches, read }: SearchParts,
  ) {
    this.#fs = fs;
    this.#layout = layout;
    this.#claims = claims;
    this.#ready = ready;
    this.#batches = batches;
    this.#task = read;
    this.#due = new TimeCursor(fs, claims.dueRoot);
    this.#check = new RecordsCheck(fs, layout, claims.dueRoot, warn);
    this.#wrongClock = new WrongClock(fs, layout.tmp, warn);
    this.#skipping = new Skipping(warn);
  }

  /** Claims the task that comes first; `undefined` when there is none. */
  async run(search: TimedSearch): Promise<TaskEntry | undefined> {
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

  #claimFromIndex(search: TimedSearch, look: "first" | "last"): TaskEntry | undefined {
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
    search: TimedSearch,
    entry: ReadyEntry,
    look: "first" | "last",
  ): TaskEntry | "taken" | "passed" {
    this.#ready.skip();
    // The winner removes the entry; checking saves a failed attempt.
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

  /** Whether a task's claim was there before its maker could be about to remove the entry. */
  #isOldClaim(stem: string): boolean {
    const stat = this.#fs.lstat(this.#layout.record("claim", stem));
    return stat !== undefined && Math.abs(Date.now() - stat.mtimeMs) > CLAIM_SETTLED_MS;
  }

  #claimHinted(search: TimedSearch, stem: string): TaskEntry | undefined {
    const task = this.#task(stem);
    if (task === undefined) return undefined;
    if (search.queue !== undefined && task.queue !== search.queue) return undefined;
    const outcome = this.#claimTask(search, task, stem, true);
    return outcome.kind === "won" ? outcome.entry : undefined;
  }

  /** Tries for a task; where it has no claim that is known of, for its first slot alone. */
  #claimTask(search: TimedSearch, task: TaskRecord, stem: string, again: boolean): Attempt {
    const rule = this.#sparing(search.rule(task), search.now);
    const outcome = again
      ? transition(this.#claims, stem, rule)
      : firstTransition(this.#claims, stem, rule);
    if (outcome === undefined) return { kind: "lost", claim: undefined };
    if (outcome.kind !== "written") {
      const claim = outcome.kind === "refuse" ? outcome.refusal.claim : outcome.claim;
      return { kind: "refused", claim };
    }
    if (this.#claims.takeBack(stem, outcome.claim)) return { kind: "lost", claim: undefined };
    this.#claims.follow(outcome);
    const expires = parseTime(outcome.claim.expires_at) ?? 0;
    this.#dueKnown.earliest = Math.min(this.#dueKnown.earliest, expires);
    return { kind: "won", entry: { task, claim: outcome.claim } };
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
    const path = this.#layout.record("task", stem);
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

  /** A rule that grants; it takes no claim that lies ahead while this process's own clock is wrong. */
  #sparing(rule: TransitionRule, now: number): TransitionRule {
    return (current) => {
      const isSpared = current?.status === "claimed" && isClaimAhead(current, now) &&
        !this.#wrongClock.isOver(`The claim of task ${current.task_id}`, current.heartbeat_at);
      return isSpared ? taken(current) : rule(current);
    };
  }
}
