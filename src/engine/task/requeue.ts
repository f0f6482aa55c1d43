/** Putting tasks back into the queue, or to another place in it. */
import { badInput, CoordError } from "../../domain/errors.ts";
import { anything, fence, identifier } from "../../domain/input/fields.ts";
import { afterOf, type Predecessor, verdict } from "../../domain/task/after.ts";
import { taskStatus, type TransitionRefusal } from "../../domain/task/claim.ts";
import * as taskFields from "../../domain/task/fields.ts";
import { backAt, wasHeldBack } from "../../domain/task/retry.ts";
import { priorityOf } from "../../domain/task/pending.ts";
import { reprioritize, requeue } from "../../domain/task/requeue.ts";
import type { TaskRecord, TaskStatus } from "../../domain/task/task.ts";
import { formatTime } from "../../domain/time.ts";
import { nonce, type TaskContext } from "../context.ts";
import { notFound } from "../find_id.ts";
import { checkInput } from "../input.ts";
import type { Refusal } from "../refusal.ts";
import { findTask } from "./by_key.ts";
import { giveUpTimedOut } from "./give_up.ts";
import { holderOf } from "./item.ts";
import type { TaskRefused } from "./types.ts";

/** Which tasks to put back into the queue. */
export interface TaskRequeueInput {
  /** Ids of tasks, unique prefixes of at least 6 hex digits, or keys; at most 128. */
  readonly ids: readonly string[];
  /** Who acts. */
  readonly runId: string;
  /** Seconds from now before which they are not handed out, 0 to 31536000, default 0. */
  readonly delay?: number;
  /** Why, at most 4096 characters. */
  readonly reason?: string;
  /** The fence of the newest claim; an older one is refused. It takes a single id. */
  readonly fence?: number;
  /** Also a task that another agent has. */
  readonly force?: boolean;
}

/** The fields of the input, for the library and the command line alike. */
export const REQUEUE_INPUT = {
  ids: taskFields.taskNames,
  runId: identifier,
  delay: taskFields.delay,
  reason: taskFields.errorText,
  fence,
  force: anything,
} as const;

/** A task that is in the queue, since it was put back or was there before. */
export interface TaskRequeued {
  /** The task. */
  readonly task_id: string;
  /** Where it stands now. */
  readonly status: Extract<TaskStatus, "pending" | "delayed" | "blocked">;
  /** Where it stood before; the same when it was in the queue. */
  readonly was: TaskStatus;
  /** How many times it was granted so far. */
  readonly attempt: number;
  /** The fence of the newest grant; the next has a higher one. */
  readonly fence: number;
  /** From when on it may be claimed, ISO 8601 UTC; null while it was never touched. */
  readonly retry_at: string | null;
}

/**
 * Why a task was not put back: `archived` when it is about to be removed, or has no files any more;
 * `key_conflict` when another unfinished task of its queue has its key; `blocked` when what it waits for
 * is not completed.
 */
export type TaskNotRequeued =
  & Omit<TaskRefused, "status">
  & Refusal<"not_holder" | "terminal" | "stale_fence" | "archived" | "key_conflict" | "blocked">;

/** What became of the tasks of one call. */
export interface TaskRequeue {
  /** `refused` when one of them was. */
  readonly status: "requeued" | "refused";
  /** An entry for each id, in the order given. */
  readonly tasks: readonly (TaskRequeued | TaskNotRequeued)[];
  /** What was refused, for people; absent when nothing was. */
  readonly error?: string;
}

/** Which tasks to give another priority. */
export interface TaskReprioritizeInput {
  /** Ids of tasks, unique prefixes of at least 6 hex digits, or keys; at most 128. */
  readonly ids: readonly string[];
  /** Who acts. */
  readonly runId: string;
  /** -2147483648 to 2147483647; higher goes first. */
  readonly priority: number;
}

/** The fields of the input, for the library and the command line alike. */
export const REPRIORITIZE_INPUT = {
  ids: taskFields.taskNames,
  runId: identifier,
  priority: taskFields.priority,
} as const;

/** A task that has the priority that was asked for, since now or before. */
export interface TaskReprioritized {
  /** The task. */
  readonly task_id: string;
  /** Where it stands. */
  readonly status: Extract<TaskStatus, "pending" | "delayed" | "blocked" | "timed_out">;
  /** Its priority. */
  readonly priority: number;
  /** The priority that it had before. */
  readonly was: number;
}

/**
 * Why a task keeps its priority: `taken` when an agent has claimed it, `expired` when its ttl has
 * passed, `terminal` when it has ended; `archived` when it has ended and is about to be removed.
 */
export type TaskNotReprioritized =
  & Omit<TaskRefused, "status">
  & Refusal<"taken" | "expired" | "terminal" | "archived">;

/** What became of the tasks of one call. */
export interface TaskReprioritize {
  /** `refused` when one of them was. */
  readonly status: "reprioritized" | "refused";
  /** An entry for each id, in the order given. */
  readonly tasks: readonly (TaskReprioritized | TaskNotReprioritized)[];
  /** What was refused, for people; absent when nothing was. */
  readonly error?: string;
}

const ASKED = { field: "ids", code: "bad_task_id" } as const;

/** What `Tasks.requeue` promises. */
export async function requeueTasks(
  context: TaskContext,
  input: TaskRequeueInput,
): Promise<TaskRequeue> {
  checkInput(input, REQUEUE_INPUT, ["ids", "runId"]);
  if (input.fence !== undefined && input.ids.length > 1) {
    const message = `is that of one task, and ${input.ids.length} are named`;
    throw badInput([{ field: "fence", code: "bad_args", message }]);
  }
  const ids = await allIds(context, input.ids);
  const tasks: (TaskRequeued | TaskNotRequeued)[] = [];
  for (const id of ids) tasks.push(await requeueOne(context, id, input));
  return answerOf("requeued", "are in the queue", tasks);
}

/** What `Tasks.reprioritize` promises. */
export async function reprioritizeTasks(
  context: TaskContext,
  input: TaskReprioritizeInput,
): Promise<TaskReprioritize> {
  checkInput(input, REPRIORITIZE_INPUT, ["ids", "runId", "priority"]);
  const ids = await allIds(context, input.ids);
  const tasks: (TaskReprioritized | TaskNotReprioritized)[] = [];
  for (const id of ids) tasks.push(await reprioritizeOne(context, id, input));
  return answerOf("reprioritized", "have that priority", tasks);
}

/** The answer of a call about several tasks. */
function answerOf<S extends string, T extends object>(done: S, doneText: string, tasks: T[]) {
  const errors = tasks.flatMap((each) => "error" in each ? String(each.error) : []);
  if (errors.length === 0) return { status: done, tasks };
  const some = errors.length === tasks.length
    ? []
    : [`${tasks.length - errors.length} of ${tasks.length} tasks ${doneText}`];
  return { status: "refused" as const, tasks, error: [...some, ...errors].join("; ") };
}

/** The full ids, before anything is changed; all that name no task together. */
async function allIds(
  context: TaskContext,
  inputs: readonly string[],
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  const failures: CoordError[] = [];
  for (const input of inputs) {
    try {
      ids.add(await findTask(context, input, ASKED));
    } catch (error) {
      if (!(error instanceof CoordError)) throw error;
      if (error.code !== "not_found" && error.code !== "bad_task_id") throw error;
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  if (first === undefined) return ids;
  if (others.length === 0) throw first;
  const code = failures.find(({ code }) => code !== "not_found")?.code ?? "not_found";
  throw new CoordError(code, failures.map(({ message }) => message).join("; "));
}

async function requeueOne(
  context: TaskContext,
  id: string,
  { runId, delay = 0, reason, fence, force = false }: TaskRequeueInput,
): Promise<TaskRequeued | TaskNotRequeued> {
  const { store, clock, warn } = context;
  const found = await store.tasks.get(id);
  if (found === undefined) throw notFound(["task"], id);
  const failed = await giveUpTimedOut(context, found);
  const { task, claim: before = undefined } = failed ? { ...found, claim: failed } : found;
  const wasWaiting = before === undefined || before.transition === 1 || wasHeldBack(before);
  const isBlocked = wasWaiting && await isWaiting(context, task);
  const who = { task, runId, fence, force, isBlocked };
  const actor = { ...who, delaySeconds: delay, reason, nonce: nonce() };
  const was = taskStatus(task, before, clock());
  const applied = await store.tasks.apply(id, (now) => requeue({ ...actor, now }));
  if (applied.kind === "missing") throw notFound(["task"], id);
  if (applied.kind === "refused") {
    const { status, message, claim } = applied.refusal;
    if (status === "taken") {
      warn(message);
      const status = taskStatus(task, claim, clock());
      return inQueue(id, status, status, claim);
    }
    return {
      status: refusalOf(status),
      task_id: id,
      ...(claim && holderOf(claim)),
      error: message,
    };
  }
  const status = taskStatus(task, applied.claim, clock());
  if (applied.kind === "kept") {
    warn(applied.warning);
    return inQueue(id, status, status, applied.claim);
  }
  await store.tasks.announce(id);
  return inQueue(id, status, was, applied.claim);
}

async function reprioritizeOne(
  context: TaskContext,
  id: string,
  { runId, priority }: TaskReprioritizeInput,
): Promise<TaskReprioritized | TaskNotReprioritized> {
  const { store, clock, warn } = context;
  const found = await store.tasks.get(id);
  if (found === undefined) throw notFound(["task"], id);
  await giveUpTimedOut(context, found);
  const { task } = found;
  let was = task.priority;
  const actor = { task, runId, priority, nonce: nonce() };
  const applied = await store.tasks.apply(id, (now) => (current) => {
    was = priorityOf(task, current);
    return reprioritize({ ...actor, now })(current);
  });
  if (applied.kind === "missing") throw notFound(["task"], id);
  const claim = applied.kind === "refused" ? applied.refusal.claim : applied.claim;
  const stands = taskStatus(task, claim, clock());
  const isOpen = stands === "delayed" || stands === "blocked" || stands === "timed_out";
  const changed = { task_id: id, status: isOpen ? stands : "pending", priority, was } as const;
  if (applied.kind === "refused") {
    const { status, message } = applied.refusal;
    if (status === "taken" && claim === undefined) {
      warn(message);
      return changed;
    }
    const isKnown = status === "taken" || status === "expired" || status === "archived";
    if (!isKnown && status !== "terminal") {
      throw new CoordError("internal", `Unexpected refusal: ${message}`);
    }
    return { status, task_id: id, ...(claim && holderOf(claim)), error: message };
  }
  if (applied.kind === "kept") warn(applied.warning);
  else if (!isOpen) await store.tasks.announce(id);
  return changed;
}

/** Whether a task may not be let go yet, or never. */
async function isWaiting({ store, clock }: TaskContext, task: TaskRecord): Promise<boolean> {
  const predecessors: Predecessor[] = [];
  for (const task_id of afterOf(task)) {
    const entry = await store.tasks.get(task_id);
    const status = entry === undefined ? "gone" : taskStatus(entry.task, entry.claim, clock());
    predecessors.push({ task_id, status });
  }
  return verdict(task, predecessors) !== "claimable";
}

function inQueue(
  task_id: string,
  status: TaskStatus,
  was: TaskStatus,
  claim: Parameters<typeof backAt>[0] & { fence: number } | undefined,
): TaskRequeued {
  const now = status === "delayed" || status === "blocked" ? status : "pending";
  const { attempt = 0, fence = 0 } = claim ?? {};
  const retry_at = claim === undefined ? null : formatTime(backAt(claim));
  return { task_id, status: now, was, attempt, fence, retry_at };
}

function refusalOf(status: TransitionRefusal["status"]): TaskNotRequeued["status"] {
  switch (status) {
    case "expired":
    case "delayed":
    case "taken":
      throw new CoordError("internal", `Unexpected refusal: ${status}`);
    default:
      return status;
  }
}
