import type { JournalVerdict } from "../../engine/lane/journal.ts";
import type { AnswerCommand } from "../command.ts";
import { JOURNAL, type JournalValue } from "./flags.ts";

export const verify: AnswerCommand<JournalVerdict, JournalValue> = {
  details: "Check a journal of lanes with its archives, and report every line that is not an " +
    "entry. If there is one, the status is damaged and the exit code 1. Such lines are kept " +
    "and skipped, so work continues; but one of them may have been a lease.",
  examples: ["journal verify --json"],
  operands: [],
  flags: { journal: JOURNAL },
  async run(context, { journal: path }) {
    const journal = await context.journal(path);
    return journal.verify();
  },
  text: ({ journal, status, entries, archives }) => ({
    fields: { journal, status, entries, archives: archives.length },
  }),
};
