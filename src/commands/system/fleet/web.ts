import { identifier, integer } from "../../../domain/input/fields.ts";
import type { AnswerCommand, ServeInput, Serving } from "../../command.ts";
import { RUN_ID } from "../../flags.ts";

export const web: AnswerCommand<Serving, ServeInput> = {
  lasts: true,
  details:
    "Serve one page that shows the fleet as it changes: runs, queues, a timeline, holds by path, " +
    "conflicts, failures. Of each record it shows the history. It ends at Ctrl-C.\n\n" +
    "It listens on the loopback interface alone. The address that it prints has a random token, " +
    "without which it answers nothing. Who has that address can read the workspace.\n\n" +
    "The page only reads. With --control it can also put tasks back into the queue, cancel tasks, and " +
    "end reservations and lanes, also those of others. The log has that under the run id that is " +
    "printed.\n\n" +
    "With --json it prints one line with the url, the port and the run id, and goes on. While no page " +
    "is open it reads nothing.",
  examples: ["web", "web --port 8080", "web --control --run-id ops", "web --print url"],
  operands: [],
  flags: {
    port: {
      type: "integer",
      summary: "where to listen (default: a port that is free)",
      placeholder: "N",
      field: integer({ min: 0, max: 65_535 }),
    },
    control: { type: "boolean", summary: "let the page requeue, cancel and release" },
    "run-id": {
      ...RUN_ID,
      summary:
        "who acts by --control (default: the session that your host names, else one of its own)",
      required: false,
      field: identifier,
    },
  },
  run: async (context, values) => context.serve(await context.open(), values),
  text: ({ url, control, run_id }) => [
    url,
    control ? `The page may change the workspace, as ${run_id}` : "The page only reads",
  ],
};
