/** The state of a whole fleet at one moment. */
import type { TaskAttempt } from "../../../domain/task/attempts.ts";
import type { TaskCounts } from "../../../domain/task/listing.ts";
import type { QueuePause } from "../../../domain/task/keeping/pause.ts";
import type { LaneItem } from "../../lane/types.ts";
import type { ReservationItem } from "../../reservation/types.ts";
import type { AgentList } from "../agents.ts";

/** How to follow a fleet. */
export interface FleetOptions {
  /** End after the first state. */
  readonly once?: boolean;
  /** Seconds between two states at least, 0 to 60, default 0.25. */
  readonly interval?: number;
  /** Seconds after which a state follows though nothing has changed, 0.1 to 60, default 1. */
  readonly ages?: number;
  /** How many attempts each state lists, 0 to 1000, default 0. */
  readonly attempts?: number;
  /** Ends the states. */
  readonly signal?: AbortSignal;
}

/** A task that waits to be claimed. */
export interface FleetPending {
  /** Its id. */
  readonly task_id: string;
  /** For people. */
  readonly title: string;
  /** Since when it waits, ISO 8601 UTC. */
  readonly since: string;
}

/** A queue that has tasks or is paused. */
export interface FleetQueue extends TaskCounts {
  /** Its name. */
  readonly queue: string;
  /** The pause; null where the queue is open. */
  readonly paused: Omit<QueuePause, "queue"> | null;
  /** The task that has been pending longest, null when none is. */
  readonly oldest_pending: FleetPending | null;
  /** How many tasks were completed in the last minute. */
  readonly completed_last_minute: number;
}

/** A run that waits for what others hold. */
export interface FleetWait {
  /** Who waits. */
  readonly run_id: string;
  /** The addresses that it waits for. */
  readonly addresses: readonly string[];
  /** The lane that it waits for; null when it waits for none. */
  readonly lane: string | null;
  /** The runs whose holds were in its way when it looked last. */
  readonly waits_for: readonly string[];
  /** Since when, ISO 8601 UTC. */
  readonly since: string;
}

/**
 * Two holds of different runs that overlap: reservations, exclusive ones or not, of any branch and
 * checkout, and lanes by their trees. A session and its own subagent are no two runs.
 */
export interface FleetConflict {
  /** The run whose hold was made later, and the other one. */
  readonly run_ids: readonly [string, string];
  /** An address of each hold that overlap, in the same order. */
  readonly addresses: readonly [string, string];
  /** What `show` takes for each hold, in the same order. */
  readonly ids: readonly [string, string];
  /** Since when: the later hold was made, ISO 8601 UTC. */
  readonly since: string;
}

/** An address in conflicts of the last minute. */
export interface FleetHotspot {
  /** As a hold names it. */
  readonly address: string;
  /** In how many of those conflicts it overlaps an address of the other run. */
  readonly count: number;
}

/** A task that failed. */
export interface FleetFailure {
  /** Its id. */
  readonly task_id: string;
  /** For people. */
  readonly title: string;
  /** Its queue. */
  readonly queue: string;
  /** Who had it last. */
  readonly run_id: string;
  /** Why it failed; null where its holder did not say. */
  readonly error: string | null;
  /** How many times it was granted. */
  readonly attempt: number;
  /** When it failed, ISO 8601 UTC; null where another tool ended it. */
  readonly ended_at: string | null;
}

/** A grant of a task, which goes on or has ended. */
export interface FleetAttempt extends
  Pick<
    TaskAttempt,
    "attempt" | "run_id" | "claimed_at" | "ended_at" | "end" | "error"
  > {
  /** The task's id. */
  readonly task_id: string;
  /** For people. */
  readonly title: string;
  /** Its queue. */
  readonly queue: string;
}

/**
 * What may need a person, the most urgent kind first. `lost_run`: all that the run holds has timed out.
 * `failed_task`: it failed within the last hour. `blocked_task`: a task that it waits for ended without
 * being completed. `dead_lane`: its holder is silent for too long or gone. `timed_out_task`: its claim
 * timed out. `lapsing_hold`: it ends soon unless its run renews it. `silent_run` and `stuck_run`: as in
 * `agents`. `retried_task`: the third attempt or a later one. `paused_queue`: it has pending tasks.
 * `old_pending`: the oldest task of a queue waits for 15 minutes or longer.
 */
export type FleetAlertKind =
  | "lost_run"
  | "failed_task"
  | "blocked_task"
  | "dead_lane"
  | "timed_out_task"
  | "lapsing_hold"
  | "silent_run"
  | "stuck_run"
  | "retried_task"
  | "paused_queue"
  | "old_pending";

/** One thing that may need a person. */
export interface FleetAlert {
  /** What is the matter. */
  readonly kind: FleetAlertKind;
  /** What `show` takes for the record that it is about; null where it is about none. */
  readonly id: string | null;
  /** The run that it is about, null where it is about none. */
  readonly run_id: string | null;
  /** The queue that it is about, null where it is about none. */
  readonly queue: string | null;
  /** What it is about, for people: a title, an address, the name of a lane, a run or a queue. */
  readonly subject: string;
  /** Why, or how it stands; empty where the kind says it all. */
  readonly detail: string;
  /** Since when, or of a hold that is about to lapse until when; ISO 8601 UTC, null where unknown. */
  readonly at: string | null;
}

/** The state of a fleet. */
export interface Fleet {
  /** The moment, ISO 8601 UTC. */
  readonly at: string;
  /** What may need a person, the most urgent first. */
  readonly alerts: readonly FleetAlert[];
  /** Every run that holds something, as `agents` has it. */
  readonly runs: AgentList;
  /** All tasks by status. */
  readonly tasks: TaskCounts;
  /** The queues that have tasks or are paused, by name. */
  readonly queues: readonly FleetQueue[];
  /** Who waits for what others hold, first come first. */
  readonly waits: readonly FleetWait[];
  /** The conflicts between live holds, the newest first; at most 100. */
  readonly conflicts: readonly FleetConflict[];
  /** How many there are. */
  readonly conflicts_total: number;
  /** How many began in the last minute: the later hold was made then. Those that ended since count. */
  readonly conflicts_last_minute: number;
  /** Whether all holds were compared, and all conflicts kept; otherwise the numbers are lower bounds. */
  readonly conflicts_counted: boolean;
  /** The addresses in most conflicts of the last minute, at most 5, the most fought for first. */
  readonly hotspots: readonly FleetHotspot[];
  /** The live reservations, as `list` has them. */
  readonly reservations: readonly ReservationItem[];
  /** The leases of lanes, as `lane live --all` has them. */
  readonly leases: readonly LaneItem[];
  /** The tasks that failed last, at most 50, the newest first. */
  readonly failures: readonly FleetFailure[];
  /** What runs do and did last, those that go on first; only where the options ask for it. */
  readonly attempts?: readonly FleetAttempt[];
}
