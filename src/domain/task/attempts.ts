/** The grants of a task: who had it, since when, and how that ended. */
import { type HoldRemarks, remarksOf } from "../input/progress.ts";
import { isObject } from "../json.ts";
import { KEPT_ATTEMPTS } from "../limits.ts";
import { formatTime, parseTime } from "../time.ts";

/** How an attempt may have ended. */
export type AttemptEnd = "completed" | "failed" | "cancelled" | "timed_out" | "given_back";

/** One grant of a task, and what became of it. */
export interface TaskAttempt extends HoldRemarks {
  /** 1 for the first grant of the task. */
  readonly attempt: number;
  /** The fence of the grant. */
  readonly fence: number;
  /** Who had the task. */
  readonly run_id: string;
  /** ISO 8601 UTC, like all instants here. */
  readonly claimed_at: string;
  /** Null while it goes on, and where another tool did not say. */
  readonly ended_at: string | null;
  /** Null while it goes on. */
  readonly end: AttemptEnd | null;
  /** What `fail` was given. */
  readonly error: string | null;
}

/** What a claim says of its newest attempt, and of those before. */
export interface Attempted extends HoldRemarks {
  readonly claimer_run_id: string;
  readonly claimed_at: string;
  readonly expires_at: string;
  readonly status: "claimed" | "completed" | "failed" | "cancelled" | "expired";
  readonly attempt: number;
  readonly fence: number;
  readonly error: string | null;
  readonly ended_at?: string;
  readonly earlier_attempts?: readonly TaskAttempt[];
}

/** A field of a claim; absent where there are none. */
interface Earlier {
  readonly earlier_attempts?: readonly TaskAttempt[];
}

/** A claim's earlier attempts with its newest one, which has ended. */
export function endedAttempt(claim: Attempted, end: AttemptEnd, at: number): Earlier {
  const before = earlierAttempts(claim);
  // What another tool counts is no number of attempts.
  if (claim.attempt === 0 || before.at(-1)?.attempt === claim.attempt) return kept(before);
  const until = formatTime(at);
  return kept([...before, { ...attemptOf(claim), ended_at: until, end }]);
}

/** The same when the next one begins: unless it was given back, the newest has timed out. */
export function attemptsBefore(claim: Attempted, next: number): Earlier {
  return endedAttempt(claim, "timed_out", Math.min(parseTime(claim.expires_at) ?? next, next));
}

/** A claim's earlier attempts when its newest one goes on, which was given back perhaps. */
export function resumedAttempt(claim: Attempted): Earlier {
  return kept(earlierAttempts(claim).filter(({ attempt }) => attempt !== claim.attempt));
}

/** Whether its holder has given the task back, and no attempt has begun since. */
export function isGivenBack(claim: Attempted): boolean {
  return claim.status === "claimed" &&
    earlierAttempts(claim).at(-1)?.attempt === claim.attempt;
}

/** All attempts that are kept of a task, the newest last, as they stand at `now`. */
export function attemptsOf(claim: Attempted, isTimedOut: boolean): readonly TaskAttempt[] {
  const before = earlierAttempts(claim);
  if (claim.attempt === 0 || before.at(-1)?.attempt === claim.attempt) return before;
  const newest = attemptOf(claim);
  if (claim.status !== "claimed") {
    // A task expires between two attempts, and so never in one.
    const end = claim.status === "expired" ? null : claim.status;
    return bounded([...before, { ...newest, ended_at: claim.ended_at ?? null, end }]);
  }
  const end = isTimedOut ? { ended_at: claim.expires_at, end: "timed_out" as const } : {};
  return bounded([...before, { ...newest, ...end }]);
}

function attemptOf(claim: Attempted): TaskAttempt {
  const { attempt, fence, claimer_run_id: run_id, claimed_at, error } = claim;
  const who = { attempt, fence, run_id, claimed_at, ended_at: null, end: null };
  return { ...who, error, ...remarksOf(claim) };
}

function kept(attempts: readonly TaskAttempt[]): Earlier {
  return attempts.length === 0 ? {} : { earlier_attempts: bounded(attempts) };
}

/** The first and the last of them. */
export function bounded<T>(all: readonly T[]): readonly T[] {
  return all.length <= 2 * KEPT_ATTEMPTS
    ? all
    : [...all.slice(0, KEPT_ATTEMPTS), ...all.slice(-KEPT_ATTEMPTS)];
}

/** What a claim says of them, as far as it can be read; other tools may mean other things. */
function earlierAttempts({ earlier_attempts: said }: Earlier): readonly TaskAttempt[] {
  if (!Array.isArray(said)) return [];
  return said.filter(isAttempt).map((each) => {
    const { attempt, fence, run_id, claimed_at, ended_at = null, end, error = null } = each;
    // In the documented order, wherever the file has them.
    return { attempt, fence, run_id, claimed_at, ended_at, end, error, ...remarksOf(each) };
  });
}

function isAttempt(value: unknown): value is TaskAttempt {
  return isObject(value) && Number.isSafeInteger(value.attempt) &&
    Number.isSafeInteger(value.fence) && typeof value.run_id === "string" &&
    typeof value.claimed_at === "string" && typeof value.end === "string";
}
