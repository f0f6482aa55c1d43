import { MAX_DETAIL } from "../../domain/limits.ts";
import type { IntentRecord } from "../../domain/reservation/reservation.ts";
import { type IntentInput, RESERVATION_INPUTS } from "../../engine/reservation/types.ts";
import type { AnswerCommand } from "../command.ts";
import { OPTIONAL_RUN_ID } from "../flags.ts";
import { fromHere, PATH_DETAILS, PATH_FLAGS } from "../paths.ts";
import { ADDRESSES, BRANCH, OPERATION } from "./flags.ts";
import { addressesText } from "../text.ts";

export const intent: AnswerCommand<IntentRecord, IntentInput> = {
  status: "recorded",
  details: "Announce what you plan to do and why, for others to read and for forecast. An intent " +
    `is live as long as its reservation; without one, for an hour. ${PATH_DETAILS}`,
  examples: [
    `intent "src/billing.py::total" --op rename --detail "becomes sum_up" --run-id agent-7`,
  ],
  operands: [ADDRESSES],
  flags: {
    op: { ...OPERATION, required: true },
    detail: {
      type: "text",
      summary: `for people, at most ${MAX_DETAIL} characters`,
      placeholder: "TEXT",
      field: RESERVATION_INPUTS.intent.detail,
    },
    "reservation-id": {
      type: "text",
      summary: "the reservation that it belongs to",
      placeholder: "ID",
      field: RESERVATION_INPUTS.intent.reservationId,
    },
    "run-id": OPTIONAL_RUN_ID,
    branch: BRANCH,
    ...PATH_FLAGS,
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.reservations.intent(fromHere(context, values));
  },
  text: (value) => ({
    fields: {
      intent_id: value.intent_id,
      reservation_id: value.reservation_id ?? undefined,
      run_id: value.run_id,
      branch: value.branch,
      addresses: addressesText(value.addresses),
      operation: value.operation,
      detail: value.detail === "" ? undefined : value.detail,
      created_at: value.created_at,
    },
  }),
};
