/**
 * Finding the task that a claimer gets.
 *
 * 1. The first ready task is granted in one message there and back, where at_once.ts can do that.
 * 2. Else in a transaction the first ready task in the queue's order is locked, past those that others have
 *    locked. The rule of the domain decides on it, and what it says is written. So of any number of
 *    claimers each gets another task, and a claim is overtaken only by those that come at once.
 * 3. The same statement says whether time alone has changed anything. Then what has become claimable is
 *    marked as ready before that, once; what others hold at this moment stays as it is.
 * 4. Where there is none, and the caller asks for all care, what no index says is looked for: ends whose
 *    processes died before what waited was let go, and claims by a clock that was wrong.
 * 5. `undefined` is the answer only where no ready task is left that another claimer has locked: he may
 *    not take it after all.
 */
import { giveUp } from "../../../domain/task/requeue.ts";
import { grant } from "../../../domain/task/claim.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import type { Wanted } from "../../../domain/task/task.ts";
import type { ClaimSearch, EndedTask } from "../../../ports/tasks.ts";
import { isHeard } from "../feed/listening.ts";
import { readable, type Row } from "../record.ts";
import { statusAt } from "../schema.ts";
import type { Space } from "../space.ts";
import { granted, granting, Template } from "./at_once.ts";
import { type Aftermath, aftermathOf, IS_WAITING, type Moving } from "./moving.ts";
import { entryOf, plain, plainOr } from "./row.ts";
import { statementOf } from "./statement.ts";

/** Statuses in which a task may be claimed, in SQL. */
export const CLAIMABLE = "('pending', 'timed_out')";

const ORDER = "ORDER BY priority DESC, created_ms, id LIMIT 1 FOR NO KEY UPDATE";

/** What came of looking at one task. */
type Look =
  | EndedTask & { readonly aftermath?: Aftermath }
  | "due"
  | "refused"
  | "none";

/** The queues that are paused. */
const PAUSED = "ARRAY(SELECT queue FROM coord.pause WHERE ns = $1)";

/** When the first task is due. As a minimum the index has it at its beginning. */
const NEXT_DUE = "(SELECT min(due_ms) FROM coord.task WHERE ns = $1 AND NOT ready AND NOT is_over)";

/** What waits for a task that has expired, in a statement that has a `clock`. */
const FREED = `FROM coord.wait w WHERE w.ns = $1 AND w.is_timed AND ${IS_WAITING}
  AND (SELECT NOT p.is_over AND ${statusAt("p", "(SELECT ms FROM clock)")} = 'expired'
    FROM coord.task p WHERE p.ns = w.ns AND p.id = w.predecessor)`;

/** Whether time alone has changed anything, in a statement that has a `clock`. */
const IS_DUE = `(coalesce(${NEXT_DUE} <= ms, false) OR EXISTS (SELECT ${FREED}))`;

/** The statement that grants the first of some tasks in one message. */
function grantOf(where: string, now: string): string {
  return `WITH clock AS MATERIALIZED (SELECT ${now} AS ms),
    looked AS MATERIALIZED (
      SELECT ms, NOT $3::boolean AND ${IS_DUE} AS is_due, ${PAUSED} AS paused FROM clock),
    first AS MATERIALIZED (SELECT id FROM coord.task
      WHERE ${where.replace(PAUSED, "(SELECT paused FROM looked)")}
        AND NOT (SELECT is_due FROM looked) ${ORDER} SKIP LOCKED),
    granted AS (${granting("$4", "(SELECT ms FROM clock)")} RETURNING t.body)
    SELECT ms AS now, is_due, paused, (SELECT body FROM granted) AS body,
      EXISTS (SELECT FROM first) AS is_there, ${isHeard("$1")}
    FROM looked`;
}

export class ClaimNext {
  /** The time of the last search: what was due by then was among its tasks. */
  searchedAt = -Infinity;
  readonly #grantOf = statementOf(grantOf);

  constructor(readonly space: Space, readonly moving: Moving) {}

  async find(search: ClaimSearch): Promise<TaskEntry | undefined> {
    await this.#note(search);
    let isThorough = search.effort === "thorough";
    let isMarked = false;
    while (true) {
      const look = await this.#atOnce(search, isMarked) ?? await this.#first(search, isMarked);
      if (look === "refused") continue;
      if (look === "due") {
        await this.#markDue();
        isMarked = true;
        continue;
      }
      if (look !== "none") {
        this.moving.note(look);
        const { task, claim, aftermath } = look;
        await this.moving.follow(claim, aftermath);
        if (claim.status === "claimed") return { task, claim };
      } else if (isThorough) {
        isThorough = false;
        await this.#lookForAll();
      } else if (!await this.#isAnotherAtWork(search)) return undefined;
    }
  }

  /** The same as {@link #first}; `undefined` where that has to look. */
  async #atOnce(search: ClaimSearch, isMarked: boolean): Promise<Look | undefined> {
    const { connection, time, warn } = this.space;
    const ns = await this.space.ns();
    const template = new Template(search, this.space.past());
    const [where, values] = await this.#wanted(search, isMarked, template.row);
    const statement = this.#grantOf(where, time.sql());
    const answer = await connection.once([statement, values], granted(ns, search));
    const grantedTo = (row: Row) => {
      const [entry] = readable([row], entryOf, warn);
      if (entry === undefined) return "refused";
      return {
        ...template.of(entry),
        aftermath: row["is_heard"] === undefined ? {} : aftermathOf(row),
      };
    };
    const [found] = answer?.found?.rows ?? [];
    if (found !== undefined) return grantedTo(found);
    const [row] = answer?.done?.rows ?? [];
    if (row === undefined) return undefined;
    heed(search, row);
    this.space.noteLeast(Number(row["now"]));
    if (row["is_due"] === true) return "due";
    if (!isMarked) this.searchedAt = Number(row["now"]);
    if (row["body"] !== null) return grantedTo(row);
    return row["is_there"] === true ? undefined : "none";
  }

  /** The first of the ready tasks that no other process has locked. */
  async #first(search: ClaimSearch, isMarked: boolean): Promise<Look> {
    const { connection, time } = this.space;
    const [where, values, ns] = await this.#wanted(search);
    return await connection.transaction("READ COMMITTED", async (ask): Promise<Look> => {
      // Of a row that was locked the time is read after that.
      const { rows: [row] } = await ask(
        `WITH clock AS MATERIALIZED (SELECT ${time.sql()} AS ms)
         SELECT first.*, ${time.sql()} AS now, ms AS searched,
           ${IS_DUE} AS is_due, ${PAUSED} AS paused, ${isHeard("$1")}
         FROM clock LEFT JOIN LATERAL (
           SELECT id, body, claim FROM coord.task WHERE ${where} ${ORDER} SKIP LOCKED) first ON true`,
        values,
      );
      if (row !== undefined) heed(search, row);
      if (!isMarked && row?.["is_due"] === true) return "due";
      if (!isMarked) this.searchedAt = Number(row?.["searched"]);
      if (row === undefined || row["id"] === null) return "none";
      const [entry] = readable([row], entryOf, this.space.warn);
      const now = Number(row["now"]);
      this.space.noteLeast(now, true);
      const decision = entry && grant({ ...search.grant, task: entry.task, now })(entry.claim);
      if (entry !== undefined && decision?.kind === "write") {
        const { next: claim } = decision;
        const { task } = entry;
        // The row is locked, so that is written with all, or nothing is.
        ask(...this.moving.write(ns, { task, claim }, entry.claim?.transition ?? 0, now));
        return { task, claim, aftermath: aftermathOf(row) };
      }
      const refuse = "UPDATE coord.task SET ready = false, due_ms = NULL WHERE ns = $1 AND id = $2";
      await ask(refuse, [ns, row["id"]]);
      return "refused";
    });
  }

  /** Whether another process holds what might be claimed; then it has ended that. */
  async #isAnotherAtWork(search: ClaimSearch): Promise<boolean> {
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
  async #wanted(
    { queues, tag, has = [], onPaused }: ClaimSearch,
    ...others: unknown[]
  ): Promise<[string, unknown[], number]> {
    const ns = await this.space.ns();
    const values: unknown[] = [ns, has.map(plain), ...others];
    // Of this form the planner expects that it leaves many, as it does, so it does not sort all first.
    const isOpen = onPaused === undefined ? "" : ` AND array_position(${PAUSED}, queue) IS NULL`;
    let where = `ns = $1 AND ready AND CASE WHEN needs <@ $2${isOpen} THEN true END`;
    const add = (condition: (value: string) => string, value: unknown) =>
      where += ` AND ${condition(`$${values.push(value)}`)}`;
    const [only] = queues ?? [];
    if (queues?.length === 1) add((value) => `queue = ${value}`, only);
    else if (queues !== undefined) add((value) => `queue = ANY(${value})`, queues);
    if (tag !== undefined) add((value) => `${value} = ANY(tags)`, plainOr(tag));
    return [where, values, ns];
  }

  /** Notes what a claimer has that has something. */
  async #note({ has = [], queues }: Wanted): Promise<void> {
    if (has.length === 0) return;
    await this.space.connection.repeat(
      `INSERT INTO coord.claimer (ns, wanted, seen_ms) VALUES ($1, $2, ${this.space.time.sql()})
       ON CONFLICT (ns, wanted) DO UPDATE SET seen_ms = excluded.seen_ms`,
      [await this.space.ns(), JSON.stringify({ has, queues })],
    );
  }

  /** Marks what is due, ends what has had its last attempt, and lets go what waited for what has expired. */
  async #markDue(): Promise<void> {
    const { connection, time } = this.space;
    const { rows: [row] } = await connection.repeat(
      `WITH clock AS MATERIALIZED (SELECT ${time.sql()} AS ms), due AS (
         SELECT id FROM coord.task
         WHERE ns = $1 AND NOT ready AND NOT is_over AND due_ms <= (SELECT ms FROM clock)
         FOR NO KEY UPDATE SKIP LOCKED
       ), marked AS (
         UPDATE coord.task t SET ready = true FROM due WHERE t.ns = $1 AND t.id = due.id
         RETURNING t.body
       )
       SELECT ms AS now, ARRAY(SELECT body FROM marked) AS due, ARRAY(SELECT DISTINCT w.id ${FREED}) AS freed
       FROM clock`,
      [await this.space.ns()],
    );
    this.searchedAt = Number(row?.["now"]);
    const due = (row?.["due"] as string[]).map((body) => ({ body }));
    for (const { task } of readable(due, entryOf, this.space.warn)) {
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
    await connection.repeat(
      `UPDATE coord.task t SET ready = true
       WHERE ns = $1 AND NOT ready AND NOT is_over AND ${
        statusAt("t", time.sql())
      } IN ${CLAIMABLE}`,
      [ns],
    );
  }
}

/** Says which queues are paused, as a row has them. */
function heed({ onPaused }: ClaimSearch, row: Row): void {
  onPaused?.(new Set(row["paused"] as string[]));
}
