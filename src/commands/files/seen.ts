import type { SeenAnswer, SeenInput } from "../../engine/holds/seen.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID } from "../flags.ts";
import { fromHere } from "../paths.ts";
import { clipped, column, counted } from "../text.ts";
import { FILES } from "./operand.ts";

export const seen: AnswerCommand<SeenAnswer, SeenInput> = {
  details:
    "Remember that you saw these files as they are now: call it when you have read or written " +
    "them. check-fresh then reports which of them others have changed since. An agent whose host " +
    "calls coord hook run at reads and edits need not call it. What you saw is forgotten " +
    "after 7 days, and the oldest of more than 1000 files before that.",
  examples: ["seen src/tax.ts --run-id agent-7", "seen src/tax.ts src/rates.ts --json"],
  grows: true,
  operands: [FILES],
  flags: { "run-id": RUN_ID },
  async run(context, values) {
    return (await context.open()).files.seen(fromHere(context, values));
  },
  text: ({ files, total, seen_at }) => [
    {
      columns: [column("PATH", "main"), "BYTES", column("CHANGED AT", "time")],
      rows: files.map(({ path, size, modified_at }) => [clipped(path), size, modified_at]),
    },
    "",
    `${counted(total, "file")} as of ${seen_at}`,
  ],
};
