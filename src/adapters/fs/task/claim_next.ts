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
 * - One second: a process that made a claim removes the task's entry two steps later.
 *   The entry of an older claim has no process left that will remove it (index/rivals.ts).
 * - The comparison of index and records is believed for 10 s (check.ts). It lists both folders, and
 *   finds only what other tools wrote or removed; a change of the folder of tasks ends it at once.
 * - {@link DANGLING_MS}, 60 s: an entry is there before its task's record, and a sync lies between them.
 *   An older entry without a record is what a process that died has left.
 */
import {
  claimTimedOut,
  type Decision,
  isTerminal,
  type TransitionRule,
} from "../../../domain/task/claim.ts";
import { stemOfId } from "../../../domain/ids.ts";
import { priorityOf } from "../../../domain/task/pending.ts";
import { isGated } from "../../../domain/task/after.ts";
import { isDelayed, mayTake, type TaskRecord } from "../../../domain/task/task.ts";
import { parseTime } from "../../../domain/time.ts";
import type { HostFs } from "../../../ports/host.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import type { Attempt, PlacedSearch, SearchParts, TimedSearch } from "./claim_search.ts";
import type { Warn } from "../../../ports/warnings.ts";
import type { Batches } from "./batch.ts";
import { firstTransition, readHead, transition } from "./claim_chain.ts";
import { endOf } from "./claim/names.ts";
import { type ClaimFiles, stemOfDue, transitionOfDue } from "./claim_files.ts";
import { isOfUnclaimed } from "./index/first_entry.ts";
import type { Placing } from "./index/placing.ts";
import { ReadyPlaces } from "./index/ready_place.ts";
import type { Claimers } from "./index/claimers.ts";
import { Rivals } from "./index/rivals.ts";
import type { Layout } from "../layout.ts";
import type { ReadyEntry } from "./index/ready_index.ts";
import { TimeCursor } from "../disk/time_index.ts";
import { Skipping } from "../disk/unreadable.ts";
import { Moved } from "./index/after_chain.ts";

/** Entries in a row that others took before the names are listed again. */
const MISSES_BEFORE_RELIST = 3;

/** Milliseconds for which an entry without a task is an enqueue under way; then it is a dead one. */
const DANGLING_MS = 60_000;

/** Comparisons of index and records in one search. */
const MAX_REBUILDS = 5;

/** How long the earliest timeout is taken to be known, milliseconds of the caller's clock. */
const DUE_TRUST_MS = 50;

/** A process that claimed a task within these milliseconds is taken to claim more. */
const BUSY_MS = 1_000;

/** Keeps a grant from a task whose entry lies at another priority than its present one. */
const MISPLACED: Decision = {
  kind: "refuse",
  refusal: { status: "taken", message: "", claim: undefined },
};

/** It keeps what it has listed from one search to the next. */
export class ClaimNext {
  readonly #fs: HostFs;
  readonly #layout: Layout;
  readonly #claims: ClaimFiles;
  readonly #batches: Batches;
  readonly #parts: SearchParts;
  readonly #task: (stem: string) => TaskRecord | undefined;
  readonly #due: TimeCursor;
  readonly #places: ReadyPlaces;
  readonly #placing: Placing;
  readonly #skipping: Skipping;
  readonly #rivals: Rivals;
  #claimers: Claimers | undefined;
  #dueKnown = { earliest: -Infinity, at: -Infinity };
  /** When this process claimed a task last. */
  #wonAt = -Infinity;

  constructor(fs: HostFs, layout: Layout, warn: Warn, parts: SearchParts) {
    const { claims, first, batches, read } = parts;
    this.#fs = fs;
    this.#layout = layout;
    this.#claims = claims;
    this.#batches = batches;
    this.#parts = parts;
    this.#task = read;
    this.#due = new TimeCursor(fs, claims.dueRoot, () => Date.now() - this.#wonAt < BUSY_MS);
    this.#places = new ReadyPlaces({ fs, layout, warn, first, read });
    this.#rivals = new Rivals(fs, layout.folder("claim"));
    this.#placing = parts.placing;
    this.#skipping = new Skipping(warn);
  }

  /** Claims the task that comes first; `undefined` when there is none. */
  async run(timed: TimedSearch): Promise<TaskEntry | undefined> {
    const search = { ...timed, place: this.#places.of(timed.tag) };
    const { place: { ready, check } } = search;
    this.#skipping.reset();
    if (search.has?.length) await this.#noteClaimer(search);
    if (search.effort === "thorough") await this.#batches.repair(false);
    await this.#sweep(search.now);
    if (!search.place.isBuilt()) this.#rebuild(search);
    let found = this.#claimFromIndex(search, "first");
    for (const id of search.hints ?? []) {
      found ??= this.#skipping.past(() => this.#claimHinted(search, stemOfId(id)));
    }
    await this.#follow(search.now);
    if (found !== undefined || search.effort === "quick") return found;
    ready.reset();
    this.#dueKnown = { earliest: -Infinity, at: -Infinity };
    await this.#sweep(search.now);
    const failure = await this.#batches.repair(true);
    do {
      found = await this.#claimLast(search);
    } while (found === undefined && await this.#batches.isRepairing());
    // Again while a comparison finds something to claim that is gone from the index by the next look.
    for (let round = 0, isWhole = true; isWhole && round < MAX_REBUILDS; round++) {
      if (found !== undefined || !check.needed(ready.foldersFor(search), search.now)) break;
      isWhole = this.#rebuild(search);
      found = await this.#claimLast(search);
    }
    // Whether there is nothing to claim, only a process can say that may read and write everything.
    const refused = failure ?? this.#skipping.refused;
    if (found === undefined && refused !== undefined) throw refused;
    return found;
  }

  async #noteClaimer({ has, queues, now }: TimedSearch): Promise<void> {
    this.#claimers ??= new (await import("./index/claimers.ts")).Claimers(this.#fs, this.#layout);
    this.#claimers.note({ has, queues }, now);
  }

  /** Searches the index, again while something is let go by what it meets. */
  async #claimLast(search: PlacedSearch): Promise<TaskEntry | undefined> {
    while (true) {
      if (await this.#follow(search.now)) await this.#sweep(search.now);
      const found = this.#claimFromIndex(search, "last");
      const isOver = this.#placing.moved.isNothing;
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
    const moved = this.#placing.moved;
    if (moved.isNothing) return false;
    this.#placing.moved = new Moved();
    if (!await this.#parts.follow(moved, now)) return false;
    this.#dueKnown = { earliest: -Infinity, at: -Infinity };
    return true;
  }

  #claimFromIndex(search: PlacedSearch, look: "first" | "last"): TaskEntry | undefined {
    let misses = 0;
    const { place: { ready } } = search;
    ready.freshen();
    while (true) {
      const entry = ready.take(search, 1 + this.#rivals.count());
      if (entry === undefined) return undefined;
      const found = this.#skipping.past(() => this.#claimEntry(search, entry, look));
      if (typeof found === "object") return found;
      if (found === "taken" && ++misses >= MISSES_BEFORE_RELIST) {
        misses = 0;
        ready.relist();
      }
    }
  }

  /** Tries one entry of the ready index. */
  #claimEntry(
    search: PlacedSearch,
    entry: ReadyEntry,
    look: "first" | "last",
  ): TaskEntry | "taken" | "passed" {
    const { place } = search;
    // The winner removes the entry; where others are at work, a look saves a failed attempt.
    const hasRivals = this.#rivals.count() > 0;
    if (hasRivals && this.#fs.lstat(entry.path) === undefined) return "taken";
    // This one spares what a claim reads and stages.
    const looksFirst = look === "first" && !entry.again && hasRivals;
    if (looksFirst && this.#rivals.meets(entry.stem, search.grant.runId)) return "passed";
    const task = this.#task(entry.stem);
    if (task === undefined) {
      const stat = this.#fs.lstat(entry.path);
      if (stat === undefined) return "taken";
      if (Math.abs(Date.now() - stat.mtimeMs) > DANGLING_MS) this.#fs.remove(entry.path);
      return "passed";
    }
    // A clock that is ahead of this one may have found a delayed task due.
    const isEarly = !entry.again && (isGated(task) || isDelayed(task, search.now));
    if (!place.ready.isPlace(entry, task) || isEarly) {
      if (entry.again) this.#placing.replace(entry.stem, entry.path, search.now, place.ready);
      else this.#placing.promote(entry.stem, entry.path, search.now);
      return "passed";
    }
    if (!mayTake(task, search)) return "passed";
    const started = Date.now();
    const outcome = this.#claimTask(search, task, entry.stem, entry);
    if (outcome.kind === "misplaced") {
      this.#placing.replace(entry.stem, entry.path, search.now, place.ready);
      return "passed";
    }
    // Who was first removes the entry, unless that process died; the claim may also be another tool's.
    if (
      outcome.kind === "lost" && look === "first" &&
      this.#rivals.meets(entry.stem, search.grant.runId)
    ) {
      return "passed";
    }
    const claim = outcome.kind === "won" ? outcome.entry.claim : outcome.claim;
    // A holder whose timeout was noticed may have ended the task and died over it; with this entry
    // goes the last trace of that.
    if (claim !== undefined && isTerminal(claim)) this.#placing.mend(entry.stem);
    place.drop(entry, task);
    // The claim that this call made or met may have timed out while the process slept; then the entry
    // was perhaps the one that the task got for it.
    const now = search.now + (Date.now() - started);
    if (claim === undefined ? outcome.kind === "lost" : claimTimedOut(claim, now)) {
      this.#skipping.past(() => void this.#placing.recheck(entry.stem, now));
    }
    return outcome.kind === "won" ? outcome.entry : "taken";
  }

  #claimHinted(search: TimedSearch, stem: string): TaskEntry | undefined {
    const task = this.#task(stem);
    if (task === undefined || !mayTake(task, search)) return undefined;
    const outcome = this.#claimTask(search, task, stem, undefined);
    return outcome.kind === "won" ? outcome.entry : undefined;
  }

  /** Tries for a task; by the entry of one that has no claim, for its first slot alone. */
  #claimTask(
    search: TimedSearch,
    task: TaskRecord,
    stem: string,
    entry: ReadyEntry | undefined,
  ): Attempt {
    const granted = this.#placing.sparing(search.rule(task), search.now);
    let isMisplaced = false;
    const rule: TransitionRule = (current) => {
      const { priority } = entry?.order ?? { priority: priorityOf(task, current) };
      isMisplaced = priority !== priorityOf(task, current);
      return isMisplaced ? MISPLACED : granted(current);
    };
    const outcome = entry?.again === false
      ? firstTransition(this.#claims, stem, granted)
      : transition(this.#claims, stem, rule);
    if (outcome === undefined) return { kind: "lost", claim: undefined };
    if (isMisplaced) return { kind: "misplaced" };
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
      this.#placing.moved.ended.add(stem);
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
        if (isOfUnclaimed(entry.rest)) return this.#placing.promote(stem, entry.path, now);
        this.#placing.sweep(stem, entry.path, transitionOfDue(entry.rest), now);
      });
    }
    this.#dueKnown = { earliest: this.#due.peek(now)?.ms ?? this.#due.laterMs, at: now };
  }

  /** Compares the index with the records and adds to it what is missing; `false` if some was skipped. */
  #rebuild({ now, place }: PlacedSearch): boolean {
    place.open();
    const isWhole = place.check.run(now, this.#skipping, {
      unclaimed: (stem) => this.#placing.enter(stem, undefined, now),
      claimed: (stem) => {
        const kept = this.#placing.recheck(stem, now);
        return typeof kept === "object" ? parseTime(kept.expires_at) ?? 0 : kept ? 0 : Infinity;
      },
      isOver: (stem) => {
        const head = readHead(this.#claims, stem);
        return head !== undefined && isTerminal(head);
      },
      ended: (stem) => this.#placing.moved.ended.add(stem),
    });
    place.ready.reset();
    return isWhole;
  }
}
