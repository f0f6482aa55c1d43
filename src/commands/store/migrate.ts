import type { StoreMigration } from "../../engine/upkeep/store.ts";
import type { AnswerCommand } from "../command.ts";

export const storeMigrate: AnswerCommand<StoreMigration> = {
  details:
    "Bring the schema of the store to the version of this program, in one transaction. The user " +
    "must own the schema. Roles that could use it before can use what is new. Stop agents with an older " +
    "program first: they refuse the new version.",
  examples: ["store migrate"],
  operands: [],
  flags: {},
  run: async (context) => (await context.store()).migrate(),
  text({ status, store, from, to }) {
    if (status === "current") return `Schema has version ${to}: ${store}`;
    return `Schema brought from version ${from ?? "none"} to ${to}: ${store}`;
  },
};
