import type { Configuration } from "../../domain/input/configuration.ts";
import type { AnswerCommand } from "../command.ts";
import { column } from "../text.ts";

export const config: AnswerCommand<Configuration, {
  readonly key?: string;
  readonly value?: "warn" | "block";
}> = {
  details: "Show every value of the configuration with its source. A team keeps its own in " +
    "coord.json at the top of the checkout. It takes ttl, claim_ttl and retention in seconds, " +
    "worktrees, store and hook; and lanes, autopick and kinds as in lanes.json. A flag goes before it.\n\n" +
    "config worktrees block, or warn, keeps that one in the workspace, where it goes before " +
    "coord.json.",
  examples: ["config", "config worktrees block"],
  operands: [
    { name: "KEY", summary: "the value to set", choices: ["worktrees"], as: "key" },
    { name: "VALUE", summary: "what to set it to", choices: ["warn", "block"], as: "value" },
  ],
  flags: {},
  check({ key, value }) {
    if (key === undefined || value !== undefined) return [];
    return [{ field: "VALUE", code: "bad_args", message: "is required, one of warn, block" }];
  },
  run: (context, { value }) => context.config(value),
  text: ({ path, values }) => [
    {
      columns: ["KEY", column("VALUE", "main"), "SOURCE"],
      rows: values.map(({ key, value, source }) => [
        key,
        typeof value === "string" || typeof value === "number" ? value : JSON.stringify(value),
        source,
      ]),
    },
    "",
    path === null ? "No coord.json" : path,
  ],
};
