/** What a team agreed on for a workspace. */
import type { FoundConfig } from "../domain/input/configuration.ts";
import type { HookSettings } from "../domain/input/hook/settings.ts";

export interface Agreement {
  /**
   * The `coord.json`, if there is one. It is read when it is first asked for, and kept.
   *
   * @throws {CoordError} `bad_args` that names all problems.
   */
  team(): Promise<FoundConfig | undefined>;

  /** The same, where also its lanes are to be without a problem. */
  checked(): Promise<FoundConfig | undefined>;

  /** What it says of hooks, alone and unchecked: that is asked before every edit. */
  hook(): HookSettings;

  /** What it says of the store, alone and unchecked: every call asks that. */
  store(): string | undefined;

  /** What the workspace keeps of overlaps between checkouts, before what the team says. */
  worktrees(): "warn" | "block" | undefined;
}
