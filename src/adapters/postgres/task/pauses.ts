/** The queues that are paused: a row each. */
import type { QueuePause, QueuePauses } from "../../../ports/tasks.ts";
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
      const { rowCount } = await connection.write(
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
    const { connection } = this.space;
    const { rows: [ended] } = await connection.write(
      "DELETE FROM coord.pause WHERE ns = $1 AND queue = $2 RETURNING body",
      [await this.space.ns(), queue],
    );
    if (ended === undefined) return undefined;
    this.space.hint("task");
    return pauseOf(ended);
  }
}

function pauseOf(row: Readonly<Record<string, unknown>>): QueuePause {
  return JSON.parse(String(row["body"])) as QueuePause;
}
