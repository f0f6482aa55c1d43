import { QUEUE_INPUTS, type QueuePauseInput, type QueuesPaused } from "../../engine/task/queues.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID } from "../flags.ts";
import { agentText, column } from "../text.ts";
import { NAMES } from "./queue_resume.ts";

export const pause: AnswerCommand<QueuesPaused, QueuePauseInput> = {
  details:
    "Hand out no task of these queues until coord queue resume: neither claim nor work gets one. Tasks " +
    "that are claimed go on and can be completed, and tasks can be added.",
  examples: [
    `queue pause deploys --run-id ops --reason "release freeze"`,
    "queue pause builds tests --run-id ops",
  ],
  operands: [NAMES],
  flags: {
    "run-id": RUN_ID,
    reason: {
      type: "text",
      summary: "why, at most 4096 characters",
      placeholder: "TEXT",
      field: QUEUE_INPUTS.pause.reason,
    },
  },
  async run(context, values) {
    return (await context.open()).queues.pause(values);
  },
  text: ({ queues }) => ({
    columns: [
      "QUEUE",
      column("STATUS", "state"),
      column("SINCE", "time"),
      column("BY", "agent"),
      column("REASON", "main"),
    ],
    rows: queues.map(({ queue, status, paused_at, paused_by, reason }) => [
      queue,
      status,
      paused_at,
      agentText(paused_by),
      reason,
    ]),
  }),
};
