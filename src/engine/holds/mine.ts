/**
 * What one run does to all that it holds. Only what bears its own id: a session's hold is not its
 * subagents' to end, nor theirs its.
 */
import { CoordError } from "../../domain/errors.ts";
import * as fields from "../../domain/input/fields.ts";
import { type HoldRemarks, progress } from "../../domain/input/progress.ts";
import { sameAgent } from "../../domain/input/run_id.ts";
import { LIST_LIMIT } from "../../domain/limits.ts";
import type { ReservationEntry } from "../../domain/reservation/reservation.ts";
import { quoted } from "../../domain/text.ts";
import type { Context } from "../context.ts";
import { checkInput } from "../input.ts";
import type { Lanes } from "../lane/lanes.ts";
import type { LaneBusy, LaneHeartbeat, LaneRefused } from "../lane/types.ts";
import { checkedNames, NAMING, type NamingInput } from "../names.ts";
import type { Refusal } from "../refusal.ts";
import { byCreation } from "../reservation/answers.ts";
import type { Reservations } from "../reservation/reservations.ts";
import {
  ADDRESSES,
  RESERVATION_INPUTS,
  type ReservationRefused,
  type ReservationReleased,
} from "../reservation/types.ts";
import type { Tasks } from "../task/tasks.ts";
import { Unread } from "../hold/unread.ts";
import type { AnyHeartbeat } from "./heartbeat.ts";

/** Whose holds to keep, for how long, and what to say of them. */
export interface MineHeartbeatInput extends HoldRemarks {
  /** Who holds them. */
  readonly runId: string;
  /** Seconds from now, 1 to 31536000, default each one's own TTL; a lane always has its own. */
  readonly extension?: number;
}

/** Whose reservations to end, and why. */
export interface MineReleaseInput extends NamingInput {
  /** Who holds them. */
  readonly runId: string;
  /** Only those that name one of these addresses; such a one ends whole. */
  readonly addresses?: readonly string[];
  /** As of a release. */
  readonly reason?: string;
}

/** What became of all that one run holds. */
export interface MineAnswer<Done extends string, Each> {
  /** Done, or the first refusal's status where a hold was lost meanwhile. */
  readonly status: Done | Refusal["status"];
  /** Who holds them. */
  readonly run_id: string;
  /** How many there were. */
  readonly total: number;
  /** The answer for each, the reservations first, then claims, then lanes. */
  readonly holds: readonly Each[];
  /** Why the first one that was lost is. */
  readonly error?: string;
}

/** What `heartbeat --mine` answers. */
export type MineHeartbeat = MineAnswer<
  "ok",
  AnyHeartbeat | LaneHeartbeat | LaneRefused | LaneBusy & { readonly lane: string }
>;

/** What `release --mine` answers. */
export type MineReleased = MineAnswer<"released", ReservationReleased | ReservationRefused>;

/** The fields of the inputs. */
export const MINE_INPUTS = {
  heartbeat: {
    runId: fields.holderId,
    extension: fields.extension,
    note: fields.note,
    progress,
  },
  release: {
    runId: fields.holderId,
    addresses: RESERVATION_INPUTS.reserve.addresses,
    reason: fields.reason,
    ...NAMING,
  },
} as const;

/** The operations that it is made of. */
interface Parts {
  readonly tasks: Tasks;
  readonly reservations: Reservations;
  readonly lanes: Lanes;
}

/**
 * Keeps all that a run holds: reservations, claims and lanes.
 *
 * @throws {CoordError} `io_error` when a record could not be read, which may be the run's; all others are kept.
 */
export async function beatMine(
  context: Context,
  { tasks, reservations, lanes }: Parts,
  input: MineHeartbeatInput,
): Promise<MineHeartbeat> {
  checkInput(input, MINE_INPUTS.heartbeat, ["runId"]);
  const { runId } = input;
  const unread = new Unread();
  const holds: MineHeartbeat["holds"][number][] = [];
  for (const { reservation } of await ownReservations(context, runId, unread)) {
    holds.push(await reservations.heartbeat({ ...input, id: reservation.reservation_id }));
  }
  const filter = { status: "claimed", runId, limit: LIST_LIMIT.max } as const;
  for (const { task } of (await context.store.tasks.list(filter, unread.note)).items) {
    holds.push(await tasks.heartbeat({ ...input, id: task.task_id }));
  }
  for (const { lane, holder, run_id = holder, loop_ts, fence } of (await lanes.live()).leases) {
    if (!sameAgent(run_id, runId)) continue;
    holds.push({
      ...await lanes.heartbeat({ lane, owner: holder, loopTs: loop_ts, fence }),
      lane,
    });
  }
  unread.check();
  return answerOf("ok", runId, holds);
}

/**
 * Ends a run's reservations.
 *
 * @throws {CoordError} `not_found` when addresses are given and none of them names one; `io_error` when a
 * record could not be read, which may be the run's; all others have ended.
 */
export async function releaseMine(
  context: Context,
  reservations: Reservations,
  input: MineReleaseInput,
): Promise<MineReleased> {
  const { runId, addresses, reason } = input;
  const table = MINE_INPUTS.release;
  if (addresses === undefined) checkInput(input, table, ["runId"]);
  const named = addresses === undefined
    ? undefined
    : new Set(checkedNames(input, table, ["runId"], context.checkout, ADDRESSES).entries);
  const unread = new Unread();
  const meant = (await ownReservations(context, runId, unread)).filter(({ reservation }) =>
    named === undefined || reservation.addresses.some((address) => named.has(address))
  );
  if (named !== undefined && meant.length === 0) {
    unread.check();
    const [first = ""] = named;
    const message =
      `Cannot release ${quoted(first, 80)}: ${quoted(runId)} has no live reservation ` +
      "that names it";
    throw new CoordError("not_found", message, { addresses: [...named], run_id: runId });
  }
  const holds: (ReservationReleased | ReservationRefused)[] = [];
  for (const { reservation: { reservation_id: id } } of meant) {
    holds.push(await reservations.release({ id, runId, ...(reason && { reason }) }));
  }
  unread.check();
  return answerOf("released", runId, holds);
}

async function ownReservations(
  { store, clock }: Context,
  runId: string,
  unread: Unread,
): Promise<readonly ReservationEntry[]> {
  return (await store.reservations.list(clock(), false, unread.note))
    .filter(({ reservation }) => sameAgent(reservation.run_id, runId))
    .sort((a, b) =>
      byCreation(a.reservation, b.reservation) ||
      (a.reservation.reservation_id < b.reservation.reservation_id ? -1 : 1)
    );
}

function answerOf<Done extends string, Each extends { readonly status: string }>(
  done: Done,
  runId: string,
  holds: readonly Each[],
): MineAnswer<Done, Each> {
  const refusals = holds.filter((each): each is Each & Refusal => "error" in each);
  const [first] = refusals;
  const answer = { run_id: runId, total: holds.length, holds };
  return first === undefined
    ? { status: done, ...answer }
    : { status: first.status, ...answer, error: first.error };
}
