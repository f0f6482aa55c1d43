/** Claiming the first of the tasks that are asked for, at once or when one comes. */
import { claimTimedOut } from "../../domain/task/claim.ts";
import type { Wanted } from "../../domain/task/task.ts";
import { badInput } from "../../domain/errors.ts";
import { presentTask } from "../../domain/task/pending.ts";
import { nonce, type TaskContext } from "../context.ts";
import { inputProblems } from "../input.ts";
import { TASK_INPUTS, type TaskClaimed, type TaskClaimInput } from "./types.ts";
import { waitForTask } from "./wait.ts";

/** Who claims, and what. */
export interface ClaimWish extends Wanted {
  readonly runId: string;
  readonly ttlSeconds: number;
  readonly signal: AbortSignal | undefined;
  /** Is called with the names of those of the queues that are paused, before each search. */
  readonly onPaused?: (queues: readonly string[]) => void;
}

/** Which tasks the input of a claim asks for; throws `bad_args` and its like for bad input. */
export function wantedOf(input: TaskClaimInput): Wanted {
  const problems = inputProblems(input, TASK_INPUTS.claim, ["runId"]);
  const { queue, queues, tag, has } = input;
  if (queue !== undefined && queues !== undefined) {
    const message = "cannot go together with queue";
    problems.push({ field: "queues", code: "bad_args", message });
  }
  if (problems.length > 0) throw badInput(problems);
  return { queues: queue === undefined ? queues : [queue], tag, has };
}

/**
 * Claims a task, waiting at most `seconds` for one. What was granted while the signal fired is
 * returned: the caller gives it back, or keeps it.
 */
export async function claimFirst(
  context: TaskContext,
  { runId, queues, tag, has, ttlSeconds, signal, onPaused }: ClaimWish,
  seconds: number,
): Promise<TaskClaimed | undefined> {
  const { store, clock } = context;
  const noted = (paused: ReadonlySet<string>) =>
    onPaused?.([...paused].filter((name) => queues?.includes(name) !== false).sort());
  const attempt = async (effort: "thorough" | "quick", hints: readonly string[] = []) => {
    while (true) {
      const grant = { runId, ttlSeconds, nonce: nonce() };
      const search = { queues, tag, has, grant, effort, hints, onPaused: noted };
      const entry = await store.tasks.claimNext(search);
      // One that timed out while the process slept may be another agent's by now.
      const isOver = entry?.claim !== undefined && claimTimedOut(entry.claim, clock());
      if (!isOver || signal?.aborted) return entry;
    }
  };
  const entry = await attempt("thorough") ?? await waitForTask(context, attempt, seconds, signal);
  if (entry?.claim === undefined) return undefined;
  const { task, claim } = entry;
  return { ...claim, status: "claimed", task: presentTask(task, claim) };
}
