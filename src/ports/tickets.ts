/** The store of tickets: an order among those that wait. It grants nothing: the holds themselves decide. */
import type { Ticket, TicketRecord } from "../domain/glob/holds/ticket.ts";

export interface TicketStore {
  /**
   * Takes a ticket behind all that are there. Of two calls, the one that begins after the other has
   * resolved gets the higher number; no number is taken twice.
   *
   * @returns Its number.
   */
  take(record: TicketRecord): Promise<number>;

  /** Writes a ticket again, under its number; `false` when it is no longer there. */
  keep(ticket: Ticket): Promise<boolean>;

  /** Gives a ticket back; nothing when it is no longer there. */
  leave(number: number): Promise<void>;

  /** All tickets in their order, those that lapsed among them. */
  list(): Promise<readonly Ticket[]>;

  /**
   * Calls `onChange` when a ticket may have come, changed or gone: a hint, never the truth. `onError`
   * is called at most once, and no hints follow it. Throws where notification cannot be had.
   */
  watch(onChange: () => void, onError: (error: unknown) => void): { close(): void };
}
