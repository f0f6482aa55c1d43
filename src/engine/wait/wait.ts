/**
 * Waiting for what other agents do: asleep in the kernel until something changes that is waited for.
 *
 * The conditions are looked at one after the other, and all of them hold when one round finds each of them
 * there. The first that is missing is the one that is listened to. A notification is only a hint
 * and may never come, so that one is looked at again within 5 s, when what is in the way runs out, and once
 * more when the time has run out.
 */
import { realTimers } from "../../async/timers.ts";
import { Wakeup } from "../../async/wakeup.ts";
import { badInput } from "../../domain/errors.ts";
import { SAFETY_LOOK_MS, WAIT_TIMEOUT_S } from "../../domain/limits.ts";
import type { Context } from "../context.ts";
import { inputProblems } from "../input.ts";
import type { Queue } from "../hold/queue.ts";
import { LaneChanges } from "../lane/changes.ts";
import type { Condition, Look } from "./condition.ts";
import { HoldsGone } from "./holds.ts";
import { QueueEmpty, TasksCompleted } from "./tasks.ts";
import { WAIT_FIELDS, type WaitAnswer, type WaitInput } from "./types.ts";

/** Milliseconds between two looks at what has run out by the clock and still stands. */
const RETRY_MS = 50;

/** Waits for all that the input names. */
export async function wait(
  context: Context,
  queue: Queue,
  input: WaitInput,
): Promise<WaitAnswer> {
  checkWait(input);
  const { timers = realTimers } = context;
  const { timeout = WAIT_TIMEOUT_S.default, signal } = input;
  const began = timers.now();
  const tasks = input.tasks &&
    await TasksCompleted.of(context, input.tasks, input.any === true);
  const conditions: readonly Condition[] = [
    ...(tasks === undefined ? [] : [tasks]),
    ...others(context, queue, input),
  ];
  let missing: Look | undefined;
  let isMet = false;
  try {
    missing = await outcome(context, conditions, began + timeout * 1000, signal);
    isMet = missing === undefined;
  } finally {
    await Promise.all(conditions.map((each) => each.end?.(isMet)));
  }
  const answer = {
    waited_seconds: Math.round(timers.now() - began) / 1000,
    tasks: tasks?.tasks ?? [],
  };
  if (missing === undefined) return { status: "done", ...answer };
  const why = missing.why ?? "not all of it is there";
  if (missing.state === "never") {
    return { status: "terminal", ...answer, error: `Cannot wait in vain: ${why}` };
  }
  const limit = signal?.aborted ? "any longer" : `longer than ${timeout} s`;
  return { status: "timeout", ...answer, error: `Cannot wait ${limit}: ${why}` };
}

/** Checks the input, all problems at once. */
function checkWait(input: WaitInput): void {
  const problems = inputProblems(input, WAIT_FIELDS);
  const { addresses, lane, tasks, queueEmpty, any } = input;
  if ([addresses, lane, tasks, queueEmpty].every((each) => each === undefined)) {
    const message = "is required, or lane, tasks or queueEmpty";
    problems.push({ field: "addresses", code: "bad_args", message });
  }
  if (any === true && tasks === undefined) {
    problems.push({ field: "any", code: "bad_args", message: "needs tasks" });
  }
  if (problems.length > 0) throw badInput(problems);
}

/** What there is to wait for besides tasks. */
function others(context: Context, queue: Queue, input: WaitInput): Condition[] {
  const { addresses, lane, queueEmpty, base, literal, file, runId } = input;
  const changes = new LaneChanges({ ...context, lanes: context.store.lanes });
  const conditions: Condition[] = [];
  if (queueEmpty !== undefined) conditions.push(new QueueEmpty(context, queueEmpty));
  if (addresses !== undefined) {
    const asked = {
      addresses,
      ...(base === undefined ? {} : { base }),
      ...(literal === undefined ? {} : { literal }),
      ...(file === undefined ? {} : { file }),
      ...(runId === undefined ? {} : { runId }),
    };
    conditions.push(HoldsGone.ofAddresses(context, changes, queue, asked));
  }
  if (lane !== undefined) {
    conditions.push(HoldsGone.ofLane(context, changes, queue, { lane, runId }));
  }
  return conditions;
}

/**
 * What was missing at the end, `undefined` when everything was there.
 *
 * @param end On the clock of the timers, which never jumps.
 */
async function outcome(
  context: Context,
  conditions: readonly Condition[],
  end: number,
  signal: AbortSignal | undefined,
): Promise<Look | undefined> {
  const { timers = realTimers, clock } = context;
  using wakeup = new Wakeup(timers, signal);
  let listening: { readonly key: string; close(): void } | undefined;
  try {
    while (true) {
      const isLast = timers.now() >= end || signal?.aborted === true;
      const missing = await firstMissing(conditions);
      if (missing === undefined || missing.look.state === "never" || isLast) return missing?.look;
      const { condition, look } = missing;
      const key = `${conditions.indexOf(condition)} ${look.key}`;
      if (key !== listening?.key) {
        listening?.close();
        listening = undefined;
        listening = { key, ...condition.listen(wakeup.wake) };
        continue; // something came between the look and the listening
      }
      const rest = Math.min((look.again ?? Infinity) - clock(), SAFETY_LOOK_MS);
      await wakeup.sleep(Math.min(end, timers.now() + Math.max(RETRY_MS, rest)));
    }
  } finally {
    listening?.close();
  }
}

async function firstMissing(conditions: readonly Condition[]) {
  for (const condition of conditions) {
    const look = await condition.look();
    if (look.state !== "met") return { condition, look };
  }
  return undefined;
}
