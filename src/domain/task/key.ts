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
    const expired = expiredForGood({ task, runId, now }, current);
    if (expired !== undefined) return { kind: "write", next: expired };
    const message = `Cannot use key ${JSON.stringify(task.key)}: task ${task.task_id} has it`;
    return { kind: "refuse", refusal: { status: "taken", message, claim: current } };
  };
}

/** The end of a task whose ttl has passed while no agent had it; `undefined` where it may go on. */
export function expiredForGood(
  { task, runId, now }: { readonly task: TaskRecord; readonly runId: string; readonly now: number },
  current: ClaimRecord | undefined,
): ClaimRecord | undefined {
  const hasEnded = current !== undefined && isTerminal(current);
  if (hasEnded || taskStatus(task, current, now) !== "expired") return undefined;
  const end = { status: "expired", ended_at: formatTime(now) } as const;
  return current === undefined
    ? { ...unclaimed(end.status, { taskId: task.task_id, runId, now }), ...end }
    : { ...current, ...end, transition: current.transition + 1 };
}
