/** Removal of records that have ended. */
import { heldEnd, isIntentOver } from "../../../domain/reservation/placing.ts";
import { type IntentRecord, wasConfirmed } from "../../../domain/reservation/reservation.ts";
import { endToSweep } from "../../../domain/task/keeping/course.ts";
import { giveUp } from "../../../domain/task/requeue.ts";
import { graceOf } from "../../../domain/task/retention.ts";
import type { Collector, Sweep, Swept, TimedSweep } from "../../../ports/upkeep.ts";
import { readable, recordOf } from "../record.ts";
import { COLUMNS as HELD, entryOf as heldOf } from "../reservations.ts";
import { statusAt } from "../schema.ts";
import type { Space } from "../space.ts";
import { entryOf } from "../task/row.ts";
import type { TaskStore } from "../../../ports/tasks.ts";

export class PostgresCollector implements Collector {
  constructor(readonly space: Space, readonly tasks: Pick<TaskStore, "apply">) {}

  async collectedAt(): Promise<number | undefined> {
    const [row] = await this.space.connection.read(
      "SELECT collected_ms FROM coord.space WHERE ns = $1",
      [await this.space.ns()],
    );
    return row && Number(row["collected_ms"]);
  }

  async sweep(asked: Sweep): Promise<Swept[]> {
    const sweep = { ...asked, now: await this.space.now() };
    if (sweep.execute) {
      await this.space.connection.repeat("UPDATE coord.space SET collected_ms = $2 WHERE ns = $1", [
        await this.space.ns(),
        sweep.now,
      ]);
    }
    const reservations = await this.#reservations(sweep);
    const gone = new Set(reservations.map(({ id }) => id));
    const others = [...await this.#intents(sweep, gone), ...await this.#tasks(sweep)];
    if (sweep.execute) {
      this.space.hint("record");
      await this.#forget();
    }
    return [...reservations, ...others];
  }

  /** Forgets what was removed long ago; a consumer who has not looked since begins again. */
  async #forget(): Promise<void> {
    await this.space.connection.write(
      `WITH old AS (DELETE FROM coord.gone
         WHERE ns = $1 AND at < clock_timestamp() - interval '7 days' RETURNING gone),
       last AS (SELECT gone FROM old ORDER BY gone DESC LIMIT 1)
       UPDATE coord.space SET forgotten = greatest(forgotten, last.gone) FROM last WHERE ns = $1`,
      [await this.space.ns()],
    );
  }

  async #reservations({ now, graceMs, execute }: TimedSweep): Promise<Swept[]> {
    const { connection } = this.space;
    const ns = await this.space.ns();
    const rows = await connection.read(
      `SELECT ${HELD} FROM coord.reservation
       WHERE ns = $1 AND (release IS NOT NULL OR ends_ms <= $2) ORDER BY id`,
      [ns, now],
    );
    const swept: Swept[] = [];
    for (const row of rows) {
      const [entry] = readable([row], heldOf, this.space.warn);
      if (entry === undefined) continue;
      const { reservation_id: id } = entry.reservation;
      const reason = heldEnd(entry, now, graceMs);
      if (reason === undefined) continue;
      if (execute) {
        const { rowCount } = await connection.repeat(
          "DELETE FROM coord.reservation WHERE ns = $1 AND id = $2 AND version = $3",
          [ns, id, row["version"]],
        );
        if (rowCount === 0) continue;
        this.space.hint("reservation", id);
      }
      if (wasConfirmed(entry)) swept.push({ kind: "reservation", id, reason });
    }
    return swept;
  }

  /** Intents whose reservation is gone, or which never had one. */
  async #intents({ now, graceMs, execute }: TimedSweep, gone: ReadonlySet<string>) {
    const { connection } = this.space;
    const ns = await this.space.ns();
    const ids = await connection.read("SELECT id FROM coord.reservation WHERE ns = $1", [ns]);
    const held = new Set(ids.map((row) => String(row["id"])));
    const rows = await connection.read(
      "SELECT body FROM coord.intent WHERE ns = $1 ORDER BY id",
      [ns],
    );
    const isHeld = (id: string) => held.has(id) && !gone.has(id);
    const over = readable(rows, (row) => recordOf<IntentRecord>(row["body"]), this.space.warn)
      .filter((intent) => isIntentOver(intent, isHeld, now, graceMs))
      .map(({ intent_id: id }): Swept => ({ kind: "intent", id, reason: "ended" }));
    if (execute && over.length > 0) {
      await connection.repeat("DELETE FROM coord.intent WHERE ns = $1 AND id = ANY($2)", [
        ns,
        over.map(({ id }) => id),
      ]);
    }
    return over;
  }

  async #tasks(sweep: TimedSweep): Promise<Swept[]> {
    const { connection } = this.space;
    const { now } = sweep;
    const ns = await this.space.ns();
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
      const [entry] = readable([row], entryOf, this.space.warn);
      if (entry === undefined) continue;
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
        const { rowCount } = await connection.repeat(
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
