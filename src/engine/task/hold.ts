/** A claim bound to a block of code: it beats while held and ends with the block. */
import { notifyOrPoll } from "../../async/notify_or_poll.ts";
import { type ClaimRecord, claimTimedOut, extend } from "../../domain/task/claim.ts";
import { CoordError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import { SAFETY_LOOK_MS } from "../../domain/limits.ts";
import type { TaskRecord } from "../../domain/task/task.ts";
import { parseTime } from "../../domain/time.ts";
import { Beating } from "../heartbeat_loop.ts";
import type { TaskContext } from "../context.ts";
import { notFound } from "../find_id.ts";
import type {
  TaskClaimed,
  TaskCompleteInput,
  TaskFailInput,
  TaskHeartbeat,
  TaskHeartbeatInput,
  TaskHolderInput,
  TaskQueueEmpty,
  TaskRefused,
} from "./types.ts";

/** What a hold needs of the operations on tasks. */
export interface TaskKeeper {
  /** Extends the claim. */
  heartbeat(input: TaskHeartbeatInput): Promise<TaskHeartbeat | TaskRefused>;
  /** Marks the task completed. */
  complete(input: TaskCompleteInput): Promise<ClaimRecord | TaskRefused>;
  /** Marks the task failed. */
  fail(input: TaskFailInput): Promise<ClaimRecord | TaskRefused>;
  /** Gives the task back. */
  giveBack(input: TaskHolderInput): Promise<ClaimRecord | TaskRefused>;
}

/** No task was there; it can stand in an `await using`, where it has nothing to end. */
export type TaskNotHeld = TaskQueueEmpty & AsyncDisposable;

/** A claim that is kept by heartbeats in the background until it is ended or disposed of. */
export class TaskHold implements AsyncDisposable {
  /** The task is held, or was when it was claimed; see {@link lost}. */
  readonly status = "held";
  /** The task that was claimed. */
  readonly task: TaskRecord;
  /** Fencing token: pass it to whatever the task writes to. */
  readonly fence: number;
  /** How many times the task was granted, this time included. */
  readonly attempt: number;
  readonly #tasks: TaskKeeper;
  readonly #runId: string;
  readonly #beating: Beating;

  /** Made by `coord.tasks.hold()`. */
  constructor(context: TaskContext, tasks: TaskKeeper, claimed: TaskClaimed, ttlSeconds: number) {
    this.#tasks = tasks;
    this.task = claimed.task;
    this.fence = claimed.fence;
    this.attempt = claimed.attempt;
    this.#runId = claimed.claimer_run_id;
    const { store, warn, timers } = context;
    this.#beating = new Beating({
      what: `task ${claimed.task_id}`,
      ttlSeconds,
      endsMs: parseTime(claimed.expires_at) ?? 0,
      beat: async () => {
        const answer = await tasks.heartbeat({ ...this.#who(), extension: ttlSeconds });
        if (answer.status !== "ok") return new CoordError(answer.status, answer.error);
        return parseTime(answer.extended_expires_at) ?? 0;
      },
      look: (endsMs) => this.#look(context, endsMs),
      listen: (look) =>
        notifyOrPoll(
          (onError) => store.tasks.watchClaim(claimed.task_id, look, onError),
          { look, safetyMs: SAFETY_LOOK_MS, warn, timers },
        ),
    }, context);
  }

  /**
   * Fires when the claim is lost, with a {@link CoordError}: another agent has the task or ended it, or
   * the claim could not be kept; then it fires before the claim's time runs out.
   */
  get lost(): AbortSignal {
    return this.#beating.lost;
  }

  /** When the claim ends unless a heartbeat extends it, ISO 8601 UTC. */
  get expiresAt(): string {
    return this.#beating.expiresAt;
  }

  /** Ends the task well. */
  complete(result?: JsonObject): Promise<ClaimRecord | TaskRefused> {
    return this.#end(() => this.#tasks.complete({ ...this.#who(), ...(result && { result }) }));
  }

  /** Ends the task badly. */
  fail(error: string): Promise<ClaimRecord | TaskRefused> {
    return this.#end(() => this.#tasks.fail({ ...this.#who(), error }));
  }

  /** Gives the task back unless it was ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#beating.over) return;
    // Nothing tries again after this: should it fail, the claim times out.
    this.#beating.stop();
    await this.#tasks.giveBack(this.#who());
  }

  #who() {
    return { id: this.task.task_id, runId: this.#runId, fence: this.fence };
  }

  /** What a heartbeat would come to, by the records alone. */
  async #look({ store, clock }: TaskContext, endsMs: number): Promise<CoordError | undefined> {
    const { task_id: taskId } = this.task;
    const entry = await store.tasks.get(taskId);
    if (entry === undefined) return notFound(["task"], taskId);
    const actor = { taskId, runId: this.#runId, fence: this.fence, now: clock() };
    const decision = extend({ ...actor, extensionSeconds: 0 })(entry.claim);
    if (decision.kind === "refuse") {
      const { status, message } = decision.refusal;
      return new CoordError(status === "taken" ? "not_holder" : status, message);
    }
    if (entry.claim === undefined || actor.now >= endsMs) return undefined;
    if (!claimTimedOut(entry.claim, actor.now)) return undefined;
    return new CoordError("not_holder", `Cannot keep task ${taskId}: it was given back`);
  }

  async #end(body: () => Promise<ClaimRecord | TaskRefused>): Promise<ClaimRecord | TaskRefused> {
    // A call that fails changes nothing, and the claim must be kept for the next try.
    const answer = await body();
    this.#beating.stop();
    return answer;
  }
}

/** An answer that can stand in an `await using`. */
export function nothingToHold(answer: TaskQueueEmpty): TaskNotHeld {
  return { ...answer, async [Symbol.asyncDispose]() {} };
}
