/** `coord.json` at the top of a checkout, and what a workspace says for itself. */
import { basename, dirname, join } from "../../deps/path.ts";
import { badInput, type InputProblem } from "../../domain/errors.ts";
import type { TeamConfig } from "../../domain/input/config_file.ts";
import { type Host, HostError } from "../../ports/host.ts";
import type { FoundWorkspace } from "./find.ts";
import { repositoryAt } from "./checkout/repository.ts";
import { SmallFiles } from "./checkout/small_files.ts";
import { withinRoot } from "./disk/real_folders.ts";
import { readRecord } from "./disk/record_file.ts";
import { StagedFile, stageFile } from "./disk/staging.ts";

export { findWorkspace, type FoundWorkspace } from "./find.ts";

/** What a `coord.json` says, and where it is. */
export interface FoundConfig {
  readonly path: string;
  readonly config: TeamConfig;
}

/**
 * Reads the `coord.json` of the checkout around the current folder; outside of one, that of the folder
 * around the workspace. Where there is none, nothing is loaded. What a search from the current folder
 * passed on its way to the workspace is not looked at again.
 *
 * @throws {CoordError} `bad_args` that names all problems.
 */
export async function readTeamConfig(
  host: Host,
  workspace: Pick<FoundWorkspace, "path" | "from"> | undefined,
): Promise<FoundConfig | undefined> {
  const top = topOf(host, workspace?.from) ?? projectOf(workspace?.path);
  if (top === undefined) return undefined;
  const path = join(top, "coord.json");
  const file = readRecord(host.fs, path);
  if (file.kind === "gone") return undefined;
  const { parseConfig } = await import("../../domain/input/config_file.ts");
  const config = file.kind === "broken" ? [file.reason] : parseConfig(file.value);
  if (!isList(config)) return { path, config };
  throw badInput(config.map((message): InputProblem => ({
    field: path,
    code: "bad_args",
    message,
  })));
}

function isList(config: TeamConfig | readonly string[]): config is readonly string[] {
  return Array.isArray(config);
}

function topOf(host: Host, from: string | undefined): string | undefined {
  try {
    return repositoryAt(new SmallFiles(host, () => {}), from ?? host.cwd())?.root;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return undefined; // the current folder was removed
  }
}

function projectOf(workspace: string | undefined): string | undefined {
  return workspace !== undefined && basename(workspace) === ".coord"
    ? dirname(workspace)
    : undefined;
}

/** What the workspace says of overlaps between checkouts; it goes before `coord.json`. */
export function readWorktrees(host: Host, workspace: string): "warn" | "block" | undefined {
  const bytes = withinRoot(host.fs, workspace).read(join(workspace, "worktrees"));
  const word = bytes && new TextDecoder().decode(bytes).trim();
  return word === "warn" || word === "block" ? word : undefined;
}

/** Keeps it in the workspace; a reader sees the old word or the new one. */
export function writeWorktrees(host: Host, workspace: string, word: "warn" | "block"): void {
  const fs = withinRoot(host.fs, workspace, true);
  const bytes = new TextEncoder().encode(`${word}\n`);
  const stage = () => stageFile(fs, join(workspace, "tmp"), bytes, true);
  new StagedFile(fs, workspace, stage).replace("worktrees");
  fs.syncDir(workspace);
}
