/** Tickets in memory. */
import { isTicketLive, type Ticket, type TicketRecord } from "../../domain/glob/holds/ticket.ts";
import type { TicketStore } from "../../ports/tickets.ts";
import type { MemoryWorkspace } from "./workspace.ts";

export class MemoryTickets implements TicketStore {
  constructor(readonly workspace: MemoryWorkspace) {}

  async take(record: TicketRecord): Promise<number> {
    const { tickets, clock } = this.workspace;
    for (const ticket of tickets.byNumber.values()) {
      if (!isTicketLive(ticket, clock())) tickets.byNumber.delete(ticket.number);
    }
    const number = ++tickets.last;
    tickets.byNumber.set(number, { number, record });
    this.#changed();
    return number;
  }

  async keep(ticket: Ticket): Promise<boolean> {
    const { byNumber } = this.workspace.tickets;
    if (!byNumber.has(ticket.number)) return false;
    byNumber.set(ticket.number, ticket);
    this.#changed();
    return true;
  }

  async leave(number: number): Promise<void> {
    if (this.workspace.tickets.byNumber.delete(number)) this.#changed();
  }

  async list(): Promise<readonly Ticket[]> {
    return [...this.workspace.tickets.byNumber.values()];
  }

  watch(onChange: () => void): { close(): void } {
    const { listeners } = this.workspace.tickets;
    const listener = () => onChange();
    listeners.add(listener);
    return { close: () => void listeners.delete(listener) };
  }

  #changed(): void {
    for (const listener of this.workspace.tickets.listeners) listener();
  }
}
