import type { QueueList } from "../../engine/task/queues.ts";
import type { AnswerCommand } from "../command.ts";
import { agentText, column } from "../text.ts";

export const list: AnswerCommand<QueueList> = {
  details:
    "List the queues that have tasks or are paused, with the counts of their tasks. A paused one has who " +
    "paused it, since when and why.",
  examples: ["queue list", "queue list --print queue,status"],
  operands: [],
  flags: {},
  async run(context) {
    return (await context.open()).queues.list();
  },
  text({ queues }) {
    if (queues.length === 0) return "No queues";
    const isPaused = queues.some(({ status }) => status === "paused");
    return {
      columns: [
        column("QUEUE", "main"),
        column("STATUS", "state"),
        "PENDING",
        "CLAIMED",
        "TOTAL",
        ...(isPaused ? [column("SINCE", "time"), column("BY", "agent"), "REASON"] : []),
      ],
      rows: queues.map(({ queue, status, pending, claimed, total, ...pause }) => [
        queue,
        status,
        pending,
        claimed,
        total,
        ...(isPaused
          ? [pause.paused_at, pause.paused_by && agentText(pause.paused_by), pause.reason]
          : []),
      ]),
    };
  },
};
