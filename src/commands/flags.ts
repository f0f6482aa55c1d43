/** Flags and operands that several commands share, each defined once. */
import * as fields from "../domain/input/fields.ts";
import { TASK_INPUTS } from "../engine/task/types.ts";
import type { FlagSpec, OperandSpec } from "./command.ts";

const RUN_ENV = "COORD_RUN_ID";

/** The calling agent. */
export const RUN_ID: FlagSpec = {
  type: "text",
  summary: "your agent id",
  placeholder: "ID",
  required: true,
  env: RUN_ENV,
  field: fields.identifier,
};

/** The calling agent, where an unknown one will do. */
export const OPTIONAL_RUN_ID: FlagSpec = { ...RUN_ID, required: false, default: "unknown" };

/** Whom to show; the caller's own id is no filter, so the environment does not count. */
export const RUN_ID_FILTER: FlagSpec = {
  type: "text",
  summary: "only what belongs to this agent",
  placeholder: "ID",
  field: fields.identifier,
};

export const FENCE: FlagSpec = {
  type: "integer",
  summary: "refuse unless this is still the fence of the claim",
  placeholder: "N",
  field: TASK_INPUTS.complete.fence,
};

export const QUEUE_FILTER: FlagSpec = {
  type: "text",
  summary: "only this queue (default: any)",
  placeholder: "NAME",
  field: TASK_INPUTS.list.queue,
};

export const TASK_ID: OperandSpec = {
  name: "ID",
  summary: "the task: its id, or at least 6 of its first hex digits",
  required: true,
  field: TASK_INPUTS.complete.id,
  as: "id",
};
