/** The queue in PostgreSQL. Each task is a row; the rules of the domain decide on it in this process. */
import {
  CLAIMER_MS,
  mayTake,
  needsOf,
  type TaskRecord,
  type Wanted,
} from "../../../domain/task/task.ts";
import { distinct, hindrance, outcomesOf } from "../../../domain/task/keeping/adding.ts";
import { isGated } from "../../../domain/task/after.ts";
import type { TimedRule } from "../../../domain/task/claim.ts";
import type { TaskEntry, TaskFilter, TaskListing } from "../../../domain/task/listing.ts";
import type {
  Added,
  Applied,
  ClaimSearch,
  EndedTask,
  Preceding,
  TaskStore,
  UnmetNeeds,
} from "../../../ports/tasks.ts";
import { CoordError } from "../../../domain/errors.ts";
import { isTaken } from "../failures.ts";
import { isHeard } from "../feed/listening.ts";
import { recordOf, type Row } from "../record.ts";
import { statusAt, UNFINISHED } from "../schema.ts";
import type { Space } from "../space.ts";
import { CLAIMABLE, ClaimNext } from "./claim_next.ts";
import { listTasks } from "./listing.ts";
import { Moving } from "./moving.ts";
import { PostgresPauses } from "./pauses.ts";
import { COLUMNS, entryOf, plain, rowOf, waitsOf } from "./row.ts";

const NAMES = Object.keys(COLUMNS).filter((name) => name !== "written_ms").join(", ");
const TYPED = Object.entries(COLUMNS).map((each) => each.join(" ")).join(", ");

/** How many new tasks are named to those who wait; of more they look at all. */
const NAMED = 20;

export class PostgresTaskStore implements TaskStore {
  readonly pauses: PostgresPauses;
  readonly #moving: Moving;
  readonly #next: ClaimNext;

  constructor(readonly space: Space) {
    this.pauses = new PostgresPauses(space);
    this.#moving = new Moving(space);
    this.#next = new ClaimNext(space, this.#moving);
  }

  async add(all: readonly TaskRecord[], found?: Preceding): Promise<Added> {
    const once = distinct(all);
    const { tasks, conflict } = once;
    if (conflict !== undefined) return { kind: "conflict", conflict };
    while (true) {
      const held = await this.#moving.holders(tasks);
      const hindered = hindrance(tasks, held, found?.standIns);
      if (hindered !== undefined) return hindered;
      const added = tasks.filter((task) => !held.has(task));
      if (!await this.#insert(added.map((task) => ({ task, claim: undefined })))) continue;
      const waiting = added.filter(isGated).map(({ task_id }) => task_id);
      await this.#moving.letGo(waiting, found?.completed);
      return { kind: "added", tasks: outcomesOf(all, once, held) };
    }
  }

  /** Adds rows; `false` where another task has taken one of the keys. */
  async #insert(entries: readonly TaskEntry[]): Promise<boolean> {
    if (entries.length === 0) return true;
    const tasks = entries.map(({ task }) => task);
    const { space } = this;
    const { connection, time } = space;
    const ns = await space.ns();
    const waits = tasks.flatMap(waitsOf);
    const predecessors = [...new Set(waits.map(({ predecessor }) => predecessor))];
    // As of a time that the server has passed: else it adds none, and says what time it is.
    for (let now = space.past();; now = space.past()) {
      const rows = entries.map((entry) => rowOf(entry, now));
      const before = Date.now();
      let answer: Row | undefined;
      try {
        ({ rows: [answer] } = await connection.repeat(
          // What a task waits for ends before it is in, or after that.
          `WITH clock AS MATERIALIZED (SELECT ${time.sql()} AS ms), added AS (
             INSERT INTO coord.task (ns, ${NAMES}, written_ms)
             SELECT $1, ${NAMES}, ms FROM clock, json_to_recordset($2::json) AS r(${TYPED})
             WHERE written_ms <= ms ON CONFLICT (ns, id) DO NOTHING RETURNING id
           ), held AS MATERIALIZED (
             SELECT id FROM coord.task WHERE ns = $1 AND id = ANY($4::text[]) ORDER BY id FOR SHARE
           ), waits AS (
             INSERT INTO coord.wait (ns, predecessor, id, is_timed)
             SELECT $1, w.predecessor, w.id, w.is_timed FROM added
             JOIN json_to_recordset($3::json) AS w(id text, predecessor text, is_timed boolean)
               USING (id)
             WHERE (SELECT count(*) FROM held) >= 0)
           SELECT ms AS now, ${isHeard("$1")} FROM clock`,
          [ns, JSON.stringify(rows), JSON.stringify(waits), predecessors],
        ));
      } catch (error) {
        if (isTaken(error, "task_key")) return false;
        throw error;
      }
      space.note(before, Number(answer?.["now"]));
      if (now > Number(answer?.["now"])) continue;
      if (answer?.["is_heard"] !== true) return true;
      if (tasks.length > NAMED) space.hint("task");
      else for (const { task_id } of tasks) space.hint("task", task_id);
      return true;
    }
  }

  async restore(ended: readonly EndedTask[]): Promise<readonly EndedTask[]> {
    await this.#insert(ended);
    for (const { task } of ended) {
      await this.#moving.letGo(await this.#moving.successors(task.task_id));
    }
    return [];
  }

  /** Keeps tasks as they are elsewhere; those that are there stay as they are. */
  async keep(entries: readonly TaskEntry[]): Promise<void> {
    if (await this.#insert(entries)) return;
    throw new CoordError("io_error", "Cannot move tasks: another task has the key of one of them");
  }

  async unmetNeeds(): Promise<UnmetNeeds[]> {
    const { connection, time } = this.space;
    const ns = await this.space.ns();
    const seen = await connection.read(
      `SELECT wanted FROM coord.claimer WHERE ns = $1 AND seen_ms >= ${time.sql()} - $2::float8`,
      [ns, CLAIMER_MS],
    );
    const claimers = seen.map((row) => recordOf<Wanted>(row["wanted"]));
    const rows = await connection.read(
      `SELECT DISTINCT ON (queue, needs) body FROM ${UNFINISHED} t
       WHERE needs <> '{}' AND ${statusAt("t", time.sql())} IN ${CLAIMABLE}`,
      [ns],
    );
    return rows.flatMap((row) => {
      const { task } = entryOf(row);
      if (claimers.some((claimer) => mayTake(task, claimer))) return [];
      return { queue: task.queue, needs: needsOf(task), task_id: task.task_id };
    });
  }

  async get(id: string): Promise<TaskEntry | undefined> {
    const [row] = await this.space.connection.read(
      "SELECT body, claim FROM coord.task WHERE ns = $1 AND id = $2",
      [await this.space.ns(), id],
    );
    return row && entryOf(row);
  }

  async find(prefix: string, limit: number): Promise<string[]> {
    const beyond = `${prefix}\u{10FFFF}`;
    const rows = await this.space.connection.read(
      `(SELECT id FROM coord.task WHERE ns = $1 AND id >= 'sha256:' || $2::text
          AND id < 'sha256:' || $3::text ORDER BY id LIMIT $4)
       UNION SELECT id FROM coord.task
         WHERE ns = $1 AND id <> 'sha256:' || stem AND stem >= $2 AND stem < $3
       ORDER BY id LIMIT $4`,
      [await this.space.ns(), prefix, beyond, Math.floor(limit)],
    );
    return rows.map((row) => String(row["id"]));
  }

  async byKey(key: string): Promise<string[]> {
    const rows = await this.space.connection.read(
      "SELECT id FROM coord.task WHERE ns = $1 AND key = $2 ORDER BY id",
      [await this.space.ns(), plain(key)],
    );
    return rows.map((row) => String(row["id"]));
  }

  async successors(id: string): Promise<string[]> {
    return await this.#moving.successors(id);
  }

  async apply(taskId: string, rule: TimedRule): Promise<Applied> {
    return await this.#moving.apply(taskId, rule);
  }

  async claimNext(search: ClaimSearch): Promise<TaskEntry | undefined> {
    return await this.#next.find(search);
  }

  async nextTimeout(): Promise<number | undefined> {
    const [row] = await this.space.connection.read(
      `SELECT least(
         (SELECT min(due_ms) FROM coord.task
            WHERE ns = $1 AND NOT ready AND NOT is_over AND due_ms > $2),
         (SELECT min(p.starts[array_position(p.statuses, 'expired')])
            FROM coord.wait w JOIN coord.task t USING (ns, id)
            JOIN coord.task p ON p.ns = w.ns AND p.id = w.predecessor
            WHERE w.ns = $1 AND w.is_timed AND t.is_waiting AND NOT p.is_over
              AND p.starts[array_position(p.statuses, 'expired')] > $2)) AS next`,
      [await this.space.ns(), String(this.#next.searchedAt)],
    );
    const next = row?.["next"];
    return typeof next === "number" ? next : undefined;
  }

  async list(filter: TaskFilter): Promise<TaskListing> {
    return await listTasks(this.space, filter);
  }

  async announce(id: string): Promise<void> {
    this.space.hint("task", id);
  }

  onTask(body: (id: string | undefined) => void): { close(): void } {
    return this.space.listen("task", body);
  }

  watchClaim(id: string, onChange: () => void): { close(): void } {
    return this.space.listen("claim", (changed) => {
      if (changed === undefined || changed === id) onChange();
    });
  }
}
