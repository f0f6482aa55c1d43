/**
 * The search for the next task to claim: in the index over claimable tasks, then among the ids that the
 * caller names, and before the answer "none" once more with nothing taken for known.
 *
 * Processes that claim at once would all want the first entry. One that lost it to another run takes
 * the first entries in any order for a second, one more than such runs that it has met.
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
  taskStatus,
  type TransitionRule,
} from "../../../domain/task/claim.ts";
import { stemOfId } from "../../../domain/ids.ts";
import { giveUp } from "../../../domain/task/requeue.ts";
import { isGated } from "../../../domain/task/after.ts";
import {
  claimableFrom,
  isDelayed,
  taskExpired,
  type TaskRecord,
} from "../../../domain/task/task.ts";
import { parseTime } from "../../../domain/time.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import { type Attempt, isFor, type SearchParts, type TimedSearch } from "./claim_search.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { isNotFound } from "../disk/ensure_dir.ts";
import type { Batches } from "./batch.ts";
import { firstTransition, mend, readHead, transition } from "./claim_chain.ts";
import { endOf, slotName } from "./claim/names.ts";
import { type ClaimFiles, stemOfDue } from "./claim_files.ts";
import { RecordsCheck } from "./index/check.ts";
import { type FirstEntry, isOfUnclaimed } from "./index/first_entry.ts";
import { Rivals } from "./index/rivals.ts";
import { readClaim } from "./claim/read_claim.ts";
import type { Layout } from "../layout.ts";
import type { ReadyEntry, ReadyIndex } from "./index/ready_index.ts";
import { TimeCursor } from "../disk/time_index.ts";
import { Skipping } from "../disk/unreadable.ts";
import { Moved } from "./index/after_chain.ts";
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

/** A process that claimed a task within these milliseconds is taken to claim more. */
const BUSY_MS = 1_000;

/** It keeps what it has listed from one search to the next. */
export class ClaimNext {
  readonly #fs: HostFs;
  readonly #layout: Layout;
  readonly #claims: ClaimFiles;
  readonly #ready: ReadyIndex;
  readonly #first: FirstEntry;
  readonly #batches: Batches;
  readonly #parts: SearchParts;
  readonly #task: (stem: string) => TaskRecord | undefined;
  readonly #due: TimeCursor;
  readonly #check: RecordsCheck;
  readonly #wrongClock: WrongClock;
  readonly #skipping: Skipping;
  readonly #rivals = new Rivals();
  /** What this process has found out, and has not followed yet. */
  #moved = new Moved();
  #dueKnown = { earliest: -Infinity, at: -Infinity };
  /** When this process claimed a task last. */
  #wonAt = -Infinity;

  constructor(fs: HostFs, layout: Layout, warn: Warn, parts: SearchParts) {
    const { claims, ready, first, batches, read } = parts;
    this.#fs = fs;
    this.#layout = layout;
    this.#claims = claims;
    this.#ready = ready;
    this.#first = first;
    this.#batches = batches;
    this.#parts = parts;
    this.#task = read;
    this.#due = new TimeCursor(fs, claims.dueRoot, () => Date.now() - this.#wonAt < BUSY_MS);
    this.#check = new RecordsCheck(fs, layout, claims.dueRoot, warn);
    this.#wrongClock = new WrongClock(fs, layout.tmp, warn);
    this.#skipping = new Skipping(warn);
  }

  /** Claims the task that comes first; `undefined` when there is none. */
  async run(search: TimedSearch): Promise<TaskEntry | undefined> {
    this.#skipping.reset();
    if (search.effort === "thorough") await this.#batches.repair(false);
    await this.#sweep(search.now);
    let found = this.#claimFromIndex(search, "first");
    for (const id of search.hints ?? []) {
      found ??= this.#skipping.past(() => this.#claimHinted(search, stemOfId(id)));
    }
    await this.#follow(search.now);
    if (found !== undefined || search.effort === "quick") return found;
    this.#ready.reset();
    this.#dueKnown = { earliest: -Infinity, at: -Infinity };
    await this.#sweep(search.now);
    const failure = await this.#batches.repair(true);
    do {
      found = await this.#claimLast(search);
    } while (found === undefined && await this.#batches.isRepairing());
    // Again while a comparison finds something to claim that is gone from the index by the next look.
    for (let round = 0, isWhole = true; isWhole && round < MAX_REBUILDS; round++) {
      if (found !== undefined || !this.#check.needed(this.#ready.foldersFor(search), search.now)) {
        break;
      }
      isWhole = this.#rebuild(search.now);
      found = await this.#claimLast(search);
    }
    // Whether there is nothing to claim, only a process can say that may read and write everything.
    const refused = failure ?? this.#skipping.refused;
    if (found === undefined && refused !== undefined) throw refused;
    return found;
  }

  /** Searches the index, again while something is let go by what it meets. */
  async #claimLast(search: TimedSearch): Promise<TaskEntry | undefined> {
    while (true) {
      if (await this.#follow(search.now)) await this.#sweep(search.now);
      const found = this.#claimFromIndex(search, "last");
      const isOver = this.#moved.isNothing;
      if (found !== undefined) await this.#follow(search.now);
      if (found !== undefined || isOver) return found;
    }
  }

  /** Sweeps the index over instants, and what that lets go comes into the index as well. */
  async #sweep(now: number): Promise<void> {
    do this.#sweepDue(now); while (await this.#follow(now));
  }

  /** Does what follows from the ends that this process has met; `false` when nothing does. */
  async #follow(now: number): Promise<boolean> {
    const moved = this.#moved;
    if (moved.isNothing) return false;
    this.#moved = new Moved();
    if (!await this.#parts.follow(moved, now)) return false;
    this.#dueKnown = { earliest: -Infinity, at: -Infinity };
    return true;
  }

  #claimFromIndex(search: TimedSearch, look: "first" | "last"): TaskEntry | undefined {
    let misses = 0;
    this.#ready.freshen();
    while (true) {
      const entry = this.#ready.take(search, 1 + this.#rivals.count());
      if (entry === undefined) return undefined;
      const found = this.#skipping.past(() => this.#claimEntry(search, entry, look));
      if (typeof found === "object") return found;
      if (found === "taken" && ++misses >= MISSES_BEFORE_RELIST) {
        misses = 0;
        this.#ready.relist();
      }
    }
  }

  /** Tries one entry of the ready index. */
  #claimEntry(
    search: TimedSearch,
    entry: ReadyEntry,
    look: "first" | "last",
  ): TaskEntry | "taken" | "passed" {
    // The winner removes the entry; where others are at work, a look saves a failed attempt.
    const hasRivals = this.#rivals.count() > 0;
    if (hasRivals && this.#fs.lstat(entry.path) === undefined) return "taken";
    const task = this.#task(entry.stem);
    if (task === undefined) {
      const stat = this.#fs.lstat(entry.path);
      if (stat === undefined) return "taken";
      if (Math.abs(Date.now() - stat.mtimeMs) > DANGLING_MS) this.#fs.remove(entry.path);
      return "passed";
    }
    // A clock that is ahead of this one may have found a delayed task due.
    const isEarly = !entry.again && (isGated(task) || isDelayed(task, search.now));
    if (!this.#ready.isPlace(entry, task) || isEarly) {
      this.#enter(entry.stem, entry.again, search.now);
      this.#fs.remove(entry.path);
      return "passed";
    }
    if (!isFor(task, search)) return "passed";
    // This one spares what a claim stages.
    const looksFirst = look === "first" && !entry.again && hasRivals;
    if (looksFirst && this.#meetsRival(entry.stem)) return "passed";
    const started = Date.now();
    const outcome = this.#claimTask(search, task, entry.stem, entry.again);
    // Who was first removes the entry, unless that process died; the claim may also be another tool's.
    if (outcome.kind === "lost" && look === "first" && this.#meetsRival(entry.stem)) {
      return "passed";
    }
    const claim = outcome.kind === "won" ? outcome.entry.claim : outcome.claim;
    // A holder whose timeout was noticed may have ended the task and died over it; with this entry
    // goes the last trace of that.
    if (claim !== undefined && isTerminal(claim)) this.#mend(entry.stem);
    this.#fs.remove(entry.path);
    // The claim that this call made or met may have timed out while the process slept; then the entry
    // was perhaps the one that the task got for it.
    const now = search.now + (Date.now() - started);
    if (claim === undefined ? outcome.kind === "lost" : claimTimedOut(claim, now)) {
      this.#skipping.past(() => void this.#recheck(entry.stem, now));
    }
    return outcome.kind === "won" ? outcome.entry : "taken";
  }

  /** Whether a task has a claim whose maker may be about to remove the entry. */
  #meetsRival(stem: string): boolean {
    const file = readClaim(this.#fs, this.#layout.folder("claim"), slotName(stem, 1));
    if (file === undefined || Math.abs(Date.now() - file.stat.mtimeMs) > CLAIM_SETTLED_MS) {
      return false;
    }
    this.#rivals.meet(file.claim.claimer_run_id);
    return true;
  }

  #claimHinted(search: TimedSearch, stem: string): TaskEntry | undefined {
    const task = this.#task(stem);
    if (task === undefined || !isFor(task, search)) return undefined;
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
    if (outcome.conclude !== undefined) {
      // Its last attempt had timed out, and now it has failed.
      this.#claims.sync(endOf(outcome.claim));
      outcome.conclude();
      this.#moved.ended.add(stem);
      return { kind: "refused", claim: outcome.claim };
    }
    this.#wonAt = Date.now();
    const expires = parseTime(outcome.claim.expires_at) ?? 0;
    this.#dueKnown.earliest = Math.min(this.#dueKnown.earliest, expires);
    return { kind: "won", entry: { task, claim: outcome.claim } };
  }

  /** Makes the tasks of claims that timed out claimable, and drops entries that are out of date. */
  #sweepDue(now: number): void {
    const known = this.#dueKnown;
    if (now < known.earliest && Math.abs(now - known.at) < DUE_TRUST_MS) return;
    this.#due.reset();
    for (let entry = this.#due.peek(now); entry !== undefined; entry = this.#due.peek(now)) {
      if (entry.ms > now) break;
      this.#due.skip();
      const stem = stemOfDue(entry.rest);
      this.#skipping.past(() => {
        if (isOfUnclaimed(entry.rest)) return this.#promote(stem, entry.path, now);
        const kept = this.#recheck(stem, now);
        if (typeof kept !== "object" || !this.#claims.isDueEntry(entry.path, kept)) {
          this.#fs.remove(entry.path);
        }
      });
    }
    this.#dueKnown = { earliest: this.#due.peek(now)?.ms ?? this.#due.laterMs, at: now };
  }

  /**
   * Gives a task that was delayed its entry among those that may be claimed, in the place of the other.
   * Without a record its writer is about to link it: either it finds the entry gone and makes it
   * again, or the record is there by the second look.
   */
  #promote(stem: string, path: string, now: number): void {
    const isThere = this.#claims.hasTask(stem);
    this.#recheck(stem, now);
    this.#fs.remove(path);
    if (!isThere) this.#recheck(stem, now);
  }

  /**
   * Looks where a claimed task stands, and puts it into the index where it belongs.
   *
   * @returns The claim while its timeout lies ahead; else whether it may be claimed.
   */
  #recheck(stem: string, now: number): ClaimRecord | boolean {
    const head = readHead(this.#claims, stem);
    if (head === undefined) this.#enter(stem, false, now); // delayed, or another tool has removed the claim
    else if (isTerminal(head)) this.#mend(stem);
    else if (claimTimedOut(head, now)) return this.#enterAgain(stem, head, now);
    else {
      this.#claims.ensureDue(head);
      return head;
    }
    return true;
  }

  #mend(stem: string): void {
    mend(this.#claims, stem);
    this.#moved.ended.add(stem);
  }

  /** Makes a task claimable that was claimed; `false` when it has failed, or its ttl has passed. */
  #enterAgain(stem: string, head: ClaimRecord, now: number): boolean {
    const task = this.#task(stem);
    if (task === undefined) return true;
    const rule = this.#sparing(giveUp({ task, now }), now);
    const outcome = rule(head).kind === "write" ? transition(this.#claims, stem, rule) : undefined;
    if (outcome?.kind === "written") {
      this.#claims.sync(endOf(outcome.claim));
      outcome.conclude?.();
      this.#moved.ended.add(stem);
      this.#claims.takeBack(stem, outcome.claim);
      return false;
    }
    if (taskStatus(task, head, now) === "expired") return false;
    this.#enter(stem, true, now);
    return true;
  }

  /** @returns From when on the task may be claimed: 0 for now, infinity for never. */
  #enter(stem: string, again: boolean, now: number): number {
    const task = this.#task(stem);
    if (task === undefined || !again && taskExpired(task, now)) return Infinity;
    if (!again && isGated(task)) {
      this.#moved.lacking.add(stem);
      return Infinity;
    }
    const path = this.#layout.record("task", stem);
    const link = (entry: string) => this.#fs.link(path, entry);
    try {
      if (!again && isDelayed(task, now)) {
        this.#first.add(task, link);
        return claimableFrom(task);
      }
      this.#ready.add(task, again, link);
      return 0;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return Infinity; // the task was removed since it was read
    }
  }

  /** Compares the index with the records and adds to it what is missing; `false` if some was skipped. */
  #rebuild(now: number): boolean {
    const isWhole = this.#check.run(now, this.#skipping, {
      unclaimed: (stem) => this.#enter(stem, false, now),
      claimed: (stem) => {
        const kept = this.#recheck(stem, now);
        return typeof kept === "object" ? parseTime(kept.expires_at) ?? 0 : kept ? 0 : Infinity;
      },
      isOver: (stem) => {
        const head = readHead(this.#claims, stem);
        return head !== undefined && isTerminal(head);
      },
      ended: (stem) => this.#moved.ended.add(stem),
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
