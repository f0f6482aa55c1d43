/** What is done with tasks that are revived, cut off at every step. */
import type { Tasks } from "../../../src/engine/task/tasks.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { assertEquals, assertRejects } from "../../deps.ts";
import { isHeavy } from "../length.ts";
import { PowerOff } from "./faulty_fs.ts";
import { CASES, type CrashCase, openQueue, quickFs } from "./queue_cases.ts";
import { BEAT_CASES } from "./beat_cases.ts";
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

/** A task with a key that failed; its id. */
export const keyFailed = async (queue: Tasks, priority = 0) => {
  await queue.enqueueAll([{ title: "keyed a", runId: "maker", key: "a", priority }]);
  const claim = await queue.claim({ runId: "A", claimTtl: 10 });
  const id = "task_id" in claim ? claim.task_id : "";
  await queue.fail({ id, runId: "A", error: "on purpose" });
  return id;
};
/** The same, listed before one that had the key since and was cancelled. */
export const keyTwice = async (queue: Tasks) => {
  await keyFailed(queue, 9);
  const added = await queue.enqueue({ title: "after", runId: "maker", key: "a" });
  await queue.cancel({ id: "title" in added ? added.task_id : "", runId: "X" });
};

/** Files of a process that dies when it has pledged a revival. */
export function pledging(fs: HostFs): HostFs {
  return {
    ...fs,
    link(from, to) {
      const isMade = fs.link(from, to);
      if (to.includes("/keys/")) throw new PowerOff();
      return isMade;
    },
  };
}

/** The same, and its revival was cut off after its pledge, at that second. */
export const keyPledged = async (queue: Tasks, workspace: string, second = 1) => {
  const id = await keyFailed(queue);
  const { queue: cut } = openQueue(workspace, second, pledging(quickFs));
  await assertRejects(() => cut.requeue({ ids: [id], runId: "R" }), PowerOff);
  assertEquals((await queue.get(id)).claim?.status, "failed");
};

const MORE_CASES: readonly CrashCase[] = [
  {
    name: "requeue() of a failed task whose key another one had since",
    second: 6,
    prepare: keyTwice,
    act: (queue, id) => queue.requeue({ ids: [id], runId: "R" }),
    tasks: [2, 2],
    statuses: ["failed", "pending"],
  },
  {
    name: "requeue() of a task whose revival was cut off after its pledge",
    second: 6,
    prepare: (queue, workspace) => keyPledged(queue, workspace),
    act: (queue, id) => queue.requeue({ ids: [id], runId: "R" }),
    tasks: [1, 1],
    statuses: ["failed", "pending"],
  },
  {
    name: "enqueue() with the key of a task whose revival was cut off after its pledge",
    second: 6,
    prepare: (queue, workspace) => keyPledged(queue, workspace),
    act: (queue) => queue.enqueue({ title: "keyed a", runId: "maker", key: "a" }),
    tasks: [1, 1],
    statuses: ["failed", "pending"],
    isRepeatable: true,
  },
];

/** Those, and all others. */
export const ALL_CASES: readonly CrashCase[] = [
  ...CASES,
  ...REPRIORITIZE_CASES,
  ...BEAT_CASES,
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
  {
    name: "requeue() of a failed task that had a key",
    second: 6,
    prepare: (queue) => keyFailed(queue),
    act: (queue, id) => queue.requeue({ ids: [id], runId: "R" }),
    tasks: [1, 1],
    statuses: ["failed", "pending"],
  },
  ...(isHeavy() ? MORE_CASES : []),
];
