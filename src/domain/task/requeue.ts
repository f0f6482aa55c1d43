/** The way of a task that has a claim, and no agent works on it: to its end, or back into the queue. */
import { type ClaimRecord, claimTimedOut, type TransitionRule } from "./claim.ts";
import { pendingExpiry } from "./pending.ts";
import { isBack, isLastAttempt, timedOutForGood } from "./retry.ts";
import type { TaskRecord } from "./task.ts";
import { formatTime, parseTime } from "../time.ts";

/** Fails a task whose last attempt has timed out. */
export function giveUp({ task, now }: { task: TaskRecord; now: number }): TransitionRule {
  return (current) => {
    const isOver = current !== undefined && claimTimedOut(current, now);
    const failed = isOver ? timedOutForGood(task, current, now) : undefined;
    if (failed !== undefined) return { kind: "write", next: failed };
    const message = `Cannot give up task ${task.task_id}: it may go on`;
    return { kind: "refuse", refusal: { status: "taken", message, claim: current } };
  };
}

/** Cancels a task that came back into the queue, and that no agent has claimed in time. */
export function retire(
  { task, runId, now }: { task: TaskRecord; runId: string; now: number },
): TransitionRule {
  return (current) => {
    if (current === undefined || !isBack(current) || pendingExpiry(task, current) > now) {
      const message = `Cannot retire task ${task.task_id}: it may go on`;
      return { kind: "refuse", refusal: { status: "taken", message, claim: current } };
    }
    const { transition } = current;
    const ended = { cancelled_by: runId, ended_at: formatTime(now), transition: transition + 1 };
    return { kind: "write", next: { ...current, status: "cancelled", ...ended } };
  };
}

/**
 * When nothing more comes of a task though no agent does anything, milliseconds since 1970: its ttl
 * ends, or its last attempt times out.
 */
export function endsByItself(task: TaskRecord, claim: ClaimRecord | undefined): number {
  const isLast = claim?.status === "claimed" && !isBack(claim) && isLastAttempt(task, claim);
  return isLast ? parseTime(claim.expires_at) ?? 0 : pendingExpiry(task, claim);
}
