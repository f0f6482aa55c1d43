import type { Reconciliation } from "../../engine/forecast/reconcile.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { clipped, column, counted } from "../text.ts";

export const reconcile: AnswerCommand<Reconciliation> = {
  details: "Order the branches of live reservations and intents so that as few as possible meet " +
    "a conflict at their turn. List what most agents touch. Change nothing. " +
    "Strategies: independent, merge any time; merge, later branches adapt; rebase, onto the " +
    "branches before it; manual, agree with the others first.",
  examples: ["reconcile", "reconcile --json"],
  operands: [],
  flags: {},
  async run(context) {
    const coord = await context.open();
    return coord.reconcile();
  },
  text({ conflicts, merge_order: order, hotspots }) {
    if (order.length === 0) return "No reservation, no intent";
    const blocks: Block[] = [{
      columns: [
        "TURN",
        column("BRANCH", "main"),
        "STRATEGY",
        "CONFLICTS",
        "BEFORE",
        "AGENTS",
        "REASON",
      ],
      rows: order.map((step) => [
        step.position,
        clipped(step.branch),
        step.strategy,
        step.conflicts,
        step.conflicts_before,
        step.agents.length,
        step.reason,
      ]),
    }, ""];
    if (hotspots.length > 0) {
      blocks.push({
        columns: [column("HOTSPOT", "main"), "AGENTS", "BRANCHES"],
        rows: hotspots.map((spot) => [clipped(spot.address), spot.count, spot.branches.length]),
      }, "");
    }
    const branches = order.length === 1 ? "1 branch" : `${order.length} branches`;
    blocks.push(`${branches}, ${counted(conflicts, "conflict")} predicted`);
    return blocks;
  },
};
