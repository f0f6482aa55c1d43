import type { LaneList, LaneListInput } from "../../engine/lane/types.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { counted } from "../text.ts";
import { leaseTable } from "./text.ts";

export const live: AnswerCommand<LaneList, LaneListInput> = {
  details:
    "List the live leases, oldest grant first. A lease whose holder was silent for its TTL " +
    "and grace, or whose process is gone, is dead. It blocks no other agent, and the next " +
    "acquisition evicts it.",
  examples: ["lane live", "lane live --all --json"],
  operands: [],
  flags: { all: { type: "boolean", summary: "include dead leases that were not evicted yet" } },
  async run(context, values) {
    const lanes = await context.lanes();
    return lanes.live(values);
  },
  text({ leases, live, dead }) {
    const blocks: Block[] = leases.length === 0 ? [] : [leaseTable(leases), ""];
    const others = dead === 0 ? "" : `, ${dead} dead`;
    return [...blocks, `${counted(live, "live lease")}${others}`];
  },
};
