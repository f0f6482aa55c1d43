import type { Moved, MoveRefused } from "../../engine/watch/transfer/move.ts";
import type { AnswerCommand } from "../command.ts";
import { movedText } from "./moved.ts";

export const storeImport: AnswerCommand<Moved | MoveRefused> = {
  details:
    "Move everything of the files of this workspace to the store that --store, $COORD_STORE or " +
    "coord.json names. That is tasks with all that they went through, reservations, intents and " +
    "lanes. Ids stay, and no fence is given again. The schema and the space are made where they are not " +
    "there. Stop all agents first. The files stay as they are, and are no longer used where the store " +
    "is named.\n\n" +
    "Where the store has other records nothing is written. A call that died is made again, and goes on.",
  examples: ["store import"],
  operands: [],
  flags: {},
  async run(context) {
    const store = await context.store();
    return await store.move({ to: "store", progress: context.progress });
  },
  text: (value) =>
    movedText(value, "agents that name the store go on there; the files stay as they are"),
};
