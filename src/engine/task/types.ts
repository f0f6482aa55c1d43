/** Inputs and answers of the queue's operations. */
import type { Refusal } from "../refusal.ts";
import type { ClaimRecord } from "../../domain/task/claim.ts";
import { type HoldRemarks, type Progress, progress } from "../../domain/input/progress.ts";
import * as fields from "../../domain/input/fields.ts";
import * as taskFields from "../../domain/task/fields.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { TaskCounts } from "../../domain/task/listing.ts";
import type { TaskRecord, TaskStatus } from "../../domain/task/task.ts";

/**
 * What to claim, and as whom.
 *
 * @example
 * ```ts
 * import { initWorkspace, openWorkspace } from "@coord/coord";
 *
 * const dir = await Deno.makeTempDir();
 * await initWorkspace(dir);
 * const { tasks } = await openWorkspace({ dir });
 * await tasks.enqueue({ title: "Lint", runId: "planner", queue: "checks" });
 * await tasks.enqueue({ title: "Ship", runId: "planner", queue: "ops", tags: ["release"] });
 * const asked = { runId: "agent-1", queues: ["checks", "ops"], tag: "release" };
 * const claim = await tasks.claim(asked);
 * console.assert(claim.status === "claimed" && claim.task.title === "Ship");
 * console.assert((await tasks.claim(asked)).status === "empty");
 * ```
 */
export interface TaskClaimInput {
  /** Who claims. */
  readonly runId: string;
  /** Only tasks of this queue; default any. */
  readonly queue?: string;
  /** Only tasks of these queues: of all of them the one that comes first. Not together with `queue`. */
  readonly queues?: readonly string[];
  /** Only tasks with this tag. */
  readonly tag?: string;
  /** What the claimer has: it gets no task that needs more; default nothing. */
  readonly has?: readonly string[];
  /** Visibility timeout: seconds until others may have it, 1 to 86400, default the team's or 3600. */
  readonly claimTtl?: number;
  /** Seconds to wait for a task, 0 to 3600, default 0. */
  readonly wait?: number;
  /** Ends the call early: the answer is `empty`, and what was claimed is given back. */
  readonly signal?: AbortSignal;
}

/** A task that was added, or has the key that was asked for. */
export type TaskEnqueued = TaskRecord & {
  /** Of a task with a key: whether this call made it, or found it unfinished with the same content. */
  readonly created?: boolean;
};

/** The key of a task that was to be added is another one's, whose content differs. Nothing was added. */
export interface TaskKeyConflict extends Refusal<"key_conflict"> {
  /** The key. */
  readonly key: string;
  /** The queue in which it is taken. */
  readonly queue: string;
  /** The unfinished task that has it; absent when it was to be added by the same call. */
  readonly task_id?: string;
}

/** Which task, and who acts on it. */
export interface TaskActorInput {
  /** The task's id, or a unique prefix of at least 6 hex digits. */
  readonly id: string;
  /** Who acts. */
  readonly runId: string;
}

/** Which claim, and who acts on it. */
export interface TaskHolderInput extends TaskActorInput {
  /** The fence of the caller's claim; an older one than the current is refused. */
  readonly fence?: number;
}

/** How a task ended well. */
export interface TaskCompleteInput extends TaskHolderInput {
  /** At most 65536 bytes as JSON. */
  readonly result?: JsonObject;
}

/** How a task ended badly. */
export interface TaskFailInput extends TaskHolderInput {
  /** At most 4096 characters. */
  readonly error?: string;
  /** Ends the task also when it has attempts left. */
  readonly final?: boolean;
}

/** An attempt that failed and was not the last: its task is back in the queue. */
export type TaskRetried = Omit<ClaimRecord, "status" | "retry_at"> & {
  /** It is back. */
  readonly status: "pending";
  /** From when on it may be claimed again, ISO 8601 UTC. */
  readonly retry_at: string;
};

/** Which task to take out of the queue. */
export interface TaskCancelInput extends TaskActorInput {
  /** Also a task that another agent holds. */
  readonly force?: boolean;
}

/** How long to keep a claim, and what to say of it. */
export interface TaskHeartbeatInput extends TaskHolderInput, HoldRemarks {
  /** Seconds from now, 1 to 31536000, default the claim's own TTL. */
  readonly extension?: number;
}

/** What to list. */
export interface TaskListInput {
  /** Only tasks that stand there, or in one of these places. */
  readonly status?: TaskStatus | readonly TaskStatus[];
  /** Only tasks of this queue. */
  readonly queue?: string;
  /** The claimer's. */
  readonly runId?: string;
  /** Only tasks with this tag. */
  readonly tag?: string;
  /**
   * Begin with this task, or where it would stand if it does not match: its id, or a unique prefix of
   * at least 6 hex digits. For pages: the `next` of the answer before.
   */
  readonly from?: string;
  /** 0 to 10000, default 200. */
  readonly limit?: number;
}

/** A claim that was granted: the claim's fields and the task's. */
export type TaskClaimed = Omit<ClaimRecord, "status"> & {
  /** It was granted. */
  readonly status: "claimed";
  /** The task. */
  readonly task: TaskRecord;
};

/** No task is there to claim. */
export interface TaskQueueEmpty {
  /** There was none. */
  readonly status: "empty";
  /** The one queue that was asked for; `null` for any, and where several were. */
  readonly queue: string | null;
  /** The queues that were asked for; absent unless there were several. */
  readonly queues?: readonly string[];
  /** The tag that was asked for; absent where none was. */
  readonly tag?: string;
  /** Those of the queues that are paused; absent when none is. */
  readonly paused?: readonly string[];
}

/** A refused transition: another agent holds the task, it is terminal, or the fence is an older one. */
export interface TaskRefused
  extends Refusal<"not_holder" | "terminal" | "stale_fence">, HoldRemarks {
  /** The task. */
  readonly task_id: string;
  /** Who has it or had it last; absent when no agent had it. */
  readonly run_id?: string;
  /** Since when. */
  readonly since?: string;
  /** When the visibility timeout ends or ended. */
  readonly expires_at?: string;
  /** How many times the task was granted. */
  readonly attempt?: number;
  /** The fence of the newest grant. */
  readonly fence?: number;
}

/** What a heartbeat answers. */
export interface TaskHeartbeat {
  /** The claim continues. */
  readonly status: "ok";
  /** The task. */
  readonly task_id: string;
  /** Who holds it. */
  readonly run_id: string;
  /** ISO 8601 UTC. */
  readonly last_beat_at: string;
  /** The end of the visibility timeout, ISO 8601 UTC. */
  readonly expires_at: string;
  /** The same. */
  readonly extended_expires_at: string;
  /** Seconds. */
  readonly ttl_extended_seconds: number;
  /** The claim's fencing token. */
  readonly fence: number;
  /** What its holder says of it. */
  readonly note?: string;
  /** How far the work is. */
  readonly progress?: Progress;
}

/** A task in a listing. */
export type TaskItem = TaskRecord & HoldRemarks & {
  /** Where it stands. */
  readonly status: TaskStatus;
  /** Who has it or had it last; of a task that no agent had, who cancelled it. */
  readonly claimer_run_id: string | null;
  /** Since when, ISO 8601 UTC; null when no agent claimed the task. */
  readonly claimed_at: string | null;
  /** End of the visibility timeout, ISO 8601 UTC; null when no agent claimed the task. */
  readonly expires_at: string | null;
  /** The holder's last sign of life, ISO 8601 UTC; null when no agent claimed the task. */
  readonly heartbeat_at: string | null;
  /** When it was completed, failed or cancelled, ISO 8601 UTC; null before, and where it is unknown. */
  readonly ended_at: string | null;
  /** How many times the task was granted. */
  readonly attempt: number;
  /** The fence of the newest grant; 0 before the first. */
  readonly fence: number;
  /** What `complete` was given. */
  readonly result: JsonObject | null;
  /** What `fail` was given. */
  readonly error: string | null;
};

/** What a listing answers. */
export type TaskList = TaskCounts & {
  /** How many items were asked for. */
  readonly limit: number;
  /** The same counts by queue. */
  readonly queues: Readonly<Record<string, TaskCounts>>;
  /** Whether tasks matched that come after the items. */
  readonly truncated: boolean;
  /** How many tasks matched, those before `from` too. */
  readonly matched: number;
  /** The id of the first that matched after the items; null when there is none. */
  readonly next: string | null;
  /** Sorted as they would be handed out. */
  readonly items: readonly TaskItem[];
};

/** The answer where there was no task. */
export function queueEmpty(
  { queue, queues = queue === undefined ? [] : [queue], tag }: Omit<TaskClaimInput, "runId">,
): TaskQueueEmpty {
  return {
    status: "empty",
    queue: queues.length === 1 ? queues[0] ?? null : null,
    ...(queues.length > 1 ? { queues } : {}),
    ...(tag === undefined ? {} : { tag }),
  };
}

/** The fields of each operation's input, for the library and the command line alike. */
export const TASK_INPUTS = {
  claim: {
    runId: fields.holderId,
    queue: taskFields.queue,
    queues: taskFields.queues,
    tag: taskFields.tag,
    has: taskFields.has,
    claimTtl: taskFields.claimTtl,
    wait: fields.wait,
    signal: fields.anything,
  },
  complete: {
    id: taskFields.taskId,
    runId: fields.identifier,
    result: taskFields.payload,
    fence: fields.fence,
  },
  fail: {
    id: taskFields.taskId,
    runId: fields.identifier,
    error: taskFields.errorText,
    fence: fields.fence,
    final: fields.anything,
  },
  cancel: { id: taskFields.taskId, runId: fields.identifier, force: fields.anything },
  heartbeat: {
    id: taskFields.taskId,
    runId: fields.identifier,
    extension: fields.extension,
    fence: fields.fence,
    note: fields.note,
    progress,
  },
  giveBack: { id: taskFields.taskId, runId: fields.identifier, fence: fields.fence },
  list: {
    status: taskFields.statusFilter,
    queue: taskFields.queue,
    runId: fields.identifier,
    tag: taskFields.tag,
    from: taskFields.taskId,
    limit: taskFields.listLimit,
  },
} as const;
