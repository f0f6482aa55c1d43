/** Inputs and answers of `work`. */
import { decimal, integer } from "../../domain/input/fields.ts";
import * as fields from "../../domain/input/fields.ts";
import type { JsonObject } from "../../domain/json.ts";
import * as limits from "../../domain/limits.ts";
import * as taskFields from "../../domain/task/fields.ts";
import type { TaskRecord } from "../../domain/task/task.ts";

/** A task body's answer that gives the task back, for any agent to claim. */
export const GIVE_BACK: unique symbol = Symbol("give back");

/** Which tasks to work on, and until when. */
export interface TaskWorkInput {
  /** Who works. */
  readonly runId: string;
  /** Only tasks of these queues: of all of them the one that comes first; default any. */
  readonly queues?: readonly string[];
  /** Only tasks with this tag. */
  readonly tag?: string;
  /** What the worker has: it gets no task that needs more; default nothing. */
  readonly has?: readonly string[];
  /** Seconds that a task stays the caller's without a heartbeat, 1 to 86400, default 60. */
  readonly claimTtl?: number;
  /** Tasks at the same time, 1 to 64, default 1. */
  readonly concurrency?: number;
  /** Seconds after which a task's signal fires and the task fails; default no bound. */
  readonly maxRuntime?: number;
  /** Ends when none of these tasks is pending or claimed. */
  readonly drain?: boolean;
  /** Ends after one task, or at once when there is none. */
  readonly once?: boolean;
  /** Ends after this many failed tasks; an attempt that is retried counts as none. */
  readonly maxFailures?: number;
  /** Claims no more, and ends when the tasks in hand have ended. */
  readonly stop?: AbortSignal;
  /** Ends at once: the tasks' signals fire, and what does not end well is given back. */
  readonly signal?: AbortSignal;
  /** Is called when others of its queues are paused than before, with their names. */
  readonly onPaused?: (queues: readonly string[]) => void;
  /** Is called when a task begins. */
  readonly onTask?: (task: TaskInHand) => void;
  /** Is called when a task has ended. */
  readonly onEnd?: (ended: TaskWorked) => void;
}

/** A task that its body works on, with its claim. */
export type TaskInHand = TaskRecord & {
  /** How many times the task was granted, this time included. */
  readonly attempt: number;
  /** Fencing token: pass it to whatever the task writes to. */
  readonly fence: number;
};

/** What works on one task. The signal fires when it must end, with the reason. */
export type TaskBody = (
  task: TaskInHand,
  signal: AbortSignal,
) => Promise<JsonObject | typeof GIVE_BACK | void>;

/** How a task ended under `work`. */
export interface TaskWorked {
  /**
   * `retried`: the attempt failed, and the task has others left. `given_back`: any agent may claim
   * it. `lost`: the claim ended before, nothing was reported.
   */
  readonly status: "completed" | "failed" | "retried" | "given_back" | "lost";
  /** The task. */
  readonly task_id: string;
  /** Its title. */
  readonly title: string;
  /** Its queue. */
  readonly queue: string;
  /** Who worked on it. */
  readonly run_id: string;
  /** How many times it was granted. */
  readonly attempt: number;
  /** The fence of the claim. */
  readonly fence: number;
  /** Seconds from the grant to the end. */
  readonly seconds: number;
  /** Of a task that was completed; null without one. */
  readonly result: JsonObject | null;
  /** Why it did not complete; null when it did. */
  readonly error: string | null;
}

/** What `work` answers when it ends. */
export interface TaskWorkReport {
  /** Why it ended. */
  readonly status: "drained" | "once" | "max_failures" | "stopped";
  /** Tasks that were completed. */
  readonly completed: number;
  /** Tasks that failed. */
  readonly failed: number;
  /** Attempts that failed, of tasks that have others left. */
  readonly retried: number;
  /** Tasks that were given back. */
  readonly given_back: number;
  /** Tasks whose claims were lost. */
  readonly lost: number;
}

/** The fields of the input, for the library and the command line alike. */
export const WORK_INPUT = {
  runId: fields.holderId,
  queues: taskFields.queues,
  tag: taskFields.tag,
  has: taskFields.has,
  claimTtl: taskFields.claimTtl,
  concurrency: integer(limits.CONCURRENCY),
  maxRuntime: decimal(limits.MAX_RUNTIME_S),
  drain: fields.anything,
  once: fields.anything,
  maxFailures: integer(limits.MAX_FAILURES),
  stop: fields.anything,
  signal: fields.anything,
  onPaused: fields.anything,
  onTask: fields.anything,
  onEnd: fields.anything,
} as const;
