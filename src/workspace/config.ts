/** The configuration that a team keeps in `coord.json`, and what a workspace keeps for itself. */
import {
  findWorkspace,
  type FoundWorkspace,
  FsAgreement,
  writeWorktrees,
} from "../adapters/fs/checkout/team_config.ts";
import { CoordError } from "../domain/errors.ts";
import { type Configuration, configurationOf } from "../domain/input/configuration.ts";
import type { Host } from "../ports/host.ts";

/** Reads the configuration, after `worktrees` was kept in the workspace where it is given. */
export async function configOn(
  host: Host,
  dir: string | undefined,
  worktrees?: "warn" | "block",
): Promise<Configuration> {
  const found = worktrees === undefined ? foundOn(host, dir) : findWorkspace(host, dir);
  if (found !== undefined && worktrees !== undefined) writeWorktrees(host, found.path, worktrees);
  const agreement = new FsAgreement(host, found);
  return configurationOf(await agreement.checked(), agreement.worktrees());
}

/** What is configured can be asked for without a workspace. */
function foundOn(host: Host, dir: string | undefined): FoundWorkspace | undefined {
  try {
    return findWorkspace(host, dir);
  } catch (error) {
    if (error instanceof CoordError && error.code === "no_workspace") return undefined;
    throw error;
  }
}
