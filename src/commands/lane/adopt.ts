import type {
  LaneAdopted,
  LaneAdoptInput,
  LaneBusy,
  LaneRefused,
} from "../../engine/lane/types.ts";
import type { AnswerCommand } from "../command.ts";
import { LANE, LANE_RUN_ID, LOCK_TIMEOUT, LOOP_TS, NEW_OWNER, PID } from "./flags.ts";

export const adopt: AnswerCommand<
  LaneAdopted | LaneRefused | LaneBusy,
  LaneAdoptInput
> = {
  details: "Become the holder of a lane in place of its holder. Use it when you know that the " +
    "holder is gone while its work continues. Nothing is killed, and the old fence becomes " +
    "stale.",
  examples: ["lane adopt --lane api --owner supervisor"],
  operands: [],
  flags: {
    lane: LANE,
    owner: { ...NEW_OWNER, summary: "the new holder (default: --run-id)" },
    "loop-ts": LOOP_TS,
    pid: PID,
    "run-id": LANE_RUN_ID,
    "lock-timeout": LOCK_TIMEOUT,
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.lanes.adopt(values);
  },
  text(value) {
    if (value.status !== "adopted") return value.error;
    const { status: _status, ...adopted } = value;
    return { fields: adopted };
  },
};
