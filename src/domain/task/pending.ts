/** Until when a task that no agent has may be claimed. */
import { type Attempts, backAt, isBack } from "./retry.ts";
import { taskExpiry, type TaskRecord } from "./task.ts";

/** When the ttl of a task ends that no agent has, milliseconds since 1970; infinity while one has it. */
export function pendingExpiry(task: TaskRecord, claim: Attempts | undefined): number {
  if (claim === undefined) return taskExpiry(task);
  return isBack(claim) ? backAt(claim) + task.ttl_seconds * 1000 : Infinity;
}

/** Whether that has passed. */
export function pendingExpired(
  task: TaskRecord,
  claim: Attempts | undefined,
  now: number,
): boolean {
  return pendingExpiry(task, claim) <= now;
}
