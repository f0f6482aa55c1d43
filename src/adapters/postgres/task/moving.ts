/**
 * Transitions of one task. A rule of the domain decides on the newest state and the server's time, read in one
 * statement; the next one is written if the number of the state is still the same, and else all is
 * done again. So no row is locked while this process thinks.
 *
 * What follows from an end comes after it is durable: each task that waits for that one is looked at, by
 * the same means. Where the process dies before, the next claim that finds nothing does that.
 */
import { afterOf } from "../../../domain/task/after.ts";
import { type ClaimRecord, isTerminal, type TimedRule } from "../../../domain/task/claim.ts";
import { isKeyed, keyTaken, keyText, makeWay } from "../../../domain/task/key.ts";
import { letGo, predecessor } from "../../../domain/task/let_go.ts";
import { isRevival } from "../../../domain/task/retry.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import type { TaskRecord, TaskStatus } from "../../../domain/task/task.ts";
import type { Applied, EndedTask } from "../../../ports/tasks.ts";
import type { PostgresResult } from "../../../deps/postgres.ts";
import type { Ask } from "../session.ts";
import { isTaken, isUnsure } from "../failures.ts";
import type { Row } from "../record.ts";
import { statusAt } from "../schema.ts";
import type { Space } from "../space.ts";
import { isHeard } from "../feed/listening.ts";
import { NEWS } from "../feed/schema.ts";
import { isTimely } from "./at_once.ts";
import { COLUMNS, entryOf, MOVED, plain, stateOf } from "./row.ts";
import { statementOf } from "./statement.ts";

const UPDATE = `UPDATE coord.task t SET ${
  MOVED.map((name) => `${name} = r.${name}`).join(", ")
}, ${NEWS}
  FROM json_to_record($2::json) AS r(${MOVED.map((name) => `${name} ${COLUMNS[name]}`).join(", ")})
  WHERE t.ns = $1 AND t.id = $4 AND t.transition = $3`;

/**
 * Whether the task of the row `w` waits, in SQL. As a join the server might begin with all tasks, where it
 * does not know yet how many there are; so it begins with those that wait for others.
 */
export const IS_WAITING =
  "(SELECT t.is_waiting FROM coord.task t WHERE t.ns = w.ns AND t.id = w.id)";

/** The tasks that wait for one. What is written later finds its end, so it is asked when that is committed. */
const SUCCESSORS = `SELECT w.id FROM coord.wait w
  WHERE w.ns = $1 AND w.predecessor = $2 AND ${IS_WAITING} ORDER BY w.id`;

/**
 * The same, asked by the statement that ends the task, in SQL: a task that comes to wait for this one holds
 * its row until it is in (store.ts). Only in this level does the function see what the statement waited for.
 */
const FOLLOWERS = "CASE WHEN current_setting('transaction_isolation') = 'read committed' " +
  "THEN coord.successors($1, $4) END AS successors";

/** What is known of a transition that was written, but for itself. */
export interface Aftermath {
  /** Whether one listens for changes; by default it is not known. */
  readonly isHeard?: boolean;
  /** The tasks that wait for its end; by default they are looked for. */
  readonly successors?: readonly string[] | undefined;
}

/** What became of a transition. */
interface MovedTask extends Aftermath {
  readonly applied: Applied;
}

/** A state that was written perhaps: the answer was lost. */
interface Attempted {
  readonly next: ClaimRecord;
  readonly error: unknown;
}

/**
 * The one of some states for the same number that was written; `undefined` while none was.
 *
 * @throws {CoordError} Where what came later hides which one it was.
 */
function wasWritten(doubts: readonly Attempted[], claim: ClaimRecord | undefined) {
  const [doubt] = doubts;
  if (doubt === undefined) return undefined;
  if ((claim?.transition ?? 0) > doubt.next.transition) throw doubt.error;
  const text = JSON.stringify(claim);
  return doubts.find(({ next }) => JSON.stringify(next) === text)?.next;
}

/** What a row says that has {@link isHeard}, and where it is of an end the successors. */
export function aftermathOf(row: Row): Aftermath {
  const successors = row["successors"] as readonly string[] | null | undefined;
  return { isHeard: row["is_heard"] === true, successors: successors ?? undefined };
}

function idsOf(rows: PostgresResult["rows"]): string[] {
  return rows.map((row) => String(row["id"]));
}

/**
 * {@link UPDATE} as a statement by itself.
 *
 * @param now The server's time in SQL, where the state was decided on by a time that is past.
 * @param isEnd Whether others may wait for the state.
 */
function moveOf(now: string | undefined, isEnd: boolean): string {
  const where = now === undefined ? UPDATE : `${UPDATE} AND ${isTimely("t", "r", now)}`;
  return `${where} RETURNING ${isHeard("$1")}${isEnd ? `, ${FOLLOWERS}` : ""}`;
}

/** States that a process keeps in mind. */
const KNOWN = 100;

export class Moving {
  /** The newest states that this process has written, of tasks that it may move again. */
  readonly #known = new Map<string, TaskEntry>();
  readonly #moveOf = statementOf(moveOf);

  constructor(readonly space: Space) {}

  /** Keeps a state in mind that this process has written. */
  note({ task, claim }: EndedTask): void {
    this.#known.delete(task.task_id);
    if (isTerminal(claim)) return;
    this.#known.set(task.task_id, { task, claim });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Applies a rule to a task's newest state, and does what follows from that. */
  async apply(id: string, rule: TimedRule): Promise<Applied> {
    const { applied, ...aftermath } = await this.#apply(id, rule);
    if (applied.kind === "written") await this.follow(applied.claim, aftermath);
    return applied;
  }

  /** Does what follows from a state that was written: others may wait for the end of its task. */
  async follow(claim: ClaimRecord, { isHeard = true, successors }: Aftermath = {}): Promise<void> {
    if (isHeard) this.space.hint("claim", claim.task_id);
    if (!isTerminal(claim)) return;
    await this.letGo(successors ?? await this.successors(claim.task_id));
  }

  /** The ids of the tasks that wait for one, sorted. */
  async successors(id: string): Promise<string[]> {
    return idsOf(await this.space.connection.read(SUCCESSORS, [await this.space.ns(), id]));
  }

  /** Lets those of the tasks go that need not wait any more, and what follows from that. */
  async letGo(ids: readonly string[], completed?: ReadonlySet<string>): Promise<void> {
    for (const id of ids) {
      const task = (await this.#read(id))?.task;
      if (task === undefined) continue;
      const statuses = await this.#statuses(afterOf(task));
      const predecessors = afterOf(task).map((each) =>
        predecessor(each, statuses.get(each), completed)
      );
      const nonce = crypto.randomUUID();
      const rule: TimedRule = (now) => letGo({ task, predecessors, now, nonce });
      const { applied, ...aftermath } = await this.#apply(id, rule);
      if (applied.kind !== "written") continue;
      if (applied.claim.status === "claimed") this.space.hint("task", id);
      await this.follow(applied.claim, aftermath);
    }
  }

  /**
   * The unfinished tasks that have the keys of some, by these, all as they are at one moment. Those that
   * are only due to end are ended.
   */
  async holders(tasks: readonly TaskRecord[]): Promise<Map<TaskRecord, TaskRecord>> {
    const keyed = tasks.filter(isKeyed);
    const keys = JSON.stringify(keyed.map(({ queue, key }) => ({ queue, key: plain(key) })));
    const held = new Map<TaskRecord, TaskRecord>();
    for (let isSettled = keyed.length === 0; !isSettled;) {
      isSettled = true;
      const rows = await this.space.connection.read(
        `SELECT t.body FROM json_to_recordset($2::json) AS k(queue text, key text)
         JOIN coord.task t USING (queue, key) WHERE t.ns = $1 AND NOT t.is_over`,
        [await this.space.ns(), keys],
      );
      const byKey = new Map(rows.map((row) => {
        const { task } = entryOf(row);
        return [isKeyed(task) ? keyText(task) : "", task];
      }));
      held.clear();
      for (const wanted of keyed) {
        const task = byKey.get(keyText(wanted));
        if (task === undefined) continue;
        held.set(wanted, task);
        const rule: TimedRule = (now) => makeWay({ task, runId: wanted.created_by, now });
        if ((await this.apply(task.task_id, rule)).kind !== "refused") isSettled = false;
      }
    }
    return held;
  }

  /**
   * The statement that writes the state that follows one; it changes no row where another process has
   * written since.
   *
   * @param seen The number of the state that it follows.
   */
  write(ns: number, { task, claim }: EndedTask, seen: number, now: number): Parameters<Ask> {
    return [UPDATE, [ns, JSON.stringify(stateOf({ task, claim }, now)), seen, task.task_id]];
  }

  async #apply(id: string, rule: TimedRule): Promise<MovedTask> {
    let doubts: Attempted[] = [];
    // What this process knows is decided on first, as of a time that is past; where that will not do, it is read.
    for (let known = this.#known.get(id);; known = undefined) {
      const found = known !== undefined
        ? { ...known, now: this.space.past() }
        : await this.#read(id).catch((error) => {
          throw doubts[0]?.error ?? error;
        });
      const written = wasWritten(doubts, found?.claim);
      if (written !== undefined) return { applied: { kind: "written", claim: written } };
      // The number is another one's now.
      if (doubts[0]?.next.transition === found?.claim?.transition) doubts = [];
      if (found === undefined) return { applied: { kind: "missing" } };
      const { task, claim, now } = found;
      const decision = rule(now)(claim);
      if (known !== undefined && decision.kind !== "write") continue;
      if (decision.kind === "refuse") {
        return { applied: { kind: "refused", refusal: decision.refusal } };
      }
      if (decision.kind === "keep") {
        return { applied: { kind: "kept", claim: decision.claim, warning: decision.warning } };
      }
      const { next } = decision;
      if (isKeyed(task) && isRevival(next)) {
        const holder = (await this.holders([task])).get(task);
        // Another process has revived it meanwhile.
        if (holder?.task_id === id) continue;
        if (holder !== undefined) {
          return { applied: { kind: "refused", refusal: keyTaken(task, holder, claim) } };
        }
      }
      try {
        const isPast = known !== undefined;
        const moved = await this.#write({ task, claim: next }, claim?.transition ?? 0, now, isPast);
        if (moved !== undefined) return moved;
      } catch (error) {
        if (isUnsure(error)) doubts.push({ next, error });
        // Another task has taken the key meanwhile.
        else if (!isTaken(error, "task_key")) throw error;
      }
    }
  }

  /** Writes a state, and asks who waits where it is an end; `undefined` where another one came first. */
  async #write(
    entry: EndedTask,
    seen: number,
    now: number,
    isPast: boolean,
  ): Promise<MovedTask | undefined> {
    const ns = await this.space.ns();
    const { connection, time } = this.space;
    const [, values = []] = this.write(ns, entry, seen, now);
    const timely = isPast ? time.sql() : undefined;
    const statement = this.#moveOf(timely, isTerminal(entry.claim));
    const { rows: [row] } = await connection.write(statement, values);
    if (row === undefined) return undefined;
    this.note(entry);
    return { applied: { kind: "written", claim: entry.claim }, ...aftermathOf(row) };
  }

  async #read(id: string) {
    const [row] = await this.space.connection.read(
      `SELECT body, claim, ${this.space.time.sql()} AS now FROM coord.task WHERE ns = $1 AND id = $2`,
      [await this.space.ns(), id],
    );
    if (row === undefined) return undefined;
    const now = Number(row["now"]);
    this.space.noteLeast(now, true);
    return { ...entryOf(row), now };
  }

  async #statuses(ids: readonly string[]): Promise<Map<string, TaskStatus>> {
    const rows = await this.space.connection.read(
      `SELECT id, ${statusAt("t", this.space.time.sql())} AS status
       FROM coord.task t WHERE ns = $1 AND id = ANY($2)`,
      [await this.space.ns(), ids],
    );
    return new Map(rows.map((row) => [String(row["id"]), row["status"] as TaskStatus]));
  }
}
