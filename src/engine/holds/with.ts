/**
 * Work under holds: addresses, a lane, or both are held while a function runs, and given back at its end.
 *
 * The addresses come first and all at once, then the lane: of any number of callers in this order none
 * waits for another in a circle. Whatever happens, all that was got is given back. That it was held to
 * the end is looked up once more before the result is reported.
 */
import { realTimers } from "../../async/timers.ts";
import { badInput, CoordError } from "../../domain/errors.ts";
import type { HoldConflict } from "../../domain/glob/holds/comparison.ts";
import * as fields from "../../domain/input/fields.ts";
import type { LaneConflict } from "../../domain/lane/arbiter.ts";
import * as laneFields from "../../domain/lane/fields.ts";
import { WAIT_S, WORK_TTL_S } from "../../domain/limits.ts";
import type { Context } from "../context.ts";
import { inputProblems } from "../input.ts";
import type { LaneHold } from "../lane/hold.ts";
import type { Lanes } from "../lane/lanes.ts";
import type { NamingInput } from "../names.ts";
import type { ReservationHold } from "../reservation/hold.ts";
import type { Reservations } from "../reservation/reservations.ts";
import { RESERVATION_INPUTS } from "../reservation/types.ts";

/** Seconds past the TTL before a lane is dead: what is ended because it was lost takes that long. */
const GRACE_S = 10;

/** What to hold, and as whom. Addresses, a lane or a tree must be named. */
export interface WithInput extends NamingInput {
  /** Who holds. */
  readonly runId: string;
  /** Addresses to reserve exclusively. */
  readonly addresses?: readonly string[];
  /** Reserve them as a notice, which keeps no agent out. */
  readonly notice?: boolean;
  /** The lane to hold. */
  readonly lane?: string;
  /** Globs that a lane is to hold; default the tree that `lanes.json` gives the lane. */
  readonly tree?: readonly string[];
  /** Seconds that the holds outlive their process, 1 to 31536000, default 60. */
  readonly ttl?: number;
  /** Seconds to wait while others are in the way, 0 to 3600, default 0. */
  readonly wait?: number;
  /** What to say of the reservation, for others to read. */
  readonly note?: string;
  /** Ends a wait: it throws the signal's reason. The function gets it as well. */
  readonly signal?: AbortSignal;
}

/** What is held while the function runs. */
export interface WithHeld {
  /** The reservation, if addresses were named. */
  readonly reservation?: ReservationHold;
  /** The lease, if a lane or a tree was named. */
  readonly lease?: LaneHold;
}

/** The function ran, and all was held to its end. */
export interface WithDone<T> {
  /** It ran. */
  readonly status: "done";
  /** What it returned. */
  readonly result: T;
}

/** What was to be held was not got, or was lost. */
export interface WithRefused {
  /**
   * Of what was not got: `timeout` after a wait, else `conflict` for addresses, `refused` for a lane,
   * `lock_busy` where the journal was busy. `lost`: another agent ended a hold, or it could not be kept,
   * before the function had ended.
   */
  readonly status: "conflict" | "refused" | "lock_busy" | "timeout" | "lost";
  /** What was in the way. */
  readonly conflicts: readonly (HoldConflict | LaneConflict)[];
  /** For people. */
  readonly error: string;
}

/** What keeps the holds. */
interface Keepers {
  readonly reservations: Reservations;
  readonly lanes: Lanes;
}

/** The fields of the input, for the library and the command line alike. */
export const WITH_FIELDS = {
  addresses: RESERVATION_INPUTS.reserve.addresses,
  base: RESERVATION_INPUTS.reserve.base,
  literal: RESERVATION_INPUTS.reserve.literal,
  file: RESERVATION_INPUTS.reserve.file,
  runId: fields.holderId,
  notice: fields.anything,
  lane: fields.identifier,
  tree: laneFields.tree,
  ttl: laneFields.laneTtl,
  wait: fields.wait,
  note: fields.note,
  signal: fields.anything,
} as const;

/** Runs a function while its caller holds what the input names. */
export async function runWith<T>(
  { timers = realTimers }: Pick<Context, "timers">,
  coord: Keepers,
  input: WithInput,
  body: (held: WithHeld, signal: AbortSignal) => Promise<T>,
): Promise<WithDone<T> | WithRefused> {
  check(input);
  const { runId, addresses, notice, lane, tree, note, base, literal, file, signal } = input;
  const { ttl = WORK_TTL_S.default, wait = WAIT_S.default } = input;
  const end = timers.now() + wait * 1000;
  const naming = {
    ...(base === undefined ? {} : { base }),
    ...(literal === undefined ? {} : { literal }),
    ...(file === undefined ? {} : { file }),
    ...(signal === undefined ? {} : { signal }),
  };
  const notGot = (
    answer: { readonly status: WithRefused["status"]; readonly error: string },
    conflicts: WithRefused["conflicts"],
  ): WithRefused => ({
    status: wait > 0 && answer.status !== "lock_busy" ? "timeout" : answer.status,
    conflicts,
    error: answer.error,
  });
  await using reservation = addresses === undefined ? undefined : await coord.reservations.hold({
    ...naming,
    addresses,
    runId,
    exclusive: notice !== true,
    ttl,
    ...(notice === true ? {} : { wait }),
    ...(note === undefined ? {} : { note }),
  });
  if (reservation?.status === "conflict") return notGot(reservation, reservation.conflicts);
  const isLane = lane !== undefined || tree !== undefined;
  await using lease = !isLane ? undefined : await coord.lanes.hold({
    ...naming,
    ...(lane === undefined ? {} : { lane }),
    ...(tree === undefined ? {} : { tree }),
    owner: runId,
    ttl,
    grace: GRACE_S,
    // What the function started may outlive this process, so its end is no sign that all has ended.
    pid: null,
    wait: Math.max(0, end - timers.now()) / 1000,
  });
  signal?.throwIfAborted();
  if (lease?.status === "lock_busy") return notGot(lease, []);
  if (lease?.status === "refused") return notGot(lease, lease.conflicts);
  const held = {
    ...(reservation === undefined ? {} : { reservation }),
    ...(lease === undefined ? {} : { lease }),
  };
  const lost = AbortSignal.any([reservation, lease].flatMap((each) => each?.lost ?? []));
  const isLost = () => lost.aborted ? lostBy(lost.reason) : undefined;
  try {
    const all = AbortSignal.any([lost, ...(signal === undefined ? [] : [signal])]);
    const result = await body(held, all);
    return isLost() ?? await overtaken(coord, held, runId) ?? { status: "done", result };
  } catch (error) {
    const answer = isLost();
    if (answer === undefined) throw error;
    return answer;
  }
}

function check(input: WithInput): void {
  const problems = inputProblems(input, WITH_FIELDS, ["runId"]);
  const { addresses, lane, tree, notice } = input;
  if ([addresses, lane, tree].every((each) => each === undefined)) {
    const message = "is required, or lane or tree";
    problems.push({ field: "addresses", code: "bad_args", message });
  }
  if (notice === true && addresses === undefined) {
    problems.push({ field: "notice", code: "bad_args", message: "needs addresses" });
  }
  if (problems.length > 0) throw badInput(problems);
}

function lostBy(reason: unknown): WithRefused {
  const error = reason instanceof CoordError ? reason.message : String(reason);
  return { status: "lost", conflicts: [], error };
}

/** Why the records say that something is held no more, if they do. */
async function overtaken(
  coord: Keepers,
  { reservation: hold, lease }: WithHeld,
  runId: string,
): Promise<WithRefused | undefined> {
  if (hold !== undefined) {
    const { reservation_id: id } = hold.reservation;
    const beat = await coord.reservations.heartbeat({ id, runId });
    if (beat.status !== "ok") return { status: "lost", conflicts: [], error: beat.error };
  }
  if (lease === undefined) return undefined;
  const { lane, fence } = lease;
  const now = await coord.lanes.check({ lane, fence });
  return now.status === "current" ? undefined : { status: "lost", conflicts: [], error: now.error };
}
