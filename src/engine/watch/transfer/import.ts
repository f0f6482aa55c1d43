/**
 * Brings tasks into a workspace, by the store's own transitions.
 *
 * All lines are read and compared with what is there before anything is written. Then, in order: queues
 * are paused; tasks that ended are kept as ended; the unfinished ones are added in one call; what they went
 * through follows. An import that dies on the way is made again: what is there by then stays as it is.
 */
import { identifier, oneOf } from "../../../domain/input/fields.ts";
import { UNKNOWN_RUN } from "../../../domain/limits.ts";
import { afterOf, isGated, onFailureOf } from "../../../domain/task/after.ts";
import { type ClaimRecord, isTerminal, type TimedRule } from "../../../domain/task/claim.ts";
import { queue } from "../../../domain/task/fields.ts";
import { isHeldBack, isLetGo } from "../../../domain/task/retry.ts";
import { restored } from "../../../domain/watch/transfer.ts";
import type { Context } from "../../context.ts";
import { checkInput } from "../../input.ts";
import type { Refusal } from "../../refusal.ts";
import { reprioritizeTasks } from "../../task/requeue.ts";
import { type ImportConflict, type ImportPlan, type OnConflict, planOf } from "./plan.ts";
import { type Line, readExport, readIssues } from "./read.ts";

/** How to import. */
export interface ImportInput {
  /** What the lines are: an export of coord, which is the default, or issues of beads. */
  readonly format?: "coord" | "beads";
  /** With `error`, the default, nothing is written; `skip` leaves what is there; `update` changes it. */
  readonly onConflict?: OnConflict;
  /** The queue of the issues of beads, default `default`. */
  readonly queue?: string;
  /** Who imports, default `unknown`. */
  readonly runId?: string;
}

/** The rules of the fields, shared with the flags. */
export const IMPORT_INPUT = {
  format: oneOf(["coord", "beads"]),
  onConflict: oneOf(["error", "skip", "update"]),
  queue,
  runId: identifier,
} as const;

/** What was imported. */
export interface Imported {
  /** That it was. */
  readonly status: "imported";
  /** Tasks that were added, those that ended among them. */
  readonly added: number;
  /** Tasks that were there, and have another priority or end now. */
  readonly updated: number;
  /** Tasks that were there as they are to be, or are further on. */
  readonly unchanged: number;
  /** Tasks that were left as they are, since they are in conflict. */
  readonly skipped: number;
  /** Queues that were paused. */
  readonly paused: number;
  /** Reservations, intents and lanes in the input: they belong to runs that live elsewhere. */
  readonly left_out: number;
}

/** Nothing was imported. */
export interface ImportRefused extends Refusal<"conflict"> {
  /** Every task that stands in the way. */
  readonly conflicts: readonly ImportConflict[];
}

/** Conflicts that the message names. */
const NAMED = 20;

/** What `Exchange.import()` promises. */
export async function importLines(
  context: Context,
  lines: AsyncIterable<Line> | Iterable<Line>,
  input: ImportInput = {},
): Promise<Imported | ImportRefused> {
  checkInput(input, IMPORT_INPUT);
  const { format = "coord", onConflict = "error", queue = "default", runId = UNKNOWN_RUN } = input;
  const read = format === "beads"
    ? await readIssues(context, lines, { queue, runId })
    : await readExport(lines);
  const plan = await planOf(context, read.tasks, onConflict);
  if (plan.conflicts.length > 0) return refused(plan.conflicts);
  const { pauses } = context.store.tasks;
  let paused = 0;
  for (const pause of read.pauses) if (await pauses.pause(pause) === undefined) paused++;
  const conflicts = await write(context, plan, runId);
  if (conflicts.length > 0) return refused(conflicts);
  const { unchanged, skipped } = plan;
  return {
    status: "imported",
    added: plan.fresh.length + plan.ended.length,
    updated: plan.ends.length + plan.priorities.length,
    unchanged,
    skipped,
    paused,
    left_out: read.holds,
  };
}

/** Writes what is planned; returns the keys that others have taken since. */
async function write(
  context: Context,
  plan: ImportPlan,
  runId: string,
): Promise<readonly ImportConflict[]> {
  const { store } = context;
  const left = plan.ended.length === 0 ? [] : await store.tasks.restore(plan.ended);
  const fresh = [...left, ...plan.fresh];
  const tasks = fresh.map(({ task }) => task);
  const added = tasks.length === 0
    ? undefined
    : await store.tasks.add(tasks, { completed: completedOf(plan), standIns: new Map() });
  if (added !== undefined && added.kind !== "added") {
    const ids = added.kind === "conflict"
      ? [added.conflict.wanted.task_id]
      : [...added.standIns.keys()];
    return ids.map((task_id) => ({
      at: plan.places.get(task_id) ?? "",
      task_id,
      reason: "key",
      message: "another task has its key since this moment",
    }));
  }
  for (const { task, claim } of [...fresh, ...plan.histories]) {
    if (claim !== undefined) await store.tasks.apply(task.task_id, history(claim));
  }
  for (const { task, claim } of plan.ends) await store.tasks.apply(task.task_id, ended(claim));
  for (const { task, priority } of plan.priorities) {
    await reprioritizeTasks(context, { ids: [task.task_id], priority, runId });
  }
  return [];
}

/**
 * The tasks that others waited for when these were let go: they may be gone by now, and count as completed.
 */
function completedOf({ fresh }: ImportPlan): ReadonlySet<string> {
  return new Set(
    fresh.filter(({ task, claim }) =>
      isGated(task) && onFailureOf(task) !== "run" && claim !== undefined && !isHeldBack(claim)
    ).flatMap(({ task }) => afterOf(task)),
  );
}

/** What a task went through elsewhere, unless something has happened to it here. */
function history(claim: ClaimRecord): TimedRule {
  return (now) => (current) =>
    current === undefined || isLetGo(current)
      ? { kind: "write", next: restored(claim, now, (current?.transition ?? 0) + 1) }
      : { kind: "keep", claim: current, warning: "" };
}

/** The end that a task had elsewhere, unless it has ended here or an agent has claimed it. */
function ended(claim: ClaimRecord): TimedRule {
  return (now) => (current) => {
    if (current !== undefined && isTerminal(current)) {
      return { kind: "keep", claim: current, warning: "" };
    }
    const { transition = 0, revived_after: after } = current ?? {};
    const next = restored(claim, now, transition + 1);
    return { kind: "write", next: after === undefined ? next : { ...next, revived_after: after } };
  };
}

function refused(conflicts: readonly ImportConflict[]): ImportRefused {
  const named = conflicts.slice(0, NAMED).map(({ at, task_id, message }) =>
    `${at}: task ${task_id}: ${message}`
  );
  const more = conflicts.length - named.length;
  if (more > 0) named.push(`and ${more} more`);
  const error = `Cannot import: nothing was written: ${named.join("; ")}`;
  return { status: "conflict", conflicts, error };
}
