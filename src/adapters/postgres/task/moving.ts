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
import type { TaskRecord, TaskStatus } from "../../../domain/task/task.ts";
import type { Applied } from "../../../ports/tasks.ts";
import type { Ask } from "../connection.ts";
import { isTaken } from "../failures.ts";
import { statusAt } from "../schema.ts";
import type { Space } from "../space.ts";
import { COLUMNS, entryOf, plain, rowOf } from "./row.ts";

/** What changes of a row: all but what a definition says. */
const MOVED = Object.keys(COLUMNS).filter((name) => !["id", "stem", "body"].includes(name));

const UPDATE = `UPDATE coord.task t SET ${MOVED.map((name) => `${name} = r.${name}`).join(", ")}
  FROM json_to_record($2::json) AS r(${
  Object.entries(COLUMNS).map((each) => each.join(" ")).join(", ")
})
  WHERE t.ns = $1 AND t.id = r.id AND t.transition = $3`;

export class Moving {
  constructor(readonly space: Space) {}

  /** Applies a rule to a task's newest state, and does what follows from that. */
  async apply(id: string, rule: TimedRule): Promise<Applied> {
    const applied = await this.#apply(id, rule);
    if (applied.kind === "written") await this.follow(applied.claim);
    return applied;
  }

  /** Does what follows from a state that was written: others may wait for the end of its task. */
  async follow(claim: ClaimRecord): Promise<void> {
    this.space.hint("claim", claim.task_id);
    if (isTerminal(claim)) await this.letGo(await this.successors(claim.task_id));
  }

  /** The ids of the tasks that wait for one, sorted. */
  async successors(id: string): Promise<string[]> {
    const rows = await this.space.connection.read(
      `SELECT t.id FROM coord.wait w JOIN coord.task t USING (ns, id)
       WHERE w.ns = $1 AND w.predecessor = $2 AND t.is_waiting ORDER BY t.id`,
      [await this.space.ns(), id],
    );
    return rows.map((row) => String(row["id"]));
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
      const applied = await this.#apply(id, rule);
      if (applied.kind !== "written") continue;
      if (applied.claim.status === "claimed") this.space.hint("task", id);
      await this.follow(applied.claim);
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
   * Writes the state that follows one; `false` where another process has written since.
   *
   * @param seen The number of the state that it follows.
   */
  async write(ask: Ask, task: TaskRecord, claim: ClaimRecord, seen: number, now: number) {
    const row = JSON.stringify(rowOf({ task, claim }, now));
    return (await ask(UPDATE, [await this.space.ns(), row, seen])).rowCount === 1;
  }

  async #apply(id: string, rule: TimedRule): Promise<Applied> {
    while (true) {
      const found = await this.#read(id);
      if (found === undefined) return { kind: "missing" };
      const { task, claim, now } = found;
      const decision = rule(now)(claim);
      if (decision.kind === "refuse") return { kind: "refused", refusal: decision.refusal };
      if (decision.kind === "keep") {
        return { kind: "kept", claim: decision.claim, warning: decision.warning };
      }
      const { next } = decision;
      if (isKeyed(task) && isRevival(next)) {
        const holder = (await this.holders([task])).get(task);
        // Another process has revived it meanwhile.
        if (holder?.task_id === id) continue;
        if (holder !== undefined) {
          return { kind: "refused", refusal: keyTaken(task, holder, claim) };
        }
      }
      const ask: Ask = (text, values) => this.space.connection.write(text, values);
      try {
        const seen = claim?.transition ?? 0;
        if (await this.write(ask, task, next, seen, now)) return { kind: "written", claim: next };
      } catch (error) {
        // Another task has taken the key meanwhile.
        if (!isTaken(error, "task_key")) throw error;
      }
    }
  }

  async #read(id: string) {
    const [row] = await this.space.connection.read(
      `SELECT body, claim, ${this.space.time.sql()} AS now FROM coord.task WHERE ns = $1 AND id = $2`,
      [await this.space.ns(), id],
    );
    return row && { ...entryOf(row), now: Number(row["now"]) };
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
