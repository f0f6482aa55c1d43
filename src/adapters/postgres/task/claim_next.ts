/**
 * Finding the task that a claimer gets.
 *
 * 1. What has become claimable by time alone is marked as ready; what others hold at this moment
 *    stays as it is.
 * 2. In a transaction the first ready task in the queue's order is locked, past those that others have
 *    locked. The rule of the domain decides on it, and what it says is written. So of any number of
 *    claimers each gets another task, and a claim is overtaken only by those that come at once.
 * 3. Where there is none, and the caller asks for all care, what no index says is looked for: ends whose
 *    processes died before what waited was let go, and claims by a clock that was wrong.
 * 4. `undefined` is the answer only where no ready task is left that another claimer has locked: he may
 *    not take it after all.
 */
import { giveUp } from "../../../domain/task/requeue.ts";
import { type ClaimRecord, grant } from "../../../domain/task/claim.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import type { Wanted } from "../../../domain/task/task.ts";
import type { ClaimSearch } from "../../../ports/tasks.ts";
import { statusAt } from "../schema.ts";
import type { Space } from "../space.ts";
import type { Moving } from "./moving.ts";
import { entryOf, plain, plainOr } from "./row.ts";

/** Statuses in which a task may be claimed, in SQL. */
export const CLAIMABLE = "('pending', 'timed_out')";

const ORDER = "ORDER BY priority DESC, created_ms, id LIMIT 1 FOR NO KEY UPDATE";

/** What came of looking at one task. */
type Look = { readonly task: TaskEntry["task"]; readonly claim: ClaimRecord } | "refused" | "none";

export class ClaimNext {
  /** The time of the last search: what was due by then was among its tasks. */
  searchedAt = -Infinity;

  constructor(readonly space: Space, readonly moving: Moving) {}

  async find(search: ClaimSearch): Promise<TaskEntry | undefined> {
    await this.#note(search);
    await this.#markDue();
    let isThorough = search.effort === "thorough";
    while (true) {
      const look = await this.#first(search);
      if (look === "refused") continue;
      if (look !== "none") {
        await this.moving.follow(look.claim);
        if (look.claim.status === "claimed") return look;
      } else if (isThorough) {
        isThorough = false;
        await this.#lookForAll();
      } else if (!await this.#isAnotherAtWork(search)) return undefined;
    }
  }

  /** The first of the ready tasks that no other process has locked. */
  async #first(search: ClaimSearch): Promise<Look> {
    const { connection, time } = this.space;
    const [where, values] = await this.#wanted(search);
    return await connection.transaction("READ COMMITTED", async (ask): Promise<Look> => {
      const { rows: [row] } = await ask(
        `SELECT id, body, claim, ${time.sql()} AS now FROM coord.task WHERE ${where} ${ORDER} SKIP LOCKED`,
        values,
      );
      if (row === undefined) return "none";
      const { task, claim } = entryOf(row);
      const now = Number(row["now"]);
      const decision = grant({ ...search.grant, task, now })(claim);
      if (decision.kind === "write") {
        const { next } = decision;
        await this.moving.write(ask, task, next, claim?.transition ?? 0, now);
        return { task, claim: next };
      }
      const refuse = "UPDATE coord.task SET ready = false, due_ms = NULL WHERE ns = $1 AND id = $2";
      await ask(refuse, [values[0], task.task_id]);
      return "refused";
    });
  }

  /** Whether another process holds what might be claimed; then it has ended that. */
  async #isAnotherAtWork(search: Wanted): Promise<boolean> {
    const { connection } = this.space;
    const [where, values] = await this.#wanted(search);
    const rows = await connection.read(`SELECT FROM coord.task WHERE ${where} LIMIT 1`, values);
    if (rows.length === 0) return false;
    await connection.transaction("READ COMMITTED", async (ask) => {
      await ask(`SELECT FROM coord.task WHERE ${where} ${ORDER}`, values);
    });
    return true;
  }

  /** Which ready tasks a claimer may have, as the domain's `mayTake` has it. */
  async #wanted({ queues, tag, has = [], paused }: Wanted): Promise<[string, unknown[]]> {
    const values: unknown[] = [await this.space.ns(), has.map(plain)];
    let where = "ns = $1 AND ready AND needs <@ $2";
    const add = (condition: (value: string) => string, value: unknown) =>
      where += ` AND ${condition(`$${values.push(value)}`)}`;
    const [only] = queues ?? [];
    if (queues?.length === 1) add((value) => `queue = ${value}`, only);
    else if (queues !== undefined) add((value) => `queue = ANY(${value})`, queues);
    if (tag !== undefined) add((value) => `${value} = ANY(tags)`, plainOr(tag));
    if (paused !== undefined && paused.size > 0) {
      add((value) => `queue <> ALL(${value})`, [...paused]);
    }
    return [where, values];
  }

  /** Notes what a claimer has that has something. */
  async #note({ has = [], queues }: Wanted): Promise<void> {
    if (has.length === 0) return;
    await this.space.connection.write(
      `INSERT INTO coord.claimer (ns, wanted, seen_ms) VALUES ($1, $2, ${this.space.time.sql()})
       ON CONFLICT (ns, wanted) DO UPDATE SET seen_ms = excluded.seen_ms`,
      [await this.space.ns(), JSON.stringify({ has, queues })],
    );
  }

  /** Marks what is due, ends what has had its last attempt, and lets go what waited for what has expired. */
  async #markDue(): Promise<void> {
    const { connection, time } = this.space;
    const { rows: [row] } = await connection.write(
      `WITH clock AS MATERIALIZED (SELECT ${time.sql()} AS ms), due AS (
         SELECT id FROM coord.task
         WHERE ns = $1 AND NOT ready AND due_ms <= (SELECT ms FROM clock)
         FOR NO KEY UPDATE SKIP LOCKED
       ), marked AS (
         UPDATE coord.task t SET ready = true FROM due WHERE t.ns = $1 AND t.id = due.id
         RETURNING t.body
       )
       SELECT ms AS now, ARRAY(SELECT body FROM marked) AS due, ARRAY(
         SELECT DISTINCT w.id FROM coord.wait w JOIN coord.task t USING (ns, id)
         JOIN coord.task p ON p.ns = w.ns AND p.id = w.predecessor
         WHERE w.ns = $1 AND w.is_timed AND t.is_waiting AND NOT p.is_over
           AND ${statusAt("p", "clock.ms")} = 'expired') AS freed
       FROM clock`,
      [await this.space.ns()],
    );
    this.searchedAt = Number(row?.["now"]);
    for (const body of row?.["due"] as string[]) {
      const { task } = entryOf({ body });
      if (task.max_attempts === undefined) continue;
      await this.moving.apply(task.task_id, (now) => giveUp({ task, now }));
    }
    await this.moving.letGo(row?.["freed"] as string[]);
  }

  async #lookForAll(): Promise<void> {
    const { connection, time } = this.space;
    const ns = await this.space.ns();
    const freed = await connection.read(
      `SELECT DISTINCT w.id FROM coord.wait w JOIN coord.task t USING (ns, id)
       LEFT JOIN coord.task p ON p.ns = w.ns AND p.id = w.predecessor
       WHERE w.ns = $1 AND t.is_waiting AND p.is_over IS NOT FALSE`,
      [ns],
    );
    await this.moving.letGo(freed.map((row) => String(row["id"])));
    await connection.write(
      `UPDATE coord.task t SET ready = true
       WHERE ns = $1 AND NOT ready AND NOT is_over AND ${
        statusAt("t", time.sql())
      } IN ${CLAIMABLE}`,
      [ns],
    );
  }
}
