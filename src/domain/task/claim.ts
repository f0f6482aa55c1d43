/**
 * Claims: the state of a task after its first transition, and every rule on who may move it. A
 * store applies the decisions; it never makes one.
 */
import type { HoldRemarks } from "../input/progress.ts";
import { sameAgent } from "../input/run_id.ts";
import { canonicalJson, isNumber, isObject, type JsonObject, type JsonValue } from "../json.ts";
import { CLAIM_TTL_S } from "../limits.ts";
import { taskExpired, type TaskRecord, type TaskStatus } from "./task.ts";
import { formatTime, isAhead, parseTime } from "../time.ts";

/** A task's claim, as it lies in `claims/` and in every answer. */
export interface ClaimRecord extends HoldRemarks {
  /** The task that it is about. */
  readonly task_id: string;
  /** Who has the task or had it last; of a task that no agent had, who cancelled it. */
  readonly claimer_run_id: string;
  /** ISO 8601 UTC, like all instants here. */
  readonly claimed_at: string;
  /** The end of the visibility timeout. */
  readonly expires_at: string;
  /** The last sign of life. */
  readonly heartbeat_at: string;
  /** The last three are terminal. */
  readonly status: "claimed" | "completed" | "failed" | "cancelled";
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
}

/** Seconds by which a heartbeat that names none extends a claim. */
export function claimTtl({ ttl_seconds: ttl }: ClaimRecord): number {
  return isNumber(ttl) && Number(ttl) >= CLAIM_TTL_S.min && Number(ttl) <= CLAIM_TTL_S.max
    ? Number(ttl)
    : CLAIM_TTL_S.default;
}

/** Why a transition is refused. */
export interface TransitionRefusal {
  readonly status: "not_holder" | "terminal" | "stale_fence" | "taken" | "expired";
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

/** Who asks for tasks, and what each of them would be granted. */
export interface ClaimGrant {
  readonly runId: string;
  readonly ttlSeconds: number;
  /** Different for every search. */
  readonly nonce: string;
}

/** Where a task stands at `now`, given its claim. */
export function taskStatus(
  task: TaskRecord,
  claim: ClaimRecord | undefined,
  now: number,
): TaskStatus {
  if (claim === undefined) return taskExpired(task, now) ? "expired" : "pending";
  if (claim.status !== "claimed") return claim.status;
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

function refuse(
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
    if (current === undefined && taskExpired(task, now)) {
      return refuse("expired", `Cannot claim task ${task.task_id}: its ttl has passed`, current);
    }
    if (current !== undefined && isTerminal(current)) return alreadyOver("claim", current);
    if (current !== undefined && !claimTimedOut(current, now)) {
      return taken(current);
    }
    const transition = (current?.transition ?? 0) + 1;
    const { note: _note, progress: _progress, ttl_seconds: _ttl, ...others } = current ?? {};
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
      },
    };
  };
}

/** Ends a task by its holder, well or badly. A repeat with the same outcome is no error. */
export function finish(
  actor: Actor & { fence?: number | undefined },
  outcome:
    | { status: "completed"; result: JsonObject | null }
    | { status: "failed"; error: string },
): TransitionRule {
  const verb = outcome.status === "completed" ? "complete" : "fail";
  const result = outcome.status === "completed" ? outcome.result : null;
  const error = outcome.status === "failed" ? outcome.error : null;
  return (current) => {
    const repeated = current !== undefined && current.status === outcome.status &&
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
    return {
      kind: "write",
      next: {
        ...current,
        status: outcome.status,
        result,
        error,
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
        ...current,
        heartbeat_at: formatTime(actor.now),
        expires_at: formatTime(Math.max(until, before)),
        ...actor.remarks,
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
    return {
      kind: "write",
      next: {
        ...current,
        expires_at: formatTime(actor.now),
        transition: current.transition + 1,
      },
    };
  };
}

/** Cancels a task: any agent a pending one, only the holder a claimed one, unless forced. */
export function cancel(actor: Actor & { force: boolean; nonce: string }): TransitionRule {
  return (current) => {
    if (current === undefined) {
      const at = formatTime(actor.now);
      return {
        kind: "write",
        next: {
          task_id: actor.taskId,
          claimer_run_id: actor.runId,
          claimed_at: at,
          expires_at: at,
          heartbeat_at: at,
          status: "cancelled",
          claim_nonce: actor.nonce,
          attempt: 0,
          fence: 0,
          transition: 1,
          result: null,
          error: null,
          cancelled_by: actor.runId,
        },
      };
    }
    const canceller = current.cancelled_by ?? current.claimer_run_id;
    if (current.status === "cancelled" && sameAgent(canceller, actor.runId)) {
      const warning = `Task ${current.task_id} was cancelled already`;
      return { kind: "keep", claim: current, warning };
    }
    if (isTerminal(current)) return alreadyOver("cancel", current);
    const denied = actor.force ? undefined : denyUnlessHolder("cancel", actor, current);
    if (denied !== undefined) return denied;
    return {
      kind: "write",
      next: {
        ...current,
        status: "cancelled",
        cancelled_by: actor.runId,
        transition: current.transition + 1,
      },
    };
  };
}

function alreadyOver(verb: string, current: ClaimRecord): Decision {
  const message = `Cannot ${verb} task ${current.task_id}: it is ${current.status}`;
  return refuse("terminal", message, current);
}

function notClaimed(verb: string, actor: Actor): Decision {
  const message = `Cannot ${verb} task ${actor.taskId}: no agent has claimed it`;
  return refuse("not_holder", message, undefined);
}

function denyUnlessHolder(
  verb: string,
  actor: Actor & { fence?: number | undefined },
  current: ClaimRecord | undefined,
): Decision | undefined {
  if (current === undefined) return notClaimed(verb, actor);
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
  return isTerminal(current) ? alreadyOver(verb, current) : undefined;
}

const STATUSES: readonly unknown[] = ["claimed", "completed", "failed", "cancelled"];

/** A count; one that nothing can count up to is as good as missing. */
function countOf(value: JsonValue | undefined, missing: number): number | undefined {
  if (value === undefined) return missing;
  if (!isNumber(value) || Number.isFinite(value) && !Number.isInteger(value)) return undefined;
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : missing;
}

/**
 * Reads a claim's record. Fields that only coord writes get the values of a first grant when they
 * are missing, so that other tools' claims count; the transition is 0 then. Unknown fields are kept.
 *
 * @returns The record, or what is wrong with it.
 */
export function parseClaim(value: unknown, taskId: string): ClaimRecord | string {
  if (!isObject(value)) return "is not a JSON object";
  const { claimer_run_id, status = "claimed", claimed_at, expires_at, claim_nonce = "" } = value;
  const { heartbeat_at = claimed_at } = value;
  const attempt = countOf(value.attempt, 1);
  const fence = countOf(value.fence, 1);
  const transition = countOf(value.transition, 0);
  const { result = null, error = null, task_id = taskId } = value;
  const wrong: string[] = [];
  if (task_id !== taskId) wrong.push("task_id (differs from the file's name)");
  if (typeof claimer_run_id !== "string") wrong.push("claimer_run_id");
  if (!STATUSES.includes(status)) wrong.push("status");
  if (parseTime(claimed_at) === undefined) wrong.push("claimed_at");
  if (parseTime(expires_at) === undefined) wrong.push("expires_at");
  if (typeof claim_nonce !== "string") wrong.push("claim_nonce");
  if (attempt === undefined) wrong.push("attempt");
  if (fence === undefined) wrong.push("fence");
  if (transition === undefined) wrong.push("transition");
  if (result !== null && !isObject(result)) wrong.push("result");
  if (error !== null && typeof error !== "string") wrong.push("error");
  if (wrong.length > 0) return `has no valid ${wrong.join(", ")}`;
  const fields = {
    task_id,
    claimer_run_id,
    claimed_at,
    expires_at,
    heartbeat_at: parseTime(heartbeat_at) === undefined ? claimed_at : heartbeat_at,
    status,
    claim_nonce,
    attempt,
    fence,
    transition,
    result,
    error,
  };
  // In the documented order, wherever the file has them.
  return { ...fields, ...value, ...fields } as ClaimRecord;
}
