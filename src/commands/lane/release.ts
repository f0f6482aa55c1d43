import type {
  LaneBusy,
  LaneHolderInput,
  LaneRefused,
  LaneReleased,
} from "../../engine/lane/types.ts";
import type { AnswerCommand } from "../command.ts";
import { FENCE, LANE, LANE_RUN_ID, LOCK_TIMEOUT, LOOP_TS, OWNER } from "./flags.ts";

export const laneRelease: AnswerCommand<
  LaneReleased | LaneRefused | LaneBusy,
  LaneHolderInput & { readonly runId?: string }
> = {
  details: "End the newest lease that you hold on a lane, or the one with the fence.",
  examples: [
    "lane release --lane api --owner agent-7",
    "lane release --lane api --owner agent-7 --fence 42",
  ],
  operands: [],
  flags: {
    lane: LANE,
    owner: OWNER,
    "loop-ts": LOOP_TS,
    fence: FENCE,
    "run-id": LANE_RUN_ID,
    "lock-timeout": LOCK_TIMEOUT,
  },
  async run(context, { runId: _runId, ...values }) {
    const coord = await context.open();
    return coord.lanes.release(values);
  },
  text(value) {
    if (value.status !== "released") return value.error;
    const { status: _status, ...released } = value;
    return { fields: released };
  },
};
