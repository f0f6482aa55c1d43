import type { InputProblem } from "../../domain/errors.ts";
import type { MineReleased } from "../../engine/holds/mine.ts";
import {
  RESERVATION_INPUTS,
  type ReservationRefused,
  type ReservationReleased,
  type ReservationReleaseInput,
} from "../../engine/reservation/types.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID } from "../flags.ts";
import { fromHere, PATH_FLAGS } from "../paths.ts";
import { RESERVATION_ID } from "./flags.ts";
import { holdsText, idProblems } from "./mine.ts";

type ReleaseValues = Omit<ReservationReleaseInput, "id"> & {
  readonly id?: string;
  readonly mine?: boolean;
  readonly addresses?: readonly string[];
  readonly literal?: boolean;
  readonly file?: boolean;
};

export const release: AnswerCommand<
  ReservationReleased | ReservationRefused | MineReleased,
  ReleaseValues
> = {
  details: "End a reservation. Only the agent that reserved may, unless --force. With --mine all " +
    "of yours end, with --address those of yours that name an address, each as a whole: exit " +
    "code 4 where none does. Lanes and claims stay.",
  examples: [
    "release 3f9a2c --run-id agent-7",
    "release --address src/billing.py --run-id agent-7",
    `release 3f9a2c --run-id boss --force --reason "agent-7 has crashed"`,
  ],
  operands: [{ ...RESERVATION_ID, required: false }],
  flags: {
    "run-id": RUN_ID,
    mine: { type: "boolean", summary: "all of yours" },
    address: {
      type: "text",
      summary: "those of yours that name this address",
      placeholder: "ADDRESS",
      repeatable: true,
      as: "addresses",
    },
    reason: {
      type: "text",
      summary: "completed, cancelled, superseded, or a line of your own",
      placeholder: "REASON",
      default: "completed",
      field: RESERVATION_INPUTS.release.reason,
    },
    force: { type: "boolean", summary: "also another agent's" },
    ...PATH_FLAGS,
  },
  check({ id, mine, addresses, force }): InputProblem[] {
    const isMine = mine === true || addresses !== undefined;
    const problems = idProblems(id, isMine);
    if (!isMine || force !== true) return problems;
    const message = "needs an ID: --mine and --address are about your own";
    return [...problems, { field: "force", code: "bad_args", message }];
  },
  async run(context, { id, mine: _mine, literal, file, force, ...values }) {
    const coord = await context.open();
    if (id === undefined) {
      const how = { ...(literal && { literal }), ...(file && { file }) };
      return coord.releaseMine(fromHere(context, { ...values, ...how }));
    }
    const { addresses: _none, ...rest } = values;
    return coord.reservations.release({ ...rest, id, ...(force && { force }) });
  },
  text(value) {
    if ("holds" in value) {
      return holdsText(value, (hold) => "released_at" in hold ? hold.released_at : null);
    }
    if (value.status !== "released") return value.error;
    const { status: _status, ...fields } = value;
    return { fields };
  },
};
