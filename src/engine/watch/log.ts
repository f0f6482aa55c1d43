/** What happened, oldest first, put together from the records. */
import { decimal, identifier, integer, oneOf } from "../../domain/input/fields.ts";
import { isObject, type JsonObject } from "../../domain/json.ts";
import { GRACE_S, LIST_LIMIT, SHOWN_ENTRIES } from "../../domain/limits.ts";
import {
  effectiveExpiry,
  isLive,
  type ReservationEntry,
} from "../../domain/reservation/reservation.ts";
import { attemptsOf, type TaskAttempt } from "../../domain/task/attempts.ts";
import type { ListedTask } from "../../domain/task/listing.ts";
import { pendingExpiry } from "../../domain/task/pending.ts";
import { requeuesOf } from "../../domain/task/retry.ts";
import { formatTime, msOf } from "../../domain/time.ts";
import type { Context } from "../context.ts";
import { checkInput } from "../input.ts";
import { readJournal } from "../lane/turn.ts";

/** What kind of record something happened to. */
export type LogKind = "task" | "reservation" | "intent" | "lane" | "queue";

/** All kinds. */
export const LOG_KINDS: readonly LogKind[] = ["task", "reservation", "intent", "lane", "queue"];

/** What to list; by default the last 200 events of every kind. */
export interface LogInput {
  /** Only what happened within this number of seconds before now. */
  readonly since?: number;
  /** Only what this run did. */
  readonly runId?: string;
  /** Only what happened to records of this kind. */
  readonly kind?: LogKind;
  /** How many events at most, 0 to 10000, default 200: the last of those that match. */
  readonly limit?: number;
}

/** The fields of the input, for the library and the command line alike. */
export const LOG_INPUT = {
  since: decimal(GRACE_S),
  runId: identifier,
  kind: oneOf(LOG_KINDS),
  limit: integer(LIST_LIMIT),
} as const;

/** One thing that happened. */
export interface LogEvent {
  /** When, ISO 8601 UTC. */
  readonly at: string;
  /** What kind of record it happened to. */
  readonly kind: LogKind;
  /**
   * Of a task `enqueued`, `claimed`, `completed`, `failed`, `cancelled`, `expired`, `timed_out`, `given_back`,
   * `requeued` and `reprioritized` (the last time); of a
   * reservation `reserved`, `released`, `expired`; of an intent `announced`; of a lane `acquired`,
   * `released`, `adopted`, `evicted`, `refused`, `spawned`, `halted`; of a queue that is paused `paused`.
   */
  readonly event: string;
  /** The record's id; of a lane or a queue its name. */
  readonly id: string;
  /** Whose doing it was, of a lane that was evicted who had it; null where no record says. */
  readonly run_id: string | null;
  /** The title of a task, the addresses of a reservation or an intent; null of a lane or a queue. */
  readonly subject: string | null;
  /** In which attempt at a task; null of anything else, and where that is not kept. */
  readonly attempt: number | null;
  /** Why: the error of a failed task, the reason of a release or a pause; null where there is none. */
  readonly detail: string | null;
}

/** What `log` answers. */
export interface Log {
  /** How many events match. */
  readonly total: number;
  /** How many were asked for. */
  readonly limit: number;
  /** Whether earlier ones match that are not listed. */
  readonly truncated: boolean;
  /** The last of them, the oldest first. */
  readonly events: readonly LogEvent[];
}

/** What `Coord.log()` promises. */
export async function readLog(context: Context, input: LogInput): Promise<Log> {
  checkInput(input, LOG_INPUT);
  const { since, runId, kind, limit = LIST_LIMIT.default } = input;
  const now = context.clock();
  const isWanted = (each: LogKind) => kind === undefined || kind === each;
  const { tasks, reservations } = context.store;
  const all: LogEvent[] = [];
  if (isWanted("task")) {
    for (const task of (await tasks.list({})).items) all.push(...taskEvents(task));
  }
  if (isWanted("reservation")) {
    for (const entry of await reservations.list(now, true)) {
      all.push(...reservationEvents(entry, now));
    }
  }
  if (isWanted("intent")) {
    for (
      const { intent_id: id, created_at, run_id, addresses } of await reservations.listIntents()
    ) {
      const subject = addresses.join(", ");
      all.push({ ...happened("intent", "announced", id, created_at), run_id, subject });
    }
  }
  if (isWanted("lane")) all.push(...await laneEvents(context));
  if (isWanted("queue")) {
    for (const { queue, paused_at, paused_by: run_id, reason } of await tasks.pauses.all()) {
      all.push({
        ...happened("queue", "paused", queue, paused_at),
        run_id,
        detail: reason ?? null,
      });
    }
  }
  const from = since === undefined ? -Infinity : now - since * 1000;
  const matching = all
    .filter(({ at, run_id }) => msOf(at) >= from && (runId === undefined || run_id === runId))
    .sort((a, b) => msOf(a.at) - msOf(b.at));
  const events = matching.slice(Math.max(0, matching.length - limit));
  return { total: matching.length, limit, truncated: matching.length > limit, events };
}

function happened(kind: LogKind, event: string, id: string, at: string): LogEvent {
  const nothing = { run_id: null, subject: null, attempt: null, detail: null };
  return { at: formatTime(msOf(at)), kind, event, id, ...nothing };
}

function taskEvents({ task, claim, status }: ListedTask): LogEvent[] {
  const { task_id: id, title: subject, created_at, created_by } = task;
  const events: LogEvent[] = [{
    ...happened("task", "enqueued", id, created_at),
    run_id: created_by,
    subject,
  }];
  if (status === "expired" && claim?.status !== "expired") {
    // No process has made that end yet.
    const at = formatTime(pendingExpiry(task, claim));
    events.push({ ...happened("task", "expired", id, at), subject });
  }
  if (claim === undefined) return events;
  const attempts = attemptsOf(claim, status === "timed_out");
  const requeues = requeuesOf(claim);
  const ends = requeues.flatMap(({ requeue_followed: end }) => end ?? []);
  for (const { attempt, run_id, claimed_at, ended_at, end, error } of attempts) {
    const who = { subject, attempt };
    events.push({ ...happened("task", "claimed", id, claimed_at), run_id, ...who });
    if (ended_at === null || end === null) continue;
    const cancelled = ends.find((each) => each.ended_at === ended_at)?.ended_by ??
      (claim.ended_at === ended_at ? claim.cancelled_by : undefined);
    const by = end === "cancelled" ? cancelled ?? run_id : run_id;
    events.push({
      ...happened("task", end, id, ended_at),
      run_id: by,
      ...who,
      detail: error === "" ? null : error,
    });
  }
  // A task may be cancelled that no run has, or expire.
  const last = attempts.at(-1);
  const isToldOf = last?.end === claim.status && last.ended_at === claim.ended_at;
  const isOver = claim.status === "cancelled" || claim.status === "expired";
  if (isOver && !isToldOf && claim.ended_at !== undefined) {
    const run_id = claim.cancelled_by ?? null;
    events.push({ ...happened("task", claim.status, id, claim.ended_at), run_id, subject });
  }
  for (const { status: event, ended_at: at, ended_by: run_id } of ends) {
    const isAttempt = attempts.some(({ end, ended_at }) => end === event && ended_at === at);
    if (!isAttempt) events.push({ ...happened("task", event, id, at), run_id, subject });
  }
  for (const { requeued_at: at, requeued_by: run_id, requeue_reason: why } of requeues) {
    const who = { run_id, subject, attempt: attemptAt(attempts, at), detail: why ?? null };
    events.push({ ...happened("task", "requeued", id, at), ...who });
  }
  const { reprioritized_at: changedAt, reprioritized_by: changer = null, priority } = claim;
  if (changedAt !== undefined) {
    const who = { run_id: changer, subject, detail: `priority ${priority}` };
    events.push({ ...happened("task", "reprioritized", id, changedAt), ...who });
  }
  return events;
}

/** The newest attempt at an instant; null before the first, and among those that are not kept. */
function attemptAt(attempts: readonly TaskAttempt[], at: string): number | null {
  const index = attempts.findLastIndex(({ claimed_at }) => msOf(claimed_at) <= msOf(at));
  const attempt = attempts[index]?.attempt ?? null;
  const next = attempts[index + 1]?.attempt;
  return attempt !== null && next !== undefined && next > attempt + 1 ? null : attempt;
}

function reservationEvents(entry: ReservationEntry, now: number): LogEvent[] {
  const { reservation, release } = entry;
  const { reservation_id: id, run_id, created_at, addresses } = reservation;
  const subject = addresses.join(", ");
  const events: LogEvent[] = [{
    ...happened("reservation", "reserved", id, created_at),
    run_id,
    subject,
  }];
  if (release !== undefined) {
    events.push({
      ...happened("reservation", "released", id, release.released_at),
      run_id: release.run_id,
      subject,
      detail: release.reason,
    });
  } else if (!isLive(entry, now)) {
    const at = formatTime(Math.min(effectiveExpiry(entry), now));
    events.push({ ...happened("reservation", "expired", id, at), run_id, subject });
  }
  return events;
}

/** What entries of the journal are called; heartbeats and what the journal does for itself are none. */
const LANE_EVENTS: Readonly<Record<string, string>> = {
  ACQUIRE: "acquired",
  RELEASE: "released",
  ADOPT: "adopted",
  SCAVENGE: "evicted",
  REFUSE: "refused",
  SPAWN: "spawned",
  HALT: "halted",
};

async function laneEvents(context: Context): Promise<LogEvent[]> {
  const { lanes } = context.store;
  // Where it may not be read, that is an error here as in every listing of lanes.
  await readJournal({ ...context, lanes });
  return (await lanes.journal.last(SHOWN_ENTRIES.read)).flatMap((entry) => {
    const event = Object.hasOwn(LANE_EVENTS, entry.op) ? LANE_EVENTS[entry.op] : undefined;
    const at = textOf(entry["ts"]);
    if (event === undefined || at === null) return [];
    const lane = textOf(entry["lane"]) ?? "";
    return [{
      ...happened("lane", event, lane, at),
      run_id: runOf(entry) ?? (isObject(entry["lease"]) ? runOf(entry["lease"]) : null),
      detail: textOf(entry["reason"]),
    }];
  });
}

function runOf(record: JsonObject): string | null {
  return textOf(record["run_id"]) ?? textOf(record["holder"]);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
