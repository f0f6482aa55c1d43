/** The list of reservations and intents, apart: the command that shows it needs no other operation. */
import { sameRun } from "../../domain/input/run_id.ts";
import { isLive } from "../../domain/reservation/reservation.ts";
import type { ReservationContext } from "../context.ts";
import { checkInput } from "../input.ts";
import { byCreation, intentItemOf, reservationItem } from "./answers.ts";
import { RESERVATION_INPUTS } from "./types.ts";
import type { ReservationList, ReservationListInput } from "./types.ts";

/** What `Reservations.list()` promises. */
export async function listRecords(
  { clock, store: { reservations: store } }: Pick<ReservationContext, "clock" | "store">,
  input: ReservationListInput,
): Promise<ReservationList> {
  checkInput(input, RESERVATION_INPUTS.list, input.mine === true ? ["runId"] : []);
  const now = clock();
  const { kind, all = false } = input;
  const isWhose = input.mine === true ? sameRun : (a: string, b: string) => a === b;
  const entries = await store.list(now, all && kind !== "intent");
  const live = new Set(
    entries.filter((entry) => isLive(entry, now)).map((entry) => entry.reservation.reservation_id),
  );
  const matches = (status: string, record: { run_id: string; branch: string }) =>
    (all || status === "live") &&
    (input.runId === undefined || isWhose(record.run_id, input.runId)) &&
    (input.branch === undefined || record.branch === input.branch);
  const reservations = kind === "intent" ? [] : entries.map((entry) => reservationItem(entry, now))
    .filter((item) => matches(item.status, item))
    .sort((a, b) => byCreation(a, b) || (a.reservation_id < b.reservation_id ? -1 : 1));
  const intents = kind === "reservation" ? [] : (await store.listIntents())
    .map((intent) => intentItemOf(intent, live, now))
    .filter((item) => matches(item.status, item))
    .sort((a, b) => byCreation(a, b) || (a.intent_id < b.intent_id ? -1 : 1));
  return {
    total: reservations.length + intents.length,
    live: [...reservations, ...intents].filter(({ status }) => status === "live").length,
    reservations,
    intents,
  };
}
