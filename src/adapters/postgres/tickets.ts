/** Tickets in PostgreSQL: a row each. Their numbers are counted in the row of the space. */
import {
  isTicketLive,
  parseTicket,
  type Ticket,
  type TicketRecord,
} from "../../domain/glob/holds/ticket.ts";
import { parseObject } from "../../domain/json.ts";
import type { TicketStore } from "../../ports/tickets.ts";
import type { PostgresResult } from "../../deps/postgres.ts";
import type { Space } from "./space.ts";

export class PostgresTickets implements TicketStore {
  constructor(readonly space: Space) {}

  async take(record: TicketRecord): Promise<number> {
    const ns = await this.space.ns();
    const taken = await this.space.connection.transaction("READ COMMITTED", async (ask) => {
      const { rows: [row] } = await ask(
        "UPDATE coord.space SET ticket = ticket + 1 WHERE ns = $1 RETURNING ticket",
        [ns],
      );
      const number = Number(row?.["ticket"]);
      const now = await this.space.now(ask);
      const all = await ask("SELECT number, body FROM coord.ticket WHERE ns = $1", [ns]);
      const live = new Set(
        ticketsOf(all).filter((ticket) => isTicketLive(ticket, now)).map((each) => each.number),
      );
      const lapsed = all.rows.map((each) => Number(each["number"])).filter((n) => !live.has(n));
      await ask("DELETE FROM coord.ticket WHERE ns = $1 AND number = ANY($2)", [ns, lapsed]);
      await ask("INSERT INTO coord.ticket VALUES ($1, $2, $3)", [
        ns,
        number,
        JSON.stringify(record),
      ]);
      return number;
    });
    this.space.hint("ticket");
    return taken;
  }

  async keep({ number, record }: Ticket): Promise<boolean> {
    const { rowCount } = await this.space.connection.repeat(
      "UPDATE coord.ticket SET body = $3 WHERE ns = $1 AND number = $2",
      [await this.space.ns(), number, JSON.stringify(record)],
    );
    if (rowCount === 1) this.space.hint("ticket");
    return rowCount === 1;
  }

  async leave(number: number): Promise<void> {
    const { rowCount } = await this.space.connection.repeat(
      "DELETE FROM coord.ticket WHERE ns = $1 AND number = $2",
      [await this.space.ns(), number],
    );
    if (rowCount === 1) this.space.hint("ticket");
  }

  async list(): Promise<readonly Ticket[]> {
    const rows = await this.space.connection.read(
      "SELECT number, body FROM coord.ticket WHERE ns = $1 ORDER BY number",
      [await this.space.ns()],
    );
    return ticketsOf({ rows });
  }

  watch(onChange: () => void): { close(): void } {
    return this.space.listen("ticket", onChange);
  }
}

function ticketsOf({ rows }: Pick<PostgresResult, "rows">): Ticket[] {
  return rows.flatMap((row) => {
    const record = parseTicket(parseObject(String(row["body"])));
    return record === undefined ? [] : [{ number: Number(row["number"]), record }];
  });
}
