import type { StoreTrust } from "../../engine/upkeep/store.ts";
import type { AnswerCommand } from "../command.ts";

export const storeTrust: AnswerCommand<StoreTrust, { readonly remove?: boolean }> = {
  details:
    "Say that you trust the store that coord.json names, or --store. Any committer can change " +
    "that file, so it is used only by users who trust the store. Only then does the server get a " +
    "password from the environment. What you trust is kept in trusted_stores.json, in $XDG_CONFIG_HOME/coord or ~/.config/coord. Another server, " +
    "user, data base, space or sslmode is another store.",
  examples: ["store trust", "store trust --remove"],
  operands: [],
  flags: { remove: { type: "boolean", summary: "trust it no longer" } },
  run: async (context, { remove = false }) => (await context.store()).trust(!remove),
  text({ status, store, changed }) {
    const [now, before] = status === "trusted"
      ? ["Trusted", "Trusted already"]
      : ["Trusted no longer", "Was not trusted"];
    return `${changed ? now : before}: ${store}`;
  },
};
