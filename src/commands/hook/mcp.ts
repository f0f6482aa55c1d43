import { SILENCE } from "../../domain/input/hook/event.ts";
import type { RawCommand } from "../command.ts";

export const mcp: RawCommand = {
  details:
    "Started by the client of an agent, which speaks the Model Context Protocol by standard input and " +
    "output. Tools: coord_reserve, coord_release, coord_status, coord_task_add, coord_task_take, " +
    "coord_task_end. Resources, which can be subscribed to: coord://status, coord://holds, " +
    "coord://tasks. A refusal is a result with ok false, and no error. Each answer says " +
    "as which run it acted. That is the run_id of the call, or $COORD_RUN_ID, or the session that the " +
    "host names. Where there is none, the server has a run id of its own. It ends " +
    "with its input. What was reserved or claimed stays until its time has passed; what was granted " +
    "without an answer is given back.",
  examples: ["mcp", "mcp --dir ../project"],
  grows: true,
  operands: [],
  flags: {},
  raw: true,
  strict: true,
  async answer(context) {
    await context.serve();
    return SILENCE;
  },
};
