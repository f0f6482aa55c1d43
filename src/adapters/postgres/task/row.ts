/** A task as a row: its record, its newest state, and what is derived from them for the indexes. */
import { stemOfId } from "../../../domain/ids.ts";
import { afterOf, isGated, onFailureOf } from "../../../domain/task/after.ts";
import { type ClaimRecord, isTerminal } from "../../../domain/task/claim.ts";
import { isKeyed } from "../../../domain/task/key.ts";
import { claimableNext, courseOf, standingAt } from "../../../domain/task/keeping/course.ts";
import { runOf, type TaskEntry } from "../../../domain/task/listing.ts";
import { presentTask } from "../../../domain/task/pending.ts";
import { isHeldBack } from "../../../domain/task/retry.ts";
import { isClaimable, needsOf, orderOf, type TaskRecord } from "../../../domain/task/task.ts";
import { recordIn, recordOf } from "../record.ts";

/** The columns with their types, as `json_to_recordset` takes them. */
export const COLUMNS: Readonly<Record<string, string>> = {
  id: "text",
  stem: "text",
  body: "text",
  claim: "text",
  transition: "int",
  queue: "text",
  key: "text",
  priority: "bigint",
  created_ms: "float8",
  needs: "text[]",
  tags: "text[]",
  run: "text",
  statuses: "text[]",
  starts: "float8[]",
  ready: "boolean",
  due_ms: "float8",
  is_over: "boolean",
  is_waiting: "boolean",
  written_ms: "float8",
};

/** Those that only a definition says. */
const DEFINITION: readonly string[] = ["id", "stem", "body", "queue", "key", "needs", "tags"];

/** Those that the first claim of a task leaves as they are. */
export const DEFINED: readonly string[] = [...DEFINITION, "priority", "created_ms"];

/** Those that a transition writes. */
export const MOVED: readonly string[] = Object.keys(COLUMNS).filter((name) =>
  !DEFINITION.includes(name)
);

/** A row's columns as a JSON object, written at `now`. */
export function rowOf(entry: TaskEntry, now: number): Record<keyof typeof COLUMNS, unknown> {
  const { task } = entry;
  return {
    id: task.task_id,
    stem: stemOfId(task.task_id).toLowerCase(),
    body: JSON.stringify(task),
    queue: task.queue,
    key: isKeyed(task) ? plain(task.key) : null,
    needs: needsOf(task).map(plain),
    tags: task.tags.map(plain),
    ...stateOf(entry, now),
  };
}

/** Those of its columns that are {@link MOVED}. */
export function stateOf({ task, claim }: TaskEntry, now: number): Record<string, unknown> {
  const course = courseOf(task, claim);
  const order = orderOf(presentTask(task, claim));
  const ready = isClaimable(standingAt(course, now));
  return {
    claim: claim === undefined ? null : JSON.stringify(claim),
    transition: claim?.transition ?? 0,
    priority: order.priority,
    created_ms: order.createdMs,
    run: plainOr(runOf(claim)),
    statuses: course.map(({ status }) => status),
    // Infinity is no number in JSON.
    starts: course.map(({ from }) => String(from)),
    ready,
    due_ms: ready ? null : claimableNext(course, now) ?? null,
    is_over: claim !== undefined && isTerminal(claim),
    is_waiting: isGated(task) && (claim === undefined || isHeldBack(claim)),
    written_ms: now,
  };
}

/** The rows that say for which others a task waits. */
export function waitsOf(task: TaskRecord) {
  return afterOf(task).map((predecessor) => ({
    id: task.task_id,
    predecessor,
    is_timed: onFailureOf(task) !== "block",
  }));
}

/** A text as it can be kept and compared: the data base takes no NUL, and no half of a character. */
export function plain(text: string): string {
  return JSON.stringify(text);
}

export function plainOr(text: string | undefined): string | null {
  return text === undefined ? null : plain(text);
}

/** The task that a row is of, with its newest state. */
export function entryOf(row: Readonly<Record<string, unknown>>): TaskEntry {
  return {
    task: recordOf<TaskRecord>(row["body"]),
    claim: recordIn<ClaimRecord>(row["claim"]),
  };
}
