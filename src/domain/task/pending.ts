/** A task that no agent has: until when it may be claimed, and with what priority. */
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

/** What a claim says of the last time that an agent changed the priority of its task. */
export interface Reprioritized {
  /** The priority since then; absent when it never was. */
  readonly priority?: number;
  /** When it was, ISO 8601 UTC. */
  readonly reprioritized_at?: string;
  /** Who did it. */
  readonly reprioritized_by?: string;
}

/** With what priority a task is handed out: its definition's, until an agent has changed it. */
export function priorityOf(
  task: { readonly priority: number },
  claim: Reprioritized | undefined,
): number {
  const { priority, reprioritized_at: at } = claim ?? {};
  // Another tool's field of that name may mean anything.
  return at !== undefined && Number.isSafeInteger(priority) ? Number(priority) : task.priority;
}

/** A task with its present priority. */
export function presentTask(task: TaskRecord, claim: Reprioritized | undefined): TaskRecord {
  const priority = priorityOf(task, claim);
  return priority === task.priority ? task : { ...task, priority };
}
