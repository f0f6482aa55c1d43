/** Claiming the first task of one or several queues, at once or when one comes. */
import { claimTimedOut } from "../../domain/task/claim.ts";
import type { TaskEntry } from "../../domain/task/listing.ts";
import { nonce, type TaskContext } from "../context.ts";
import { waitForTask } from "./wait.ts";

/** Who claims, and where. */
export interface ClaimWish {
  readonly runId: string;
  /** They are tried in their order; `undefined` is any queue. */
  readonly queues: readonly (string | undefined)[];
  /** What the claimer has, for tasks that need something. */
  readonly has: readonly string[] | undefined;
  readonly ttlSeconds: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Claims a task, waiting at most `seconds` for one. What was granted while the signal fired is
 * returned: the caller gives it back, or keeps it.
 */
export async function claimFirst(
  context: TaskContext,
  { runId, queues, has, ttlSeconds, signal }: ClaimWish,
  seconds: number,
): Promise<TaskEntry | undefined> {
  const { store, clock } = context;
  const claimOf = async (
    queue: string | undefined,
    effort: "thorough" | "quick",
    hints: readonly string[],
  ) => {
    while (true) {
      const grant = { runId, ttlSeconds, nonce: nonce() };
      const entry = await store.tasks.claimNext({ queue, has, grant, effort, hints });
      // One that timed out while the process slept may be another agent's by now.
      const isOver = entry?.claim !== undefined && claimTimedOut(entry.claim, clock());
      if (!isOver || signal?.aborted) return entry;
    }
  };
  const attempt = async (effort: "thorough" | "quick", hints: readonly string[] = []) => {
    for (const queue of queues) {
      const entry = await claimOf(queue, effort, hints);
      if (entry !== undefined) return entry;
    }
    return undefined;
  };
  return await attempt("thorough") ?? await waitForTask(context, attempt, seconds, signal);
}
