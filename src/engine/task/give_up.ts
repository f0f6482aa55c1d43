/** The end of a task whose last attempt has timed out. A process that claims makes it, or this one. */
import { type ClaimRecord, isClaimAhead } from "../../domain/task/claim.ts";
import type { TaskEntry } from "../../domain/task/listing.ts";
import { giveUp } from "../../domain/task/requeue.ts";
import type { TaskContext } from "../context.ts";

/**
 * Fails such a task. What a clock that is wrong says of a timeout does not count here.
 *
 * @returns Its end; `undefined` of any other task.
 */
export async function giveUpTimedOut(
  { store, clock }: TaskContext,
  { task, claim }: TaskEntry,
): Promise<ClaimRecord | undefined> {
  const now = clock();
  if (claim === undefined || isClaimAhead(claim, now)) return undefined;
  if (giveUp({ task, now })(claim).kind !== "write") return undefined;
  const applied = await store.tasks.apply(
    task.task_id,
    (now) => (current) =>
      giveUp({ task, now: current && isClaimAhead(current, now) ? -Infinity : now })(current),
  );
  return applied.kind === "written" ? applied.claim : undefined;
}
