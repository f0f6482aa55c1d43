/** The task queue: the operations that are the same on every store. */
import {
  cancel,
  type ClaimRecord,
  extend,
  finish,
  giveBack,
  type TransitionRule,
} from "../../domain/task/claim.ts";
import { presentTask } from "../../domain/task/pending.ts";
import { isBack } from "../../domain/task/retry.ts";
import { newRemarks } from "../../domain/input/progress.ts";
import { CoordError } from "../../domain/errors.ts";
import { LIST_LIMIT } from "../../domain/limits.ts";
import { orderOf, type TaskRecord } from "../../domain/task/task.ts";
import { nonce, secondsOf, type TaskContext } from "../context.ts";
import { findId, notFound } from "../find_id.ts";
import { checkInput } from "../input.ts";
import { claimFirst, wantedOf } from "./claim_first.ts";
import type { TaskHold, TaskNotHeld } from "./hold.ts";
import { emptyQueue, heartbeatOf, holderOf, listOf } from "./item.ts";
import { enqueueAll } from "./enqueue.ts";
import type { TaskInput } from "./new_task.ts";
import type * as requeueing from "./requeue.ts";
import { queueEmpty, TASK_INPUTS } from "./types.ts";
import type * as types from "./types.ts";
import type { TaskBody, TaskWorkInput, TaskWorkReport } from "./work_types.ts";

/** How the id of a task is asked for. */
const ASKED = { field: "id", code: "bad_task_id" } as const;

/**
 * The queue's operations. Each throws a `CoordError`: `bad_args`, `bad_queue`, `bad_payload` or
 * `bad_task_id` for bad input, with all problems at once; `not_found` for an id that names no task;
 * `io_error` when the machine fails.
 */
export class Tasks {
  readonly #context: TaskContext;

  /** Made by opening a workspace. */
  constructor(context: TaskContext) {
    this.#context = context;
  }

  /**
   * Adds one task.
   *
   * @param input The task; only a title is needed.
   * @returns The task as it was recorded, when it is durable.
   * @throws {CoordError} `not_found` when it waits for a task that does not exist.
   */
  async enqueue(input: TaskInput & { readonly key?: undefined }): Promise<TaskRecord>;
  /**
   * Adds one task, unless an unfinished one of its queue has its key. That one is the answer if its
   * content is the same, as after a call whose answer got lost.
   *
   * @param input The task; only a title is needed.
   * @returns The task as it was recorded, when it is durable; or that its key is another one's.
   */
  async enqueue(input: TaskInput): Promise<types.TaskEnqueued | types.TaskKeyConflict>;
  async enqueue(input: TaskInput): Promise<types.TaskEnqueued | types.TaskKeyConflict> {
    const added = await enqueueAll(this.#context, [input]);
    if (!Array.isArray(added)) return added;
    const [record] = added;
    if (record === undefined) throw new CoordError("internal", "Cannot enqueue: no record came");
    return record;
  }

  /**
   * Adds many tasks with one sync, or none of them when one is bad. Their instants of creation are
   * a millisecond apart and begin now, so that they are handed out in the order given; beyond a
   * thousand tasks several share a millisecond.
   *
   * @param inputs The tasks.
   * @returns The tasks as they were recorded, in the order given, when all are durable.
   * @throws {CoordError} `not_found` when a task waits for one that does not exist.
   */
  async enqueueAll(
    inputs: readonly (TaskInput & { readonly key?: undefined })[],
  ): Promise<TaskRecord[]>;
  /**
   * The same for tasks with keys, as `enqueue` takes them; none is added when a key is another task's.
   *
   * @param inputs The tasks.
   * @returns The tasks as they were recorded, in the order given; or the first key that is another one's.
   */
  async enqueueAll(
    inputs: readonly TaskInput[],
  ): Promise<types.TaskEnqueued[] | types.TaskKeyConflict>;
  async enqueueAll(
    inputs: readonly TaskInput[],
  ): Promise<types.TaskEnqueued[] | types.TaskKeyConflict> {
    return await enqueueAll(this.#context, inputs);
  }

  /**
   * Claims the first task that is pending or timed out: highest priority, then oldest, then by id.
   * Of any number of agents that call this at once, each task goes to exactly one.
   *
   * @param input Who claims, from which queues, with which tag, for how long; and how long to wait for a task.
   * @returns The claim with its task, or that there is none; after an abort always that there is none.
   */
  async claim(input: types.TaskClaimInput): Promise<types.TaskClaimed | types.TaskQueueEmpty> {
    const wanted = wantedOf(input);
    const { runId, signal } = input;
    let paused: readonly string[] = [];
    const empty = () => emptyQueue(this.#context, input, paused);
    if (signal?.aborted) return empty();
    const ttlSeconds = await secondsOf(this.#context, "claim_ttl", input.claimTtl);
    const onPaused = (names: readonly string[]) => void (paused = names);
    const wish = { ...wanted, runId, ttlSeconds, signal, onPaused };
    const claimed = await claimFirst(this.#context, wish, input.wait ?? 0);
    if (claimed === undefined) return empty();
    if (!signal?.aborted) return claimed;
    await this.#giveUp(claimed);
    return empty();
  }

  /**
   * Claims the next task and keeps the claim while it is held, by heartbeats in the background. At the
   * end of the block a task that was neither completed nor failed goes back to the queue.
   *
   * @param input Who claims, and of which queue.
   * @returns The hold, or `empty` when there is no task.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const { tasks } = await openWorkspace({ dir: project });
   * await tasks.enqueue({ title: "Refactor billing", runId: "planner" });
   * {
   *   await using hold = await tasks.hold({ runId: "agent-1" });
   *   if (hold.status === "held") await hold.complete({ files: 3 });
   * }
   * console.assert((await tasks.list()).completed === 1);
   * ```
   */
  async hold(input: types.TaskClaimInput): Promise<TaskHold | TaskNotHeld> {
    // A claim alone needs no heartbeats.
    const { nothingToHold, TaskHold } = await import("./hold.ts");
    const claimTtl = await secondsOf(this.#context, "claim_ttl", input.claimTtl);
    const claimed = await this.claim({ ...input, claimTtl });
    if (claimed.status === "empty") return nothingToHold(claimed);
    const { signal } = input;
    const hold = new TaskHold(this.#context, this, claimed, claimTtl);
    if (!signal?.aborted) return hold;
    await hold[Symbol.asyncDispose]();
    return nothingToHold(queueEmpty(input));
  }

  /**
   * Works on tasks: claims one after the other, keeps each by heartbeats while `body` works on it, and
   * reports its end. What `body` resolves to is the task's result; an error that it throws fails the
   * task; `GIVE_BACK` gives it back. Its signal fires when the claim is lost, when the task took
   * longer than `maxRuntime`, and when the call is to end at once.
   *
   * Where bodies fail several times in a row as soon as they begin, the next claims wait, longer
   * each time.
   *
   * @param input Who works, on which queues, and until when: by default until `stop` fires.
   * @param body What works on one task.
   * @returns Why it ended, and how many tasks ended how.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const { tasks } = await openWorkspace({ dir: project });
   * await tasks.enqueueAll([{ title: "lint", runId: "ci" }, { title: "test", runId: "ci" }]);
   * const report = await tasks.work({ runId: "agent-1", drain: true }, async (task, signal) => {
   *   signal.throwIfAborted();
   *   return { checked: task.title };
   * });
   * console.assert(report.completed === 2);
   * ```
   */
  async work(input: TaskWorkInput, body: TaskBody): Promise<TaskWorkReport> {
    return await (await import("./work.ts")).work(this.#context, this, input, body);
  }

  /** Hands back what was claimed for a caller that went away. */
  async #giveUp({ task_id: id, claimer_run_id: runId, fence }: types.TaskClaimed): Promise<void> {
    try {
      await this.giveBack({ id, runId, fence });
    } catch (error) {
      if (!(error instanceof CoordError)) throw error;
      this.#context.warn(`Task ${id} stays claimed until its timeout: ${error.message}`);
    }
  }

  /**
   * Ends a task well. Doing it again with the same result is no error.
   *
   * @param input Which task, by whom, with what result.
   * @returns The claim in its final state, or why the rules do not allow it.
   */
  async complete(input: types.TaskCompleteInput): Promise<ClaimRecord | types.TaskRefused> {
    checkInput(input, TASK_INPUTS.complete, ["id", "runId"]);
    return this.#move(input.id, (taskId, now) =>
      finish(
        { taskId, now, runId: input.runId, fence: input.fence },
        { status: "completed", result: input.result ?? null },
      ));
  }

  /**
   * Ends an attempt badly, and the task with it unless it has attempts left. Doing it again with the
   * same error is no error.
   *
   * @param input Which task, by whom, for what reason; `final` ends the task in any case.
   * @returns The claim in its final state, `pending` with the instant from which the task may be
   * claimed again, or why the rules do not allow it.
   */
  async fail(
    input: types.TaskFailInput,
  ): Promise<ClaimRecord | types.TaskRetried | types.TaskRefused> {
    checkInput(input, TASK_INPUTS.fail, ["id", "runId"]);
    const { runId, fence, error = "", final: isFinal = false } = input;
    const { store } = this.#context;
    const id = await this.#idOf(input.id);
    const task = isFinal ? undefined : (await store.tasks.get(id))?.task;
    const claim = await this.#move(
      id,
      (taskId, now) =>
        finish({ taskId, now, runId, fence }, { status: "failed", error, task, isFinal }),
    );
    if (!("claimer_run_id" in claim) || !isBack(claim)) return claim;
    await store.tasks.announce(claim.task_id);
    return { ...claim, status: "pending", retry_at: claim.expires_at };
  }

  /**
   * Takes a task out of the queue: any caller a pending one, the holder a claimed one.
   *
   * @param input Which task, by whom; `force` also takes it from another holder.
   * @returns The claim in its final state, or why the rules do not allow it.
   */
  async cancel(input: types.TaskCancelInput): Promise<ClaimRecord | types.TaskRefused> {
    checkInput(input, TASK_INPUTS.cancel, ["id", "runId"]);
    const { id, runId, force = false } = input;
    const entry = await this.#context.store.tasks.get(await this.#idOf(id));
    // One whose last attempt has timed out has failed.
    if (entry) await (await import("./give_up.ts")).giveUpTimedOut(this.#context, entry);
    const rule = (taskId: string, now: number) =>
      cancel({ taskId, now, runId, force, nonce: nonce() });
    return this.#move(id, rule);
  }

  /**
   * Keeps a claim for `extension` seconds from now, by default its own TTL; it never ends sooner for
   * that. What is said of it stays until something else is said, or the task is granted again.
   *
   * @param input Which task, by whom, how long.
   * @returns The new end, or why the rules do not allow it.
   */
  async heartbeat(
    input: types.TaskHeartbeatInput,
  ): Promise<types.TaskHeartbeat | types.TaskRefused> {
    checkInput(input, TASK_INPUTS.heartbeat, ["id", "runId"]);
    const { extension: extensionSeconds } = input;
    const remarks = newRemarks(input);
    const claim = await this.#move(
      input.id,
      (taskId, now) =>
        extend({ taskId, now, runId: input.runId, fence: input.fence, extensionSeconds, remarks }),
    );
    return "claimer_run_id" in claim ? heartbeatOf(claim, extensionSeconds) : claim;
  }

  /**
   * Hands a claimed task back at once, so that no agent has to wait for its timeout.
   *
   * @param input Which task, by whom.
   * @returns The claim, timed out from now on, or why the rules do not allow it.
   */
  async giveBack(input: types.TaskHolderInput): Promise<ClaimRecord | types.TaskRefused> {
    checkInput(input, TASK_INPUTS.giveBack, ["id", "runId"]);
    const claim = await this.#move(
      input.id,
      (taskId, now) => giveBack({ taskId, now, runId: input.runId, fence: input.fence }),
    );
    if ("claimer_run_id" in claim) await this.#context.store.tasks.announce(claim.task_id);
    return claim;
  }

  /**
   * Puts tasks back into the queue, with their history: one that the caller has claimed, and one that
   * failed, was cancelled or has expired: that has all its attempts again, and its key. Its ttl begins
   * again. A completed task is refused, and one whose key another unfinished task has.
   *
   * @param input Which tasks, by whom, not before when; `force` also puts back what another agent has.
   * @returns An entry for each task: where it stands now, or why it was refused.
   * @throws {CoordError} `not_found` when an id names no task; then none is put back.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const dir = await Deno.makeTempDir();
   * await initWorkspace(dir);
   * const { tasks } = await openWorkspace({ dir });
   * const { task_id } = await tasks.enqueue({ title: "Deploy", runId: "planner" });
   * await tasks.claim({ runId: "agent-1" });
   * await tasks.fail({ id: task_id, runId: "agent-1", error: "no network" });
   * const { status } = await tasks.requeue({ ids: [task_id], runId: "planner", reason: "it is back" });
   * console.assert(status === "requeued" && (await tasks.list()).pending === 1);
   * ```
   */
  async requeue(input: requeueing.TaskRequeueInput): Promise<requeueing.TaskRequeue> {
    return await (await import("./requeue.ts")).requeueTasks(this.#context, input);
  }

  /**
   * Gives tasks another priority: those that are pending, delayed, blocked, or have timed out. What an
   * agent has claimed, or what has ended, keeps its own. Nothing else of a task changes.
   *
   * @param input Which tasks, by whom, and the priority.
   * @returns An entry for each task: its priority now and before, or why it was refused.
   * @throws {CoordError} `not_found` when an id names no task; then none is changed.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const dir = await Deno.makeTempDir();
   * await initWorkspace(dir);
   * const { tasks } = await openWorkspace({ dir });
   * await tasks.enqueue({ title: "lint", runId: "planner" });
   * const { task_id } = await tasks.enqueue({ title: "deploy", runId: "planner" });
   * await tasks.reprioritize({ ids: [task_id], runId: "planner", priority: 5 });
   * const claim = await tasks.claim({ runId: "agent-1" });
   * console.assert(claim.status === "claimed" && claim.task.title === "deploy");
   * ```
   */
  async reprioritize(
    input: requeueing.TaskReprioritizeInput,
  ): Promise<requeueing.TaskReprioritize> {
    return await (await import("./requeue.ts")).reprioritizeTasks(this.#context, input);
  }

  /**
   * One task with its newest state.
   *
   * @param id The task's id, or a unique prefix of at least 6 hex digits.
   * @returns The task; its claim is null when nothing ever happened to it.
   */
  async get(id: string): Promise<{ task: TaskRecord; claim: ClaimRecord | null }> {
    const entry = await this.#context.store.tasks.get(await this.#idOf(id));
    if (entry === undefined) throw notFound(["task"], id);
    return { task: presentTask(entry.task, entry.claim), claim: entry.claim ?? null };
  }

  /**
   * Counts all tasks, and lists those that match.
   *
   * @param input What to list; the counts include all tasks in any case.
   * @returns Counts and tasks, sorted as they would be handed out.
   */
  async list(input: types.TaskListInput = {}): Promise<types.TaskList> {
    checkInput(input, TASK_INPUTS.list);
    const { status, queue, runId, tag, limit = LIST_LIMIT.default } = input;
    const from = input.from === undefined ? undefined : orderOf((await this.get(input.from)).task);
    const filter = { status, queue, runId, tag, from, limit };
    return listOf(await this.#context.store.tasks.list(filter), limit);
  }

  async #move(
    input: string,
    rule: (taskId: string, now: number) => TransitionRule,
  ): Promise<ClaimRecord | types.TaskRefused> {
    const { store, warn } = this.#context;
    const taskId = await this.#idOf(input);
    const applied = await store.tasks.apply(taskId, (now) => rule(taskId, now));
    if (applied.kind === "missing") throw notFound(["task"], input);
    if (applied.kind === "kept") warn(applied.warning);
    if (applied.kind !== "refused") return applied.claim;
    const { status, message, claim } = applied.refusal;
    if (status !== "not_holder" && status !== "terminal" && status !== "stale_fence") {
      throw new CoordError("internal", `Unexpected refusal: ${message}`);
    }
    return { status, task_id: taskId, ...(claim && holderOf(claim)), error: message };
  }

  /** The full id that an id or a unique prefix means. */
  async #idOf(input: string): Promise<string> {
    const { id } = await findId(input, ASKED, { task: this.#context.store.tasks });
    return id;
  }
}
