import { LANE_INPUTS } from "../../engine/lane/inputs.ts";
import type { LaneCheckInput, LaneFenceCheck } from "../../engine/lane/types.ts";
import type { AnswerCommand } from "../command.ts";
import { LANE } from "./flags.ts";

export const check: AnswerCommand<LaneFenceCheck, LaneCheckInput> = {
  details: "Check whether a grant is still the current one: exit code 0, or 1 when its lease was " +
    "released, evicted or handed over. Use it in whatever is written to under a lease.",
  examples: ["lane check --lane api --fence 42 && deploy"],
  operands: [],
  flags: {
    lane: LANE,
    fence: {
      type: "integer",
      summary: "fence of the grant",
      placeholder: "N",
      required: true,
      field: LANE_INPUTS.check.fence,
    },
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.lanes.check(values);
  },
  text(value) {
    if (value.status !== "current") return value.error;
    const { lane, fence, owner } = value;
    return { fields: { lane, fence, owner } };
  },
};
