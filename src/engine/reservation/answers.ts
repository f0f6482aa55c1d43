/** What the operations on reservations answer, put together from the records. */
import { badInput } from "../../domain/errors.ts";
import type {
  Conflicts,
  HoldConflict,
  WaiterConflict,
} from "../../domain/glob/holds/comparison.ts";
import { idOfStem, stemOfId } from "../../domain/ids.ts";
import { UNKNOWN_RUN } from "../../domain/limits.ts";
import { remarksOf } from "../../domain/input/progress.ts";
import { elsewhere } from "../../domain/reservation/conflict.ts";
import { quoted } from "../../domain/text.ts";
import {
  effectiveExpiry,
  intentExpiry,
  type IntentRecord,
  isLive,
  type ReleaseRecord,
  type ReservationEntry,
} from "../../domain/reservation/reservation.ts";
import { formatTime, parseTime } from "../../domain/time.ts";
import type * as types from "./types.ts";

/** Conflicts that the message of a refusal names. */
const MAX_NAMED = 3;

/** Why an exclusive reservation was refused. */
export function refusal({ conflicts, total, isCounted }: Conflicts): string {
  // Who keeps it out is named first.
  const weight = (each: HoldConflict) => each.exclusive ? isElsewhere(each) ? 1 : 2 : 0;
  const ordered = conflicts.toSorted((a, b) => weight(b) - weight(a));
  const named = ordered.slice(0, MAX_NAMED).map((conflict) => {
    const { address, their_address, run_id, expires_at } = conflict;
    const overlap = `${quoted(address, 80)} overlaps ${quoted(their_address, 80)}`;
    if (conflict.kind === "waiter") {
      return `${overlap}, for which ${quoted(run_id)} waits since ${conflict.since}`;
    }
    return `${overlap} of ${holderOf(conflict)}${
      expires_at === null ? "" : ` until ${expires_at}`
    }`;
  });
  const more = total - named.length;
  const rest = more > 0 || !isCounted ? [`and ${isCounted ? "" : "at least "}${more} more`] : [];
  return `Cannot reserve exclusively: ${[...named, ...rest].join("; ")}`;
}

function holderOf(conflict: Exclude<HoldConflict, WaiterConflict>): string {
  const lane = conflict.kind === "lane" ? `lane ${quoted(conflict.lane)} of ` : "";
  const place = conflict.kind === "lane" ? "" : elsewhere(conflict);
  return `${lane}${quoted(conflict.run_id)}${place}`;
}

/** Whether it is of another checkout of the repository. */
function isElsewhere(conflict: HoldConflict): boolean {
  return conflict.kind === "reservation" && conflict.worktree === true;
}

/** The conflicts as an answer has them. */
export function metOf({ conflicts, total, isCounted }: Conflicts): types.ReservationConflicts {
  return { conflicts, conflicts_total: total, conflicts_counted: isCounted };
}

/** A reservation that has ended for good. */
export function alreadyReleased(doing: string, release: ReleaseRecord): types.ReservationRefused {
  const { reservation_id, run_id, released_at, reason } = release;
  const how = `released by ${quoted(run_id)} at ${released_at}, reason ${quoted(reason)}`;
  const ended = { run_id, released_at, reason };
  return { status: "already_released", reservation_id, ...ended, error: `${doing}: ${how}` };
}

/** Another agent's reservation. */
export function notHolder(
  doing: string,
  entry: ReservationEntry,
  { runId }: { readonly runId: string },
): types.ReservationRefused {
  const { reservation, heartbeat } = entry;
  const { reservation_id, run_id, created_at } = reservation;
  const unknown = run_id === UNKNOWN_RUN && runId === UNKNOWN_RUN
    ? `, and two "${UNKNOWN_RUN}" agents never count as the same agent`
    : "";
  return {
    status: "not_holder",
    reservation_id,
    run_id,
    since: created_at,
    expires_at: formatTime(effectiveExpiry(entry)),
    ...remarksOf(heartbeat, reservation),
    error: `${doing}: holder is ${quoted(run_id)}, caller is ${quoted(runId)}${unknown}`,
  };
}

/** One whose fence is another than the caller's; a notice has none at all. */
export function staleFence(
  doing: string,
  { reservation: { reservation_id }, fence }: ReservationEntry,
  asked: number,
): types.ReservationRefused {
  if (fence === undefined) {
    const message = "is for claims of tasks and exclusive reservations: this one has none";
    throw badInput([{ field: "fence", code: "bad_args", message }]);
  }
  const error = `${doing}: the fence is ${fence}, the caller's is ${asked}`;
  return { status: "stale_fence", reservation_id, fence, error };
}

/** A reservation as a listing has it. */
export function reservationItem(entry: ReservationEntry, now: number): types.ReservationItem {
  const { reservation, heartbeat, release } = entry;
  const { note: _note, ...record } = reservation;
  return {
    ...record,
    ...remarksOf(heartbeat, reservation),
    expires_at: formatTime(effectiveExpiry(entry)),
    status: release !== undefined ? "released" : isLive(entry, now) ? "live" : "expired",
    last_beat_at: heartbeat?.last_beat_at ?? null,
    released_at: release?.released_at ?? null,
    reason: release?.reason ?? null,
  };
}

/**
 * An intent as a listing has it: it lives as long as its reservation, one of its own as long as most
 * reservations do.
 */
export function intentItemOf(
  intent: IntentRecord,
  live: ReadonlySet<string>,
  now: number,
): types.IntentItem {
  const { reservation_id: id } = intent;
  // Another tool may write the bare hex.
  const isLive = id === null ? intentExpiry(intent) > now : live.has(idOfStem(stemOfId(id)));
  return { ...intent, status: isLive ? "live" : "ended" };
}

interface Created {
  readonly created_at: string;
}

/** Oldest first. */
export function byCreation(a: Created, b: Created): number {
  return (parseTime(a.created_at) ?? 0) - (parseTime(b.created_at) ?? 0);
}

/** The same of reservations; of one instant by id. */
export function byAge({ reservation: a }: ReservationEntry, { reservation: b }: ReservationEntry) {
  return byCreation(a, b) || (a.reservation_id < b.reservation_id ? -1 : 1);
}
