/** Flags and operands of the commands for reservations and intents. */
import { OPERATIONS } from "../../domain/reservation/reservation.ts";
import { RESERVATION_INPUTS } from "../../engine/reservation/types.ts";
import type { FlagSpec, OperandSpec } from "../command.ts";

/** What is reserved or meant. */
export const ADDRESSES: OperandSpec = {
  name: "ADDRESS",
  summary: "path, path::symbol, or a glob in either part",
  required: true,
  repeatable: true,
  field: RESERVATION_INPUTS.reserve.addresses,
  as: "addresses",
};

export const RESERVATION_ID: OperandSpec = {
  name: "ID",
  summary: "the reservation: its id, or at least 6 of its first hex digits",
  required: true,
  field: RESERVATION_INPUTS.release.id,
  as: "id",
};

/** What is about to be done. */
export const OPERATION: FlagSpec = {
  type: "text",
  summary: "what you will do",
  placeholder: "OPERATION",
  choices: OPERATIONS,
  field: RESERVATION_INPUTS.reserve.operation,
  as: "operation",
};

/** The branch of a new record. */
export const BRANCH: FlagSpec = {
  type: "text",
  summary: "branch you work on (default: the checkout's)",
  placeholder: "NAME",
  env: "COORD_BRANCH",
  field: RESERVATION_INPUTS.reserve.branch,
};

/** Which branch to show; the caller's own is no filter. */
export const BRANCH_FILTER: FlagSpec = {
  type: "text",
  summary: "only what belongs to this branch",
  placeholder: "NAME",
  field: RESERVATION_INPUTS.list.branch,
};
