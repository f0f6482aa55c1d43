/** The key `hook` of `coord.json`: what hooks do, and which files they leave alone. */
import { isObject } from "../../json.ts";

/** Seconds of a reservation that a hook makes: most agents end without a word. */
export const HOOK_TTL_S = 900;

/** What hooks do at a conflict. */
export const HOOK_MODES = ["deny", "warn", "off"] as const;

/** What a team says of hooks. */
export interface HookSettings {
  /** `deny` stops the edit, `warn` lets it go on and says why, `off` does nothing at all. */
  readonly mode: typeof HOOK_MODES[number];
  /** The same at a call of git that would sweep what others hold; where it is missing, as `mode`. */
  readonly git?: typeof HOOK_MODES[number];
  /** Globs of files that hooks leave alone, as of the tree of a lane. */
  readonly ignore: readonly string[];
}

/** What holds where a team says nothing. */
export const HOOK_DEFAULTS: HookSettings = { mode: "deny", ignore: [] };

/** Reads the value of the key; what is wrong in it counts as not said. */
export function hookSettings(value: unknown): HookSettings {
  if (!isObject(value) || hookProblems(value).length > 0) return HOOK_DEFAULTS;
  return { ...HOOK_DEFAULTS, ...value } as unknown as HookSettings;
}

/** All that is wrong with the value of the key, each with its place in front. */
export function hookProblems(value: unknown): string[] {
  if (!isObject(value)) return [" must be a JSON object"];
  return Object.entries(value).flatMap(([key, said]) => {
    if (key === "mode" || key === "git") {
      const isMode = HOOK_MODES.some((mode) => mode === said);
      return isMode ? [] : [`.${key} must be one of ${HOOK_MODES.join(", ")}`];
    }
    if (key !== "ignore") return [`.${key} is unknown, known are mode, git, ignore`];
    const isList = Array.isArray(said) && said.every((glob) => typeof glob === "string");
    return isList ? [] : [".ignore must be a list of texts"];
  });
}
