import { EXTENSION_S } from "../../domain/limits.ts";
import { type Beat, type HeartbeatInput, INPUTS } from "../../engine/task_types.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID, TASK_ID } from "../flags.ts";

export const heartbeat: AnswerCommand<Beat, HeartbeatInput> = {
  details: "Moves the end of the claim to so many seconds from now; it never comes nearer.",
  examples: ["heartbeat 3f9a2c --run-id agent-7 --extension 600"],
  operands: [TASK_ID],
  flags: {
    "run-id": RUN_ID,
    extension: {
      type: "integer",
      summary: "how long from now",
      placeholder: "SECONDS",
      default: EXTENSION_S.default,
      field: INPUTS.heartbeat.extension,
    },
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.tasks.heartbeat(values);
  },
  text: ({ status: _status, ...beat }) => ({ fields: beat }),
};
