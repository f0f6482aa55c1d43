/**
 * Who waits, first come, first served. Those that wait for holds have tickets. A ticket stands before
 * every later one that overlaps, and before calls that do not wait.
 *
 * Tickets are an order and no right: whatever they say, the holds decide, so no two are served at once.
 * A waiter whose process died is waited for until its ticket lapses.
 */
import {
  Comparison,
  type Conflicts,
  type WaiterConflict,
} from "../../domain/glob/holds/comparison.ts";
import { addressOutlines } from "../../domain/glob/holds/holds.ts";
import { sameRun } from "../../domain/input/run_id.ts";
import { heldTicket, isTicketLive, type Ticket } from "../../domain/glob/holds/ticket.ts";
import { bareName } from "../../domain/lane/lease.ts";
import { inOneGo } from "../../domain/glob/steps.ts";
import type { TicketStore } from "../../ports/tickets.ts";
import { FREE, type Holders, type Wanted } from "./exclusion.ts";

/** What a waiter wants. */
export interface Awaited extends Wanted {
  /** Whether the files that a ticket is for are not those that are wanted, in another checkout. */
  readonly isApart?: (worktree: string) => boolean;
  /** The number of the ticket that it has; without one all others come first. */
  readonly number?: number | undefined;
}

/** What keeps the order of those that wait. */
export interface Queue {
  /** Those that come first and wait for what overlaps. Nothing is written. */
  ahead(wanted: Awaited): Promise<Conflicts<WaiterConflict>>;
  /** Where the tickets are; `undefined` where there are none. */
  readonly tickets: TicketStore | undefined;
  /** The runs that stand in the way of a ticket now. */
  holdersOf(ticket: Ticket, now: number): Promise<ReadonlySet<string>>;
}

/** No order. */
export const NO_QUEUE: Queue = {
  ahead: async () => FREE,
  tickets: undefined,
  holdersOf: async () => new Set(),
};

export class TicketQueue implements Queue {
  constructor(
    readonly tickets: TicketStore,
    /** All holds that a waiter may wait for. */
    readonly holders: readonly Holders[],
  ) {}

  async ahead(wanted: Awaited): Promise<Conflicts<WaiterConflict>> {
    const { runId, now, lane, isApart, number: ours = Infinity } = wanted;
    const tickets = (await this.tickets.list()).filter((ticket) =>
      ticket.number < ours && isTicketLive(ticket, now) && !sameRun(ticket.record.run_id, runId) &&
      (ticket.record.worktree === undefined || isApart?.(ticket.record.worktree) !== true)
    );
    if (tickets.length === 0) return FREE;
    const comparison = new Comparison(runId, addressOutlines(wanted.named));
    const met: Ticket[] = [];
    let named: WaiterConflict[] = [];
    for (const ticket of tickets) {
      const held = heldTicket(ticket);
      const isSame = isSameLane(lane, ticket.record.lane);
      if (!isSame && !inOneGo(comparison.overlaps(held))) continue;
      // What waits for the caller's own hold is served after that, whatever the caller takes besides.
      if ((await this.holdersOf(ticket, now, runId)).size > 0) continue;
      if (isSame) {
        named = [...named, held.conflict({ address: lane ?? "", their_address: lane ?? "" })];
      } else met.push(ticket);
    }
    const found = comparison.conflicts(met.map(heldTicket));
    return {
      ...found,
      conflicts: [...named, ...found.conflicts],
      total: named.length + found.total,
    };
  }

  async holdersOf(
    { record }: Ticket,
    now: number,
    only?: string,
  ): Promise<ReadonlySet<string>> {
    const isAsked = (run: string) => only === undefined || sameRun(run, only);
    const runs = record.waits_for.filter(isAsked);
    // Most wait for others.
    if (runs.length === 0) return new Set();
    const asked = { runId: record.run_id, named: record, lane: record.lane, now };
    const found = await Promise.all(this.holders.map((each) => each.find(asked)));
    const conflicts = found.flatMap(({ conflicts }) => conflicts);
    return new Set(conflicts.map(({ run_id }) => run_id).filter(isAsked));
  }
}

/** Whether both are for one lane, whatever its tree is. */
function isSameLane(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && bareName(a) === bareName(b);
}
