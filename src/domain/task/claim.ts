/**
 * Claims: the state of a task after its first transition, and every rule on who may move it. A
 * store applies the decisions; it never makes one.
 */
import { isGated } from "./after.ts";
import { attemptsBefore, endedAttempt, type TaskAttempt } from "./attempts.ts";
import { type HoldRemarks, notedRemarks } from "../input/progress.ts";
import { type ClaimGrant, claimTtl } from "./keeping/grant.ts";
import { sameAgent } from "../input/run_id.ts";
import { canonicalJson, type JsonObject } from "../json.ts";
import { CLAIM_TTL_S } from "../limits.ts";
import { pendingExpired, type Reprioritized } from "./pending.ts";
import {
  backAt,
  backInQueue,
  isBack,
  isHeldBack,
  isLastAttempt,
  isLetGo,
  type Requeued,
  resumed,
  timedOutForGood,
} from "./retry.ts";
import { isDelayed, taskExpired, type TaskRecord, type TaskStatus } from "./task.ts";
import { formatTime, isAhead, parseTime } from "../time.ts";

/** A task's claim, as it lies in `claims/` and in every answer. */
export interface ClaimRecord extends HoldRemarks, Requeued, Reprioritized {
  /** The task that it is about. */
  readonly task_id: string;
  /** Who has the task or had it last; of one that no agent had, who ended it or enqueued it. */
  readonly claimer_run_id: string;
  /** ISO 8601 UTC, like all instants here. */
  readonly claimed_at: string;
  /** The end of the visibility timeout. */
  readonly expires_at: string;
  /** The last sign of life. */
  readonly heartbeat_at: string;
  /** All but the first are terminal. */
  readonly status: "claimed" | "completed" | "failed" | "cancelled" | "expired";
  /** Random, new with every grant. */
  readonly claim_nonce: string;
  /** How many times the task was granted. */
  readonly attempt: number;
  /** Fencing token: the number of the transition that granted the task; only grows. */
  readonly fence: number;
  /**
   * How many transitions the task has been through; each is decided by one exclusive creation. 0 in
   * another tool's record, which does not say.
   */
  readonly transition: number;
  /** What `complete` was given. */
  readonly result: JsonObject | null;
  /** What `fail` was given. */
  readonly error: string | null;
  /** Who cancelled the task. */
  readonly cancelled_by?: string;
  /** Seconds of the visibility timeout that was asked for, where they are not the default. */
  readonly ttl_seconds?: number;
  /** When its holder last said something of it; absent when that never was. */
  readonly noted_at?: string;
  /** When the task ended; absent where another tool ended it. */
  readonly ended_at?: string;
  /** The attempts that ended before: the first and the last 10. */
  readonly earlier_attempts?: readonly TaskAttempt[];
  /** From when on the task may be claimed: after an attempt that failed, or after those it waited for. */
  readonly retry_at?: string;
  /** How many of the attempts do not count: they were given back, or came before a revival. */
  readonly uncounted_attempts?: number;
}

/** Why a transition is refused. */
export interface TransitionRefusal {
  readonly status:
    | "not_holder"
    | "terminal"
    | "stale_fence"
    | "taken"
    | "expired"
    | "delayed"
    | "archived"
    | "key_conflict"
    | "blocked";
  readonly message: string;
  readonly claim: ClaimRecord | undefined;
}

/** What a rule says about a task's state: write the next one, keep this one, or no. */
export type Decision =
  | { readonly kind: "write"; readonly next: ClaimRecord }
  | { readonly kind: "keep"; readonly claim: ClaimRecord; readonly warning: string }
  | { readonly kind: "refuse"; readonly refusal: TransitionRefusal };

/** Decides on the newest state, `undefined` when the task was never touched. */
export type TransitionRule = (current: ClaimRecord | undefined) => Decision;

/** A rule once it is known what time it is, in milliseconds since 1970. */
export type TimedRule = (now: number) => TransitionRule;

/** Where a task stands at `now`, given its claim. */
export function taskStatus(
  task: TaskRecord,
  claim: ClaimRecord | undefined,
  now: number,
): TaskStatus {
  if (claim === undefined) {
    if (isGated(task)) return "blocked";
    return isDelayed(task, now) ? "delayed" : taskExpired(task, now) ? "expired" : "pending";
  }
  if (claim.status !== "claimed") return claim.status;
  if (isBack(claim)) {
    if (isHeldBack(claim)) return "blocked";
    if (backAt(claim) > now) return "delayed";
    return pendingExpired(task, claim, now) ? "expired" : "pending";
  }
  return claimTimedOut(claim, now) ? "timed_out" : "claimed";
}

/**
 * Whether a claim's visibility timeout has passed. One whose last sign of life lies ahead would hold
 * until the clock has come there, so it does not count.
 */
export function claimTimedOut(claim: ClaimRecord, now: number): boolean {
  if (claim.status !== "claimed") return false;
  return (parseTime(claim.expires_at) ?? 0) <= now || isClaimAhead(claim, now);
}

/** Whether a claim's last sign of life lies ahead of the clock: it was made by a clock that was wrong. */
export function isClaimAhead(claim: ClaimRecord, now: number): boolean {
  return isAhead(parseTime(claim.heartbeat_at) ?? 0, now);
}

/** Whether nothing follows on this state. */
export function isTerminal(claim: ClaimRecord): boolean {
  return claim.status !== "claimed";
}

/** A refusal as a decision. */
export function refuse(
  status: TransitionRefusal["status"],
  message: string,
  claim: ClaimRecord | undefined,
): Decision {
  return { kind: "refuse", refusal: { status, message, claim } };
}

/** Who is acting, on which task, when. */
interface Actor {
  readonly taskId: string;
  readonly runId: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The answer about a task that an agent has claimed. */
export function taken(claim: ClaimRecord): Decision {
  return refuse("taken", `Cannot claim task ${claim.task_id}: it is claimed`, claim);
}

/** Grants a task that is pending or timed out. */
export function grant(
  actor: ClaimGrant & { readonly task: TaskRecord; readonly now: number },
): TransitionRule {
  const { task, runId, now } = actor;
  return (current) => {
    if (current === undefined && isGated(task)) {
      return refuse("blocked", `Cannot claim task ${task.task_id}: it waits for others`, current);
    }
    if (current === undefined && isDelayed(task, now)) {
      const message = `Cannot claim task ${task.task_id}: not before ${task.not_before}`;
      return refuse("delayed", message, current);
    }
    if (current === undefined && taskExpired(task, now)) {
      return refuse("expired", `Cannot claim task ${task.task_id}: its ttl has passed`, current);
    }
    if (current !== undefined && isTerminal(current)) return alreadyOver("claim", current);
    if (current !== undefined && !claimTimedOut(current, now)) {
      return taken(current);
    }
    if (current !== undefined && pendingExpired(task, current, now)) {
      return refuse("expired", `Cannot claim task ${task.task_id}: its ttl has passed`, current);
    }
    const failed = current && timedOutForGood(task, current, now);
    if (failed !== undefined) return { kind: "write", next: failed };
    const transition = (current?.transition ?? 0) + 1;
    const { note: _n, progress: _p, noted_at: _at, ttl_seconds: _ttl, ...kept } = current ?? {};
    const { retry_at: _retry, ...others }: Partial<ClaimRecord> = kept;
    const attempts = current === undefined ? {} : attemptsBefore(current, now);
    // The fence is the transition's number, unless another tool's claim had a higher one.
    const fence = Math.max(transition, (current?.fence ?? 0) + 1);
    return {
      kind: "write",
      next: {
        ...others,
        task_id: task.task_id,
        claimer_run_id: runId,
        claimed_at: formatTime(now),
        expires_at: formatTime(now + actor.ttlSeconds * 1000),
        heartbeat_at: formatTime(now),
        status: "claimed",
        claim_nonce: actor.nonce,
        attempt: (current?.attempt ?? 0) + 1,
        fence,
        transition,
        result: null,
        error: null,
        ...(actor.ttlSeconds === CLAIM_TTL_S.default ? {} : { ttl_seconds: actor.ttlSeconds }),
        ...attempts,
      },
    };
  };
}

/**
 * Ends a task by its holder, well or badly. One that failed and has attempts left goes back to the queue
 * instead, unless it is final. A repeat with the same outcome is no error.
 */
export function finish(
  actor: Actor & { fence?: number | undefined },
  outcome:
    | { status: "completed"; result: JsonObject | null }
    | { status: "failed"; error: string; task?: TaskRecord | undefined; isFinal?: boolean },
): TransitionRule {
  const verb = outcome.status === "completed" ? "complete" : "fail";
  const result = outcome.status === "completed" ? outcome.result : null;
  const error = outcome.status === "failed" ? outcome.error : null;
  return (current) => {
    const isBackAgain = outcome.status === "failed" && current !== undefined && isBack(current);
    const repeated = current !== undefined &&
      (current.status === outcome.status || isBackAgain && outcome.isFinal !== true) &&
      sameAgent(current.claimer_run_id, actor.runId) &&
      (actor.fence === undefined || actor.fence === current.fence) &&
      canonicalJson(current.result) === canonicalJson(result) && current.error === error;
    if (repeated) {
      const warning =
        `Task ${current.task_id} was ${outcome.status} already, with the same outcome`;
      return { kind: "keep", claim: current, warning };
    }
    const denied = denyUnlessHolder(verb, actor, current);
    if (denied !== undefined || current === undefined) return denied ?? notClaimed(verb, actor);
    const going = resumed(current);
    if (outcome.status === "failed" && outcome.isFinal !== true) {
      const { task } = outcome;
      if (task?.max_attempts !== undefined && !isLastAttempt(task, going)) {
        return { kind: "write", next: backInQueue(task, { ...going, error }, actor.now) };
      }
    }
    return {
      kind: "write",
      next: {
        ...going,
        status: outcome.status,
        result,
        error,
        ended_at: formatTime(actor.now),
        transition: current.transition + 1,
      },
    };
  };
}

/**
 * Extends the visibility timeout to `now + extensionSeconds`, by default its own TTL, and never shortens
 * it. What is said of the claim stays until something else is said.
 */
export function extend(
  actor: Actor & {
    extensionSeconds?: number | undefined;
    fence?: number | undefined;
    remarks?: HoldRemarks;
  },
): TransitionRule {
  return (current) => {
    const denied = denyUnlessHolder("extend", actor, current);
    if (denied !== undefined || current === undefined) return denied ?? notClaimed("extend", actor);
    const until = actor.now + (actor.extensionSeconds ?? claimTtl(current)) * 1000;
    const before = isClaimAhead(current, actor.now) ? 0 : parseTime(current.expires_at) ?? 0;
    return {
      kind: "write",
      next: {
        ...resumed(current),
        heartbeat_at: formatTime(actor.now),
        expires_at: formatTime(Math.max(until, before)),
        ...notedRemarks(actor.remarks, formatTime(actor.now)),
        transition: current.transition + 1,
      },
    };
  };
}

/** Hands a task back before its time: it counts as timed out, and any agent can claim it. */
export function giveBack(actor: Actor & { fence?: number | undefined }): TransitionRule {
  return (current) => {
    const denied = denyUnlessHolder("give back", actor, current);
    if (denied !== undefined || current === undefined) {
      return denied ?? notClaimed("give back", actor);
    }
    const { uncounted_attempts: uncounted = 0 } = resumed(current);
    return {
      kind: "write",
      next: {
        ...current,
        expires_at: formatTime(actor.now),
        ...endedAttempt(current, "given_back", actor.now),
        uncounted_attempts: uncounted + 1,
        transition: current.transition + 1,
      },
    };
  };
}

/** Cancels a task: any agent a pending one, only the holder a claimed one, unless forced. */
export function cancel(actor: Actor & { force: boolean; nonce: string }): TransitionRule {
  return (current) => {
    if (current === undefined) {
      const first = unclaimed("cancelled", actor);
      const ended = { cancelled_by: actor.runId, ended_at: first.claimed_at };
      return { kind: "write", next: { ...first, ...ended } };
    }
    const canceller = current.cancelled_by ?? current.claimer_run_id;
    if (current.status === "cancelled" && sameAgent(canceller, actor.runId)) {
      const warning = `Task ${current.task_id} was cancelled already`;
      return { kind: "keep", claim: current, warning };
    }
    if (isTerminal(current)) return alreadyOver("cancel", current);
    const isFree = actor.force || isBack(current);
    const denied = isFree ? undefined : denyUnlessHolder("cancel", actor, current);
    if (denied !== undefined) return denied;
    return {
      kind: "write",
      next: {
        ...current,
        ...(isLetGo(current) && { claimer_run_id: actor.runId }),
        ...(isHeldBack(current) && { expires_at: formatTime(actor.now) }),
        status: "cancelled",
        cancelled_by: actor.runId,
        ended_at: formatTime(actor.now),
        transition: current.transition + 1,
      },
    };
  };
}

/** The first state of a task that no agent has claimed, by the run that moves it. */
export function unclaimed(
  status: ClaimRecord["status"],
  { taskId, runId, now, nonce = "" }: Pick<Actor, "taskId" | "runId" | "now"> & { nonce?: string },
): ClaimRecord {
  const at = formatTime(now);
  return {
    task_id: taskId,
    claimer_run_id: runId,
    claimed_at: at,
    expires_at: at,
    heartbeat_at: at,
    status,
    claim_nonce: nonce,
    attempt: 0,
    fence: 0,
    transition: 1,
    result: null,
    error: null,
  };
}

export function alreadyOver(verb: string, current: ClaimRecord): Decision {
  const message = `Cannot ${verb} task ${current.task_id}: it is ${current.status}`;
  return refuse("terminal", message, current);
}

function notClaimed(verb: string, actor: Actor): Decision {
  const message = `Cannot ${verb} task ${actor.taskId}: no agent has claimed it`;
  return refuse("not_holder", message, undefined);
}

export function denyUnlessHolder(
  verb: string,
  actor: Actor & { fence?: number | undefined },
  current: ClaimRecord | undefined,
): Decision | undefined {
  if (current === undefined || isLetGo(current)) return notClaimed(verb, actor);
  if (!sameAgent(current.claimer_run_id, actor.runId)) {
    if (isTerminal(current)) return alreadyOver(verb, current);
    const message = `Cannot ${verb} task ${current.task_id}: holder is ` +
      `${JSON.stringify(current.claimer_run_id)}, caller is ${JSON.stringify(actor.runId)}`;
    return refuse("not_holder", message, current);
  }
  if (actor.fence !== undefined && actor.fence !== current.fence) {
    const message = `Cannot ${verb} task ${current.task_id}: fence is ${current.fence}, ` +
      `caller's is ${actor.fence}`;
    return refuse("stale_fence", message, current);
  }
  if (isBack(current)) {
    const message =
      `Cannot ${verb} task ${current.task_id}: attempt ${current.attempt} has ended, ` +
      "and it is back in the queue";
    return refuse("not_holder", message, current);
  }
  return isTerminal(current) ? alreadyOver(verb, current) : undefined;
}
