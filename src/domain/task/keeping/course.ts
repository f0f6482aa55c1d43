/** Where a task stands as time goes on, and until when it is kept: for stores that are no files. */
import { type ClaimRecord, isTerminal, taskStatus } from "../claim.ts";
import type { TaskEntry } from "../listing.ts";
import { pendingExpiry } from "../pending.ts";
import { claimableFrom, isClaimable, type TaskRecord, type TaskStatus } from "../task.ts";
import { parseTime, presentFrom } from "../../time.ts";

/** Where a task stands from an instant on, milliseconds since 1970. */
export interface Standing {
  readonly from: number;
  readonly status: TaskStatus;
}

/**
 * All that `taskStatus` says of a task until it is written again, in order; the first begins with time
 * itself. Nothing here knows the rule: it is asked at every instant at which its answer may change.
 */
export function courseOf(task: TaskRecord, claim: ClaimRecord | undefined): readonly Standing[] {
  const instants = [claimableFrom(task), parseTime(task.not_before), pendingExpiry(task, claim)];
  if (claim !== undefined) {
    instants.push(
      parseTime(claim.expires_at) ?? 0,
      presentFrom(parseTime(claim.heartbeat_at) ?? 0),
    );
  }
  const known = instants.filter((each) => each !== undefined && Number.isFinite(each)) as number[];
  const course: Standing[] = [];
  for (const from of [-Infinity, ...known.sort((a, b) => a - b)]) {
    const status = taskStatus(task, claim, from);
    if (status !== course.at(-1)?.status) course.push({ from, status });
  }
  return course;
}

/** Where a task stands at `now` on its course. */
export function standingAt(course: readonly Standing[], now: number): TaskStatus {
  return course.findLast(({ from }) => from <= now)?.status ?? "blocked";
}

/** When a task may be claimed next that may not be claimed at `now`; `undefined` where time alone will not do. */
export function claimableNext(course: readonly Standing[], now: number): number | undefined {
  return course.find(({ from, status }) => from > now && isClaimable(status))?.from;
}

/**
 * How a task that may be removed has ended; `undefined` while it is kept.
 *
 * @param endedMs When it ended, if that was written; milliseconds since 1970.
 * @param graceOf For how long what ended so is kept, milliseconds.
 */
export function endToSweep(
  { task, claim }: TaskEntry,
  endedMs: number,
  now: number,
  graceOf: (status: TaskStatus) => number,
): TaskStatus | undefined {
  const status = taskStatus(task, claim, now);
  const isEnded = claim !== undefined && isTerminal(claim);
  if (!isEnded && status !== "expired") return undefined;
  const end = isEnded ? Math.min(endedMs, now) : pendingExpiry(task, claim);
  return end + graceOf(status) > now ? undefined : status;
}
