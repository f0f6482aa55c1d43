/**
 * Granting a task in one message there and back: where it was never claimed before, its claim says nothing
 * of it but its id. So the rule is asked about some task beforehand, and the server writes what it says
 * with the id of the first one that is ready.
 *
 * The rule needs the time, so it is given one that the server has passed already. What is granted is then
 * what a claim would be that was decided at that time, and took until now to be written: the row is as it
 * was then, and the time is hardly over. Where that is not so nothing is written.
 */
import { type ClaimRecord, grant } from "../../../domain/task/claim.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import type { TaskRecord } from "../../../domain/task/task.ts";
import { formatTime } from "../../../domain/time.ts";
import type { ClaimSearch } from "../../../ports/tasks.ts";
import { NEWS } from "../feed/schema.ts";
import { statusAt } from "../schema.ts";
import type { Ask } from "../session.ts";
import { COLUMNS, DEFINED, stateOf } from "./row.ts";

/** Milliseconds for which a decision may be on its way. */
const LATE_MS = 1_000;

/** Whether a row is as it was at the time that the columns `written` are of, in SQL. */
export function isTimely(row: string, written: string, now: string): string {
  return `${written}.written_ms BETWEEN greatest(${row}.written_ms, ${now} - ${LATE_MS}) AND ${now}`;
}

/** Stands for the id of a task; no text of a caller has it. */
const ANY = `any-${crypto.randomUUID()}`;

/** A task that any claimer may have. */
const TASK: TaskRecord = {
  task_id: ANY,
  title: "",
  priority: 0,
  queue: "",
  ttl_seconds: Infinity,
  created_by: "",
  created_at: formatTime(0),
  tags: [],
  payload: {},
};

const GRANTED = Object.entries(COLUMNS).filter(([name]) => !DEFINED.includes(name));
const SET = GRANTED.map(([name]) =>
  `${name} = ${name === "claim" ? `replace(r.claim, '${ANY}', t.id)` : `r.${name}`}`
);

/** What is to be granted: the state of whichever task it is. */
export class Template {
  readonly #claim: ClaimRecord;
  /** The columns, as JSON. */
  readonly row: string;

  constructor({ grant: who }: ClaimSearch, now: number) {
    const decision = grant({ ...who, task: TASK, now })(undefined);
    if (decision.kind !== "write") {
      throw new TypeError("The rule refuses what no claim is known of");
    }
    this.#claim = decision.next;
    this.row = JSON.stringify(stateOf({ task: TASK, claim: decision.next }, now));
  }

  /** The state of one. */
  of({ task }: TaskEntry): TaskEntry & { readonly claim: ClaimRecord } {
    return { task, claim: { ...this.#claim, task_id: task.task_id } };
  }
}

/**
 * The part of a statement that grants the row `first` to a {@link Template}, if it may be. That is locked, so
 * where it has changed since the statement began the server asks all this again of what it is now.
 *
 * @param row The parameter with the columns.
 * @param now The server's time, in SQL.
 */
export function granting(row: string, now: string): string {
  return `UPDATE coord.task t SET ${SET.join(", ")}, ${NEWS}
    FROM json_to_record(${row}::json) AS r(${GRANTED.map((each) => each.join(" ")).join(", ")})
    WHERE t.ns = $1 AND t.id = (SELECT id FROM first) AND t.claim IS NULL AND ${
    isTimely("t", "r", now)
  }
      AND ${statusAt("t", "r.written_ms")} = 'pending'`;
}

/** Looks for what was granted to a run under a nonce; whatever has become of it since. */
export function granted(ns: number, { grant: { runId, nonce } }: ClaimSearch): Parameters<Ask> {
  return [
    "SELECT body FROM coord.task WHERE ns = $1 AND run = $2 AND strpos(claim, $3) > 0",
    [ns, JSON.stringify(runId), nonce],
  ];
}
