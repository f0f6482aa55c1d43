/** What an import is to do with each task, given what is there. */
import { canonicalJson } from "../../../domain/json.ts";
import { afterOf } from "../../../domain/task/after.ts";
import { type ClaimRecord, isTerminal, taskStatus } from "../../../domain/task/claim.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import { priorityOf } from "../../../domain/task/pending.ts";
import { type TaskRecord, UNFINISHED } from "../../../domain/task/task.ts";
import { lasting } from "../../../domain/watch/beads.ts";
import type { MovedTask } from "../../../domain/watch/transfer.ts";
import type { EndedTask } from "../../../ports/tasks.ts";
import type { Context } from "../../context.ts";
import type { Incoming } from "./read.ts";

/** What to do with a task that is there already, and is to be another. */
export type OnConflict = "error" | "skip" | "update";

/** Why a task cannot be imported. */
export interface ImportConflict {
  /** Where it is in the input, such as `line 3`. */
  readonly at: string;
  /** The task. */
  readonly task_id: string;
  /**
   * `content`: its definition is another one here. `ended`: it has another end here. `claimed`: it has ended
   * there, and an agent has it here. `unfinished`: it has ended there alone. `priority`: it has another one
   * here. `key`: another unfinished task of its queue has its key.
   */
  readonly reason: "content" | "ended" | "claimed" | "unfinished" | "priority" | "key";
  /** For people. */
  readonly message: string;
}

/** What is to be done. */
export interface ImportPlan {
  readonly conflicts: ImportConflict[];
  /** New tasks that have ended. */
  readonly ended: EndedTask[];
  /** New tasks that have not, each after those that it waits for. */
  fresh: readonly MovedTask[];
  /** Tasks that are there and untouched, and have been through something elsewhere. */
  readonly histories: MovedTask[];
  /** Tasks that are there, and are to end. */
  readonly ends: EndedTask[];
  /** Tasks that are there, and are to have another priority. */
  readonly priorities: { readonly task: TaskRecord; readonly priority: number }[];
  unchanged: number;
  skipped: number;
  /** Where each task is in the input. */
  readonly places: ReadonlyMap<string, string>;
}

/** Compares what comes in with what is there. */
export async function planOf(
  context: Context,
  tasks: readonly Incoming[],
  onConflict: OnConflict,
): Promise<ImportPlan> {
  const { store, clock } = context;
  const plan: ImportPlan = {
    conflicts: [],
    ended: [],
    fresh: [],
    histories: [],
    ends: [],
    priorities: [],
    unchanged: 0,
    skipped: 0,
    places: new Map(tasks.map(({ task, at }) => [task.task_id, at])),
  };
  const fresh: Incoming[] = [];
  const standIns = new Map<string, string>();
  // One list costs less than a look for each task that is not there.
  const known = new Set(await store.tasks.find("", Number.MAX_SAFE_INTEGER));
  for (const incoming of tasks) {
    const { at, task, claim } = incoming;
    const { task_id } = task;
    const there = known.has(task_id) ? await store.tasks.get(task_id) : undefined;
    const holder = there === undefined && !isEnded(incoming)
      ? await keyHolder(context, task)
      : undefined;
    if (there === undefined && holder === undefined) {
      if (isEnded(incoming)) plan.ended.push({ task, claim: incoming.claim });
      else fresh.push(incoming);
      continue;
    }
    const found = holder !== undefined
      ? ["key", `task ${holder} has its key`] as const
      : there && conflictOf(incoming, there, clock());
    if (found === undefined) {
      plan.unchanged++;
      if (there?.claim === undefined && claim !== undefined) plan.histories.push(incoming);
      continue;
    }
    const [reason, message] = found;
    const isUpdate = onConflict === "update";
    if (onConflict === "skip") {
      plan.skipped++;
      if (holder !== undefined) standIns.set(task_id, holder);
    } else if (isUpdate && reason === "priority") {
      plan.priorities.push({ task, priority: priorityOf(task, claim) });
    } else if (isUpdate && reason === "unfinished" && claim !== undefined) {
      plan.ends.push({ task, claim });
    } else plan.conflicts.push({ at, task_id, reason, message });
  }
  // Those that were created together lie together in an index.
  fresh.sort((a, b) => a.task.created_at < b.task.created_at ? -1 : 1);
  plan.fresh = inOrder(
    fresh.map(({ task, claim }) => ({ task: waitingFor(task, standIns), claim })),
  );
  return plan;
}

function isEnded(moved: Incoming): moved is Incoming & EndedTask {
  return moved.claim !== undefined && isTerminal(moved.claim);
}

/** Why a task that is there is not what it is to be; what is further on here is no conflict. */
function conflictOf(
  { task, claim }: Incoming,
  there: TaskEntry,
  now: number,
): readonly [ImportConflict["reason"], string] | undefined {
  if (canonicalJson(lasting(task)) !== canonicalJson(lasting(there.task))) {
    return ["content", "it is there with other content, which never changes"];
  }
  const status = taskStatus(there.task, there.claim, now);
  const end: ClaimRecord["status"] = claim?.status ?? "claimed";
  if (there.claim !== undefined && isTerminal(there.claim)) {
    return end === "claimed" || end === status
      ? undefined
      : ["ended", `it is ${status} here, not ${end}`];
  }
  if (end !== "claimed") {
    return status === "claimed"
      ? ["claimed", `it is ${end} there, and ${there.claim?.claimer_run_id} has it here`]
      : ["unfinished", `it is ${end} there, and ${status} here`];
  }
  const [wanted, has] = [priorityOf(task, claim), priorityOf(there.task, there.claim)];
  return wanted === has
    ? undefined
    : ["priority", `its priority is ${wanted} there, and ${has} here`];
}

/** The unfinished task that has the key of a task which is to be added. */
async function keyHolder(
  { store, clock }: Context,
  { key, queue, task_id }: TaskRecord,
): Promise<string | undefined> {
  if (key === undefined) return undefined;
  for (const id of await store.tasks.byKey(key)) {
    const entry = id === task_id ? undefined : await store.tasks.get(id);
    const isHolder = entry?.task.queue === queue &&
      UNFINISHED.includes(taskStatus(entry.task, entry.claim, clock()));
    if (isHolder) return id;
  }
  return undefined;
}

/** A task that waits for those that stand for others. */
function waitingFor(task: TaskRecord, standIns: ReadonlyMap<string, string>): TaskRecord {
  const after = afterOf(task);
  return after.some((id) => standIns.has(id))
    ? { ...task, after: [...new Set(after.map((id) => standIns.get(id) ?? id))].sort() }
    : task;
}

/** The same tasks, each after those of them that it waits for. */
function inOrder(tasks: readonly MovedTask[]): MovedTask[] {
  const waiting = new Map<string, MovedTask[]>();
  const counts = new Map<MovedTask, number>();
  const ids = new Set(tasks.map(({ task }) => task.task_id));
  for (const moved of tasks) {
    const before = afterOf(moved.task).filter((id) => ids.has(id));
    counts.set(moved, before.length);
    for (const id of before) waiting.set(id, [...waiting.get(id) ?? [], moved]);
  }
  const sorted = tasks.filter((moved) => counts.get(moved) === 0);
  for (const { task } of sorted) {
    for (const next of waiting.get(task.task_id) ?? []) {
      const count = (counts.get(next) ?? 0) - 1;
      counts.set(next, count);
      if (count === 0) sorted.push(next);
    }
  }
  // What waits for itself in a circle is blocked in any order.
  return [...sorted, ...tasks.filter((moved) => (counts.get(moved) ?? 0) > 0)];
}
