/** How answers show a task, who has it, and how a claim goes on. */
import { remarksOf } from "../../domain/input/progress.ts";
import type { ClaimRecord } from "../../domain/task/claim.ts";
import { claimTtl } from "../../domain/task/keeping/grant.ts";
import type { ListedTask, TaskListing } from "../../domain/task/listing.ts";
import { presentTask } from "../../domain/task/pending.ts";
import { isLetGo } from "../../domain/task/retry.ts";
import type { TaskContext } from "../context.ts";
import {
  queueEmpty,
  type TaskClaimInput,
  type TaskHeartbeat,
  type TaskItem,
  type TaskList,
  type TaskQueueEmpty,
} from "./types.ts";

/** A task as a listing has it. */
export function taskItem({ task, claim: newest, status }: ListedTask): TaskItem {
  // That a task was let go is no claim by an agent.
  const claim = newest && isLetGo(newest) ? undefined : newest;
  return {
    ...presentTask(task, newest),
    status,
    claimer_run_id: claim?.claimer_run_id ?? null,
    claimed_at: claim?.claimed_at ?? null,
    expires_at: claim?.expires_at ?? null,
    heartbeat_at: claim?.heartbeat_at ?? null,
    ended_at: claim?.ended_at ?? null,
    attempt: claim?.attempt ?? 0,
    fence: claim?.fence ?? 0,
    result: claim?.result ?? null,
    error: claim?.error ?? null,
    ...remarksOf(claim),
  };
}

/** Who has a task, as a refusal says it. */
export function holderOf(claim: ClaimRecord) {
  const { claimer_run_id, claimed_at, expires_at, attempt, fence } = claim;
  const who = { run_id: claimer_run_id, since: claimed_at, expires_at, attempt, fence };
  return { ...who, ...remarksOf(claim) };
}

/** What a heartbeat answers. */
export function heartbeatOf(claim: ClaimRecord, extension: number | undefined): TaskHeartbeat {
  return {
    status: "ok",
    task_id: claim.task_id,
    run_id: claim.claimer_run_id,
    last_beat_at: claim.heartbeat_at,
    expires_at: claim.expires_at,
    extended_expires_at: claim.expires_at,
    ttl_extended_seconds: extension ?? claimTtl(claim),
    fence: claim.fence,
    ...remarksOf(claim),
  };
}

/** What a listing answers. */
export function listOf(
  { counts, queues, matched, items, next }: TaskListing,
  limit: number,
): TaskList {
  return {
    ...counts,
    queues: Object.fromEntries([...queues].sort(([a], [b]) => a < b ? -1 : 1)),
    limit,
    truncated: next !== undefined,
    matched,
    next: next ?? null,
    items: items.map(taskItem),
  };
}

/** That there is no task, and which queues are paused. */
export function emptyQueue(
  { warn }: Pick<TaskContext, "warn">,
  input: Omit<TaskClaimInput, "runId">,
  paused: readonly string[],
): TaskQueueEmpty {
  for (const name of paused) warn(pausedText(name));
  return { ...queueEmpty(input), ...(paused.length > 0 && { paused }) };
}

/** What a caller is warned of. */
export function pausedText(queue: string): string {
  return `Queue "${queue}" is paused`;
}
