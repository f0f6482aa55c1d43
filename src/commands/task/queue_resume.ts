import {
  QUEUE_INPUTS,
  type QueueResumeInput,
  type QueuesResumed,
} from "../../engine/task/queues.ts";
import type { AnswerCommand, OperandSpec } from "../command.ts";
import { column } from "../text.ts";

/** The queues that are meant. */
export const NAMES: OperandSpec = {
  name: "NAME",
  summary: "a queue",
  required: true,
  repeatable: true,
  field: QUEUE_INPUTS.resume.queues,
  as: "queues",
};

export const resume: AnswerCommand<QueuesResumed, QueueResumeInput> = {
  details: "Hand out the tasks of these queues again. Agents that wait for one wake up at once.",
  examples: ["queue resume deploys"],
  operands: [NAMES],
  flags: {},
  async run(context, values) {
    return (await context.open()).queues.resume(values);
  },
  text: ({ queues }) => ({
    columns: ["QUEUE", column("STATUS", "state"), "WAS"],
    rows: queues.map(({ queue, status, was }) => [queue, status, was]),
  }),
};
