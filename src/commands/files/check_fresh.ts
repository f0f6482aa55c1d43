import type { FreshAnswer, SeenInput } from "../../engine/holds/seen.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID } from "../flags.ts";
import { fromHere } from "../paths.ts";
import { agentText, clipped, column } from "../text.ts";
import { FILES } from "./operand.ts";

export const checkFresh: AnswerCommand<FreshAnswer, SeenInput> = {
  details:
    "Compare files with what you saw of them, and write nothing. stale, exit code 1: one was " +
    "changed or removed since, so read it again and call seen before you write it. fresh: none was. " +
    "A file that you never saw is unseen and does not count. Whose edit a file has is known of " +
    "agents whose host calls coord hook run. Files of more than 4 MiB are compared by size and time stamp, all " +
    "others by content.",
  examples: ["check-fresh src/tax.ts --run-id agent-7", "check-fresh src/tax.ts --json"],
  operands: [FILES],
  flags: { "run-id": RUN_ID },
  async run(context, values) {
    return (await context.open()).files.checkFresh(fromHere(context, values));
  },
  text: ({ status, files }) => [
    status,
    "",
    {
      columns: [
        column("PATH", "main"),
        column("STATUS", "state"),
        column("SEEN AT", "time"),
        column("CHANGED AT", "time"),
        column("BY", "agent"),
      ],
      rows: files.map(({ path, status, seen_at, changed_at, changed_by }) => [
        clipped(path),
        status,
        seen_at,
        changed_at,
        changed_by === null ? null : agentText(changed_by),
      ]),
    },
  ],
};
