import { LANE_INPUTS } from "../../engine/lane/inputs.ts";
import type {
  LaneBusy,
  LaneHeartbeat,
  LaneHeartbeatInput,
  LaneRefused,
} from "../../engine/lane/types.ts";
import type { AnswerCommand } from "../command.ts";
import { FENCE, LANE, LANE_RUN_ID, LOCK_TIMEOUT, LOOP_TS, OWNER } from "./flags.ts";

export const laneHeartbeat: AnswerCommand<
  LaneHeartbeat | LaneRefused | LaneBusy,
  LaneHeartbeatInput & { readonly runId?: string }
> = {
  details:
    "Report that the holder of a lane is alive. Only the holder can, and with --fence only " +
    "while that grant is the current one.",
  examples: [
    "lane heartbeat --lane api --owner agent-7",
    "lane heartbeat --lane api --owner agent-7 --coalesce-within-s 60",
  ],
  operands: [],
  flags: {
    lane: LANE,
    owner: OWNER,
    "loop-ts": LOOP_TS,
    fence: FENCE,
    "coalesce-within-s": {
      type: "duration",
      summary: "write nothing if the last heartbeat is younger",
      placeholder: "DURATION",
      default: 0,
      field: LANE_INPUTS.heartbeat.coalesceWithin,
      as: "coalesceWithin",
    },
    "run-id": LANE_RUN_ID,
    "lock-timeout": LOCK_TIMEOUT,
  },
  async run(context, { runId: _runId, ...values }) {
    const coord = await context.open();
    return coord.lanes.heartbeat(values);
  },
  text(value) {
    if (value.status !== "ok") return value.error;
    const { status: _status, coalesced, ...beat } = value;
    return { fields: { ...beat, coalesced: coalesced ? "yes" : undefined } };
  },
};
