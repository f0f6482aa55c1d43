/** The tasks that have a key, and from what a caller names to the task that is meant. */
import { CoordError, type InputProblem } from "../../domain/errors.ts";
import { idProblem } from "../../domain/ids.ts";
import { taskStatus } from "../../domain/task/claim.ts";
import type { TaskEntry } from "../../domain/task/listing.ts";
import { orderOf, UNFINISHED } from "../../domain/task/task.ts";
import type { Clock } from "../../domain/time.ts";
import { quoted } from "../../domain/text.ts";
import type { TaskStore } from "../../ports/tasks.ts";
import { findId } from "../find_id.ts";

/** What says that a key is meant where an id might be. */
export const KEY = "key:";

/** Where tasks are looked for, and by which clock. */
interface Among {
  readonly store: { readonly tasks: TaskStore };
  readonly clock: Clock;
}

/** Of each queue that has one the unfinished task, the newest first, and the newest of all. */
export async function tasksByKey(
  { store: { tasks }, clock }: Among,
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

/**
 * The task that has a key: the one that is unfinished, or the newest; `undefined` when none has.
 *
 * @throws {CoordError} `code`, with the candidates, when unfinished ones of several queues have it.
 */
export async function taskByKey(
  among: Among,
  key: string,
  code: InputProblem["code"],
): Promise<string | undefined> {
  const { unfinished, newest } = await tasksByKey(among, key);
  if (unfinished.length > 1) {
    const candidates = unfinished.map(({ task }) => task.task_id);
    const message = `Cannot resolve key ${quoted(key, 80)}: candidates are ` +
      unfinished.map(({ task }) => `${task.task_id} in ${task.queue}`).join(", ");
    throw new CoordError(code, message, { candidates });
  }
  return (unfinished[0] ?? newest)?.task.task_id;
}

/**
 * The id of the task that a caller names by its id, a unique prefix of that, or its key.
 *
 * @throws {CoordError} `not_found`, or the code of `asked`, with the candidates, when there are several.
 */
export async function findTask(
  among: Among,
  name: string,
  asked: Parameters<typeof findId>[1],
): Promise<string> {
  const { store: { tasks } } = among;
  if (!name.startsWith(KEY) && idProblem(name) === undefined) {
    try {
      const { id } = await findId(name, asked, { task: tasks });
      if (await tasks.get(id) !== undefined) return id;
    } catch (error) {
      if (!(error instanceof CoordError && error.code === "not_found")) throw error;
    }
  }
  const key = name.startsWith(KEY) ? name.slice(KEY.length) : name;
  const found = await taskByKey(among, key, asked.code);
  if (found === undefined) throw unknownTask(name);
  return found;
}

/** No task has that id or key. */
export function unknownTask(name: string): CoordError {
  const message = `No task has the id or the key ${quoted(name, 80)}`;
  return new CoordError("not_found", message, { id: name });
}
