/** What may need a person: the rules, and the order. */
import { deadAt } from "../../../domain/lane/lease.ts";
import {
  effectiveExpiry,
  type ReservationEntry,
  signOfLife,
} from "../../../domain/reservation/reservation.ts";
import { onceOfEach } from "../../../domain/watch/once.ts";
import { isLastAttempt } from "../../../domain/task/retry.ts";
import { formatTime, msOf, parseTime } from "../../../domain/time.ts";
import type { LaneItem } from "../../lane/types.ts";
import type { AgentList } from "../agents.ts";
import { noticeOf } from "../../../domain/watch/soon.ts";
import type { TasksNow } from "./tasks.ts";
import type { FleetAlert, FleetAlertKind, FleetFailure, FleetQueue } from "./types.ts";

/** Seconds for which a failure needs a look. */
const FAILED_S = 3_600;

/** Seconds after which a pending task is old. */
const OLD_S = 900;

/** The attempt from which on a task is tried often. */
const MANY_ATTEMPTS = 3;

/** All kinds, the most urgent first. */
export const ALERT_KINDS: readonly FleetAlertKind[] = [
  "lost_run",
  "failed_task",
  "blocked_task",
  "dead_lane",
  "timed_out_task",
  "lapsing_hold",
  "silent_run",
  "stuck_run",
  "retried_task",
  "paused_queue",
  "old_pending",
];

/** What alerts are made from. */
interface Sources {
  readonly tasks: TasksNow;
  readonly entries: readonly ReservationEntry[];
  readonly leases: readonly LaneItem[];
  readonly runs: AgentList;
  readonly queues: readonly FleetQueue[];
}

/** What may need a person at `now`; of a run only what is most urgent. */
export function alertsOf(sources: Sources, now: number): FleetAlert[] {
  const runs = new Map(sources.runs.agents.map((agent) => [agent.run_id, agent.status]));
  const isLost = (runId: string) => runs.get(runId) === "lost";
  const lapsing = lapsingHolds(sources, now).filter(({ run_id }) => !isLost(run_id ?? ""));
  const isLapsing = new Set(lapsing.map(({ run_id }) => run_id));
  const others = runAlerts(sources).filter(({ kind, run_id }) =>
    kind === "lost_run" || !isLapsing.has(run_id)
  );
  const all = [
    ...others,
    ...lapsing,
    ...taskAlerts(sources, now).filter(({ kind, run_id }) =>
      kind !== "timed_out_task" || !isLost(run_id ?? "")
    ),
    ...deadLanes(sources).filter(({ run_id }) => !isLost(run_id ?? "")),
    ...queueAlerts(sources, now),
  ];
  return all.map((each) => placed(each)).sort((a, b) =>
    a.rank - b.rank || a.order - b.order ||
    (a.alert.subject < b.alert.subject ? -1 : a.alert.subject > b.alert.subject ? 1 : 0)
  ).map(({ alert }) => alert);
}

/** An alert with what says where it comes. */
interface PlacedAlert {
  readonly alert: FleetAlert;
  readonly rank: number;
  readonly order: number;
}

/** The newest failure first; of all else what lasts longest. */
const placed = onceOfEach((alert: FleetAlert): PlacedAlert => {
  const order = alert.kind === "failed_task" ? -msOf(alert.at) : msOf(alert.at);
  return { alert, rank: ALERT_KINDS.indexOf(alert.kind), order };
});

function alert(kind: FleetAlertKind, about: Partial<FleetAlert>): FleetAlert {
  return {
    kind,
    id: null,
    run_id: null,
    queue: null,
    subject: "",
    detail: "",
    at: null,
    ...about,
  };
}

function runAlerts({ runs }: Sources): FleetAlert[] {
  const kinds = { lost: "lost_run", silent: "silent_run", stuck: "stuck_run" } as const;
  return runs.agents.flatMap(({ run_id, status, task, last_beat_at: at, note }) => {
    if (status === "working") return [];
    const detail = task?.title ?? note ?? "";
    return alert(kinds[status], { id: task?.task_id ?? null, run_id, subject: run_id, detail, at });
  });
}

/** The holds that end soon, of each run the one that ends first. */
function lapsingHolds({ tasks, entries, leases }: Sources, now: number): FleetAlert[] {
  const first = new Map<string, { end: number; about: Partial<FleetAlert> }>();
  const hold = (
    run: string,
    start: number,
    end: number | undefined,
    about: Partial<FleetAlert>,
    time = (end ?? 0) - start,
  ) => {
    if (end === undefined || end <= now || end - noticeOf(time) > now) return;
    if ((first.get(run)?.end ?? Infinity) > end) first.set(run, { end, about });
  };
  for (const { task, claim, status } of tasks.claimed) {
    if (claim === undefined || status !== "claimed") continue;
    const { claimer_run_id, heartbeat_at, expires_at } = claim;
    const about = { id: task.task_id, queue: task.queue, subject: task.title };
    hold(claimer_run_id, msOf(heartbeat_at), parseTime(expires_at), about);
  }
  for (const entry of entries) {
    const { reservation_id: id, run_id, addresses: [subject = ""] } = entry.reservation;
    hold(run_id, msOf(signOfLife(entry)), effectiveExpiry(entry), { id, subject });
  }
  for (const lease of leases) {
    if (lease.status !== "live") continue;
    const about = { id: `lane:${lease.lane}`, subject: lease.lane };
    const time = lease.ttl_seconds * 1000;
    hold(lease.run_id ?? lease.holder, 0, deadAt(lease), about, time);
  }
  return [...first].map(([run_id, { end, about }]) =>
    alert("lapsing_hold", { ...about, run_id, at: formatTime(end) })
  );
}

function deadLanes({ leases }: Sources): FleetAlert[] {
  return leases.filter(({ status }) => status === "dead").map((lease) =>
    alert("dead_lane", {
      id: `lane:${lease.lane}`,
      run_id: lease.run_id ?? lease.holder,
      subject: lease.lane,
      at: lease.heartbeat_at ?? lease.acquired_at ?? null,
    })
  );
}

function taskAlerts({ tasks }: Sources, now: number): FleetAlert[] {
  const failed = tasks.failures.map((failure) => failedTask(failure))
    // The order of a failure is when it was, the newest first.
    .filter((each) => now + placed(each).order < FAILED_S * 1000);
  const blocked = tasks.blocked.map(({ task: { task_id: id, queue, title, created_at }, by }) =>
    alert("blocked_task", { id, queue, subject: title, detail: by, at: created_at })
  );
  const late = tasks.claimed.flatMap(({ task, claim, status }) => {
    if (claim === undefined || status !== "timed_out") return [];
    const { task_id: id, title: subject, queue } = task;
    const { claimer_run_id: run_id, expires_at: at } = claim;
    return alert("timed_out_task", { id, queue, run_id, subject, at });
  });
  const retried = [...tasks.retried, ...tasks.claimed].flatMap(({ task, claim, status }) => {
    if (claim === undefined || claim.attempt < MANY_ATTEMPTS || status === "timed_out") return [];
    const { task_id: id, title: subject, queue } = task;
    const last = isLastAttempt(task, claim) ? ", the last" : "";
    const detail = `attempt ${claim.attempt}${last}${claim.error ? `: ${claim.error}` : ""}`;
    return alert("retried_task", { id, queue, subject, detail, at: claim.claimed_at });
  });
  return [...failed, ...blocked, ...late, ...retried];
}

const failedTask = onceOfEach((failure: FleetFailure): FleetAlert => {
  const { task_id: id, title: subject, queue, run_id, error, ended_at: at } = failure;
  return alert("failed_task", { id, queue, run_id, subject, detail: error ?? "", at });
});

function queueAlerts({ queues }: Sources, now: number): FleetAlert[] {
  return queues.flatMap(({ queue, paused, pending, oldest_pending: oldest }) => {
    if (pending === 0 || oldest === null) return [];
    if (paused !== null) {
      const detail = `${pending} pending${paused.reason ? `: ${paused.reason}` : ""}`;
      return alert("paused_queue", { queue, subject: queue, detail, at: paused.paused_at });
    }
    if (now - msOf(oldest.since) < OLD_S * 1000) return [];
    const { task_id: id, title: subject, since: at } = oldest;
    return alert("old_pending", { id, queue, subject, at });
  });
}
