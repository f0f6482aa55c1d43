import { LIST_LIMIT } from "../../domain/limits.ts";
import { type Log, LOG_INPUT, LOG_KINDS, type LogInput } from "../../engine/watch/log.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID_FILTER } from "../flags.ts";
import { agentText, clipped, column, shortId } from "../text.ts";

export const log: AnswerCommand<Log, LogInput> = {
  details:
    "Show what happened, oldest first, as the records have it: tasks that were enqueued, claimed " +
    "and ended, attempts that timed out, reservations, intents and lanes. A queue that is paused is " +
    "shown too. Of more than --limit the last are shown. Heartbeats are left out, and what gc has " +
    "removed.",
  examples: ["log --since 1h", "log --run-id agent-7 --kind task --json"],
  operands: [],
  flags: {
    since: {
      type: "duration",
      summary: "only what happened in this time until now (default: all)",
      placeholder: "DURATION",
      field: LOG_INPUT.since,
    },
    "run-id": { ...RUN_ID_FILTER, summary: "only what this agent did" },
    kind: {
      type: "text",
      summary: "only what happened to records of this kind",
      placeholder: "KIND",
      choices: LOG_KINDS,
      field: LOG_INPUT.kind,
    },
    limit: {
      type: "integer",
      summary: "show the last N at most",
      placeholder: "N",
      default: LIST_LIMIT.default,
      field: LOG_INPUT.limit,
    },
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.log(values);
  },
  text({ events, total, truncated }) {
    if (total === 0) return "Nothing happened";
    const shown = truncated ? ["", `the last ${events.length} of ${total} events`] : [];
    if (events.length === 0) return shown;
    return [{
      columns: [
        column("AT", "time"),
        "KIND",
        column("EVENT", "state"),
        column("ID", "id"),
        column("RUN ID", "agent"),
        column("WHAT", "main"),
        "WHY",
      ],
      rows: events.map((each) => [
        each.at,
        each.kind,
        each.event,
        each.kind === "lane" || each.kind === "queue" ? clipped(each.id) : shortId(each.id),
        each.run_id && agentText(each.run_id),
        each.subject && clipped(each.subject),
        each.detail && clipped(each.detail),
      ]),
    }, ...shown];
  },
};
