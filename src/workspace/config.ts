/** The configuration that a team keeps in `coord.json`, and what a workspace keeps for itself. */
import {
  findWorkspace,
  type FoundWorkspace,
  readTeamConfig,
  readWorktrees,
  writeWorktrees,
} from "../adapters/fs/team_config.ts";
import { CoordError } from "../domain/errors.ts";
import type { TeamConfig } from "../domain/input/config_file.ts";
import type { Host } from "../ports/host.ts";
import type { Warn } from "../ports/warnings.ts";

/** What is configured, and where. */
export interface Configured {
  /** The `coord.json`. */
  readonly path: string | undefined;
  readonly team: TeamConfig;
  /** What the workspace says of overlaps between checkouts. */
  readonly worktrees: "warn" | "block" | undefined;
}

/** Reads the configuration, after `worktrees` was kept in the workspace where it is given. */
export async function configOn(
  host: Host,
  dir: string | undefined,
  worktrees?: "warn" | "block",
): Promise<Configured> {
  const workspace = worktrees === undefined ? workspaceOf(host, dir) : findWorkspace(host, dir);
  if (workspace !== undefined && worktrees !== undefined) {
    writeWorktrees(host, workspace.path, worktrees);
  }
  const found = await readTeamConfig(host, workspace);
  return {
    path: found?.path,
    team: found?.config ?? {},
    worktrees: workspace === undefined ? undefined : readWorktrees(host, workspace.path),
  };
}

/** What the team agreed on, if it says so, and the workspace of the call, if it has one. */
export async function teamConfigOn(host: Host, dir: string | undefined, warn: Warn) {
  const found = workspaceOf(host, dir, warn);
  return { team: (await readTeamConfig(host, found))?.config, found };
}

/** What a team agreed on can be asked for without a workspace. */
function workspaceOf(
  host: Host,
  dir: string | undefined,
  warn?: Warn,
): FoundWorkspace | undefined {
  try {
    return findWorkspace(host, dir, warn);
  } catch (error) {
    if (error instanceof CoordError && error.code === "no_workspace") return undefined;
    throw error;
  }
}
