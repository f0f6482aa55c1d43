/** The way of a task that no agent works on: to its end, back into the queue, or to another place in it. */
import { isGated } from "./after.ts";
import { endedAttempt } from "./attempts.ts";
import {
  alreadyOver,
  type ClaimRecord,
  claimTimedOut,
  denyUnlessHolder,
  isClaimAhead,
  isTerminal,
  refuse,
  taskStatus,
  type TimedRule,
  type TransitionRefusal,
  type TransitionRule,
  unclaimed,
} from "./claim.ts";
import { expiredForGood, isKeyed, type KeyedTask } from "./key.ts";
import { pendingExpiry, priorityOf } from "./pending.ts";
import { INSTANT_MS } from "../limits.ts";
import {
  isBack,
  isLastAttempt,
  isRevival,
  requeuesBefore,
  resumed,
  type TaskEndBefore,
  timedOutForGood,
  wasHeldBack,
} from "./retry.ts";
import { claimableFrom, isDelayed, taskExpired, taskExpiry, type TaskRecord } from "./task.ts";
import { formatTime, parseTime } from "../time.ts";

/** Who puts which task back into the queue. */
interface Requeuing {
  readonly task: TaskRecord;
  readonly runId: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Random. */
  readonly nonce: string;
  readonly delaySeconds: number;
  readonly reason?: string | undefined;
  readonly fence?: number | undefined;
  /** Whether also when another run has it. */
  readonly force: boolean;
  /** Whether it waits for tasks that are not completed, where it was never let go. */
  readonly isBlocked: boolean;
}

/**
 * Puts a task back into the queue: one that its own run has, without counting the attempt; or one that
 * failed, was cancelled or has expired. That one has all its attempts again. What is in the queue stays
 * as it is.
 */
export function requeue(actor: Requeuing): TransitionRule {
  const { task, runId, now, fence, force } = actor;
  const { task_id: taskId } = task;
  const from = formatTime(Math.min(now + actor.delaySeconds * 1000, INSTANT_MS.max));
  const back = (current: ClaimRecord, end?: TaskEndBefore): ClaimRecord => {
    const { ended_at: _at, cancelled_by: _by, requeue_reason: _why, requeue_followed: _, ...kept } =
      current;
    return {
      ...kept,
      ...requeuesBefore(current),
      status: "claimed",
      expires_at: from,
      heartbeat_at: isClaimAhead(current, now) ? formatTime(now) : current.heartbeat_at,
      retry_at: from,
      requeued_at: formatTime(now),
      requeued_by: runId,
      ...(actor.reason === undefined ? {} : { requeue_reason: actor.reason }),
      ...(end === undefined ? {} : { requeue_followed: end }),
      transition: current.transition + 1,
    };
  };
  return (current) => {
    if (current === undefined) {
      if (isGated(task) || !taskExpired(task, now)) {
        return refuse("taken", `Task ${taskId} is in the queue already`, current);
      }
      const first = unclaimed("claimed", { taskId, runId, now, nonce: actor.nonce });
      return {
        kind: "write",
        next: back({ ...first, transition: 0 }, expiredAt(taskExpiry(task))),
      };
    }
    if (current.status === "completed") return alreadyOver("requeue", current);
    if (fence !== undefined && fence !== current.fence) {
      const message = `Cannot requeue task ${taskId}: fence is ${current.fence}, ` +
        `caller's is ${fence}`;
      return refuse("stale_fence", message, current);
    }
    if (isTerminal(current)) return revived(actor, current, back(current, endToKeep(current)));
    if (isBack(current)) {
      if (pendingExpiry(task, current) > now) {
        return { kind: "keep", claim: current, warning: `Task ${taskId} is in the queue already` };
      }
      return { kind: "write", next: back(current, expiredAt(pendingExpiry(task, current))) };
    }
    const denied = force ? undefined : denyUnlessHolder("requeue", { ...actor, taskId }, current);
    if (denied !== undefined) return denied;
    const { uncounted_attempts: uncounted = 0 } = resumed(current);
    const ended = endedAttempt(current, "given_back", now);
    return {
      kind: "write",
      next: { ...back(current), ...ended, uncounted_attempts: uncounted + 1 },
    };
  };
}

/** An end that the attempts of a task do not show. */
function endToKeep(current: ClaimRecord): TaskEndBefore | undefined {
  const { status, heartbeat_at, ended_at = heartbeat_at, claimer_run_id: runId } = current;
  if (status !== "cancelled" && status !== "expired") return undefined;
  const { cancelled_by: by = runId } = current;
  return { status, ended_at, ended_by: status === "expired" ? null : by };
}

/** The end of a task whose ttl has passed while no agent had it, milliseconds since 1970. */
function expiredAt(ms: number): TaskEndBefore {
  return { status: "expired", ended_at: formatTime(ms), ended_by: null };
}

/** The state after an end. */
function revived(
  { task, nonce, isBlocked }: Requeuing,
  current: ClaimRecord,
  next: ClaimRecord,
): ReturnType<TransitionRule> {
  if (isBlocked && (current.transition === 1 || wasHeldBack(current))) {
    const message = `Cannot requeue task ${task.task_id}: what it waits for is not completed`;
    return refuse("blocked", message, current);
  }
  const { status, attempt, ended_at } = current;
  const ended = status === "failed" || status === "cancelled"
    ? endedAttempt(current, status, parseTime(ended_at) ?? parseTime(current.heartbeat_at) ?? 0)
    : {};
  return {
    kind: "write",
    next: {
      ...next,
      ...ended,
      claim_nonce: nonce,
      uncounted_attempts: attempt,
      revived_after: current.transition,
    },
  };
}

/** Who gives which task another priority. */
interface Reprioritizing extends Pick<Requeuing, "task" | "runId" | "now" | "nonce"> {
  readonly priority: number;
}

/**
 * Gives a task another priority that no agent has: it is pending, delayed, blocked or has timed out.
 * Where it stands and when it expires stays as it is.
 */
export function reprioritize(
  { task, runId, now, nonce, priority }: Reprioritizing,
): TransitionRule {
  const { task_id: taskId } = task;
  return (current) => {
    if (current !== undefined && isTerminal(current)) return alreadyOver("reprioritize", current);
    const status = taskStatus(task, current, now);
    if (status === "expired") {
      const message = `Cannot reprioritize task ${taskId}: its ttl has passed`;
      return refuse("expired", message, current);
    }
    if (current !== undefined && status === "claimed") {
      const message = `Cannot reprioritize task ${taskId}: ` +
        `${JSON.stringify(current.claimer_run_id)} has claimed it`;
      return refuse("taken", message, current);
    }
    if (priorityOf(task, current) === priority) {
      const warning = `Task ${taskId} has priority ${priority} already`;
      return current === undefined
        ? refuse("taken", warning, current)
        : { kind: "keep", claim: current, warning };
    }
    const at = formatTime(now);
    const before = current ?? untouched({ task, runId, now, nonce });
    const changed = { priority, reprioritized_at: at, reprioritized_by: runId };
    return {
      kind: "write",
      next: { ...before, ...changed, transition: before.transition + 1 },
    };
  };
}

/** The state before the first of a task that no process has touched: it is in the queue. */
function untouched({ task, runId, now, nonce }: Omit<Reprioritizing, "priority">): ClaimRecord {
  const since = Math.max(0, claimableFrom(task));
  const from = isGated(task) ? INSTANT_MS.max : isDelayed(task, now) ? since : Math.min(since, now);
  const first = unclaimed("claimed", { taskId: task.task_id, runId, now, nonce });
  return { ...first, expires_at: formatTime(from), retry_at: formatTime(from), transition: 0 };
}

/** A task with a key that is to be revived. */
export interface Revival {
  readonly task: KeyedTask;
  readonly end: ClaimRecord;
  /** The state that is to follow the end. */
  readonly next: ClaimRecord;
}

/**
 * The same rule, except that it revives no task with a key: another task may have that key.
 *
 * @param note Is given what the rule would do instead; `undefined` when it decides on something else.
 */
export function keepingKeys(
  rule: TimedRule,
  definition: () => TaskRecord | undefined,
  note: (revival: Revival | undefined) => void,
): TimedRule {
  return (now) => (current) => {
    note(undefined);
    const decision = rule(now)(current);
    if (decision.kind !== "write" || current === undefined) return decision;
    const { next } = decision;
    if (!isRevival(next)) return decision;
    const task = definition();
    if (task === undefined) return { kind: "refuse", refusal: archived(current) };
    if (!isKeyed(task)) return decision;
    note({ task, end: current, next });
    return refuse("key_conflict", "", current);
  };
}

/** The answer about a task whose files are about to go, or are damaged. */
export function archived(claim: ClaimRecord): TransitionRefusal {
  const message = `Cannot requeue task ${claim.task_id}: it was archived`;
  return { status: "archived", message, claim };
}

/**
 * Revives a task as another process has said that it is to be: this state after this end, and after no
 * other.
 */
export function asPledged(next: ClaimRecord): TransitionRule {
  return (current) => {
    const isIt = current !== undefined && isTerminal(current) &&
      current.transition === next.revived_after;
    if (isIt) return { kind: "write", next };
    return refuse("taken", `Task ${next.task_id} has moved on`, current);
  };
}

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

/** Ends a task whose ttl has passed while no agent had it. */
export function retire(expiring: Parameters<typeof expiredForGood>[0]): TransitionRule {
  return (current) => {
    const next = expiredForGood(expiring, current);
    if (next !== undefined) return { kind: "write", next };
    const message = `Cannot retire task ${expiring.task.task_id}: it may go on`;
    return { kind: "refuse", refusal: { status: "taken", message, claim: current } };
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
