import { kindOfWord } from "../../domain/watch/event.ts";
import type { ReservationList, ReservationListInput } from "../../engine/reservation/types.ts";
import { RESERVATION_INPUTS } from "../../engine/reservation/types.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { callerId } from "../caller.ts";
import { RUN_ID_FILTER } from "../flags.ts";
import { BRANCH_FILTER } from "./flags.ts";
import {
  addressesText,
  agentText,
  clipped,
  column,
  counted,
  moment,
  remarksCells,
  remarksColumn,
  shortId,
} from "../text.ts";

export const list: AnswerCommand<ReservationList, ReservationListInput> = {
  details:
    "List live reservations and live intents, oldest first. A reservation is live until it " +
    "is released or expires, heartbeats counted; an intent as long as its reservation, and " +
    "without one for an hour.",
  examples: ["list", "list --kind reservation --branch main --json", "list --mine", "list --all"],
  operands: [],
  flags: {
    kind: {
      type: "text",
      summary: "only records of this kind (singular or plural)",
      placeholder: "KIND",
      choices: ["reservation", "intent"],
      read: kindOfWord,
      field: RESERVATION_INPUTS.list.kind,
    },
    "run-id": RUN_ID_FILTER,
    branch: BRANCH_FILTER,
    all: { type: "boolean", summary: "include released and expired ones" },
    mine: {
      type: "boolean",
      summary: "only yours, your session's and its subagents', or those of --run-id",
    },
  },
  async run(context, values) {
    const reservations = await context.reservations();
    if (values.mine !== true) return reservations.list(values);
    const runId = await callerId(context.host, values.runId, "--mine");
    return reservations.list({ ...values, runId });
  },
  text({ reservations, intents, total, live }) {
    const said = remarksColumn(reservations);
    const blocks: Block[] = [];
    const isLinked = reservations.some(({ worktree }) => worktree !== undefined);
    if (reservations.length > 0) {
      blocks.push({
        columns: [
          column("RESERVATION", "id"),
          column("STATUS", "state"),
          column("RUN ID", "agent"),
          "BRANCH",
          ...(isLinked ? ["WORKTREE"] : []),
          "OP",
          column("UNTIL", "time"),
          "EXCLUSIVE",
          column("ADDRESSES", "main"),
          ...said,
        ],
        rows: reservations.map((item) => [
          shortId(item.reservation_id),
          item.status,
          agentText(item.run_id),
          clipped(item.branch),
          ...(isLinked ? [item.worktree === undefined ? null : clipped(item.worktree)] : []),
          item.operation && clipped(item.operation),
          moment(item.released_at ?? item.expires_at),
          item.exclusive === true ? "yes" : null,
          addressesText(item.addresses),
          ...remarksCells(said, item),
        ]),
      }, "");
    }
    if (intents.length > 0) {
      blocks.push({
        columns: [
          column("INTENT", "id"),
          column("STATUS", "state"),
          column("RUN ID", "agent"),
          "BRANCH",
          "OP",
          column("SINCE", "time"),
          column("ADDRESSES", "main"),
          "DETAIL",
        ],
        rows: intents.map((item) => [
          shortId(item.intent_id),
          item.status,
          agentText(item.run_id),
          clipped(item.branch),
          item.operation && clipped(item.operation),
          moment(item.created_at),
          addressesText(item.addresses),
          item.detail === "" ? null : clipped(item.detail),
        ]),
      }, "");
    }
    const counts = [
      ...(reservations.length > 0 ? [counted(reservations.length, "reservation")] : []),
      ...(intents.length > 0 ? [counted(intents.length, "intent")] : []),
    ];
    const dead = total === live ? "" : `, ${live} live`;
    blocks.push(total === 0 ? "No reservations or intents" : `${counts.join(", ")}${dead}`);
    return blocks;
  },
};
