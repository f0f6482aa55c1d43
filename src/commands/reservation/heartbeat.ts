import { EXTENSION_S } from "../../domain/limits.ts";
import {
  type AnyHeartbeat,
  type AnyHeartbeatInput,
  HEARTBEAT_FIELDS,
} from "../../engine/holds/heartbeat.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID } from "../flags.ts";

export const heartbeat: AnswerCommand<AnyHeartbeat, AnyHeartbeatInput> = {
  details: "Extend your reservation, or your claim on a task, to the given time from now; " +
    "it never shortens it. An exclusive reservation that has lapsed has ended and does " +
    "not come back. already_released or expired, exit code 1, means to stop work.",
  examples: ["heartbeat 3f9a2c --run-id agent-7 --extension 10m"],
  operands: [{
    name: "ID",
    summary: "the reservation or the task: its id, or at least 6 of its first hex digits",
    required: true,
    field: HEARTBEAT_FIELDS.id,
    as: "id",
  }],
  flags: {
    "run-id": RUN_ID,
    extension: {
      type: "duration",
      summary: "how long from now",
      placeholder: "DURATION",
      default: EXTENSION_S.default,
      field: HEARTBEAT_FIELDS.extension,
    },
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.heartbeat(values);
  },
  text({ status: _status, ...beat }) {
    const { conflicts: _conflicts, ...fields } = { conflicts: [], ...beat };
    return { fields };
  },
};
