import type { LaneArbitrateInput, LaneVerdict } from "../../engine/lane/types.ts";
import type { AnswerCommand } from "../command.ts";
import { LANE_RUN_ID, REQUEST, treeCheck, treeOf, TREES, type TreeValues } from "./flags.ts";
import { fromHere, PATH_FLAGS } from "../paths.ts";
import { decisionBlocks } from "./text.ts";

export const arbitrate: AnswerCommand<
  LaneVerdict,
  Omit<LaneArbitrateInput, "tree"> & TreeValues & { readonly runId?: string }
> = {
  details: "Print what lane acquire would answer now. Writes nothing.",
  examples: [`lane arbitrate "src/api/**" --owner agent-7`],
  operands: [TREES],
  flags: { ...REQUEST, ...PATH_FLAGS, "run-id": LANE_RUN_ID },
  check: treeCheck,
  async run(context, { operands, trees, runId: _runId, ...values }) {
    const coord = await context.open();
    return coord.lanes.arbitrate(fromHere(context, { ...values, ...treeOf({ operands, trees }) }));
  },
  text: decisionBlocks,
};
