/**
 * Acquiring a lane: read, decide, evict what is dead, append, read again; in one turn at the journal.
 *
 * The fold decides and not the turn: the ACQUIRE says what its decision saw, and if the writer was
 * overtaken in between, the fold may find it void. Then it is taken back, and the answer is no.
 */
import { arbitrate, type Denied, type Granted, type Scene } from "../../domain/lane/arbiter.ts";
import { abandoned, queued, reserved } from "../../domain/lane/refusals.ts";
import type { LaneRequest, WantedLane } from "../../domain/lane/request.ts";
import { isWorthProbing, type Lease, runOf } from "../../domain/lane/lease.ts";
import { LANE_TTL_S } from "../../domain/limits.ts";
import { formatTime } from "../../domain/time.ts";
import type { Taxonomy } from "../../domain/lane/taxonomy.ts";
import {
  acquireEntry,
  type NewLease,
  refuseEntry,
  releaseEntry,
  scavengeEntry,
} from "../../domain/journal/entries.ts";
import type { JournalEntry } from "../../domain/journal/line.ts";
import { addressesOfTree } from "../../domain/glob/holds/holds.ts";
import type { ReservationConflict } from "../../domain/glob/holds/comparison.ts";
import type { JournalView } from "../../ports/journal.ts";
import { type AwaitedHolders, holdExclusively, type Wanted } from "../hold/exclusion.ts";
import { NO_QUEUE, type Queue } from "../hold/queue.ts";
import * as answers from "./answers.ts";
import { freeAnswer, granted, originOf, refusalOf } from "./decision.ts";
import { type LaneContext, nonceOf, type Turn } from "./turn.ts";
import type { LaneAcquired, LaneAcquireInput, LaneDenied, LaneVerdict } from "./types.ts";

/** The decision on a request, with the facts on processes that bear on it. */
function decide(
  { processes }: LaneContext,
  request: LaneRequest,
  taxonomy: Taxonomy,
  { fold }: JournalView,
  now: number,
): Granted | Denied {
  const host = processes.origin(undefined).host_id;
  const pidAlive = new Map<number, boolean>();
  const scene: Scene = { leases: fold.leases, taxonomy, now, host, pidAlive };
  for (;;) {
    const verdict = arbitrate(request, scene);
    if (verdict.outcome === "acquire") return verdict;
    let gone = 0;
    for (const lease of verdict.blockers) {
      if (pidAlive.has(lease.fence) || !isWorthProbing(lease, now, host)) continue;
      const isAlive = processes.isAlive(lease);
      if (isAlive !== undefined) pidAlive.set(lease.fence, isAlive);
      if (isAlive === false) gone++;
    }
    // Whatever is not in the way any more may have hidden others that are.
    if (gone === 0) return verdict;
  }
}

/** An input whose tree is as a lease has it. */
interface ReadInput extends LaneAcquireInput {
  /** The globs of the tree that are files. */
  readonly files?: readonly string[];
}

/** The request in an input. `loopTs` is empty when the caller has no key of its own. */
function requestOf(input: ReadInput): LaneRequest {
  const { lane = "", tree = [], files = [], kind = "", owner, runId: run, loopTs = "" } = input;
  return { lane, tree, files, kind, owner, run, loopTs };
}

/** One acquisition, which may take several turns. */
export class Acquisition {
  /** The key of the hold; the caller's own, or one that no other hold uses. */
  readonly loopTs: string;
  /** The nonce of an ACQUIRE of which it is not known yet what it did, and the decision behind it. */
  #written: { readonly nonce: string; readonly verdict: Granted } | undefined;
  /** The lease that this acquisition made. */
  #made: Lease | undefined;
  /** The place among those that wait, if it has one. */
  ticket: number | undefined;
  /** Why that is to be taken back. */
  #unwanted: Denied | undefined;

  constructor(
    readonly context: LaneContext,
    readonly input: ReadInput,
    readonly taxonomy: Taxonomy,
    /** The exclusive reservations. */
    readonly others: AwaitedHolders<ReservationConflict>,
    readonly queue: Queue = NO_QUEUE,
  ) {
    this.loopTs = input.loopTs ??
      `${formatTime(context.clock())}-${crypto.randomUUID().slice(0, 8)}`;
  }

  /** Once an entry may be in the journal the key is known there, and a repeat finds it. */
  get #request(): LaneRequest {
    const key = this.#written === undefined ? this.input.loopTs ?? "" : this.loopTs;
    return { ...requestOf(this.input), loopTs: key };
  }

  /** What it would come to as far as leases decide, without writing. */
  peek(view: JournalView, now: number = this.context.clock()): Granted | Denied {
    return decide(this.context, this.#request, this.taxonomy, view, now);
  }

  /** What it would come to, reservations included, without writing. */
  async look(view: JournalView, now: number = this.context.clock()): Promise<Granted | Denied> {
    const { lane: name = "", tree = [] } = this.input;
    const isPicked = name === "" && tree.length === 0;
    let { taxonomy } = this;
    let first: Denied | undefined;
    while (true) {
      const verdict = decide(this.context, this.#request, taxonomy, view, now);
      if (verdict.outcome === "refuse") return first ?? verdict;
      if (verdict.existing !== undefined) return verdict;
      const wanted = this.#wanted(verdict.hold, now);
      const found = await this.others.find(wanted);
      const { lane } = verdict.hold;
      const ahead = await this.queue.ahead({ ...wanted, lane, number: this.ticket });
      if (found.total + ahead.total === 0) return verdict;
      first ??= found.total > 0 ? reserved(verdict.hold, found) : queued(verdict.hold, ahead);
      if (!isPicked) return first;
      const autopick = taxonomy.autopick.filter((name) => name !== verdict.hold.lane);
      taxonomy = { ...taxonomy, autopick };
    }
  }

  /**
   * Decides and writes; `undefined` when it must be decided again.
   *
   * @param isNoted Whether a refusal is to be journaled.
   */
  async take(
    turn: Turn,
    isNoted: (denied: Denied) => boolean,
  ): Promise<LaneAcquired | Denied | undefined> {
    if (this.#unwanted !== undefined) return this.#takenBack(turn, this.#unwanted, isNoted);
    const kept = this.#keptLease(turn.view);
    if (kept !== undefined) return await this.#held(turn, kept, isNoted);
    const verdict = await this.look(turn.view, turn.now);
    if (verdict.outcome === "refuse") return this.#deny(turn, verdict, isNoted);
    for (const warning of verdict.warnings) this.context.warn(warning);
    if (verdict.existing !== undefined) {
      // It was granted to a process that perhaps died before the entry was on the disk.
      return await turn.persist() ? await this.#held(turn, verdict, isNoted) : undefined;
    }
    const entries = this.#entries(turn, verdict);
    this.#written = { nonce: nonceOf(entries.acquire), verdict };
    const applied = (await turn.append([...entries.scavenges, entries.acquire]))?.at(-1);
    if (applied === undefined) return undefined;
    this.#written = undefined;
    if (applied.effect === "granted" && applied.lease !== undefined) {
      this.#made = applied.lease;
      return await this.#held(turn, { ...verdict, existing: applied.lease }, isNoted);
    }
    // Another writer came between the decision and the entry, and the log found for it.
    const again = this.peek(turn.view, turn.now);
    return again.outcome === "refuse" ? this.#deny(turn, again, isNoted) : undefined;
  }

  /**
   * The lease is in the log. A confirmed reservation may have come before that, and then it is taken
   * back; also one that was there before this call, since its writer may have died without a look.
   */
  async #held(
    turn: Turn,
    verdict: Granted,
    isNoted: (denied: Denied) => boolean,
  ): Promise<LaneAcquired | Denied | undefined> {
    const { hold, existing: lease } = verdict;
    if (lease === undefined) return undefined;
    let denied = abandoned();
    const isHeld = await holdExclusively({
      publish: () => true,
      look: async () => {
        const { now } = turn;
        const named = addressesOfTree(lease);
        const found = await this.others.makeWay({ runId: runOf(lease), named, now });
        if (found.total > 0) denied = reserved(hold, found);
        return found.total === 0;
      },
      confirm: () => true,
      withdraw: async () => {
        this.#made = lease;
        this.#unwanted = denied;
        return await this.takeBack(turn, answers.WITHDRAWN) === true;
      },
    });
    return isHeld ? granted(verdict, lease) : this.#takenBack(turn, denied, isNoted);
  }

  /** The answer once the lease is taken back; `undefined` when that must be tried again. */
  async #takenBack(
    turn: Turn,
    denied: Denied,
    isNoted: (denied: Denied) => boolean,
  ): Promise<Denied | undefined> {
    if (await this.takeBack(turn, answers.WITHDRAWN) === undefined) return undefined;
    this.#made = undefined;
    this.#unwanted = undefined;
    return this.#deny(turn, denied, isNoted);
  }

  /** What reservations are to be asked about. */
  #wanted({ tree }: WantedLane, now: number): Wanted {
    const { runId, owner } = this.input;
    return { runId: runId ?? owner, named: namedOf(tree), now };
  }

  /** Whether it made a lease, or may have. */
  get mayHold(): boolean {
    return this.#made !== undefined || this.#written !== undefined;
  }

  /**
   * Releases the lease that this acquisition made; one that its caller had before stays.
   *
   * @returns Whether nothing is held now; `undefined` when it must be tried again.
   */
  async takeBack(turn: Turn, why = "its call was aborted"): Promise<true | undefined> {
    this.#keptLease(turn.view);
    const current = this.#made && turn.view.fold.leases.get(this.#made);
    if (current === undefined || current.fence !== this.#made?.fence) return true;
    return await turn.append([releaseEntry(turn.stamp(), current, why)]) && true;
  }

  /** The lease of an ACQUIRE that was kept after all. */
  #keptLease({ fold }: JournalView): Granted | undefined {
    const applied = this.#written && fold.appliedOf(this.#written.nonce);
    if (this.#written === undefined || applied?.lease === undefined) return undefined;
    const { lease, seq } = applied;
    if (fold.leases.get(lease)?.fence !== seq) return undefined;
    this.#made = lease;
    return { ...this.#written.verdict, existing: lease };
  }

  #entries(turn: Turn, { hold, evictions, reason }: Granted) {
    const { input, context, loopTs } = this;
    const baseSeq = turn.view.fold.lastSeq;
    const lease: NewLease = {
      ...originOf(context, input.pid),
      lane: hold.lane,
      lane_kind: hold.kind,
      tree: hold.tree.globs,
      files: hold.tree.files,
      holder: input.owner,
      loop_ts: loopTs,
      ttl_seconds: input.ttl ?? LANE_TTL_S.default,
      grace_seconds: input.grace,
      exclusive: hold.exclusive,
      name_only: hold.tree.isEmpty || undefined,
      run_id: input.runId,
    };
    return {
      scavenges: evictions.map((each) =>
        scavengeEntry(turn.stamp(), each.lease, each.evidence, { baseSeq, by: input.owner })
      ),
      acquire: acquireEntry(turn.stamp(), lease, {
        baseSeq,
        maxConcurrent: hold.maxConcurrent,
        reason,
      }),
    };
  }

  async #deny(
    turn: Turn,
    denied: Denied,
    isNoted: (denied: Denied) => boolean,
  ): Promise<Denied> {
    if (isNoted(denied)) await turn.note([this.#refusal(turn, denied)], "The refusal");
    return denied;
  }

  #refusal(turn: Turn, denied: Denied): JournalEntry {
    const { context, input, loopTs } = this;
    const { lane, tree, error } = refusalOf(denied, input, loopTs);
    return refuseEntry(turn.stamp(), {
      lane,
      holder: input.owner,
      loop_ts: loopTs,
      host_id: context.processes.origin(undefined).host_id,
      run_id: input.runId,
      reason: error,
      reason_class: denied.why,
      baseSeq: turn.view.fold.lastSeq,
      tree,
      conflicts: [
        ...denied.conflicts.map((conflict) => ({
          ...conflict,
          their_tree: [...conflict.their_tree],
          our_tree: [...conflict.our_tree],
        })),
        ...denied.reservations.map((conflict) => ({ ...conflict })),
      ],
    });
  }

  /** The answer for a no. */
  refused(denied: Denied): LaneDenied {
    for (const warning of denied.warnings) this.context.warn(warning);
    const now = this.context.clock();
    for (const lease of denied.blockers) {
      const warning = answers.aheadWarning(lease, now);
      if (warning !== undefined) this.context.warn(warning);
    }
    return refusalOf(denied, this.input, this.loopTs);
  }

  /** The answer to a caller that ended its call: who was in the way, if that is known. */
  aborted(denied: Denied = abandoned()): LaneDenied {
    return this.refused(denied);
  }

  /** The answer for those who only ask. */
  async verdict(view: JournalView): Promise<LaneVerdict> {
    const { input } = this;
    const decision = await this.look(view);
    for (const warning of decision.warnings) this.context.warn(warning);
    const loop_ts = input.loopTs ?? "";
    if (decision.outcome === "refuse") {
      return { ...refusalOf(decision, input, loop_ts), scavenged: [] };
    }
    return freeAnswer(decision, input, loop_ts);
  }
}

/** What a lane is to hold, as a reservation would name it. */
export function namedOf({ globs, files, isEmpty }: WantedLane["tree"]) {
  return addressesOfTree({ tree: globs, files, name_only: isEmpty });
}
