/**
 * Where a task belongs in the index, and putting it there.
 *
 * The entry of a task that has a state lies where its present priority puts it, and that is in the
 * state. So an entry elsewhere is a hint that is out of date: a process that meets it makes the right
 * one, removes it, and looks once more, since the priority may have been set back meanwhile.
 */
import {
  type ClaimRecord,
  claimTimedOut,
  isClaimAhead,
  isTerminal,
  taken,
  taskStatus,
  type TransitionRule,
} from "../../../../domain/task/claim.ts";
import { stemOfId } from "../../../../domain/ids.ts";
import { isGated } from "../../../../domain/task/after.ts";
import { presentTask } from "../../../../domain/task/pending.ts";
import { giveUp } from "../../../../domain/task/requeue.ts";
import { isHeldBack } from "../../../../domain/task/retry.ts";
import {
  claimableFrom,
  isClaimable,
  isDelayed,
  taskExpired,
  type TaskRecord,
} from "../../../../domain/task/task.ts";
import type { HostFs } from "../../../../ports/host.ts";
import { isNotFound } from "../../disk/ensure_dir.ts";
import type { WrongClock } from "../../disk/wrong_clock.ts";
import type { Layout } from "../../layout.ts";
import { type ChainOutcome, mend, readHead, transition } from "../claim_chain.ts";
import { endOf } from "../claim/names.ts";
import type { ClaimFiles } from "../claim_files.ts";
import { Moved } from "./after_chain.ts";
import type { FirstEntry } from "./first_entry.ts";
import type { ReadyIndex } from "./ready_index.ts";

/** What it works on. */
interface PlacingParts {
  readonly claims: ClaimFiles;
  readonly first: FirstEntry;
  /** A task by its file. */
  readonly read: (stem: string) => TaskRecord | undefined;
  readonly wrongClock: WrongClock;
}

type Written = Extract<ChainOutcome, { kind: "written" }>;

/** Whether a state gives its task another priority than the state before. */
export function isReprioritized({ claim, previous }: Written): boolean {
  return claim.reprioritized_at !== undefined && claim.priority !== previous?.priority;
}

export class Placing {
  /** What was found out on the way, and is not followed yet. */
  moved = new Moved();

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly parts: PlacingParts) {}

  /**
   * Looks where a claimed task stands, and puts it into the index where it belongs.
   *
   * @returns The claim while its timeout lies ahead; else whether it may be claimed.
   */
  recheck(stem: string, now: number): ClaimRecord | boolean {
    return this.#placed(stem, readHead(this.parts.claims, stem), now);
  }

  /**
   * Does so by an entry in the index over instants, which is state n, and removes that unless it is the
   * newest. The process that staged it may have been about to take slot n.
   */
  sweep(stem: string, path: string, n: number, now: number): void {
    const { claims } = this.parts;
    const head = readHead(claims, stem);
    const kept = this.#placed(stem, head, now);
    if (typeof kept === "object" && claims.isDueEntry(path, kept)) return;
    this.fs.remove(path);
    if ((head?.transition ?? 0) < n) this.recheck(stem, now);
  }

  #placed(stem: string, head: ClaimRecord | undefined, now: number): ClaimRecord | boolean {
    const { claims } = this.parts;
    if (head === undefined) this.enter(stem, undefined, now); // delayed, or another tool has removed the claim
    else if (isTerminal(head)) this.mend(stem);
    else if (claimTimedOut(head, now)) return this.#enterAgain(stem, head, now);
    else {
      if (isHeldBack(head)) this.moved.lacking.add(stem);
      claims.ensureDue(head);
      return head;
    }
    return true;
  }

  /**
   * Gives a task that was delayed its entry among those that may be claimed, in the place of the other.
   * Without a record its writer is about to link it: either it finds the entry gone and makes it
   * again, or the record is there by the second look.
   */
  promote(stem: string, path: string, now: number): void {
    const isThere = this.parts.claims.hasTask(stem);
    this.recheck(stem, now);
    this.fs.remove(path);
    if (!isThere) this.recheck(stem, now);
  }

  /**
   * Has an entry out of date replaced by that of the place where its task belongs now.
   *
   * @param ready The index that it is in.
   */
  replace(stem: string, path: string, now: number, ready: ReadyIndex): void {
    const { claims, read } = this.parts;
    const [task, head] = [read(stem), readHead(claims, stem)];
    // The priority may have been set back since it was found to be another.
    if (task !== undefined && head && ready.againPath(presentTask(task, head)) === path) return;
    this.recheck(stem, now);
    this.fs.remove(path);
    this.recheck(stem, now);
  }

  /** What follows on a state that gives a task another priority than the state before. */
  reprioritized({ claim, previous }: Written, now: number): void {
    const { claims, first, read } = this.parts;
    const stem = stemOfId(claim.task_id);
    const task = read(stem);
    if (task === undefined || isHeldBack(claim)) return;
    const stands = taskStatus(task, claim, now);
    if (isClaimable(stands)) {
      this.enter(stem, claim, now);
      claims.dropDue(claim);
    }
    // No process that finds a state needs it again. A later one may lie where it is needed.
    if (previous === undefined) first.remove(task);
    first.forget();
  }

  mend(stem: string): void {
    mend(this.parts.claims, stem);
    this.moved.ended.add(stem);
  }

  /** Makes a task claimable that was claimed; `false` when it has failed, or its ttl has passed. */
  #enterAgain(stem: string, head: ClaimRecord, now: number): boolean {
    const { claims, read } = this.parts;
    const task = read(stem);
    if (task === undefined) return true;
    const rule = this.sparing(giveUp({ task, now }), now);
    const outcome = rule(head).kind === "write" ? transition(claims, stem, rule) : undefined;
    if (outcome?.kind === "written") {
      claims.sync(endOf(outcome.claim));
      outcome.conclude?.();
      this.moved.ended.add(stem);
      claims.takeBack(stem, outcome.claim);
      return false;
    }
    if (taskStatus(task, head, now) === "expired") return false;
    this.enter(stem, head, now);
    return true;
  }

  /**
   * @param head Its state; `undefined` when it has none.
   * @returns From when on the task may be claimed: 0 for now, infinity for never.
   */
  enter(stem: string, head: ClaimRecord | undefined, now: number): number {
    const { first, read } = this.parts;
    const task = read(stem);
    const again = head !== undefined;
    if (task === undefined || !again && taskExpired(task, now)) return Infinity;
    if (!again && isGated(task)) {
      this.moved.lacking.add(stem);
      return Infinity;
    }
    const path = this.layout.record("task", stem);
    const link = (entry: string) => this.fs.link(path, entry);
    try {
      if (!again && isDelayed(task, now)) {
        first.add(task, link);
        return claimableFrom(task);
      }
      const present = presentTask(task, head);
      first.ready.add(present, again, link);
      first.tagged.add(present, again);
      return 0;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return Infinity; // the task was removed since it was read
    }
  }

  /** A rule that grants; it takes no claim that lies ahead while this process's own clock is wrong. */
  sparing(rule: TransitionRule, now: number): TransitionRule {
    return (current) => {
      const isSpared = current?.status === "claimed" && isClaimAhead(current, now) &&
        !this.parts.wrongClock.isOver(`The claim of task ${current.task_id}`, current.heartbeat_at);
      return isSpared ? taken(current) : rule(current);
    };
  }
}
