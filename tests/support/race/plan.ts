/** A plan of many tasks that wait for each other, are delayed or fail, and what must come of it. */
import type { TaskItem } from "../../../mod.ts";
import type { TaskInput } from "../../../src/engine/task/new_task.ts";
import type { Random } from "../random.ts";

/** Attempts of a task that may fail. */
const MAX_ATTEMPTS = 6;

/** A task of a plan, and how it is to end. */
export interface Planned {
  readonly input: TaskInput & { readonly key: string };
  readonly end: "completed" | "failed" | "cancelled";
}

/** What a worker wrote, all into one file, in the order in which it happened. */
export interface Line {
  readonly event: "start" | "end" | "fail" | "reported";
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of `reported`. */
  readonly status?: string;
}

/** Chains, diamonds, delays, tasks that fail at first, and such that always do, with what follows from that. */
export function makePlan(random: Random, count: number): Planned[] {
  const plan: Planned[] = [];
  const add = (end: Planned["end"], after: readonly string[], more: Partial<TaskInput> = {}) => {
    const key = `t${plan.length}`;
    const waits = after.length === 0 ? {} : { after };
    plan.push({ input: { title: key, runId: "planner", key, ...waits, ...more }, end });
    return key;
  };
  const failing = (fails: number, maxAttempts = MAX_ATTEMPTS) => ({
    payload: { fails },
    maxAttempts,
    backoff: random.pick(["0s", "1s"]),
  });
  while (plan.length < count) {
    const kind = random.below(5);
    if (kind === 0) {
      for (let n = 1 + random.below(4), last = add("completed", []); n > 0; n--) {
        last = add("completed", [last]);
      }
    } else if (kind === 1) {
      const top = add("completed", []);
      const middle = Array.from({ length: 1 + random.below(3) }, () => add("completed", [top]));
      add("completed", [top, ...middle]);
    } else if (kind === 2) add("completed", [], { delay: random.below(3) });
    else if (kind === 3) add("completed", [add("completed", [], failing(1 + random.below(2)))]);
    else {
      const doomed = add("failed", [], failing(MAX_ATTEMPTS, 1 + random.below(2)));
      const cancelled = add("cancelled", [doomed], { onFailure: "cancel" });
      add("completed", [doomed, cancelled], { onFailure: "run" });
    }
  }
  return plan;
}

/** Whether a task failed since the process of its last attempt was stopped, before it began perhaps. */
function isLost(item: TaskItem | undefined): boolean {
  return item?.status === "failed" && item.error === "timed out";
}

/** What is wrong with the tasks at the end, and with what the workers wrote. */
export function planProblems(
  plan: readonly Planned[],
  items: readonly TaskItem[],
  lines: readonly Line[],
): string[] {
  const problems: string[] = [];
  if (items.length !== plan.length) problems.push(`${items.length} tasks, not ${plan.length}`);
  const byTitle = new Map(items.map((item) => [item.title, item]));
  const of = Map.groupBy(lines, ({ title }) => title);
  const indexOf = new Map(lines.map((line, n) => [line, n]));
  /** When the first line of a kind came; infinite when it never did. */
  const first = (title: string, event: Line["event"]) => {
    const line = of.get(title)?.find((each) => each.event === event);
    return line === undefined ? Infinity : indexOf.get(line) ?? Infinity;
  };
  for (const { input: { title, after = [], maxAttempts = Infinity }, end } of plan) {
    const item = byTitle.get(title);
    if (item?.status !== end) problems.push(`${title} is ${item?.status}, not ${end}`);
    if ((item?.attempt ?? 0) > maxAttempts) problems.push(`${title} had ${item?.attempt} attempts`);
    const reports = of.get(title)?.filter(({ event, status }) =>
      event === "reported" && (status === "completed" || status === "failed")
    ) ?? [];
    if (reports.length > 1) {
      problems.push(`${title} ended ${reports.length} times`);
    }
    const started = first(title, "start");
    if (started === Infinity) {
      if (end !== "cancelled" && !isLost(item)) {
        problems.push(`${title} never began`);
      }
      continue;
    }
    if (end === "cancelled") {
      problems.push(`${title} began`);
    }
    const from = Date.parse(item?.not_before ?? "");
    const at = lines[started]?.at ?? 0;
    if (at < from) {
      problems.push(`${title} began ${from - at} ms early`);
    }
    for (const each of after) {
      const before = plan.find(({ input }) =>
        input.key === each
      );
      const event = before?.end === "completed" ? "end" : "fail";
      const isWritten = before?.end !== "cancelled" && !isLost(byTitle.get(each));
      if (isWritten && first(each, event) > started) {
        problems.push(`${title} began before ${each} had ended`);
      }
    }
  }
  return problems;
}
