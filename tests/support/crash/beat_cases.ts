/** What heartbeats do that remove slots of earlier ones, cut off at every step. */
import { KEPT_BEATS } from "../../../src/domain/limits.ts";
import type { Tasks } from "../../../src/engine/task/tasks.ts";
import type { CrashCase } from "./queue_cases.ts";

/** A heartbeat of a task that `A` has claimed. */
export const beat = (queue: Tasks, id: string) =>
  queue.heartbeat({ id, runId: "A", extension: 20 });

/** A task whose claim was extended a number of times. */
export const beaten = (times: number) => async (queue: Tasks) => {
  const { task_id: id } = await queue.enqueue({ title: "one", runId: "maker" });
  await queue.claim({ runId: "A", claimTtl: 10 });
  for (let n = 0; n < times; n++) await beat(queue, id);
};

/** How many heartbeats precede the first that removes slots. */
export const BEFORE_FIRST = 2 * KEPT_BEATS - 1;

const removing = { second: 6, act: beat, tasks: [1, 1], statuses: ["claimed"] } as const;

export const BEAT_CASES: readonly CrashCase[] = [
  {
    ...removing,
    name: "heartbeat() that is the first to remove slots",
    prepare: beaten(BEFORE_FIRST),
  },
  {
    ...removing,
    name: "heartbeat() that removes more slots",
    prepare: beaten(BEFORE_FIRST + KEPT_BEATS),
  },
];
