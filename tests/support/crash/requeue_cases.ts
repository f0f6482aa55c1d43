/** What is done with tasks that are revived, cut off at every step. */
import type { Tasks } from "../../../src/engine/task/tasks.ts";
import { CASES, type CrashCase } from "./queue_cases.ts";
import { REPRIORITIZE_CASES } from "./reprioritize_cases.ts";

/** A task that failed; its id. */
const failed = async (queue: Tasks) => {
  const { task_id: id } = await queue.enqueue({ title: "one", runId: "maker" });
  await queue.claim({ runId: "A", claimTtl: 10 });
  await queue.fail({ id, runId: "A", error: "on purpose" });
  return id;
};
/** One that was revived since and is claimed. */
const again = async (queue: Tasks) => {
  const id = await failed(queue);
  await queue.requeue({ ids: [id], runId: "R" });
  await queue.claim({ runId: "A", claimTtl: 10 });
  return id;
};

/** Those, and all others. */
export const ALL_CASES: readonly CrashCase[] = [
  ...CASES,
  ...REPRIORITIZE_CASES,
  {
    name: "requeue() of a failed task",
    second: 6,
    prepare: failed,
    act: (queue, id) => queue.requeue({ ids: [id], runId: "R" }),
    tasks: [1, 1],
    statuses: ["failed", "pending"],
  },
  {
    name: "requeue() of a task that was revived before, was claimed and has failed",
    second: 8,
    prepare: async (queue) => {
      const id = await again(queue);
      await queue.fail({ id, runId: "A", error: "again" });
    },
    act: (queue, id) => queue.requeue({ ids: [id], runId: "R", delay: 60 }),
    tasks: [1, 1],
    statuses: ["failed", "delayed"],
  },
  {
    name: "fail() of a revived task",
    second: 8,
    prepare: again,
    act: (queue, id) => queue.fail({ id, runId: "A", error: "again" }),
    tasks: [1, 1],
    statuses: ["claimed", "failed"],
  },
  {
    name: "requeue() of a task that never was claimed and was cancelled",
    second: 6,
    prepare: async (queue) => {
      const { task_id: id } = await queue.enqueue({ title: "one", runId: "maker" });
      await queue.cancel({ id, runId: "X" });
    },
    act: (queue, id) => queue.requeue({ ids: [id], runId: "R" }),
    tasks: [1, 1],
    statuses: ["cancelled", "pending"],
  },
];
