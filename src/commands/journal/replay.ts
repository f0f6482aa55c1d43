import type { JournalReplay } from "../../engine/lane/journal.ts";
import type { AnswerCommand } from "../command.ts";
import { holdText } from "../lane/text.ts";
import { agentText, clipped, column, counted } from "../text.ts";
import { JOURNAL, type JournalValue, problemBlocks } from "./flags.ts";

export const replay: AnswerCommand<JournalReplay, JournalValue> = {
  details: "Fold a journal of lanes, also one that dos lease-lane wrote, and print the leases it " +
    "leaves live. Ignores the clock: leases whose holder went silent are included.",
  examples: ["journal replay", "journal replay --journal old/lane-journal.jsonl --json"],
  operands: [],
  flags: { journal: JOURNAL },
  async run(context, { journal: path }) {
    const journal = await context.journal(path);
    return journal.replay();
  },
  text({ leases, seq, problems }) {
    return [
      ...(leases.length === 0 ? [] : [{
        columns: ["LANE", column("HOLDER", "agent"), "FENCE", "LOOP TS", column("TREE", "main")],
        rows: leases.map((lease) => [
          clipped(lease.lane),
          lease.holder === "" ? null : agentText(lease.holder),
          lease.fence,
          clipped(lease.loop_ts),
          holdText(lease),
        ]),
      }, ""]),
      `${counted(leases.length, "lease")} after entry ${seq}`,
      ...problemBlocks(problems),
    ];
  },
};
