/** What is configured: by the workspace, by the team in `coord.json`, else by default. */
import { CLAIM_TTL_S, GRACE_S, RESERVATION_TTL_S } from "../limits.ts";
import type { TeamConfig } from "./config_file.ts";

/** What stands where neither the workspace nor the team says anything. */
export const DEFAULTS = {
  ttl: RESERVATION_TTL_S.default,
  claim_ttl: CLAIM_TTL_S.default,
  retention: GRACE_S.default,
  worktrees: "warn",
} as const;

/** A value of the configuration, and where it comes from. */
export interface ConfigValue {
  /** Its key in `coord.json`. */
  readonly key: string;
  /** What holds. */
  readonly value: unknown;
  /** Which of them says so. */
  readonly source: "default" | "coord.json" | "workspace";
}

/** What is configured. */
export interface Configuration {
  /** The `coord.json` that was read; null when there is none. */
  readonly path: string | null;
  /** Every value. */
  readonly values: readonly ConfigValue[];
}

/** A `coord.json`, and what it says. */
export interface FoundConfig {
  readonly path: string;
  readonly config: TeamConfig;
}

/** What a `coord.json` says of lanes, in the form of a `lanes.json`; `undefined` where it is nothing. */
export function lanesOf(
  { lanes, autopick, kinds }: Pick<TeamConfig, "lanes" | "autopick" | "kinds">,
): Readonly<Record<string, unknown>> | undefined {
  const said = Object.entries({ lanes, autopick, kinds })
    .filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : Object.fromEntries(said);
}

/** Every value with its source; `kept` is what the workspace keeps of `worktrees`. */
export function configurationOf(
  found: FoundConfig | undefined,
  kept: "warn" | "block" | undefined,
): Configuration {
  const said: Readonly<Record<string, unknown>> = {
    ...found?.config,
    ...(kept !== undefined && { worktrees: kept }),
  };
  const keys = new Set([...Object.keys(DEFAULTS), ...Object.keys(said)]);
  const sourceOf = (key: string) =>
    said[key] === undefined
      ? "default"
      : key === "worktrees" && kept !== undefined
      ? "workspace"
      : "coord.json";
  const defaults: Readonly<Record<string, unknown>> = DEFAULTS;
  return {
    path: found?.path ?? null,
    values: [...keys].map((key) => ({
      key,
      value: said[key] ?? defaults[key] ?? null,
      source: sourceOf(key),
    })),
  };
}
