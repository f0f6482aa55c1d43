/** The task queue: the operations that are the same on every store. */
import {
  cancel,
  type ClaimRecord,
  claimTimedOut,
  claimTtl,
  extend,
  finish,
  giveBack,
  type TransitionRule,
} from "../../domain/task/claim.ts";
import { newRemarks, remarksOf } from "../../domain/input/progress.ts";
import { CoordError } from "../../domain/errors.ts";
import { BATCH_SPREAD_MS, LIST_LIMIT, UNKNOWN_RUN } from "../../domain/limits.ts";
import type { TaskRecord } from "../../domain/task/task.ts";
import { nonce, secondsOf, type TaskContext } from "../context.ts";
import { findId, notFound } from "../find_id.ts";
import { checkInput } from "../input.ts";
import type { TaskHold, TaskNotHeld } from "./hold.ts";
import { TASK_FIELDS, type TaskInput, taskRecord } from "./new_task.ts";
import { TASK_INPUTS } from "./types.ts";
import type * as types from "./types.ts";
import { waitForTask } from "./wait.ts";

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
   */
  async enqueue(input: TaskInput): Promise<TaskRecord> {
    const [record] = await this.enqueueAll([input]);
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
   */
  async enqueueAll(inputs: readonly TaskInput[]): Promise<TaskRecord[]> {
    const { clock, store, warn } = this.#context;
    for (const input of inputs) checkInput(input, TASK_FIELDS, ["title"]);
    const now = clock();
    const records = await Promise.all(
      inputs.map((input, i) => taskRecord(input, now + spread(i, inputs.length), warn)),
    );
    if (records.some((record) => record.created_by === UNKNOWN_RUN)) {
      warn(`The run id is "${UNKNOWN_RUN}": the task does not say who enqueued it`);
    }
    await store.tasks.add(records);
    return records;
  }

  /**
   * Claims the first task that is pending or timed out: highest priority, then oldest, then by id.
   * Of any number of agents that call this at once, each task goes to exactly one.
   *
   * @param input Who claims, from which queue, for how long; and how long to wait for a task.
   * @returns The claim with its task, or that there is none; after an abort always that there is none.
   */
  async claim(input: types.TaskClaimInput): Promise<types.TaskClaimed | types.TaskQueueEmpty> {
    checkInput(input, TASK_INPUTS.claim, ["runId"]);
    const { store, clock } = this.#context;
    const { signal } = input;
    const empty = { status: "empty", queue: input.queue ?? null } as const;
    if (signal?.aborted) return empty;
    const ttlSeconds = await secondsOf(this.#context, "claim_ttl", input.claimTtl);
    const attempt = async (effort: "thorough" | "quick", hints: readonly string[] = []) => {
      while (true) {
        const grant = { runId: input.runId, ttlSeconds, nonce: nonce() };
        const search = { queue: input.queue, grant, effort, hints };
        const entry = await store.tasks.claimNext(search);
        // One that timed out while the process slept may be another agent's by now.
        const isOver = entry?.claim !== undefined && claimTimedOut(entry.claim, clock());
        if (!isOver || signal?.aborted) return entry;
      }
    };
    const entry = await attempt("thorough") ??
      await waitForTask(this.#context, attempt, input.wait ?? 0, signal);
    if (entry?.claim === undefined) return empty;
    const claimed = { ...entry.claim, status: "claimed", task: entry.task } as const;
    if (!signal?.aborted) return claimed;
    await this.#giveUp(claimed);
    return empty;
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
    const { queue = null, signal } = input;
    const hold = new TaskHold(this.#context, this, claimed, claimTtl);
    if (!signal?.aborted) return hold;
    await hold[Symbol.asyncDispose]();
    return nothingToHold({ status: "empty", queue });
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
   * Ends a task badly. Doing it again with the same error is no error.
   *
   * @param input Which task, by whom, for what reason.
   * @returns The claim in its final state, or why the rules do not allow it.
   */
  async fail(input: types.TaskFailInput): Promise<ClaimRecord | types.TaskRefused> {
    checkInput(input, TASK_INPUTS.fail, ["id", "runId"]);
    return this.#move(input.id, (taskId, now) =>
      finish(
        { taskId, now, runId: input.runId, fence: input.fence },
        { status: "failed", error: input.error ?? "" },
      ));
  }

  /**
   * Takes a task out of the queue: any caller a pending one, the holder a claimed one.
   *
   * @param input Which task, by whom; `force` also takes it from another holder.
   * @returns The claim in its final state, or why the rules do not allow it.
   */
  async cancel(input: types.TaskCancelInput): Promise<ClaimRecord | types.TaskRefused> {
    checkInput(input, TASK_INPUTS.cancel, ["id", "runId"]);
    return this.#move(
      input.id,
      (taskId, now) =>
        cancel({ taskId, now, runId: input.runId, force: input.force ?? false, nonce: nonce() }),
    );
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
    if (!("claimer_run_id" in claim)) return claim;
    return {
      status: "ok",
      task_id: claim.task_id,
      run_id: claim.claimer_run_id,
      last_beat_at: claim.heartbeat_at,
      expires_at: claim.expires_at,
      extended_expires_at: claim.expires_at,
      ttl_extended_seconds: extensionSeconds ?? claimTtl(claim),
      fence: claim.fence,
      ...remarksOf(claim),
    };
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
   * One task with its newest state.
   *
   * @param id The task's id, or a unique prefix of at least 6 hex digits.
   * @returns The task; its claim is null when no agent ever claimed it.
   */
  async get(id: string): Promise<{ task: TaskRecord; claim: ClaimRecord | null }> {
    const entry = await this.#context.store.tasks.get(await this.#idOf(id));
    if (entry === undefined) throw notFound(["task"], id);
    return { task: entry.task, claim: entry.claim ?? null };
  }

  /**
   * Counts all tasks, and lists those that match.
   *
   * @param input What to list; the counts include all tasks in any case.
   * @returns Counts and tasks, sorted as they would be handed out.
   */
  async list(input: types.TaskListInput = {}): Promise<types.TaskList> {
    checkInput(input, TASK_INPUTS.list);
    const { status, queue, runId, limit = LIST_LIMIT.default } = input;
    const { counts, matched, items } = await this.#context.store.tasks.list(
      { status, queue, runId, limit },
    );
    return {
      ...counts,
      limit,
      truncated: matched > limit,
      matched,
      items: items.map(({ task, claim, status }) => ({
        ...task,
        status,
        claimer_run_id: claim?.claimer_run_id ?? null,
        expires_at: claim?.expires_at ?? null,
        attempt: claim?.attempt ?? 0,
        ...remarksOf(claim),
      })),
    };
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
    if (status === "taken" || status === "expired") {
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

/** Who has a task, as a refusal says it. */
function holderOf(claim: ClaimRecord) {
  const { claimer_run_id, claimed_at, expires_at, attempt, fence } = claim;
  const who = { run_id: claimer_run_id, since: claimed_at, expires_at, attempt, fence };
  return { ...who, ...remarksOf(claim) };
}

/** How many milliseconds after the first of `count` tasks the one at `index` was created. */
function spread(index: number, count: number): number {
  return count <= BATCH_SPREAD_MS ? index : Math.floor(index * BATCH_SPREAD_MS / count);
}
