/** How tasks and claims look to people. */
import type { ClaimRecord } from "../../domain/task/claim.ts";
import { afterOf } from "../../domain/task/after.ts";
import type { TaskBackoff } from "../../domain/task/retry.ts";
import type { TaskRetried } from "../../engine/task/types.ts";
import { needsOf, type TaskRecord } from "../../domain/task/task.ts";
import type { Block, Cell } from "../command.ts";

/** A task's fields; empty tags and payloads are left out. */
export function taskFields(task: TaskRecord): Record<string, Cell> {
  const needs = needsOf(task);
  const after = afterOf(task);
  return {
    task_id: task.task_id,
    title: task.title,
    priority: task.priority,
    queue: task.queue,
    ttl_seconds: task.ttl_seconds,
    created_by: task.created_by,
    created_at: task.created_at,
    tags: task.tags.length === 0 ? undefined : task.tags.join(", "),
    not_before: task.not_before,
    needs: needs.length === 0 ? undefined : needs.join(", "),
    max_attempts: task.max_attempts,
    backoff: task.backoff && backoffText(task.backoff),
    key: task.key,
    after: after.length === 0 ? undefined : after.join(", "),
    on_failure: task.on_failure,
    payload: Object.keys(task.payload).length === 0 ? undefined : JSON.stringify(task.payload),
  };
}

function backoffText({ seconds, factor, max_seconds: max }: TaskBackoff): string {
  const grown = factor === 1 ? "" : ` x${factor}`;
  return `${seconds} s${grown}${seconds * factor > seconds ? `, at most ${max} s` : ""}`;
}

/** What became of a task. */
export function claimBlock(claim: ClaimRecord | TaskRetried): Block {
  return {
    fields: {
      task_id: claim.task_id,
      status: claim.status,
      claimer_run_id: claim.claimer_run_id,
      attempt: claim.attempt,
      fence: claim.fence,
      retry_at: claim.retry_at,
      result: claim.result === null ? undefined : JSON.stringify(claim.result),
      error: claim.error ?? undefined,
    },
  };
}
