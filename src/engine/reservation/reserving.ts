/**
 * Adding a reservation. An exclusive one is published, looks at the lanes, and is confirmed then
 * (exclusion.ts); each such attempt has a record of its own.
 */
import { realTimers } from "../../async/timers.ts";
import { Wakeup } from "../../async/wakeup.ts";
import { addressOutlines } from "../../domain/glob/holds/holds.ts";
import {
  Comparison,
  type Conflicts,
  type HoldConflict,
  type LeaseConflict,
  type WaiterConflict,
} from "../../domain/glob/holds/comparison.ts";
import { sameAgent, sameRun } from "../../domain/input/run_id.ts";
import { SETTLE_MS } from "../../domain/limits.ts";
import { heldBeside, locksBeside, overlapsRecord } from "../../domain/reservation/conflict.ts";
import {
  areApart,
  inCheckout,
  type ReservationEntry,
  type ReservationRecord,
} from "../../domain/reservation/reservation.ts";
import { parseTime } from "../../domain/time.ts";
import { type ReservationContext, worktreesOf } from "../context.ts";
import { NO_QUEUE, type Queue } from "../hold/queue.ts";
import { FREE, type Holders, holdExclusively, together, type Wanted } from "../hold/exclusion.ts";
import { metOf, refusal } from "./answers.ts";
import { giveUpReservation } from "./give_up.ts";
import type { ReservationKeeper } from "./hold.ts";
import { Renewal } from "./renew.ts";
import type { ReservationDenied, ReservationGranted, ReservationInput } from "./types.ts";

/** Milliseconds between two looks at what another process is about to settle. */
const RETRY_MS = 20;

/** What came of one attempt. */
interface Attempt {
  /** What was extended instead. */
  readonly renewed?: ReservationGranted | undefined;
  readonly isHeld: boolean;
  /** Of an exclusive one that is. */
  readonly fence?: number | undefined;
  /** Nothing where it is not held and what was in the way has ended, or is to be settled soon. */
  readonly found: Conflicts;
}

export class Reserving {
  /** The place among those that wait, if it has one. */
  ticket: number | undefined;

  constructor(
    readonly context: ReservationContext,
    readonly lanes: Holders<LeaseConflict>,
    readonly keeper: Pick<ReservationKeeper, "heartbeat">,
    readonly input: Pick<ReservationInput, "exclusive" | "strict" | "renew" | "signal">,
    readonly queue: Queue = NO_QUEUE,
  ) {}

  /** @param make A new record, for each attempt another. */
  async run(
    make: () => Promise<ReservationRecord>,
  ): Promise<ReservationGranted | ReservationDenied> {
    const { context, input: { signal } } = this;
    const { timers = realTimers, warn } = context;
    // What a notice meets keeps it from nothing.
    const worktrees = this.input.exclusive === true ? await worktreesOf(context) : "warn";
    let end = timers.now() + SETTLE_MS;
    while (true) {
      const record = await make();
      signal?.throwIfAborted();
      const isPatient = timers.now() < end;
      const attempt = await this.#attempt(record, worktrees, isPatient);
      const { renewed, isHeld, fence } = attempt;
      if (signal?.aborted) {
        if (isHeld) await giveUpReservation(context, record);
        throw signal.reason;
      }
      if (renewed !== undefined) return renewed;
      let { found } = attempt;
      if (!isHeld && found.total === 0) {
        if (!isPatient) {
          // Another one came first, and holds it now, or is gone.
          found = this.input.exclusive === true ? await this.#inTheWay(record, worktrees) : FREE;
          end = timers.now() + SETTLE_MS;
        }
        if (found.total === 0) {
          using wakeup = new Wakeup(timers, signal);
          await wakeup.sleep(timers.now() + RETRY_MS);
          continue;
        }
      }
      for (const doubt of found.doubts) warn(doubt);
      const met = metOf(found);
      if (isHeld) {
        return { ...record, ...(fence === undefined ? {} : { fence }), status: "reserved", ...met };
      }
      return { status: "conflict", ...met, error: refusal(found) };
    }
  }

  /** What keeps out an exclusive reservation with such a record. Nothing is written. */
  async look(record: ReservationRecord): Promise<HoldConflict[]> {
    return [...(await this.#inTheWay(record, await worktreesOf(this.context))).conflicts];
  }

  async #inTheWay(record: ReservationRecord, worktrees: "warn" | "block"): Promise<Conflicts> {
    const { context, lanes, input: { strict = false } } = this;
    const now = context.clock();
    const isLock = locksBeside(record, worktrees);
    const comparison = new Comparison(record.run_id, addressOutlines(record));
    const near = await context.store.reservations.near(record, now, overlapsRecord(comparison));
    const locks = near.filter(({ reservation }) => strict || isLock(reservation));
    const leases = await lanes.find({ runId: record.run_id, named: record, now });
    const ahead = await this.#ahead(record, worktrees);
    const reservations: Conflicts = comparison.conflicts(locks.map(heldBeside(record)));
    return together(together(reservations, leases), ahead);
  }

  /** Who waits for what overlaps, and came first. What is only extended waits behind no other. */
  async #ahead(
    record: ReservationRecord,
    worktrees: "warn" | "block",
  ): Promise<Conflicts<WaiterConflict>> {
    const { context, queue, input: { exclusive, renew }, ticket: number } = this;
    if (exclusive !== true || renew === true) return FREE;
    const isOneTree = worktrees === "block";
    return queue.ahead({
      runId: record.run_id,
      named: record,
      now: context.clock(),
      number,
      isApart: (worktree) => !isOneTree && areApart(record, inCheckout(worktree)),
    });
  }

  async #attempt(
    record: ReservationRecord,
    worktrees: "warn" | "block",
    isPatient: boolean,
  ): Promise<Attempt> {
    const { context: { store: { reservations: store } }, lanes, keeper } = this;
    const { strict = false, renew, signal } = this.input;
    const { run_id: runId, reservation_id: id, exclusive: isExclusive = false } = record;
    const wanted: Wanted = {
      runId,
      named: record,
      now: parseTime(record.created_at) ?? 0,
      signal,
    };
    const isLock = locksBeside(record, worktrees);
    const comparison = new Comparison(runId, addressOutlines(record));
    const renewal = renew === true ? new Renewal(record) : undefined;
    const nothing = { isHeld: false, found: FREE };
    const seen = await renewal?.look(this.context, comparison) ?? [];
    const known = await renewal?.extend(keeper, comparison, seen);
    if (known !== undefined) return { ...nothing, renewed: known };
    let leases: Conflicts = await lanes.find(wanted);
    // What is read without a turn at the journal may be about to be taken back.
    if (isExclusive && leases.total > 0) leases = await lanes.makeWay(wanted);
    const ahead = await this.#ahead(record, worktrees);
    const conflictsOf = (entries: readonly ReservationEntry[]) =>
      comparison.conflicts(entries.map(heldBeside(record)));
    const overlaps = overlapsRecord(comparison);
    if (!isExclusive && renewal === undefined) {
      const others = conflictsOf(await store.addNotice({ reservation: record, overlaps }));
      return { isHeld: true, found: together(others, leases) };
    }
    let others: Conflicts = FREE;
    let met: readonly ReservationEntry[] = [];
    let isUndecided = false;
    let fence: number | undefined;
    const publish = () =>
      store.add({
        reservation: record,
        overlaps,
        admit: (entries) => {
          met = entries.filter((entry) => entry.unsettled !== true);
          others = conflictsOf(met);
          // Another call of this run may have made it since the look.
          if (renewal?.finds(met) === true) return false;
          if (!isExclusive) return true;
          const blocking = met.filter(({ reservation }) => strict || isLock(reservation));
          if (leases.total + ahead.total + conflictsOf(blocking).total > 0) return false;
          isUndecided = isPatient && met.length < entries.length;
          return !isUndecided;
        },
        excludes: (other) =>
          isExclusive && isLock(other) &&
          (!sameRun(other.run_id, runId) ||
            renewal !== undefined && sameAgent(other.run_id, runId)),
      });
    const isHeld = isExclusive
      ? await holdExclusively({
        publish,
        look: async () => (leases = await lanes.makeWay(wanted)).total === 0,
        confirm: async () => {
          fence = await store.confirm(id);
          isUndecided = fence === undefined;
          return !isUndecided;
        },
        withdraw: async () => {
          await store.refuse(id, runId);
          return true;
        },
      })
      : await publish();
    if (!isHeld && renewal?.isFound === true) {
      // What has ended meanwhile is not in the way of the next try.
      return { ...nothing, renewed: await renewal.extend(keeper, comparison, met) };
    }
    // What it reports only is no reason for a no.
    const found = isUndecided ? FREE : together(together(others, leases), ahead);
    return { isHeld, fence, found };
  }
}
