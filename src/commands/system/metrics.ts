import { expositionLines } from "../../domain/watch/exposition.ts";
import type { Metrics } from "../../engine/watch/metrics.ts";
import type { AnswerCommand } from "../command.ts";

export const metrics: AnswerCommand<Metrics> = {
  details:
    "Print the numbers of the workspace in Prometheus' text format: tasks by queue and status, " +
    "holds, agents, records, the journal. With --format json the same numbers come as one JSON " +
    "object. It reads no task but those that agents have, and writes nothing.",
  examples: ["metrics", "metrics --format json", "metrics --print name,samples"],
  operands: [],
  flags: {
    format: {
      type: "text",
      placeholder: "FORMAT",
      choices: ["prometheus", "json"],
      default: "prometheus",
      summary: "the text format of Prometheus, or JSON",
    },
  },
  async run(context) {
    const coord = await context.open();
    return coord.exchange.metrics();
  },
  text: ({ metrics }) => expositionLines(metrics),
};
