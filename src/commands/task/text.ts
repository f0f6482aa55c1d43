/** How tasks and claims look to people. */
import type { ClaimRecord } from "../../domain/task/claim.ts";
import type { TaskRecord } from "../../domain/task/task.ts";
import type { Block, Cell } from "../command.ts";

/** A task's fields; empty tags and payloads are left out. */
export function taskFields(task: TaskRecord): Record<string, Cell> {
  return {
    task_id: task.task_id,
    title: task.title,
    priority: task.priority,
    queue: task.queue,
    ttl_seconds: task.ttl_seconds,
    created_by: task.created_by,
    created_at: task.created_at,
    tags: task.tags.length === 0 ? undefined : task.tags.join(", "),
    payload: Object.keys(task.payload).length === 0 ? undefined : JSON.stringify(task.payload),
  };
}

/** What became of a task. */
export function claimBlock(claim: ClaimRecord): Block {
  return {
    fields: {
      task_id: claim.task_id,
      status: claim.status,
      claimer_run_id: claim.claimer_run_id,
      attempt: claim.attempt,
      fence: claim.fence,
      result: claim.result === null ? undefined : JSON.stringify(claim.result),
      error: claim.error ?? undefined,
    },
  };
}
