/**
 * Reads the value of `coord.json`, in which a team keeps what it agrees on. Apart from everything else,
 * and loaded only where there is such a file: the schema library takes as long to load as all of a
 * short command.
 */
import * as z from "../../deps/zod.ts";
import { isObject } from "../json.ts";
import { CLAIM_TTL_S, GRACE_S, RESERVATION_TTL_S } from "../limits.ts";
import { integer, oneOf } from "./fields.ts";
import { hookProblems, type HookSettings } from "./hook/settings.ts";
import { type InputRule, ruled, TEXT } from "./rule.ts";
import { hasPassword, NO_PASSWORD } from "./store_url.ts";
import { nearest } from "./suggest.ts";

/** What a team agrees on, as far as its `coord.json` says it. */
export interface TeamConfig {
  /** Seconds of a reservation. */
  readonly ttl?: number | undefined;
  /** Seconds of a claim. */
  readonly claim_ttl?: number | undefined;
  /** Seconds that what ended is kept. */
  readonly retention?: number | undefined;
  /** What an overlap between two checkouts of one repository does. */
  readonly worktrees?: "warn" | "block" | undefined;
  /** Where the records are kept. */
  readonly store?: string | undefined;
  /** What hooks do. */
  readonly hook?: Partial<HookSettings> | undefined;
  /** The taxonomy of lanes, as in `lanes.json`. */
  readonly lanes?: unknown;
  readonly autopick?: unknown;
  readonly kinds?: unknown;
}

/** The keys of `coord.json`, in the order in which they are shown. */
export const CONFIG_KEYS = [
  "ttl",
  "claim_ttl",
  "retention",
  "worktrees",
  "store",
  "hook",
  "lanes",
  "autopick",
  "kinds",
] as const;

/** The words of the key `worktrees`. */
const WORKTREES = ["warn", "block"] as const;

function obeys(rule: InputRule) {
  return z.unknown().check(z.check(({ value, issues }) => {
    for (const message of rule.problems(value)) {
      issues.push({ code: "custom", message, input: value });
    }
  }));
}

function seconds(bounds: { readonly min: number; readonly max: number }) {
  return z.optional(obeys(integer(bounds)));
}

const any = z.optional(z.any());

const FILE = z.strictObject({
  ttl: seconds(RESERVATION_TTL_S),
  claim_ttl: seconds(CLAIM_TTL_S),
  retention: seconds(GRACE_S),
  worktrees: z.optional(obeys(oneOf(WORKTREES))),
  store: z.optional(obeys(ruled(TEXT, (url) => hasPassword(url) ? NO_PASSWORD : undefined))),
  hook: any,
  lanes: any,
  autopick: any,
  kinds: any,
});

/**
 * Reads the value of `coord.json`. Keys that begin with `$` or `_` are for comments.
 *
 * @returns What it says, or all that is wrong with it.
 */
export function parseConfig(value: unknown): TeamConfig | readonly string[] {
  if (!isObject(value)) return ["must be a JSON object"];
  const said = Object.entries(value).filter(([key]) => !/^[$_]/.test(key));
  const read = FILE.safeParse(Object.fromEntries(said));
  const { hook } = value;
  const hooks = hook === undefined ? [] : hookProblems(hook).map((problem) => `hook${problem}`);
  if (read.success) return hooks.length > 0 ? hooks : read.data as TeamConfig;
  const problems = read.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map(stranger)
      : [`${issue.path.join(".")} ${issue.message}`]
  );
  return [...problems, ...hooks];
}

function stranger(key: string): string {
  const meant = nearest(key, CONFIG_KEYS.map((known) => known.replaceAll("_", "-")));
  const hint = meant === undefined
    ? `known are ${CONFIG_KEYS.join(", ")}`
    : `did you mean ${meant.replaceAll("-", "_")}?`;
  return `${key} is unknown, ${hint}`;
}
