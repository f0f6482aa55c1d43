import type { LaneBusy, LaneSpawned, LaneSpawnInput } from "../../engine/lane/types.ts";
import type { AnswerCommand } from "../command.ts";
import { LANE, LANE_RUN_ID, LOCK_TIMEOUT, LOOP_TS, OWNER, REASON } from "./flags.ts";

export const spawn: AnswerCommand<LaneSpawned | LaneBusy, LaneSpawnInput> = {
  details: "Announce that a run is coming to a lane, for others to see. Holds nothing: use lane " +
    "acquire for that.",
  examples: ["lane spawn --lane api --owner agent-7 --reason nightly"],
  operands: [],
  flags: {
    lane: LANE,
    owner: { ...OWNER, summary: "the run that is coming (default: --run-id)" },
    "loop-ts": { ...LOOP_TS, summary: "the key under which it will acquire the lane" },
    "run-id": LANE_RUN_ID,
    reason: REASON,
    "lock-timeout": LOCK_TIMEOUT,
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.lanes.spawn(values);
  },
  text(value) {
    if (value.status !== "recorded") return value.error;
    const { lane, owner, loop_ts } = value;
    return { fields: { lane, owner, loop_ts, recorded: "the intent alone; it holds nothing" } };
  },
};
