/** `coord.json` at the top of a checkout, and what a workspace says for itself. */
import { join } from "../../../deps/path.ts";
import { badInput, type CoordError, type InputProblem } from "../../../domain/errors.ts";
import type { TeamConfig } from "../../../domain/input/config_file.ts";
import type { FoundConfig } from "../../../domain/input/configuration.ts";
import { type HookSettings, hookSettings } from "../../../domain/input/hook/settings.ts";
import { isObject } from "../../../domain/json.ts";
import { lanesOf } from "../../../domain/input/configuration.ts";
import type { Agreement } from "../../../ports/agreement.ts";
import type { Host } from "../../../ports/host.ts";
import type { FoundWorkspace } from "../find.ts";
import { callersFolder, checkoutsOf, projectOf, repositoryAt } from "./repository.ts";
import { SmallFiles } from "./small_files.ts";
import { withinRoot } from "../disk/real_folders.ts";
import { readRecord } from "../disk/record_file.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";

export { findWorkspace, type FoundWorkspace } from "../find.ts";

/** What the files of a checkout and of a workspace say. */
export class FsAgreement implements Agreement {
  #team: Promise<FoundConfig | undefined> | undefined;

  /** @param workspace `undefined` where there is none. */
  constructor(readonly host: Host, readonly workspace: FoundWorkspace | undefined) {}

  team(): Promise<FoundConfig | undefined> {
    return this.#team ??= readTeamConfig(this.host, this.workspace);
  }

  async checked(): Promise<FoundConfig | undefined> {
    const found = await this.team();
    if (found === undefined) return undefined;
    const problems = await laneProblems(this.host, this.workspace, found.config);
    if (problems.length > 0) throw badConfig(found.path, problems);
    return found;
  }

  hook(): HookSettings {
    const path = teamPath(this.host, this.workspace);
    const file = path === undefined ? undefined : readRecord(this.host.fs, path);
    return hookSettings(
      file?.kind === "record" ? file.value["hook"] : undefined,
    );
  }

  worktrees(): "warn" | "block" | undefined {
    return this.workspace && readWorktrees(this.host, this.workspace.path);
  }
}

/**
 * Reads the `coord.json` of the checkout that the caller works in, as the branch of its records is:
 * that around the current folder, unless the workspace is named and lies in another repository. Outside
 * of a checkout it is that of the folder around the workspace. Where there is none, nothing is loaded.
 *
 * @throws {CoordError} `bad_args` that names all problems.
 */
async function readTeamConfig(
  host: Host,
  workspace: FoundWorkspace | undefined,
): Promise<FoundConfig | undefined> {
  const path = teamPath(host, workspace);
  if (path === undefined) return undefined;
  const file = readRecord(host.fs, path);
  if (file.kind === "gone") return undefined;
  const { parseConfig } = await import("../../../domain/input/config_file.ts");
  const config = file.kind === "broken" ? [file.reason] : parseConfig(file.value);
  if (!isList(config)) return { path, config };
  // Lanes are read by few calls; but a person who mends the file is to see all at once.
  const lanes = file.kind === "broken" ? [] : await laneProblems(host, workspace, file.value);
  throw badConfig(path, [...config, ...lanes]);
}

/** Where the `coord.json` is, if there is one. */
function teamPath(host: Host, workspace: FoundWorkspace | undefined): string | undefined {
  const top = topOf(host, workspace) ?? (workspace && projectOf(workspace.path));
  return top === undefined ? undefined : join(top, "coord.json");
}

function isList(config: TeamConfig | readonly string[]): config is readonly string[] {
  return Array.isArray(config);
}

/** What is wrong with the lanes that it names, if it names any. */
async function laneProblems(
  host: Host,
  workspace: FoundWorkspace | undefined,
  value: unknown,
): Promise<readonly string[]> {
  const said = isObject(value) ? lanesOf(value) : undefined;
  if (said === undefined) return [];
  const { readTaxonomy } = await import("../lane/taxonomy.ts");
  const read = readTaxonomy(host, workspace?.path, said);
  return "lanes" in read ? [] : read;
}

function badConfig(path: string, problems: readonly string[]): CoordError {
  return badInput(
    problems.map((message): InputProblem => ({ field: path, code: "bad_args", message })),
  );
}

function topOf(host: Host, workspace: FoundWorkspace | undefined): string | undefined {
  const files = new SmallFiles(host, () => {});
  // What the search passed on its way is not looked at again.
  const start = workspace?.from ?? (workspace === undefined ? callersFolder(host) : undefined);
  if (start !== undefined) return repositoryAt(files, start)?.root;
  return workspace && checkoutsOf(files, workspace.path).ours?.root;
}

function readWorktrees(host: Host, workspace: string): "warn" | "block" | undefined {
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
