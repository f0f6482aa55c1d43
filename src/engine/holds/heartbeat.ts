/** A sign of life for whatever an agent holds: a reservation, or the claim of a task. */
import type { Context } from "../context.ts";
import { findId, type FoundId, wholeId } from "../find_id.ts";
import { checkInput } from "../input.ts";
import {
  RESERVATION_INPUTS,
  type ReservationHeartbeat,
  type ReservationHeartbeatInput,
  type ReservationRefused,
} from "../reservation/types.ts";
import type { Reservations } from "../reservation/reservations.ts";
import type { TaskHeartbeat, TaskRefused } from "../task/types.ts";
import type { Tasks } from "../task/tasks.ts";

/** Which reservation or task, by whom, for how long, and what to say of it. */
export type AnyHeartbeatInput = ReservationHeartbeatInput;

/** What a heartbeat answers, by what the id means. */
export type AnyHeartbeat = ReservationHeartbeat | ReservationRefused | TaskHeartbeat | TaskRefused;

/** The fields of the input; ids of both kinds look alike. */
export const HEARTBEAT_FIELDS = RESERVATION_INPUTS.heartbeat;

const ASKED = { field: "id", code: "bad_id" } as const;

/** Extends the reservation or the claim that an id means. */
export async function beatAny(
  { store }: Context,
  { tasks, reservations }: { readonly tasks: Tasks; readonly reservations: Reservations },
  input: AnyHeartbeatInput,
): Promise<AnyHeartbeat> {
  checkInput(input, HEARTBEAT_FIELDS, ["id", "runId"]);
  const { kind, id } = await found(store, input.id);
  const meant = { ...input, id };
  return kind === "task" ? tasks.heartbeat(meant) : reservations.heartbeat(meant);
}

async function found(
  { reservations, tasks }: Context["store"],
  input: string,
): Promise<FoundId<"reservation" | "task">> {
  const id = wholeId(input, ASKED);
  // A whole id needs no search: one look shows which of the two it is.
  if (id !== undefined) {
    if (await reservations.get(id) !== undefined) return { kind: "reservation", id };
    if (await tasks.get(id) !== undefined) return { kind: "task", id };
  }
  return findId(input, ASKED, { reservation: reservations, task: tasks });
}
