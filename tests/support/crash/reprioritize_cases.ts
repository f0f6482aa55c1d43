/** What is done with the priority of tasks in the queue, cut off at every step. */
import type { Tasks } from "../../../src/engine/task/tasks.ts";
import type { CrashCase } from "./queue_cases.ts";

const change = (queue: Tasks, id: string, priority: number) =>
  queue.reprioritize({ ids: [id], runId: "R", priority });

/** A task that comes first, and one beside it; the id of the first. */
const two = async (queue: Tasks, input: { maxAttempts?: number; delay?: number } = {}) => {
  const first = { title: "one", runId: "maker", priority: 1, ...input };
  const { task_id: id } = await queue.enqueue(first);
  await queue.enqueue({ title: "two", runId: "maker" });
  return id;
};

export const REPRIORITIZE_CASES: readonly CrashCase[] = [
  {
    name: "reprioritize() of a pending task",
    second: 6,
    prepare: (queue) => two(queue),
    act: (queue, id) => change(queue, id, 9),
    tasks: [2, 2],
    statuses: ["pending"],
  },
  {
    name: "reprioritize() of a task that was tried before, to its first priority",
    second: 6,
    prepare: async (queue) => {
      const id = await two(queue, { maxAttempts: 3 });
      await queue.claim({ runId: "A", claimTtl: 10 });
      await queue.fail({ id, runId: "A" });
      await change(queue, id, 9);
    },
    act: (queue, id) => change(queue, id, 1),
    tasks: [2, 2],
    statuses: ["pending"],
  },
  {
    name: "reprioritize() of a delayed task",
    second: 6,
    prepare: (queue) => two(queue, { delay: 60 }),
    act: (queue, id) => change(queue, id, 9),
    tasks: [2, 2],
    statuses: ["delayed"],
  },
  {
    name: "reprioritize() of a blocked task",
    second: 6,
    prepare: async (queue) => {
      const { task_id: id } = await queue.enqueue({ title: "one", runId: "maker" });
      await queue.enqueue({ title: "two", runId: "maker", after: [id], priority: 5 });
    },
    act: (queue, id) => change(queue, id, 9),
    tasks: [2, 2],
    statuses: ["blocked"],
  },
  {
    name: "claim() that meets the entry of a priority that was lowered",
    second: 6,
    prepare: async (queue) => {
      const id = await two(queue);
      await change(queue, id, 9);
      await change(queue, id, 8);
    },
    act: (queue) => queue.claim({ runId: "A", claimTtl: 10 }),
    tasks: [2, 2],
    statuses: ["pending", "claimed"],
  },
  {
    name: "complete() of a task that a blocked one waits for whose priority was changed",
    second: 6,
    prepare: async (queue) => {
      const { task_id: id } = await queue.enqueue({ title: "one", runId: "maker", priority: 9 });
      const { task_id: other } = await queue.enqueue({ title: "two", runId: "maker", after: [id] });
      await change(queue, other, 5);
      await queue.claim({ runId: "A", claimTtl: 10 });
    },
    act: (queue, id) => queue.complete({ id, runId: "A" }),
    tasks: [2, 2],
    statuses: ["claimed", "completed"],
  },
];
