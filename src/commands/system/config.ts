import { CLAIM_TTL_S, GRACE_S, RESERVATION_TTL_S } from "../../domain/limits.ts";
import type { AnswerCommand } from "../command.ts";

/** A value of the configuration, and where it comes from. */
export interface ConfigValue {
  readonly key: string;
  readonly value: unknown;
  /** `default`, `coord.json`, or `workspace`. */
  readonly source: string;
}

/** What `config` answers. */
interface ConfigAnswer {
  /** The `coord.json` that was read; null when there is none. */
  readonly path: string | null;
  readonly values: readonly ConfigValue[];
}

const DEFAULTS: Readonly<Record<string, unknown>> = {
  ttl: RESERVATION_TTL_S.default,
  claim_ttl: CLAIM_TTL_S.default,
  retention: GRACE_S.default,
  worktrees: "warn",
};

export const config: AnswerCommand<ConfigAnswer, {
  readonly key?: string;
  readonly value?: "warn" | "block";
}> = {
  details: "Show every value of the configuration with its source. A team keeps its own in " +
    "coord.json at the top of the checkout: ttl, claim_ttl and retention in seconds, worktrees, " +
    "store, hook, and lanes, autopick and kinds as in lanes.json. A flag goes before it.\n\n" +
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
  async run(context, { value }) {
    const { path, team, worktrees } = await context.config(value);
    const said = { ...team, ...(worktrees !== undefined && { worktrees }) };
    const keys = [...new Set([...Object.keys(DEFAULTS), ...Object.keys(said)])];
    return {
      path: path ?? null,
      values: keys.map((key) => {
        const own = (said as Record<string, unknown>)[key];
        const source = own === undefined
          ? "default"
          : key === "worktrees" && worktrees !== undefined
          ? "workspace"
          : "coord.json";
        return { key, value: own ?? DEFAULTS[key] ?? null, source };
      }),
    };
  },
  text: ({ path, values }) => [
    {
      columns: ["KEY", "VALUE", "SOURCE"],
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
