/** What the commands on journals share. */
import { JOURNAL_INPUTS, type JournalProblem } from "../../engine/lane/journal.ts";
import type { Block, FlagSpec } from "../command.ts";
import { column } from "../text.ts";

/** Problems that a text lists; `--json` gives all. */
const SHOWN_PROBLEMS = 20;

/** Which journal. */
export const JOURNAL: FlagSpec = {
  type: "text",
  summary: "journal file (default: the workspace's)",
  placeholder: "PATH",
  field: JOURNAL_INPUTS.path,
};

/** What names the journal in the input of a command. */
export interface JournalValue {
  readonly journal?: string;
}

/** Problems as a table, if there are any. */
export function problemBlocks(problems: readonly JournalProblem[]): Block[] {
  if (problems.length === 0) return [];
  const more = problems.length - SHOWN_PROBLEMS;
  return ["", {
    columns: [column("FILE", "path"), "LINE", column("PROBLEM", "main")],
    rows: problems.slice(0, SHOWN_PROBLEMS).map((
      { file, line, reason },
    ) => [file ?? "the journal", line ?? "", reason]),
  }, ...(more > 0 ? [`and ${more} more`] : [])];
}
