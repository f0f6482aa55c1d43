/** The ticket of one waiter: taken when it begins to wait, renewed while it does, and given back then. */
import { sameRun } from "../../domain/input/run_id.ts";
import { TICKET_MS } from "../../domain/limits.ts";
import { isTicketLive, type Ticket, type TicketRecord } from "../../domain/glob/holds/ticket.ts";
import { quoted } from "../../domain/text.ts";
import { formatTime, writable } from "../../domain/time.ts";
import type { Clock } from "../../domain/time.ts";
import type { Queue } from "./queue.ts";

/** What a waiter asks for. */
type WaiterWish = Pick<TicketRecord, "run_id" | "addresses" | "files" | "lane" | "worktree">;

export class WaiterTicket implements AsyncDisposable {
  #ticket: Ticket | undefined;
  #renewAt = 0;

  constructor(readonly queue: Queue, readonly clock: Clock) {}

  /** Its number; `undefined` before it is taken. */
  get number(): number | undefined {
    return this.#ticket?.number;
  }

  /**
   * Takes the ticket, or renews it when that is due or it waits for others now. One that lapsed is taken
   * again, behind all that came since.
   *
   * @param waitsFor The runs whose holds are in the way.
   * @returns Why waiting is in vain, at the first call: the runs of a circle. Of those that close one at
   * the same moment only the last to come is refused.
   */
  async keep(asked: WaiterWish, waitsFor: readonly string[]): Promise<string | undefined> {
    const { tickets } = this.queue;
    if (tickets === undefined) return undefined;
    const now = writable(this.clock());
    const runs = [...new Set(waitsFor)].sort();
    const { record } = this.#ticket ?? {};
    const isDue = now >= this.#renewAt || record?.waits_for.join("\n") !== runs.join("\n");
    if (!isDue) return undefined;
    const next: TicketRecord = {
      ...asked,
      waits_for: runs,
      since: record?.since ?? formatTime(now),
      expires_at: formatTime(writable(now + TICKET_MS.ttl)),
    };
    this.#renewAt = now + TICKET_MS.ttl / 3;
    if (this.#ticket !== undefined && isTicketLive(this.#ticket, now)) {
      const kept = { number: this.#ticket.number, record: next };
      this.#ticket = kept;
      if (await tickets.keep(kept)) return undefined;
    }
    const isFirst = this.#ticket === undefined;
    this.#ticket = { number: await tickets.take(next), record: next };
    return isFirst ? await this.#circle(this.#ticket) : undefined;
  }

  /** Keeps it some seconds for what its run does next. */
  async leaveBehind(): Promise<void> {
    const ticket = this.#ticket;
    if (ticket === undefined) return;
    this.#ticket = undefined;
    const expires_at = formatTime(writable(this.clock() + TICKET_MS.kept));
    const record = { ...ticket.record, waits_for: [], expires_at };
    await this.queue.tickets?.keep({ ...ticket, record });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ticket !== undefined) await this.queue.tickets?.leave(this.#ticket.number);
    this.#ticket = undefined;
  }

  /** The runs that wait for each other by way of this ticket. */
  async #circle({ number, record }: Ticket): Promise<string | undefined> {
    const now = this.clock();
    const all = await this.queue.tickets?.list() ?? [];
    const older = all.filter((each) => each.number < number && isTicketLive(each, now));
    const seen = new Set<string>();
    const search = async (run: string, path: readonly string[]): Promise<string | undefined> => {
      if (sameRun(run, record.run_id)) {
        return [record.run_id, ...path].map((each) => quoted(each)).join(" waits for ");
      }
      if (seen.has(run)) return undefined;
      seen.add(run);
      for (const ticket of older) {
        if (!sameRun(ticket.record.run_id, run)) continue;
        const holders = await this.queue.holdersOf(ticket, now);
        const isStill = (next: string) =>
          holders.has(next) ||
          older.some((each) => each.number < ticket.number && sameRun(each.record.run_id, next));
        for (const next of ticket.record.waits_for.filter(isStill)) {
          const found = await search(next, [...path, next]);
          if (found !== undefined) return found;
        }
      }
      return undefined;
    };
    for (const run of record.waits_for) {
      const found = await search(run, [run]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
