import type { ScreenCommand } from "../../command.ts";
import { show } from "../show.ts";

export const top: ScreenCommand = {
  screen: true,
  details:
    "Show the fleet on the whole terminal, as it changes. First comes what may need you: lost runs, " +
    "failed and blocked tasks, holds about to lapse. Runs, conflicts between their holds, queues, " +
    "who waits for whom, and holds follow.\n\n" +
    "Keys: q quits. The arrows, PgUp and PgDn move. Enter shows one record as `coord show` does, and " +
    "Esc goes back. / searches, and n goes on to the next. f shows only what is about a run or a " +
    "queue. Ctrl-Z suspends.\n\n" +
    "With --once it prints one frame and ends. So it does where standard input or output is no " +
    "terminal. With --json it prints one state a line, at most one a second, until it is stopped. " +
    "With --json --once it prints one state. NO_COLOR leaves out colours.",
  examples: [
    "top",
    "top --once",
    "top --once --json",
    "top --once --print tasks.pending,runs.lost",
  ],
  operands: [],
  flags: { once: { type: "boolean", summary: "print one frame and end" } },
  async run(context, { once }) {
    const coord = await context.open();
    return {
      place: coord.location,
      states: coord.fleet({
        signal: context.stop,
        ...(once && { once }),
        // More of them no one could read. A screen lets ages go on by itself.
        interval: 1,
        ...(!context.isAnswerAlone && { ages: 2 }),
      }),
      show: async (id) => show.text(await coord.show(id)),
    };
  },
};
