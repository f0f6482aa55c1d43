/** What is configured: by the workspace, by the team in `coord.json`, else by default. */
import { CLAIM_TTL_S, GRACE_S, RESERVATION_TTL_S } from "../limits.ts";
import type { TeamConfig } from "./config_file.ts";

/** What stands where neither the workspace nor the team says anything. */
export const DEFAULTS = {
  ttl: RESERVATION_TTL_S.default,
  claim_ttl: CLAIM_TTL_S.default,
  retention: GRACE_S.default,
  worktrees: "warn",
  store: "files",
} as const;

/** A value of the configuration, and where it comes from. */
export interface ConfigValue {
  /** Its key in `coord.json`. */
  readonly key: string;
  /** What holds. */
  readonly value: unknown;
  /** Which of them says so. */
  readonly source: "default" | "coord.json" | "workspace" | "env" | "flag";
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

/** A value that goes before what the team says. */
export type Overriding = Omit<ConfigValue, "key">;

/** Every value with its source; `over` has those that go before what the team says, by their keys. */
export function configurationOf(
  found: FoundConfig | undefined,
  over: Readonly<Record<string, Overriding | undefined>>,
): Configuration {
  const said: Readonly<Record<string, unknown>> = { ...found?.config };
  const keys = new Set([...Object.keys(DEFAULTS), ...Object.keys(said)]);
  const defaults: Readonly<Record<string, unknown>> = DEFAULTS;
  return {
    path: found?.path ?? null,
    values: [...keys].map((key) => ({
      key,
      ...over[key] ??
        (said[key] === undefined
          ? { value: defaults[key] ?? null, source: "default" }
          : { value: said[key], source: "coord.json" }),
    })),
  };
}
