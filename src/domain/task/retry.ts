/** Tasks that are given again after an attempt that failed: how often, and not before when. */
import {
  type Attempted,
  attemptsBefore,
  bounded,
  endedAttempt,
  isGivenBack,
  resumedAttempt,
} from "./attempts.ts";
import { isObject } from "../json.ts";
import { BACKOFF, INSTANT_MS } from "../limits.ts";
import { formatTime, parseDuration, parseTime } from "../time.ts";

/** How long a task waits after an attempt that failed. */
export interface TaskBackoff {
  /** Seconds after the first. */
  readonly seconds: number;
  /** By what they are multiplied after each more. */
  readonly factor: number;
  /** What they never exceed. */
  readonly max_seconds: number;
}

/** What a task's definition says of its attempts. */
interface Retried {
  readonly max_attempts?: number;
  readonly backoff?: TaskBackoff;
}

/** A claim, as far as it is about its attempts. */
interface Claimed extends Attempted {
  readonly transition: number;
  readonly uncounted_attempts?: number;
  readonly retry_at?: string;
}

/** The end of a task that was put back into the queue, which its attempts do not show. */
export interface TaskEndBefore {
  /** What it was. */
  readonly status: "cancelled" | "expired";
  /** When it was, ISO 8601 UTC. */
  readonly ended_at: string;
  /** Who cancelled it; null of one that has expired. */
  readonly ended_by: string | null;
}

/** What a claim says of the last time that an agent put its task back into the queue. */
export interface Requeued {
  /** The number of the end that this life of the task follows; absent in the first. */
  readonly revived_after?: number;
  /** When it was, ISO 8601 UTC; absent when it never was. */
  readonly requeued_at?: string;
  /** Who did it. */
  readonly requeued_by?: string;
  /** Why, where that was said. */
  readonly requeue_reason?: string;
  /** The end before that; absent where it was none, or a failure. */
  readonly requeue_followed?: TaskEndBefore;
  /** The times before: the first and the last 10. */
  readonly earlier_requeues?: readonly TaskRequeuing[];
}

/** One time that an agent put a task back into the queue. */
export interface TaskRequeuing {
  /** When it was, ISO 8601 UTC. */
  readonly requeued_at: string;
  /** Who did it. */
  readonly requeued_by: string;
  /** Why, where that was said. */
  readonly requeue_reason?: string;
  /** The end before that; absent where it was none, or a failure. */
  readonly requeue_followed?: TaskEndBefore;
}

/** The same, as far as it says which is the last. */
export interface Attempts {
  readonly status: string;
  readonly expires_at: string;
  readonly attempt: number;
  readonly uncounted_attempts?: number;
  readonly retry_at?: string;
}

/**
 * Whether a claim says that its task is back in the queue after an attempt that failed, not before
 * `expires_at`. Tools that know no retries take it for a claim that lasts until then.
 */
export function isBack(
  { status, expires_at, retry_at }: {
    readonly status: unknown;
    readonly expires_at: unknown;
    readonly retry_at?: unknown;
  },
): boolean {
  return status === "claimed" && retry_at !== undefined && retry_at === expires_at;
}

/** Whether a state is the one that revives its task. */
export function isRevival(
  { transition, revived_after: after }: { transition: number; revived_after?: number },
): boolean {
  return after !== undefined && transition === after + 1;
}

/** All times that are kept that a task was put back, the newest last; other tools may mean other things. */
export function requeuesOf(claim: Requeued): readonly TaskRequeuing[] {
  const { earlier_requeues: said } = claim;
  return [...(Array.isArray(said) ? said : []), claim].flatMap((each: unknown) => {
    if (!isObject(each)) return [];
    const { requeued_at: at, requeued_by: by, requeue_reason: why } = each;
    if (typeof at !== "string" || typeof by !== "string") return [];
    const reason = typeof why === "string" ? { requeue_reason: why } : {};
    const end = endBefore(each.requeue_followed);
    return { requeued_at: at, requeued_by: by, ...reason, ...(end && { requeue_followed: end }) };
  });
}

function endBefore(said: unknown): TaskEndBefore | undefined {
  if (!isObject(said)) return undefined;
  const { status, ended_at, ended_by = null } = said;
  const isKnown = status === "cancelled" || status === "expired";
  if (!isKnown || typeof ended_at !== "string") return undefined;
  return { status, ended_at, ended_by: typeof ended_by === "string" ? ended_by : null };
}

/** The same as a field of the state that follows, when the task is put back once more. */
export function requeuesBefore(claim: Requeued): Pick<Requeued, "earlier_requeues"> {
  const before = requeuesOf(claim);
  return before.length === 0 ? {} : { earlier_requeues: bounded(before) };
}

/** Whether a claim says that its task, which waited for others, was let go, and no agent has had it. */
export function isLetGo(claim: Attempts): boolean {
  return claim.attempt === 0 && isBack(claim);
}

/**
 * Whether a claim says that its task still waits for others: what has changed of it is its priority. No
 * agent can claim it before it is let go.
 */
export function isHeldBack(claim: Attempts): boolean {
  return isLetGo(claim) && wasHeldBack(claim);
}

/** Whether it was so until the task was cancelled. */
export function wasHeldBack({ retry_at: at }: Pick<Attempts, "retry_at">): boolean {
  return at !== undefined && parseTime(at) === INSTANT_MS.max;
}

/** How many attempts count: all that were not given back. */
function countedAttempts({ attempt, uncounted_attempts: uncounted }: Attempts): number {
  return attempt - (Number.isSafeInteger(uncounted) ? Number(uncounted) : 0);
}

/** Whether the newest attempt is the last that a task may have. */
export function isLastAttempt({ max_attempts: max }: Retried, claim: Attempts): boolean {
  return max !== undefined && countedAttempts(claim) >= max;
}

/** When a task may be claimed again whose newest attempt failed at `now`, milliseconds since 1970. */
export function retryInstant({ backoff }: Retried, claim: Attempts, now: number): number {
  if (backoff === undefined) return now;
  const { seconds, factor, max_seconds: max } = backoff;
  const grown = seconds * factor ** Math.max(0, countedAttempts(claim) - 1);
  return now + Math.min(grown, max) * 1000;
}

/** When a task that is back in the queue may be claimed, milliseconds since 1970. */
export function backAt(claim: Attempts): number {
  return parseTime(claim.expires_at) ?? 0;
}

/** The end of a task whose last attempt has timed out at `now`; `undefined` when it was not the last. */
export function timedOutForGood<C extends Claimed>(
  task: Retried,
  current: C,
  now: number,
): C | undefined {
  return isBack(current) || !isLastAttempt(task, current) ? undefined : {
    ...current,
    status: "failed",
    error: "timed out",
    ended_at: formatTime(now),
    ...attemptsBefore(current, now),
    transition: current.transition + 1,
  };
}

/** The state after an attempt that failed and was not the last. */
export function backInQueue<C extends Claimed>(task: Retried, current: C, now: number): C {
  const at = formatTime(Math.min(retryInstant(task, current, now), INSTANT_MS.max));
  return {
    ...current,
    expires_at: at,
    retry_at: at,
    ...endedAttempt(current, "failed", now),
    transition: current.transition + 1,
  };
}

/** A claim whose newest attempt goes on, also when it was given back. */
export function resumed<C extends Claimed>(current: C): C {
  const { earlier_attempts: before, uncounted_attempts: uncounted = 0, ...others } = current;
  if (before === undefined) return current;
  const count = uncounted - (isGivenBack(current) ? 1 : 0);
  const counts = count > 0 ? { uncounted_attempts: count } : {};
  return { ...others, ...counts, ...resumedAttempt(current) } as C;
}

/** Not-a-number for what is no duration, or one that is written with a sign or a bare point. */
function secondsOf(text: string): number {
  return /^\d/.test(text) ? parseDuration(text) ?? NaN : NaN;
}

/** Reads `30s`, `30s,x2` or `30s,x2,max=10m`; `undefined` when it is none of these. */
export function parseBackoff(text: string): TaskBackoff | undefined {
  const [first = "", ...others] = text.split(",").map((part) => part.trim());
  let [factor, max]: [number, number] = [1, BACKOFF.seconds];
  for (const [at, part] of others.entries()) {
    if (at === 0 && /^x\d+(\.\d+)?$/.test(part)) factor = Number(part.slice(1));
    else if (at === others.length - 1 && part.startsWith("max=")) max = secondsOf(part.slice(4));
    else return undefined;
  }
  const seconds = secondsOf(first);
  const isWithin = seconds <= BACKOFF.seconds && max <= BACKOFF.seconds && factor >= 1 &&
    factor <= BACKOFF.factor;
  return isWithin ? { seconds, factor, max_seconds: max } : undefined;
}

/** Whether a record's value is such a backoff. */
export function isBackoff(value: unknown): value is TaskBackoff {
  return isObject(value) && [value.seconds, value.factor, value.max_seconds]
    .every((number) => typeof number === "number" && number >= 0);
}
