/** How long what has ended is kept, and how often it is removed. */
import type { TaskStatus } from "./task.ts";

/** What is to be kept, in milliseconds. */
interface Grace {
  readonly graceMs: number;
  readonly failedGraceMs?: number;
}

/** For how long a task is kept after it ended so, in milliseconds. */
export function graceOf(status: TaskStatus, { graceMs, failedGraceMs = graceMs }: Grace): number {
  return status === "failed" || status === "cancelled" ? failedGraceMs : graceMs;
}

/** The shortest time for which any task is kept, in milliseconds. */
export function leastGrace({ graceMs, failedGraceMs = graceMs }: Grace): number {
  return Math.min(graceMs, failedGraceMs);
}

/** Milliseconds between two removals: a day, beside which a week of retention is exact enough. */
const COLLECT_EVERY_MS = 86_400_000;

/**
 * When what has ended is to be removed next, milliseconds since 1970.
 *
 * @param last When that began last, or the workspace was made; `undefined` where nothing says it.
 */
export function collectionDue(last: number | undefined, now: number): number {
  return last === undefined ? now : last + COLLECT_EVERY_MS;
}
