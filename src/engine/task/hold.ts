/** A claim bound to a block of code: it beats while held and ends with the block. */
import { notifyOrPoll } from "../../async/notify_or_poll.ts";
import { type ClaimRecord, claimTimedOut, extend } from "../../domain/task/claim.ts";
import { CoordError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import { SAFETY_LOOK_MS } from "../../domain/limits.ts";
import type { TaskRecord } from "../../domain/task/task.ts";
import { parseTime } from "../../domain/time.ts";
import type { TaskContext } from "../context.ts";
import { notFound } from "../find_id.ts";
import { Hold } from "../hold/hold.ts";
import type {
  TaskClaimed,
  TaskCompleteInput,
  TaskFailInput,
  TaskHeartbeat,
  TaskHeartbeatInput,
  TaskHolderInput,
  TaskQueueEmpty,
  TaskRefused,
  TaskRetried,
} from "./types.ts";

/** What a hold needs of the operations on tasks. */
export interface TaskKeeper {
  /** Extends the claim. */
  heartbeat(input: TaskHeartbeatInput): Promise<TaskHeartbeat | TaskRefused>;
  /** Marks the task completed. */
  complete(input: TaskCompleteInput): Promise<ClaimRecord | TaskRefused>;
  /** Marks the attempt failed. */
  fail(input: TaskFailInput): Promise<ClaimRecord | TaskRetried | TaskRefused>;
  /** Gives the task back. */
  giveBack(input: TaskHolderInput): Promise<ClaimRecord | TaskRefused>;
}

/** No task was there; it can stand in an `await using`, where it has nothing to end. */
export type TaskNotHeld = TaskQueueEmpty & AsyncDisposable;

/** A claim that is kept by heartbeats in the background until it is ended or disposed of. */
export class TaskHold extends Hold {
  /** The task that was claimed. */
  readonly task: TaskRecord;
  /** Fencing token: pass it to whatever the task writes to. */
  readonly fence: number;
  /** How many times the task was granted, this time included. */
  readonly attempt: number;
  readonly #tasks: TaskKeeper;
  readonly #who: Who;

  /** Made by `coord.tasks.hold()`. */
  constructor(context: TaskContext, tasks: TaskKeeper, claimed: TaskClaimed, ttlSeconds: number) {
    const { store, warn, timers } = context;
    const { task_id: id, claimer_run_id: runId, fence } = claimed;
    const who = { id, runId, fence };
    const held = {
      what: `task ${id}`,
      ttlSeconds,
      endsMs: parseTime(claimed.expires_at) ?? 0,
      beat: async () => {
        const answer = await tasks.heartbeat({ ...who, extension: ttlSeconds });
        if (answer.status !== "ok") return new CoordError(answer.status, answer.error);
        return parseTime(answer.extended_expires_at) ?? 0;
      },
      look: (endsMs: number) => whyLost(context, who, endsMs),
      listen: (look: () => void) =>
        notifyOrPoll(
          (onError) => store.tasks.watchClaim(id, look, onError),
          { look, safetyMs: SAFETY_LOOK_MS, warn, timers },
        ),
    };
    super(held, context, () => tasks.giveBack(who));
    this.#tasks = tasks;
    this.#who = who;
    this.task = claimed.task;
    this.fence = fence;
    this.attempt = claimed.attempt;
  }

  /** Ends the task well. */
  complete(result?: JsonObject): Promise<ClaimRecord | TaskRefused> {
    return this.end(() => this.#tasks.complete({ ...this.#who, ...(result && { result }) }));
  }

  /** Ends the attempt badly, and the task with it unless it has attempts left. */
  fail(error: string): Promise<ClaimRecord | TaskRetried | TaskRefused> {
    return this.end(() => this.#tasks.fail({ ...this.#who, error }));
  }

  /** Gives the task back to the queue, as the end of the block does. */
  giveBack(): Promise<ClaimRecord | TaskRefused> {
    return this.end(() => this.#tasks.giveBack(this.#who));
  }
}

/** The holder of a claim. */
type Who = Required<TaskHolderInput>;

/** What a heartbeat would come to, by the records alone; `undefined` while the claim is kept. */
async function whyLost(
  { store, clock }: TaskContext,
  { id: taskId, runId, fence }: Who,
  endsMs: number,
): Promise<CoordError | undefined> {
  const entry = await store.tasks.get(taskId);
  if (entry === undefined) return notFound(["task"], taskId);
  const actor = { taskId, runId, fence, now: clock() };
  const decision = extend({ ...actor, extensionSeconds: 0 })(entry.claim);
  if (decision.kind === "refuse") {
    const { status, message } = decision.refusal;
    const isKnown = status === "terminal" || status === "stale_fence" || status === "expired";
    return new CoordError(isKnown ? status : "not_holder", message);
  }
  if (entry.claim === undefined || actor.now >= endsMs) return undefined;
  if (!claimTimedOut(entry.claim, actor.now)) return undefined;
  return new CoordError("not_holder", `Cannot keep task ${taskId}: it was given back`);
}

/** An answer that can stand in an `await using`. */
export function nothingToHold(answer: TaskQueueEmpty): TaskNotHeld {
  return { ...answer, async [Symbol.asyncDispose]() {} };
}
