/** Waiting for a task: asleep in the kernel until one appears, one times out, or time is up. */
import type { TaskEntry } from "../ports/tasks.ts";
import type { TaskContext } from "./context.ts";

/** Milliseconds between two comparisons of index and records while tasks come and go. */
const RECHECK_MS = 1_000;

/** The longest delay that timers take without overflow, milliseconds. */
const MAX_TIMER_MS = 2_000_000_000;

/**
 * Repeats `attempt` when something may have changed, until it succeeds or `seconds` are over. A
 * notification is only a hint, so before the answer "none" everything is looked at once more.
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
  const { clock, store } = context;
  const deadline = clock() + seconds * 1000;
  let hints: string[] = [];
  let looking = true; // something came between the caller's attempt and the start of the watch
  let rescan = false;
  let unverified = false; // only the index was asked since the last thorough look
  let wake = () => {};
  const watch = store.tasks.onTask((id) => {
    if (id === undefined) rescan = true;
    else hints.push(id);
    looking = true;
    wake();
  });
  const stop = () => wake();
  signal?.addEventListener("abort", stop);
  try {
    let nextRecheck = clock();
    while (true) {
      const now = clock();
      const over = now >= deadline || signal?.aborted === true;
      if (looking || over) {
        const told = hints;
        hints = [];
        looking = false;
        const thorough = over || rescan || now >= nextRecheck;
        unverified = !thorough;
        if (thorough) {
          rescan = false;
          nextRecheck = clock() + RECHECK_MS;
        }
        const entry = await attempt(thorough ? "thorough" : "quick", told);
        if (entry !== undefined || over) return entry;
        continue;
      }
      const timeout = await store.tasks.nextTimeout() ?? deadline;
      const next = Math.min(timeout, deadline, unverified ? nextRecheck : deadline);
      const delay = Math.min(Math.max(1, next - clock()), MAX_TIMER_MS);
      const woken = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), delay);
        wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
        if (looking || signal?.aborted) wake();
      });
      wake = () => {};
      if (!woken) looking = true;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    watch.close();
  }
}
