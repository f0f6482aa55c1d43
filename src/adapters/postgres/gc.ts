/** Removal of records that have ended: of tasks, so far. */
import { endToSweep } from "../../domain/task/keeping/course.ts";
import { giveUp } from "../../domain/task/requeue.ts";
import { graceOf } from "../../domain/task/retention.ts";
import type { Collector, Sweep, Swept } from "../../ports/upkeep.ts";
import { statusAt } from "./schema.ts";
import type { Space } from "./space.ts";
import { entryOf } from "./task/row.ts";
import type { TaskStore } from "../../ports/tasks.ts";

export class PostgresCollector implements Collector {
  constructor(readonly space: Space, readonly tasks: Pick<TaskStore, "apply">) {}

  async collectedAt(): Promise<number | undefined> {
    const [row] = await this.space.connection.read(
      "SELECT collected_ms FROM coord.space WHERE ns = $1",
      [await this.space.ns()],
    );
    return row && Number(row["collected_ms"]);
  }

  async sweep(sweep: Sweep): Promise<Swept[]> {
    const { connection } = this.space;
    const ns = await this.space.ns();
    const now = await this.space.now();
    if (sweep.execute) {
      await connection.write("UPDATE coord.space SET collected_ms = $2 WHERE ns = $1", [ns, now]);
    }
    // A task that another one waits for stays.
    const rows = await connection.read(
      `SELECT id, body, claim, transition, written_ms, ${statusAt("t", "$2")} AS status
       FROM coord.task t WHERE ns = $1 AND ${statusAt("t", "$2")} <> ALL($3) AND NOT EXISTS (
         SELECT FROM coord.wait w JOIN coord.task s USING (ns, id)
         WHERE w.ns = t.ns AND w.predecessor = t.id AND s.is_waiting)`,
      [ns, now, ["pending", "claimed", "delayed", "blocked"]],
    );
    const swept: Swept[] = [];
    for (const row of rows) {
      const entry = entryOf(row);
      const { task } = entry;
      if (row["status"] === "timed_out") {
        if (sweep.execute) await this.tasks.apply(task.task_id, (now) => giveUp({ task, now }));
        continue;
      }
      const grace = (status: Parameters<typeof graceOf>[0]) => graceOf(status, sweep);
      const reason = endToSweep(entry, Number(row["written_ms"]), now, grace);
      if (reason === undefined) continue;
      if (sweep.execute) {
        // What another process has moved meanwhile stays.
        const { rowCount } = await connection.write(
          "DELETE FROM coord.task WHERE ns = $1 AND id = $2 AND transition = $3",
          [ns, row["id"], row["transition"]],
        );
        if (rowCount === 0) continue;
      }
      swept.push({ kind: "task", id: task.task_id, reason });
    }
    return swept;
  }
}
