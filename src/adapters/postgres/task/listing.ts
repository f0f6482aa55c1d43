/** Counting and listing tasks, all as they stand at one instant. */
import {
  QueueCounts,
  type TaskCounts,
  type TaskFilter,
  type TaskListing,
} from "../../../domain/task/listing.ts";
import type { TaskStatus } from "../../../domain/task/task.ts";
import { readable, type Row } from "../record.ts";
import { statusAt, UNFINISHED } from "../schema.ts";
import type { Space } from "../space.ts";
import { entryOf, plain } from "./row.ts";

export async function listTasks(space: Space, filter: TaskFilter): Promise<TaskListing> {
  const ns = await space.ns();
  return await space.connection.transaction("REPEATABLE READ, READ ONLY", async (ask) => {
    const now = await space.now(ask);
    const at = statusAt("t", "$2");
    const counted = new QueueCounts();
    const { rows: groups } = await ask(
      `SELECT queue, ${at} AS status, count(*)::int AS count FROM coord.task t
       WHERE ns = $1 GROUP BY 1, 2`,
      [ns, now],
    );
    for (const row of groups) {
      counted.add(String(row["queue"]), row["status"] as TaskStatus, Number(row["count"]));
    }
    const { rows: [oldest] } = await ask(
      `SELECT body FROM ${UNFINISHED} t WHERE ${at} = 'pending'
       ORDER BY created_ms, id LIMIT 1`,
      [ns, now],
    );
    const values: unknown[] = [ns, now];
    const where = wanted(filter, at, values);
    const { rows: [all] } = await ask(
      `SELECT count(*)::int AS count FROM coord.task t WHERE ${where}`,
      values,
    );
    const { limit = Infinity, from } = filter;
    let rest = "";
    if (from !== undefined) {
      const [priority, created, id] = [from.priority, from.createdMs, from.id]
        .map((value) => `$${values.push(value)}`);
      rest +=
        ` AND (-priority, created_ms, id) >= (-(${priority}::bigint), ${created}::float8, ${id})`;
    }
    const { rows } = await ask(
      `SELECT id, body, claim, ${at} AS status FROM coord.task t WHERE ${where}${rest}
       ORDER BY priority DESC, created_ms, id` +
        (limit === Infinity ? "" : ` LIMIT $${values.push(limit + 1)}`),
      values,
    );
    const asListed = (row: Row) => ({ ...entryOf(row), status: row["status"] as TaskStatus });
    const next = rows[limit]?.["id"];
    const queues: ReadonlyMap<string, TaskCounts> = counted.queues;
    return {
      counts: counted.all,
      queues,
      oldestPending: readable([oldest ?? []].flat(), entryOf, () => {})[0]?.task,
      matched: Number(all?.["count"]),
      items: readable(rows.slice(0, limit), asListed, space.warn),
      next: typeof next === "string" ? next : undefined,
    };
  });
}

/** The condition of a filter, apart from where it begins. */
function wanted(filter: TaskFilter, at: string, values: unknown[]): string {
  const { status, queue, runId, tag } = filter;
  let where = "ns = $1 AND $2::float8 IS NOT NULL";
  const add = (left: string, value: unknown) => where += ` AND ${left}$${values.push(value)}`;
  if (status !== undefined) where += ` AND ${at} = ANY($${values.push([status].flat())})`;
  if (queue !== undefined) add("queue = ", queue);
  if (runId !== undefined) add("run = ", plain(runId));
  if (tag !== undefined) add("tags @> ", [plain(tag)]);
  return where;
}
