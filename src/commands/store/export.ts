import type { Moved, MoveRefused } from "../../engine/watch/transfer/move.ts";
import type { AnswerCommand } from "../command.ts";
import { movedText } from "./moved.ts";

export const storeExport: AnswerCommand<Moved | MoveRefused> = {
  details:
    "Move everything of the store that --store, $COORD_STORE or coord.json names to the files of this " +
    "workspace, as store import does it the other way. Stop all agents first. The store stays as it is. " +
    "The files are used where no store is named.\n\n" +
    "Where the files have other records nothing is written. A call that died is made again, and goes on.",
  examples: ["store export"],
  operands: [],
  flags: {},
  async run(context) {
    const store = await context.store();
    return await store.move({ to: "files", progress: context.progress });
  },
  text: (value) =>
    movedText(value, "the files are used where no store is named; the store stays as it is"),
};
