/** The queues that are paused: a row each. */
import type { QueuePauses } from "../../../ports/tasks.ts";
import type { QueuePause } from "../../../domain/task/keeping/pause.ts";
import type { PostgresResult } from "../../../deps/postgres.ts";
import { recordOf } from "../record.ts";
import type { Space } from "../space.ts";

export class PostgresPauses implements QueuePauses {
  constructor(readonly space: Space) {}

  async names(): Promise<ReadonlySet<string>> {
    const rows = await this.space.connection.read(
      "SELECT queue FROM coord.pause WHERE ns = $1",
      [await this.space.ns()],
    );
    return new Set(rows.map((row) => String(row["queue"])));
  }

  async all(): Promise<QueuePause[]> {
    const rows = await this.space.connection.read(
      "SELECT body FROM coord.pause WHERE ns = $1 ORDER BY queue",
      [await this.space.ns()],
    );
    return rows.map(pauseOf);
  }

  async pause(pause: QueuePause): Promise<QueuePause | undefined> {
    const { connection } = this.space;
    const key = [await this.space.ns(), pause.queue];
    while (true) {
      const { rowCount } = await this.#once(
        "INSERT INTO coord.pause (ns, queue, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [...key, JSON.stringify(pause)],
      );
      if (rowCount === 1) return undefined;
      const [there] = await connection.read(
        "SELECT body FROM coord.pause WHERE ns = $1 AND queue = $2",
        key,
      );
      if (there !== undefined) return pauseOf(there);
    }
  }

  async resume(queue: string): Promise<QueuePause | undefined> {
    const { rows: [ended] } = await this.#once(
      "DELETE FROM coord.pause WHERE ns = $1 AND queue = $2 RETURNING body",
      [await this.space.ns(), queue],
    );
    if (ended === undefined) return undefined;
    this.space.hint("task");
    return pauseOf(ended);
  }

  /** As a transaction, of which it is known what became of it. */
  async #once(text: string, values: readonly unknown[]): Promise<PostgresResult> {
    const { connection } = this.space;
    return await connection.transaction("READ COMMITTED", (ask) => ask(text, values));
  }
}

function pauseOf(row: Readonly<Record<string, unknown>>): QueuePause {
  return recordOf<QueuePause>(row["body"]);
}
