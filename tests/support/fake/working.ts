/** A worker in the background, on a queue in memory, by a clock that a test advances. */
import type { TaskBody, TaskWorkInput } from "../../../mod.ts";
import type { TaskInput } from "../../../src/engine/task/new_task.ts";
import type { TaskStore } from "../../../src/ports/tasks.ts";
import { TaskBench } from "./task_bench.ts";

type Faults = (store: TaskStore) => Partial<TaskStore>;

/** A queue with these tasks, and work on it that goes on in the background. */
export async function working(titles: readonly (string | TaskInput)[], faults?: Faults) {
  const bench = new TaskBench(faults);
  const inputs = titles.map((one) => typeof one === "string" ? { title: one } : one);
  await bench.tasks.enqueueAll(inputs.map((one) => ({ runId: "p", ...one })));
  return {
    bench,
    advance: (seconds: number) => bench.time.advance(seconds),
    work(body: TaskBody, input: Partial<TaskWorkInput> = {}) {
      const log: string[] = [];
      const state: { log: string[]; report?: object; error?: Error } = { log };
      const onEnd: TaskWorkInput["onEnd"] = (ended) => {
        const error = ended.error === null ? "" : `: ${ended.error}`;
        log.push(`${ended.title} ${ended.status} ${ended.attempt}${error}`);
      };
      void bench.tasks.work({ runId: "a", onEnd, ...input }, body).then(
        (report) => state.report = report,
        (error) => state.error = error,
      );
      return state;
    },
  };
}

/** A body that takes a number of seconds, or ends with its signal. */
export function takes(bench: TaskBench, seconds: number): TaskBody {
  return (_task, signal) =>
    new Promise((resolve, reject) => {
      const stop = bench.time.timers.after(seconds * 1000, () => resolve());
      signal.addEventListener("abort", () => {
        stop();
        reject(signal.reason);
      });
    });
}

/** The counts of a worker that ended nothing. */
export const none = { completed: 0, failed: 0, retried: 0, given_back: 0, lost: 0 };
