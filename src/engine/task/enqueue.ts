/** Adding tasks to the queue. */
import { badInput } from "../../domain/errors.ts";
import { BATCH_SPREAD_MS, UNKNOWN_RUN } from "../../domain/limits.ts";
import { quoted } from "../../domain/text.ts";
import type { KeyConflict } from "../../domain/task/key.ts";
import type { TaskRecord } from "../../domain/task/task.ts";
import type { TaskContext } from "../context.ts";
import { type TaskInput, taskProblems, taskRecord } from "./new_task.ts";
import type { TaskEnqueued, TaskKeyConflict } from "./types.ts";

/** What `Tasks.enqueueAll()` promises. */
export async function enqueueAll(
  context: TaskContext,
  inputs: readonly TaskInput[],
): Promise<TaskEnqueued[] | TaskKeyConflict> {
  const { clock, store, warn } = context;
  for (const input of inputs) {
    const problems = taskProblems(input);
    if (problems.length > 0) throw badInput(problems);
  }
  const plan = inputs.some(({ after }) => after !== undefined)
    ? new (await import("./predecessors.ts")).Plan(context, inputs)
    : undefined;
  const now = clock();
  let say = warn;
  const make = (input: TaskInput, i: number) =>
    taskRecord(input, now + spread(i, inputs.length), say, context.sha256);
  while (true) {
    const records = plan === undefined
      ? await Promise.all(inputs.map(make))
      : await plan.records(make);
    if (records.some((record) => record.created_by === UNKNOWN_RUN)) {
      say(`The run id is "${UNKNOWN_RUN}": the task does not say who enqueued it`);
    }
    // What there is to warn of has been said.
    say = () => {};
    const added = await store.tasks.add(records, plan);
    if (added.kind === "conflict") return refused(added.conflict, records);
    if (added.kind === "mistaken") {
      plan?.learn(added.standIns);
      continue;
    }
    return added.tasks.map(({ task, isNew }) =>
      task.key === undefined ? task : { ...task, created: isNew }
    );
  }
}

function refused(
  { wanted: { key, queue }, holder }: KeyConflict,
  records: readonly TaskRecord[],
): TaskKeyConflict {
  const isThere = !records.includes(holder);
  const who = isThere ? `task ${holder.task_id}` : "another task of this call";
  return {
    status: "key_conflict",
    key,
    queue,
    ...(isThere && { task_id: holder.task_id }),
    error: `Cannot enqueue with key ${quoted(key, 80)}: ${who} has it, with other content`,
  };
}

/** How many milliseconds after the first of `count` tasks the one at `index` was created. */
function spread(index: number, count: number): number {
  return count <= BATCH_SPREAD_MS ? index : Math.floor(index * BATCH_SPREAD_MS / count);
}
