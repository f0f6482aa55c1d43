/** Queues as a whole: pausing, resuming, listing. */
import { identifier } from "../../domain/input/fields.ts";
import * as taskFields from "../../domain/task/fields.ts";
import { noTasks, type TaskCounts } from "../../domain/task/listing.ts";
import { formatTime } from "../../domain/time.ts";
import type { QueuePause } from "../../domain/task/keeping/pause.ts";
import type { TaskContext } from "../context.ts";
import { checkInput } from "../input.ts";

/** Which queues to pause. */
export interface QueuePauseInput {
  /** Their names. */
  readonly queues: readonly string[];
  /** Who acts. */
  readonly runId: string;
  /** Why, at most 4096 characters. */
  readonly reason?: string;
}

/** Which queues to resume. */
export interface QueueResumeInput {
  /** Their names. */
  readonly queues: readonly string[];
}

/** The fields of both inputs, for the library and the command line alike. */
export const QUEUE_INPUTS = {
  pause: { queues: taskFields.queues, runId: identifier, reason: taskFields.errorText },
  resume: { queues: taskFields.queues },
} as const;

/** A queue that is paused, since now or before. */
export interface QueuePaused extends QueuePause {
  /** It is paused. */
  readonly status: "paused";
  /** What it was before. */
  readonly was: "open" | "paused";
}

/** A queue that is open, since now or before. */
export interface QueueResumed {
  /** Its name. */
  readonly queue: string;
  /** It is open. */
  readonly status: "open";
  /** What it was before. */
  readonly was: "open" | "paused";
}

/** A queue in a listing: how many of its tasks stand where, and the pause if there is one. */
export type QueueItem =
  & { readonly status: "open" | "paused" }
  & Partial<QueuePause>
  & TaskCounts
  & {
    /** Its name. */
    readonly queue: string;
  };

/** What a pause answers. */
export interface QueuesPaused {
  /** They are paused. */
  readonly status: "paused";
  /** An entry for each name, in the order given. */
  readonly queues: readonly QueuePaused[];
}

/** What a resumption answers. */
export interface QueuesResumed {
  /** They are open. */
  readonly status: "resumed";
  /** An entry for each name, in the order given. */
  readonly queues: readonly QueueResumed[];
}

/** The queues of a workspace that have tasks or are paused. */
export interface QueueList {
  /** How many there are. */
  readonly total: number;
  /** All of them, by name. */
  readonly queues: readonly QueueItem[];
}

/** The queues of a workspace. A queue is there as long as it has tasks, or is paused. */
export class Queues {
  readonly #context: TaskContext;

  /** Made by opening a workspace. */
  constructor(context: TaskContext) {
    this.#context = context;
  }

  /**
   * Pauses queues: no call that begins after this one has resolved claims a task of them. Tasks that are
   * claimed go on, and tasks can be added. What is paused stays as it is, with a warning.
   *
   * @param input Which queues, by whom, and why.
   * @returns Each queue with its pause.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const dir = await Deno.makeTempDir();
   * await initWorkspace(dir);
   * const coord = await openWorkspace({ dir });
   * await coord.tasks.enqueue({ title: "Deploy", queue: "deploys", runId: "ci" });
   * await coord.queues.pause({ queues: ["deploys"], runId: "ops", reason: "freeze" });
   * console.assert((await coord.tasks.claim({ runId: "agent-1" })).status === "empty");
   * await coord.queues.resume({ queues: ["deploys"] });
   * console.assert((await coord.tasks.claim({ runId: "agent-1" })).status === "claimed");
   * ```
   */
  async pause(input: QueuePauseInput): Promise<QueuesPaused> {
    checkInput(input, QUEUE_INPUTS.pause, ["queues", "runId"]);
    const { store: { tasks: { pauses } }, clock, warn } = this.#context;
    const { runId, reason } = input;
    const queues: QueuePaused[] = [];
    for (const queue of input.queues) {
      const why = reason === undefined ? {} : { reason };
      const mine = { queue, paused_at: formatTime(clock()), paused_by: runId, ...why };
      const there = await pauses.pause(mine);
      if (there !== undefined) warn(`Queue "${queue}" is paused already`);
      queues.push({ ...there ?? mine, status: "paused", was: there ? "paused" : "open" });
    }
    return { status: "paused", queues };
  }

  /**
   * Resumes queues, and wakes the callers that wait for a task. What is not paused stays as it is, with a
   * warning.
   *
   * @param input Which queues.
   * @returns Each queue, and whether it was paused.
   */
  async resume(input: QueueResumeInput): Promise<QueuesResumed> {
    checkInput(input, QUEUE_INPUTS.resume, ["queues"]);
    const { store: { tasks: { pauses } }, warn } = this.#context;
    const queues: QueueResumed[] = [];
    for (const queue of input.queues) {
      const there = await pauses.resume(queue);
      if (there === undefined) warn(`Queue "${queue}" is not paused`);
      queues.push({ queue, status: "open", was: there ? "paused" : "open" });
    }
    return { status: "resumed", queues };
  }

  /** Lists the queues that have tasks or are paused, by name. */
  async list(): Promise<QueueList> {
    const { store: { tasks } } = this.#context;
    const pauses = new Map((await tasks.pauses.all()).map((pause) => [pause.queue, pause]));
    const { queues: counts } = await tasks.list({ limit: 0 });
    const names = [...new Set([...counts.keys(), ...pauses.keys()])].sort();
    const queues = names.map((queue) => {
      const pause = pauses.get(queue);
      const status = pause === undefined ? "open" as const : "paused" as const;
      return { queue, status, ...pause, ...counts.get(queue) ?? noTasks() };
    });
    return { total: queues.length, queues };
  }
}
