import {
  RESERVATION_INPUTS,
  type ReservationRefused,
  type ReservationReleased,
  type ReservationReleaseInput,
} from "../../engine/reservation/types.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID } from "../flags.ts";
import { RESERVATION_ID } from "./flags.ts";

export const release: AnswerCommand<
  ReservationReleased | ReservationRefused,
  ReservationReleaseInput
> = {
  details: "End a reservation. Only the agent that reserved may, unless --force.",
  examples: [
    "release 3f9a2c --run-id agent-7",
    `release 3f9a2c --run-id boss --force --reason "agent-7 has crashed"`,
  ],
  operands: [RESERVATION_ID],
  flags: {
    "run-id": RUN_ID,
    reason: {
      type: "text",
      summary: "completed, cancelled, superseded, or a line of your own",
      placeholder: "REASON",
      default: "completed",
      field: RESERVATION_INPUTS.release.reason,
    },
    force: { type: "boolean", summary: "also another agent's" },
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.reservations.release(values);
  },
  text(value) {
    if (value.status !== "released") return value.error;
    const { status: _status, ...fields } = value;
    return { fields };
  },
};
