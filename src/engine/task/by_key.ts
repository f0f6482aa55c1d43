/** The tasks that have a key. */
import { taskStatus } from "../../domain/task/claim.ts";
import type { TaskEntry } from "../../domain/task/listing.ts";
import { orderOf, UNFINISHED } from "../../domain/task/task.ts";
import type { Clock } from "../../domain/time.ts";
import type { TaskStore } from "../../ports/tasks.ts";

/** Of each queue that has one the unfinished task, the newest first, and the newest of all. */
export async function tasksByKey(
  { store: { tasks }, clock }: { readonly store: { readonly tasks: TaskStore }; clock: Clock },
  key: string,
): Promise<{ unfinished: TaskEntry[]; newest: TaskEntry | undefined }> {
  const found = (await Promise.all((await tasks.byKey(key)).map((id) => tasks.get(id))))
    .flatMap((entry) => entry === undefined || entry.task.key !== key ? [] : entry)
    .map((entry) => ({ ...entry, order: orderOf(entry.task) }))
    .sort(({ order: a }, { order: b }) => b.createdMs - a.createdMs || (a.id < b.id ? -1 : 1));
  const unfinished = found.filter(({ task, claim }) =>
    UNFINISHED.includes(taskStatus(task, claim, clock()))
  );
  return { unfinished, newest: found[0] };
}
