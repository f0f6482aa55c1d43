/** Tasks of one call that are to be added: which of them count, and what keeps all of them out. */
import { afterOf } from "../after.ts";
import { isKeyed, isSameContent, type KeyConflict, keyText } from "../key.ts";
import type { TaskRecord } from "../task.ts";

/** The tasks of one call without those that say again what an earlier one of their key said. */
export interface Distinct {
  readonly tasks: readonly TaskRecord[];
  /** By a task that is left out, the earlier one. */
  readonly repeats: ReadonlyMap<TaskRecord, TaskRecord>;
  /** The first two of one key that say different things. */
  readonly conflict?: KeyConflict;
}

/** What is left of the tasks of one call when each key counts once. */
export function distinct(all: readonly TaskRecord[]): Distinct {
  const byKey = new Map<string, TaskRecord>();
  const repeats = new Map<TaskRecord, TaskRecord>();
  for (const task of all) {
    if (!isKeyed(task)) continue;
    const text = keyText(task);
    const first = byKey.get(text);
    if (first === undefined) byKey.set(text, task);
    else if (isSameContent(first, task)) repeats.set(task, first);
    else return { tasks: [], repeats, conflict: { wanted: task, holder: first } };
  }
  return { tasks: all.filter((task) => !repeats.has(task)), repeats };
}

/** What became of a task that was to be added. */
export interface AddedTask {
  readonly task: TaskRecord;
  /** Whether it was added; otherwise `task` has its key. */
  readonly isNew: boolean;
}

/**
 * What became of all tasks of a call, in the order given.
 *
 * @param held The tasks that had keys before, by those that were not added therefore.
 */
export function outcomesOf(
  all: readonly TaskRecord[],
  { repeats }: Distinct,
  held: ReadonlyMap<TaskRecord, TaskRecord>,
): AddedTask[] {
  return all.map((task) => {
    const first = repeats.get(task) ?? task;
    const holder = held.get(first);
    return { task: holder ?? first, isNew: holder === undefined && first === task };
  });
}

/**
 * The tasks of a call that others of it wait for, by their ids, with what stands for them, where that is
 * not what the caller took for it. What stands for a task is the one that has its key, or else itself.
 */
function mistaken(
  tasks: readonly TaskRecord[],
  held: ReadonlyMap<TaskRecord, TaskRecord>,
  taken: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const awaited = new Set([...tasks.flatMap(afterOf), ...taken.keys()]);
  const found = new Map<string, string>();
  for (const task of tasks) {
    const { task_id: id } = task;
    const standIn = (held.get(task) ?? task).task_id;
    if (awaited.has(id) && (taken.get(id) ?? id) !== standIn) found.set(id, standIn);
  }
  return found;
}

/** The first of the tasks that say something else than those that have their keys. */
function conflictAmong(
  held: ReadonlyMap<TaskRecord, TaskRecord>,
): KeyConflict | undefined {
  for (const [wanted, holder] of held) {
    const isSame = holder.task_id === wanted.task_id || isSameContent(holder, wanted);
    if (!isSame && isKeyed(wanted)) return { wanted, holder };
  }
  return undefined;
}

/** Why none of the tasks of a call can be added. */
export type Hindrance =
  | { readonly kind: "conflict"; readonly conflict: KeyConflict }
  | { readonly kind: "mistaken"; readonly standIns: ReadonlyMap<string, string> };

/**
 * Why none of the tasks of a call can be added beside those that have their keys; `undefined` where
 * those without a holder can.
 *
 * @param taken What the caller took for it, by id; each task itself where it is not given.
 */
export function hindrance(
  tasks: readonly TaskRecord[],
  held: ReadonlyMap<TaskRecord, TaskRecord>,
  taken?: ReadonlyMap<string, string>,
): Hindrance | undefined {
  const standIns = mistaken(tasks, held, taken);
  if (standIns.size > 0) return { kind: "mistaken", standIns };
  const conflict = conflictAmong(held);
  return conflict && { kind: "conflict", conflict };
}
