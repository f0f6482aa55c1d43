/** Waiting until no other run's hold is in the way: of addresses, or of a lane. */
import { notifyOrPoll } from "../../async/notify_or_poll.ts";
import type { Conflicts, WaiterConflict } from "../../domain/glob/holds/comparison.ts";
import { deadAt, runOf } from "../../domain/lane/lease.ts";
import { sameRun } from "../../domain/input/run_id.ts";
import { SAFETY_LOOK_MS, UNKNOWN_RUN } from "../../domain/limits.ts";
import { quoted } from "../../domain/text.ts";
import { parseTime } from "../../domain/time.ts";
import { type Context, nonce } from "../context.ts";
import { checkAddresses, type CheckInput } from "../holds/check.ts";
import { FREE } from "../hold/exclusion.ts";
import type { Queue } from "../hold/queue.ts";
import { WaiterTicket } from "../hold/ticket.ts";
import { PROBE_MS } from "../lane/acquire.ts";
import { leaseItem } from "../lane/answers.ts";
import type { LaneChanges } from "../lane/changes.ts";
import { Lanes } from "../lane/lanes.ts";
import { ReservationHolders } from "../reservation/holders.ts";
import { type LaneContext, readJournal } from "../lane/turn.ts";
import { closeAll, type Condition, type Look, MET } from "./condition.ts";

/** What is in the way. */
interface Blocker {
  readonly run_id: string;
  readonly expires_at: string | null;
  readonly reservation_id?: string;
  readonly lane?: string;
  readonly fence?: number;
  /** It waits as well, and came first. */
  readonly isWaiter?: true;
}

/** What a look at one kind of holds found in the way. */
interface Obstacles {
  readonly blockers: readonly Blocker[];
  readonly why?: string | undefined;
  /** Waiting would close a circle. */
  readonly isCircle?: true;
  /** What is waited for, as a ticket has it. */
  readonly wish?: { readonly addresses: readonly string[]; readonly lane?: string };
}

/** Until nothing is in the way. */
export class HoldsGone implements Condition {
  readonly #context: Context;
  readonly #lanes: LaneContext;
  readonly #changes: LaneChanges;
  readonly #find: () => Promise<Obstacles>;
  readonly #queue: Queue;
  readonly #runId: string;
  readonly #ticket: WaiterTicket;
  #blockers: readonly Blocker[] = [];

  private constructor(
    context: Context,
    changes: LaneChanges,
    queue: Queue,
    runId: string | undefined,
    find: () => Promise<Obstacles>,
  ) {
    this.#queue = queue;
    this.#runId = runId ?? UNKNOWN_RUN;
    this.#ticket = new WaiterTicket(queue, context.clock);
    this.#context = context;
    this.#lanes = { ...context, lanes: context.store.lanes };
    this.#changes = changes;
    this.#find = find;
  }

  /** Exclusive reservations and lanes of others over addresses. */
  static ofAddresses(
    context: Context,
    changes: LaneChanges,
    queue: Queue,
    input: CheckInput,
  ): HoldsGone {
    const { reservations, lanes } = context.store;
    const looked = { ...context, reservations, lanes: async () => ({ ...context, lanes }) };
    return new HoldsGone(context, changes, queue, input.runId, async () => {
      const { status, holds, error, addresses } = await checkAddresses(looked, input);
      const obstacles = holds.filter(({ mine, exclusive }) => exclusive && !mine);
      const wish = { addresses };
      return status === "held" ? { blockers: obstacles, why: error, wish } : { blockers: [], wish };
    });
  }

  /** What keeps a run from acquiring a lane, and whatever other run has a lane of that name. */
  static ofLane(
    context: Context,
    changes: LaneChanges,
    queue: Queue,
    { lane, runId = UNKNOWN_RUN }: { readonly lane: string; readonly runId?: string | undefined },
  ): HoldsGone {
    const lanes = { ...context, lanes: context.store.lanes };
    // Such a name is no agent's, so that nothing counts as its own.
    const owner = runId === UNKNOWN_RUN ? `wait ${nonce()}` : runId;
    const isOther = ({ run_id }: Pick<Blocker, "run_id">) => !sameRun(run_id, runId);
    // What it warns of concerns agents that take the lane.
    const quiet = { ...lanes, warn: () => {} };
    const others = new ReservationHolders(context.store.reservations);
    const arbiter = new Lanes(quiet, context.checkout, others);
    return new HoldsGone(context, changes, queue, runId, async () => {
      const wish = { addresses: [], lane };
      const { fold } = await readJournal(lanes);
      const named = fold.leases.named(lane).flatMap((lease): Blocker[] => {
        const run_id = runOf(lease);
        if (leaseItem(lease, lanes).status === "dead" || !isOther({ run_id })) return [];
        return [{ run_id, expires_at: null, lane: lease.lane, fence: lease.fence }];
      });
      const [holder] = named;
      if (holder !== undefined) {
        return {
          wish,
          blockers: named,
          why: `lane ${quoted(lane)} is held by ${quoted(holder.run_id)}`,
        };
      }
      const verdict = await arbiter.arbitrate({ lane, owner });
      const { status, conflicts, error, reason_class } = verdict;
      // Of a lane that is known by its tree alone, the leases of that name are all there is to see.
      if (status === "free" || reason_class === "unknown_lane") return { wish, blockers: [] };
      const blockers = conflicts.filter(isOther);
      return conflicts.length > 0 && blockers.length === 0
        ? { wish, blockers }
        : { wish, blockers, why: error };
    });
  }

  async look(): Promise<Look> {
    const { blockers, why, isCircle } = await this.#obstacles();
    this.#blockers = blockers;
    if (isFree({ blockers, why })) return MET;
    if (isCircle === true) return { state: "never", why: why ?? "" };
    const key = blockers.map(({ reservation_id, lane, fence, isWaiter, run_id }) =>
      isWaiter === true ? `waiter ${run_id}` : reservation_id ?? `${lane} ${fence}`
    )
      .join();
    return { state: "unmet", why: why ?? "", key: `:${key}`, again: await this.#nextEnd() };
  }

  /** Holds, and where there are none those that wait and came first; the wait has its place among them. */
  async #obstacles(): Promise<Obstacles> {
    let found = await this.#find();
    const { wish } = found;
    if (wish === undefined) return found;
    const runId = this.#runId;
    const { addresses, lane } = wish;
    let ahead: Conflicts<WaiterConflict> = FREE;
    if (isFree(found)) {
      const { number } = this.#ticket;
      const now = this.#context.clock();
      ahead = await this.#queue.ahead({ runId, named: { addresses }, lane, now, number });
      // One that was served meanwhile had its hold before its ticket went.
      if (ahead.total === 0) found = await this.#find();
      if (ahead.total === 0 && isFree(found)) return found;
    }
    const [first] = ahead.conflicts;
    const all: Obstacles = first === undefined ? found : {
      blockers: ahead.conflicts.map(({ run_id, expires_at }) => ({
        run_id,
        expires_at,
        isWaiter: true,
      })),
      why: `${quoted(first.run_id)} waits for ${
        quoted(first.their_address, 80)
      } since ${first.since}`,
    };
    const circle = await this.#ticket.keep(
      { run_id: runId, addresses, ...(lane === undefined ? {} : { lane }) },
      all.blockers.map(({ run_id }) => run_id),
    );
    return circle === undefined ? all : { ...all, why: circle, isCircle: true };
  }

  async end(isMet: boolean): Promise<void> {
    if (isMet && this.#runId !== UNKNOWN_RUN) await this.#ticket.leaveBehind();
    await this.#ticket[Symbol.asyncDispose]();
  }

  listen(wake: () => void): { close(): void } {
    const { store, warn, timers } = this.#context;
    const ids = new Set(this.#blockers.flatMap(({ reservation_id: id }) => id ?? []));
    const reservations = [...ids].map((id) =>
      notifyOrPoll(
        (onError) => store.reservations.watch(id, wake, onError),
        { look: wake, safetyMs: SAFETY_LOOK_MS, warn, timers },
      )
    );
    const journal = this.#changes.listen(wake);
    const tickets = this.#blockers.some(({ isWaiter }) => isWaiter)
      ? [notifyOrPoll(
        (onError) => store.tickets.watch(wake, onError),
        { look: wake, safetyMs: SAFETY_LOOK_MS, warn, timers },
      )]
      : [];
    return closeAll([...reservations, ...tickets, { close: () => journal[Symbol.dispose]() }]);
  }

  /** When one of them ends at the latest unless it is kept, or its process is to be looked at. */
  async #nextEnd(): Promise<number> {
    const { clock, processes } = this.#context;
    const now = clock();
    const host = processes.origin(undefined).host_id;
    let next = Infinity;
    const leases = this.#blockers.filter(({ lane }) => lane !== undefined);
    for (const { reservation_id: id, expires_at, isWaiter } of this.#blockers) {
      if (id !== undefined || isWaiter === true) {
        next = Math.min(next, parseTime(expires_at ?? "") ?? Infinity);
      }
    }
    if (leases.length === 0) return next;
    const { fold } = await readJournal(this.#lanes);
    for (const { lane = "", fence } of leases) {
      const lease = fold.leases.named(lane).find((each) => each.fence === fence);
      if (lease === undefined) return now; // it has ended since the look
      next = Math.min(next, deadAt(lease, host) ?? Infinity);
      // The end of a process is reported by no notification.
      if (lease.host_id === host && processes.isAlive(lease) !== undefined) {
        next = Math.min(next, now + PROBE_MS);
      }
    }
    return next;
  }
}

function isFree({ blockers, why }: Obstacles): boolean {
  return blockers.length === 0 && why === undefined;
}
