import { AGENT_STATUSES, type AgentList } from "../../engine/watch/agents.ts";
import type { AnswerCommand } from "../command.ts";
import {
  agentText,
  clipped,
  column,
  counted,
  remarksCells,
  remarksColumn,
  shortId,
} from "../text.ts";

export const agents: AnswerCommand<AgentList> = {
  details:
    "Show every run that holds a task, a reservation or a lane. Its row has its task and since when, " +
    "its last sign of life and its last note. working: it beats. silent: half of the shortest time " +
    "of its holds has passed without a beat. stuck: it beats, but for an hour neither a note nor " +
    "progress came on its task (heartbeat --note, --progress). lost: all that it holds has timed out.",
  examples: ["agents", "agents --json", "agents --print run_id,status,task.title"],
  operands: [],
  flags: {},
  async run(context) {
    const coord = await context.open();
    return coord.agents();
  },
  text(value) {
    if (value.total === 0) return "No run holds anything";
    const remarks = value.agents.map(({ note, progress }) => ({
      ...(note !== null && { note }),
      ...(progress !== null && { progress }),
    }));
    const said = remarksColumn(remarks);
    const counts = AGENT_STATUSES.filter((status) => value[status] > 0)
      .map((status) => `${value[status]} ${status}`);
    return [
      {
        columns: [
          column("RUN ID", "agent"),
          column("STATUS", "state"),
          column("TASK", "id"),
          column("TITLE", "main"),
          column("SINCE", "time"),
          column("LAST BEAT", "time"),
          "RESERVATIONS",
          "LANES",
          ...said,
        ],
        rows: value.agents.map((agent, at) => [
          agentText(agent.run_id),
          agent.status,
          agent.task && shortId(agent.task.task_id),
          agent.task && agent.task.title,
          agent.task && agent.task.since,
          agent.last_beat_at,
          agent.reservations,
          agent.lanes.length === 0 ? null : clipped(agent.lanes.join(", ")),
          ...remarksCells(said, remarks[at] ?? {}),
        ]),
      },
      "",
      `${counted(value.total, "run")}: ${counts.join(", ")}`,
    ];
  },
};
