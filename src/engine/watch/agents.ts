/** What every run holds and does, a line each. */
import { lastBeat } from "../../domain/lane/lease.ts";
import { STUCK_S } from "../../domain/limits.ts";
import {
  isLive,
  type ReservationEntry,
  reservationTtl,
  signOfLife,
} from "../../domain/reservation/reservation.ts";
import { isGivenBack } from "../../domain/task/attempts.ts";
import type { ClaimRecord } from "../../domain/task/claim.ts";
import { claimTtl } from "../../domain/task/keeping/grant.ts";
import { type Progress, remarksOf } from "../../domain/input/progress.ts";
import type { ListedTask, TaskListing } from "../../domain/task/listing.ts";
import { formatTime, msOf, parseTime } from "../../domain/time.ts";
import type { Context } from "../context.ts";
import { liveLeases } from "../lane/live.ts";
import { byAge } from "../reservation/answers.ts";
import type { LaneItem } from "../lane/types.ts";

/**
 * How a run is doing. `working`: it beats. `silent`: it holds something, and half of the shortest time
 * that it may be silent has passed without a sign of life. `stuck`: it beats, and for an hour neither a
 * note nor progress came on its task. `lost`: all that it holds has timed out, and it gave nothing back.
 */
export type AgentStatus = "working" | "silent" | "stuck" | "lost";

/** All of them, the one that needs no look first. */
export const AGENT_STATUSES: readonly AgentStatus[] = ["working", "silent", "stuck", "lost"];

/** One run that holds something. */
export interface AgentItem {
  /** Who it is. */
  readonly run_id: string;
  /** How it is doing. */
  readonly status: AgentStatus;
  /** The task that it claimed last, null when it has none. */
  readonly task: AgentTask | null;
  /** How many tasks it has. */
  readonly tasks: number;
  /** Its last sign of life, ISO 8601 UTC; null where no record says. */
  readonly last_beat_at: string | null;
  /** What it said last of its task, else of a reservation; null when it said nothing. */
  readonly note: string | null;
  /** How far it said that is; null when it said nothing. */
  readonly progress: Progress | null;
  /** How many live reservations it has. */
  readonly reservations: number;
  /** The names of its lanes, the first granted first. */
  readonly lanes: readonly string[];
}

/** The task of a run. */
export interface AgentTask {
  /** Its id. */
  readonly task_id: string;
  /** For people. */
  readonly title: string;
  /** The queue that it came from. */
  readonly queue: string;
  /** Since when the run has it, ISO 8601 UTC. */
  readonly since: string;
  /** When the claim times out or did, ISO 8601 UTC. */
  readonly expires_at: string;
  /** How many times the task was granted. */
  readonly attempt: number;
}

/** What `agents` answers. */
export type AgentList = Readonly<Record<AgentStatus, number>> & {
  /** How many runs hold something. */
  readonly total: number;
  /** Each of them, by run id. */
  readonly agents: readonly AgentItem[];
};

/** What one run holds. */
interface RunHolds {
  readonly claims: { readonly task: ListedTask; readonly claim: ClaimRecord }[];
  readonly reservations: ReservationEntry[];
  readonly lanes: LaneItem[];
}

/** What runs hold, and how all tasks stand. */
export interface HoldsNow {
  /** The counts of all tasks, and those that a run has. */
  readonly tasks: TaskListing;
  /** Those that are live, the oldest first. */
  readonly reservations: readonly ReservationEntry[];
  /** Those that were not released, the dead among them. */
  readonly leases: readonly LaneItem[];
}

/** What `Coord.agents()` promises. */
export async function listAgents(context: Context): Promise<AgentList> {
  return agentsOf(await heldNow(context), context.clock());
}

/** Reads what runs hold. */
export async function heldNow(context: Context): Promise<HoldsNow> {
  const { store, clock } = context;
  const tasks = await store.tasks.list({ status: ["claimed", "timed_out"] });
  const now = clock();
  const reservations = (await store.reservations.list(now, false))
    .filter((entry) => isLive(entry, now))
    .sort(byAge);
  const { leases } = await liveLeases({ ...context, lanes: store.lanes }, { all: true });
  return { tasks, reservations, leases };
}

/** The runs that hold something, and how they are doing. */
export function agentsOf(
  { tasks, reservations, leases }: Omit<HoldsNow, "tasks"> & {
    readonly tasks: Pick<TaskListing, "items">;
  },
  now: number,
): AgentList {
  const runs = new Map<string, RunHolds>();
  const of = (runId: string): RunHolds => {
    const known = runs.get(runId) ?? { claims: [], reservations: [], lanes: [] };
    runs.set(runId, known);
    return known;
  };
  for (const task of tasks.items) {
    const { claim } = task;
    // What was given back is held by no run.
    if (claim === undefined || isGivenBack(claim)) continue;
    of(claim.claimer_run_id).claims.push({ task, claim });
  }
  for (const entry of reservations) of(entry.reservation.run_id).reservations.push(entry);
  for (const lease of leases) of(lease.run_id ?? lease.holder).lanes.push(lease);
  const agents = [...runs].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([runId, held]) => agentOf(runId, held, now));
  const count = (wanted: AgentStatus) => agents.filter(({ status }) => status === wanted).length;
  return {
    total: agents.length,
    working: count("working"),
    silent: count("silent"),
    stuck: count("stuck"),
    lost: count("lost"),
    agents,
  };
}

function agentOf(runId: string, held: RunHolds, now: number): AgentItem {
  const claims = held.claims.toSorted((a, b) =>
    Number(b.task.status === "claimed") - Number(a.task.status === "claimed") ||
    msOf(b.claim.claimed_at) - msOf(a.claim.claimed_at)
  );
  const [newest] = claims;
  const said = remarksOf(
    newest?.claim,
    ...held.reservations.flatMap(({ heartbeat, reservation }) => [heartbeat, reservation]),
  );
  const beat = lastSign(held);
  return {
    run_id: runId,
    status: statusOf(held, newest?.claim, beat, now),
    task: newest === undefined ? null : agentTask(newest),
    tasks: claims.length,
    last_beat_at: beat === undefined ? null : formatTime(beat),
    note: said.note ?? null,
    progress: said.progress ?? null,
    reservations: held.reservations.length,
    lanes: held.lanes.map(({ lane }) => lane),
  };
}

function agentTask({ task: { task }, claim }: RunHolds["claims"][number]): AgentTask {
  const { task_id, title, queue } = task;
  const { claimed_at: since, expires_at, attempt } = claim;
  return { task_id, title, queue, since, expires_at, attempt };
}

/** The last sign of life of a run, milliseconds since 1970. */
function lastSign({ claims, reservations, lanes }: RunHolds): number | undefined {
  const signs = [
    ...claims.map(({ claim }) => msOf(claim.heartbeat_at)),
    ...reservations.map((entry) => msOf(signOfLife(entry))),
    ...lanes.flatMap((lease) => lastBeat(lease) ?? []),
  ];
  return signs.length === 0 ? undefined : Math.max(...signs);
}

function statusOf(
  { claims, reservations, lanes }: RunHolds,
  newest: ClaimRecord | undefined,
  beat: number | undefined,
  now: number,
): AgentStatus {
  // How long each live hold lets its run be silent, in seconds.
  const live = [
    ...claims.flatMap(({ task, claim }) => task.status === "claimed" ? [claimTtl(claim)] : []),
    ...reservations.map(({ reservation }) => reservationTtl(reservation)),
    ...lanes.flatMap(({ status, ttl_seconds }) => status === "live" ? [ttl_seconds] : []),
  ];
  if (live.length === 0) return "lost";
  const silence = beat === undefined ? 0 : (now - beat) / 1000;
  if (silence > Math.min(...live) / 2) return "silent";
  if (newest === undefined) return "working";
  const word = parseTime(newest.noted_at) ?? msOf(newest.claimed_at);
  return (now - word) / 1000 > STUCK_S ? "stuck" : "working";
}
