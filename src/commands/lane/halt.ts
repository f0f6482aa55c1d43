import { LANE_INPUTS } from "../../engine/lane/inputs.ts";
import type { LaneBusy, LaneHalted, LaneHaltInput } from "../../engine/lane/types.ts";
import type { AnswerCommand } from "../command.ts";
import { LANE, LANE_RUN_ID, LOCK_TIMEOUT, LOOP_TS, REASON } from "./flags.ts";

export const halt: AnswerCommand<LaneHalted | LaneBusy, LaneHaltInput> = {
  details:
    "Record the decision that a run should stop, and how. Kills nothing and ends no lease: " +
    "that is left to the program that knows what HANDLE names.",
  examples: [`lane halt container-42 --lane api --reason "runs in circles"`],
  operands: [{
    name: "HANDLE",
    summary: "name of the run, for whatever can stop it",
    required: true,
    field: LANE_INPUTS.halt.handle,
    as: "handle",
  }],
  flags: {
    lane: { ...LANE, summary: "lane that it works on", required: false },
    "loop-ts": LOOP_TS,
    reason: REASON,
    command: {
      type: "text",
      summary: "how to stop it; recorded, never run",
      placeholder: "TEXT",
      field: LANE_INPUTS.halt.command,
    },
    "run-id": LANE_RUN_ID,
    "lock-timeout": LOCK_TIMEOUT,
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.lanes.halt(values);
  },
  text(value) {
    if (value.status !== "recorded") return value.error;
    const { handle, lane, loop_ts, command } = value;
    return {
      fields: {
        handle,
        lane: lane === "" ? undefined : lane,
        loop_ts: loop_ts === "" ? undefined : loop_ts,
        command: command ?? undefined,
        recorded: "the decision alone; nothing was stopped",
      },
    };
  },
};
