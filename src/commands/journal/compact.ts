import type { JournalCompaction } from "../../engine/lane/journal.ts";
import type { LaneBusy, LaneLockInput } from "../../engine/lane/types.ts";
import type { AnswerCommand } from "../command.ts";
import { LOCK_TIMEOUT } from "../lane/flags.ts";
import { JOURNAL, type JournalValue } from "./flags.ts";

export const compact: AnswerCommand<JournalCompaction | LaneBusy, LaneLockInput & JournalValue> = {
  details: "Replace the journal's history by a snapshot of its leases; the history goes to an " +
    "archive beside it. coord also does this by itself when the journal has grown.",
  examples: ["journal compact"],
  operands: [],
  flags: { journal: JOURNAL, "lock-timeout": LOCK_TIMEOUT },
  async run(context, { journal: path, ...values }) {
    const journal = await context.journal(path);
    return journal.compact(values);
  },
  text(value) {
    if (value.status === "lock_busy") return value.error;
    if (value.status === "nothing_to_compact") return "Nothing to compact";
    const { status: _status, ...done } = value;
    return { fields: done };
  },
};
