/** Waiting for a task: asleep in the kernel until one appears, one times out, or time is up. */
import { realTimers } from "../../async/timers.ts";
import { Wakeup } from "../../async/wakeup.ts";
import { SAFETY_LOOK_MS } from "../../domain/limits.ts";
import type { TaskEntry } from "../../domain/task/listing.ts";
import type { TaskContext } from "../context.ts";

/** Milliseconds between two comparisons of index and records while tasks come and go. */
const RECHECK_MS = 1_000;

/**
 * Repeats `attempt` when something may have changed, until it succeeds or `seconds` have passed; after
 * an abort there is no further one. A notification is only a hint and may never come, so everything is
 * looked at now and then without one, and once more before the answer "none". The time is measured on a
 * clock that never jumps.
 */
export async function waitForTask(
  context: TaskContext,
  attempt: (
    effort: "thorough" | "quick",
    hints?: readonly string[],
  ) => Promise<TaskEntry | undefined>,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<TaskEntry | undefined> {
  if (seconds <= 0 || signal?.aborted) return undefined;
  const { clock, store, timers = realTimers } = context;
  const deadline = timers.now() + seconds * 1000;
  let hints: string[] = [];
  let rescan = false;
  let unverified = false; // only the index was asked since the last thorough look
  let nextRecheck = timers.now();
  using wakeup = new Wakeup(timers, signal);
  const watch = store.tasks.onTask((id) => {
    if (id === undefined) rescan = true;
    else hints.push(id);
    wakeup.wake();
  });
  wakeup.wake(); // something came between the caller's attempt and the start of the watch
  try {
    for (let next = deadline;;) {
      const woken = await wakeup.sleep(next);
      if (woken === "abort") return undefined;
      const heard = hints;
      hints = [];
      const now = timers.now();
      const over = now >= deadline;
      const thorough = over || rescan || now >= nextRecheck;
      unverified = !thorough;
      if (thorough) rescan = false;
      const entry = await attempt(thorough ? "thorough" : "quick", heard);
      if (entry !== undefined || over) return entry;
      if (thorough) nextRecheck = timers.now() + RECHECK_MS;
      const timeout = await store.tasks.nextTimeout() ?? Infinity;
      next = Math.min(
        deadline,
        timers.now() + Math.min(timeout - clock(), SAFETY_LOOK_MS),
        unverified ? nextRecheck : Infinity,
      );
    }
  } finally {
    watch.close();
  }
}
