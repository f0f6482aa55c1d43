/** Inputs and answers of a wait for what other agents do. */
import * as fields from "../../domain/input/fields.ts";
import { ruled, TEXTS } from "../../domain/input/rule.ts";
import type { JsonObject } from "../../domain/json.ts";
import { MAX_AWAITED, WAIT_TIMEOUT_S } from "../../domain/limits.ts";
import * as taskFields from "../../domain/task/fields.ts";
import type { TaskStatus } from "../../domain/task/task.ts";
import type { NamingInput } from "../names.ts";
import { RESERVATION_INPUTS } from "../reservation/types.ts";

/** What to wait for: all of it at one moment. At least one thing must be named. */
export interface WaitInput extends NamingInput {
  /** Until no other run's exclusive reservation and no other run's lane overlaps these, 1 to 1000. */
  readonly addresses?: readonly string[];
  /** Until the caller could acquire this lane, or its own run has it. */
  readonly lane?: string;
  /** Until these tasks have completed, by id or unique prefix, 1 to 1000. */
  readonly tasks?: readonly string[];
  /** Until one of the tasks has completed. */
  readonly any?: boolean;
  /** Until every task of this queue has ended, in whatever way. */
  readonly queueEmpty?: string;
  /** Seconds to wait, 0 to 31536000, default 100. */
  readonly timeout?: number;
  /** Who waits; what this run holds is in no way. */
  readonly runId?: string;
  /** Ends the wait early: the answer is `timeout` unless everything was there. */
  readonly signal?: AbortSignal;
}

/** A task that is waited for. */
export interface AwaitedTask {
  /** The task. */
  readonly task_id: string;
  /** Where it stands. */
  readonly status: TaskStatus;
  /** What it came to; null unless it has completed with a result. */
  readonly result: JsonObject | null;
  /** Why it failed; null unless its holder said so. */
  readonly error: string | null;
}

/** What a wait came to. */
export interface WaitAnswer {
  /**
   * `done` when all of it was there at one moment; `timeout` when the time ran out before; `terminal`
   * when a task has ended without completing, so that the rest of the time would be spent in vain.
   */
  readonly status: "done" | "timeout" | "terminal";
  /** Seconds that it took. */
  readonly waited_seconds: number;
  /** The tasks that were asked for, in their order, as they stood at the end. */
  readonly tasks: readonly AwaitedTask[];
  /** What was missing, for people; absent when nothing was. */
  readonly error?: string;
}

/** The fields of the input, for the library and the command line alike. */
export const WAIT_FIELDS = {
  addresses: RESERVATION_INPUTS.reserve.addresses,
  base: RESERVATION_INPUTS.reserve.base,
  literal: RESERVATION_INPUTS.reserve.literal,
  file: RESERVATION_INPUTS.reserve.file,
  lane: fields.identifier,
  tasks: ruled(TEXTS, (ids) => {
    if (ids.length === 0 || ids.length > MAX_AWAITED) {
      return `must name 1 to ${MAX_AWAITED} tasks, got ${ids.length}`;
    }
    return ids.flatMap((id) => taskFields.taskId.problems(id))[0];
  }, "bad_task_id"),
  any: fields.anything,
  queueEmpty: taskFields.queue,
  timeout: fields.decimal(WAIT_TIMEOUT_S),
  runId: fields.identifier,
  signal: fields.anything,
} as const;
