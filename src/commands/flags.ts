/** Flags and operands that several commands share, each defined once. */
import type { InputProblem } from "../domain/errors.ts";
import * as fields from "../domain/input/fields.ts";
import { taskNames } from "../domain/task/fields.ts";
import { TASK_INPUTS } from "../engine/task/types.ts";
import { ruled, TEXTS } from "../domain/input/rule.ts";
import { doubtOf, identify, RUN_ENV } from "../domain/input/run_id.ts";
import type { Env, FlagSpec, OperandSpec, StandIn } from "./command.ts";

/** The run id by what the agent's host says of its session. */
function hostRun(env: Env): StandIn | undefined {
  const identity = identify(undefined, env);
  const [variable] = identity.variables;
  if (variable === undefined) return undefined;
  return { text: identity.run_id, label: `$${variable}`, warning: doubtOf(identity) };
}

/** The calling agent. */
export const RUN_ID: FlagSpec = {
  type: "text",
  summary: "your agent id (default: the session that your host names, see whoami)",
  placeholder: "ID",
  required: true,
  env: RUN_ENV,
  otherwise: hostRun,
  field: fields.identifier,
};

/** The calling agent, where an unknown one will do. */
export const OPTIONAL_RUN_ID: FlagSpec = {
  ...RUN_ID,
  summary: "your agent id (default: the session that your host names, else unknown)",
  required: false,
};

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

/** What a holder says of its hold. */
export const NOTE: FlagSpec = {
  type: "text",
  summary: "one line for others to read, as in list and in refusals",
  placeholder: "TEXT",
  field: fields.note,
};

export const QUEUE_FILTER: FlagSpec = {
  type: "text",
  summary: "only this queue (default: any)",
  placeholder: "NAME",
  field: TASK_INPUTS.list.queue,
};

/** The queues of a claimer. */
export const QUEUES: FlagSpec = {
  ...QUEUE_FILTER,
  summary: "only this queue; of several the task that comes first in all (default: any)",
  repeatable: true,
  as: "queues",
};

/** The tag that a claimer asks for. */
export const TAG: FlagSpec = {
  type: "text",
  summary: "only tasks with this tag; one only",
  placeholder: "TAG",
  field: TASK_INPUTS.claim.tag,
};

/** What is wrong with the queues as a whole. */
export function queueProblems(queues: unknown): InputProblem[] {
  const messages = queues === undefined ? [] : TASK_INPUTS.claim.queues.problems(queues);
  return messages.map((message) => ({ field: "queues", code: "bad_queue", message }));
}

/** What a claimer has. */
export const HAS: FlagSpec = {
  type: "list",
  summary: "what you have: you get tasks that need nothing else",
  placeholder: "A,B",
  field: TASK_INPUTS.claim.has,
};

export const TASK_ID: OperandSpec = {
  name: "ID",
  summary: "the task: its id, or at least 6 of its first hex digits",
  required: true,
  field: TASK_INPUTS.complete.id,
  as: "id",
};

/** The tasks of a call that takes several. */
export const TASK_NAMES: OperandSpec = {
  name: "ID",
  summary: "a task: its id, at least 6 of its first hex digits, or its key",
  required: true,
  repeatable: true,
  field: taskNames,
  as: "ids",
};

/** A program with its arguments, which may be empty. */
export const CMD: OperandSpec = {
  name: "CMD",
  summary: "the program to run, with its arguments",
  required: true,
  repeatable: true,
  last: true,
  field: ruled(TEXTS, ([program]) => program === "" ? "must not be empty" : undefined),
  as: "command",
};
