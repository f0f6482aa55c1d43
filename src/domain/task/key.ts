/** Keys: of the unfinished tasks of a queue one has a given key. */
import {
  type ClaimRecord,
  claimTimedOut,
  type Decision,
  isTerminal,
  taskStatus,
  type TransitionRefusal,
  type TransitionRule,
  unclaimed,
} from "./claim.ts";
import { canonicalJson } from "../json.ts";
import { timedOutForGood } from "./retry.ts";
import { afterOf, onFailureOf } from "./after.ts";
import { needsOf, type TaskRecord } from "./task.ts";
import { formatTime } from "../time.ts";

/** A task that has a key. */
export type KeyedTask = TaskRecord & { readonly key: string };

/** Two tasks of one key and queue whose contents differ. */
export interface KeyConflict {
  /** The one that was to be added. */
  readonly wanted: KeyedTask;
  /** The one that has the key. */
  readonly holder: TaskRecord;
}

/** Whether a task has a key. */
export function isKeyed(task: TaskRecord): task is KeyedTask {
  return task.key !== undefined;
}

/** A text of its own for each key of each queue. */
export function keyText({ queue, key }: Pick<KeyedTask, "queue" | "key">): string {
  return canonicalJson([queue, key]);
}

/** Whether two tasks say the same, as they were written: the same call made again. */
export function isSameContent(a: TaskRecord, b: TaskRecord): boolean {
  return canonicalJson(contentOf(a)) === canonicalJson(contentOf(b));
}

function contentOf(task: TaskRecord) {
  const { title, priority, queue, ttl_seconds, tags, payload, max_attempts: max, backoff } = task;
  const { delay_seconds: delay, not_before: from } = task;
  const after = [...afterOf(task)].sort();
  return {
    ...{ title, priority, queue, ttl_seconds, tags, payload, needs: needsOf(task) },
    ...(max !== undefined && { max }),
    ...(backoff !== undefined && { backoff }),
    ...(after.length > 0 && { after, on_failure: onFailureOf(task) }),
    // The same delay ends at another instant each time.
    ...(delay !== undefined ? { delay } : from !== undefined && { from }),
  };
}

/** The tasks of one call without those that say again what an earlier one of their key said. */
export interface Distinct {
  readonly tasks: readonly TaskRecord[];
  /** By a task that is left out, the earlier one. */
  readonly repeats: ReadonlyMap<TaskRecord, TaskRecord>;
  /** The first two of one key that say different things. */
  readonly conflict?: KeyConflict;
}

/** What is left of the tasks of one call when each key counts once. */
export function distinct(all: readonly TaskRecord[]): Distinct {
  const byKey = new Map<string, TaskRecord>();
  const repeats = new Map<TaskRecord, TaskRecord>();
  for (const task of all) {
    if (!isKeyed(task)) continue;
    const text = keyText(task);
    const first = byKey.get(text);
    if (first === undefined) byKey.set(text, task);
    else if (isSameContent(first, task)) repeats.set(task, first);
    else return { tasks: [], repeats, conflict: { wanted: task, holder: first } };
  }
  return { tasks: all.filter((task) => !repeats.has(task)), repeats };
}

/** What became of a task that was to be added. */
export interface AddedTask {
  readonly task: TaskRecord;
  /** Whether it was added; otherwise `task` has its key. */
  readonly isNew: boolean;
}

/**
 * What became of all tasks of a call, in the order given.
 *
 * @param held The tasks that had keys before, by those that were not added therefore.
 */
export function outcomesOf(
  all: readonly TaskRecord[],
  { repeats }: Distinct,
  held: ReadonlyMap<TaskRecord, TaskRecord>,
): AddedTask[] {
  return all.map((task) => {
    const first = repeats.get(task) ?? task;
    const holder = held.get(first);
    return { task: holder ?? first, isNew: holder === undefined && first === task };
  });
}

/**
 * The tasks of a call that others of it wait for, by their ids, with what stands for them, where that is
 * not what the caller took for it. What stands for a task is the one that has its key, or else itself.
 *
 * @param taken What the caller took for it, by id; each task itself where it is not given.
 */
export function mistaken(
  tasks: readonly TaskRecord[],
  held: ReadonlyMap<TaskRecord, TaskRecord>,
  taken: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const awaited = new Set([...tasks.flatMap(afterOf), ...taken.keys()]);
  const found = new Map<string, string>();
  for (const task of tasks) {
    const { task_id: id } = task;
    const standIn = (held.get(task) ?? task).task_id;
    if (awaited.has(id) && (taken.get(id) ?? id) !== standIn) found.set(id, standIn);
  }
  return found;
}

/** Refuses to revive a task whose key another one has. */
export function keyTaken(
  task: KeyedTask,
  holder: TaskRecord,
  claim: ClaimRecord | undefined,
): TransitionRefusal {
  const message = `Cannot requeue task ${task.task_id}: ` +
    `task ${holder.task_id} has its key ${JSON.stringify(task.key)}`;
  return { status: "key_conflict", message, claim };
}

/** The first of the tasks that say something else than those that have their keys. */
export function conflictAmong(
  held: ReadonlyMap<TaskRecord, TaskRecord>,
): KeyConflict | undefined {
  for (const [wanted, holder] of held) {
    const isSame = holder.task_id === wanted.task_id || isSameContent(holder, wanted);
    if (!isSame && isKeyed(wanted)) return { wanted, holder };
  }
  return undefined;
}

/**
 * Ends a task that keeps its key from another one though it will never be claimed: one that has expired,
 * or whose last attempt has timed out. A task that has ended is left alone, any other is unfinished.
 */
export function makeWay(
  { task, runId, now }: { readonly task: TaskRecord; readonly runId: string; readonly now: number },
): TransitionRule {
  return (current): Decision => {
    if (current !== undefined && isTerminal(current)) {
      return { kind: "keep", claim: current, warning: "" };
    }
    const isOver = current !== undefined && claimTimedOut(current, now);
    const failed = isOver ? timedOutForGood(task, current, now) : undefined;
    if (failed !== undefined) return { kind: "write", next: failed };
    const at = formatTime(now);
    if (taskStatus(task, current, now) !== "expired") {
      const message = `Cannot use key ${JSON.stringify(task.key)}: task ${task.task_id} has it`;
      return { kind: "refuse", refusal: { status: "taken", message, claim: current } };
    }
    if (current !== undefined) {
      const { transition } = current;
      const next = { ...current, status: "expired", ended_at: at, transition: transition + 1 };
      return { kind: "write", next: next as typeof current };
    }
    const first = unclaimed("expired", { taskId: task.task_id, runId, now });
    return { kind: "write", next: { ...first, ended_at: at } };
  };
}
