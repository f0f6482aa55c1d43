/** How long tasks that have ended are kept. */
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
