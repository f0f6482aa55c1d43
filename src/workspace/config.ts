/** The configuration that a team keeps in `coord.json`, and what a workspace keeps for itself. */
import {
  findWorkspace,
  readTeamConfig,
  readWorktrees,
  writeWorktrees,
} from "../adapters/fs/team_config.ts";
import { CoordError } from "../domain/errors.ts";
import type { TeamConfig } from "../domain/input/config_file.ts";
import type { Host } from "../ports/host.ts";

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
  const workspace = worktrees === undefined
    ? workspaceOf(host, dir)
    : findWorkspace(host, dir).path;
  if (workspace !== undefined && worktrees !== undefined) {
    writeWorktrees(host, workspace, worktrees);
  }
  const found = await readTeamConfig(host, () => workspace);
  return {
    path: found?.path,
    team: found?.config ?? {},
    worktrees: workspace === undefined ? undefined : readWorktrees(host, workspace),
  };
}

/** What the team agreed on; `undefined` where there is no `coord.json`. */
export async function teamConfigOn(
  host: Host,
  dir: string | undefined,
): Promise<TeamConfig | undefined> {
  return (await readTeamConfig(host, () => workspaceOf(host, dir)))?.config;
}

/** What a team agreed on can be asked for without a workspace. */
function workspaceOf(host: Host, dir: string | undefined): string | undefined {
  try {
    return findWorkspace(host, dir).path;
  } catch (error) {
    if (error instanceof CoordError && error.code === "no_workspace") return undefined;
    throw error;
  }
}
