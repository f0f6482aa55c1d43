/** How answers show a task, and who has it. */
import { remarksOf } from "../../domain/input/progress.ts";
import type { ClaimRecord } from "../../domain/task/claim.ts";
import type { ListedTask } from "../../domain/task/listing.ts";
import { isLetGo } from "../../domain/task/retry.ts";
import type { TaskItem } from "./types.ts";

/** A task as a listing has it. */
export function taskItem({ task, claim: newest, status }: ListedTask): TaskItem {
  // That a task was let go is no claim by an agent.
  const claim = newest && isLetGo(newest) ? undefined : newest;
  return {
    ...task,
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
