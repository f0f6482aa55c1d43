/**
 * The transition of a task that waited for others: it may be claimed from now on, or it is cancelled.
 * Both want the same slot, as a cancel by an agent does, so exactly one of them happens. It is the
 * first, unless the priority was changed before.
 */
import { endedBadly, isGated, type Predecessor, verdict } from "./after.ts";
import { taken, type TransitionRule, unclaimed } from "./claim.ts";
import { isHeldBack } from "./retry.ts";
import type { TaskRecord, TaskStatus } from "./task.ts";
import { formatTime, parseTime } from "../time.ts";

/**
 * A task that another one waits for, where it stands now.
 *
 * @param status `undefined` when there is no such task.
 * @param completed Ids of tasks that are known to have been completed, also where they are gone by now.
 */
export function predecessor(
  id: string,
  status: TaskStatus | undefined,
  completed?: ReadonlySet<string>,
): Predecessor {
  return { task_id: id, status: status ?? (completed?.has(id) ? "completed" : "gone") };
}

/** Who lets a task go, as claims have it. */
interface LettingGo {
  readonly task: TaskRecord;
  /** All that it waits for, where they stand now. */
  readonly predecessors: readonly Predecessor[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly nonce: string;
}

/** Lets a task go that has waited for others, as their ends say; it is refused while it has to wait. */
export function letGo({ task, predecessors, now, nonce }: LettingGo): TransitionRule {
  return (current) => {
    if (current !== undefined && !isHeldBack(current)) return taken(current);
    const outcome = verdict(task, predecessors);
    if (!isGated(task) || outcome === "blocked") return blocked(task);
    const { task_id: taskId, created_by: runId } = task;
    const transition = (current?.transition ?? 0) + 1;
    const first = unclaimed("claimed", { taskId, runId, now, nonce });
    const state = { ...current, ...first, transition };
    if (outcome === "cancelled") {
      const { task_id = "", status = "" } = predecessors.find(endedBadly) ?? {};
      return {
        kind: "write",
        next: {
          ...state,
          status: "cancelled",
          error: `task ${task_id}: ${status}`,
          cancelled_by: runId,
          ended_at: state.claimed_at,
        },
      };
    }
    const from = formatTime(Math.max(now, parseTime(task.not_before) ?? 0));
    return { kind: "write", next: { ...state, expires_at: from, retry_at: from } };
  };
}

/** The answer about a task that waits for others. */
function blocked({ task_id }: TaskRecord) {
  const message = `Cannot let task ${task_id} go: it waits for others`;
  return { kind: "refuse", refusal: { status: "blocked", message, claim: undefined } } as const;
}
