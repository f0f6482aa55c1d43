import type { StoreStatus } from "../../engine/upkeep/store.ts";
import type { AnswerCommand } from "../command.ts";

export const storeStatus: AnswerCommand<StoreStatus> = {
  details:
    "Connect to the store and show the server, the version of the schema, and what the space " +
    "holds. It says whether this user may write. Where something is missing it exits with 1, and says " +
    "what to do.",
  examples: ["store status", "store status --print status,server_version"],
  operands: [],
  flags: {},
  isReport: () => true,
  run: async (context) => (await context.store()).status(),
  exitCode: ({ status }) => status === "ok" ? 0 : 1,
  text({ records, may_write, next, ...rest }) {
    const fields = { ...rest, may_write: may_write ? "yes" : "no", ...records };
    return [{ fields }, ...(next === null ? [] : ["", next])];
  },
};
