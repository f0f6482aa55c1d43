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
import { BarrenFolders } from "../disk/folder_mark.ts";
import { withinRoot } from "../disk/real_folders.ts";
import { readRecord } from "../disk/record_file.ts";

export { findWorkspace, type FoundWorkspace } from "../find.ts";

/** What the files of a checkout and of a workspace say. */
export class FsAgreement implements Agreement {
  #team: Promise<FoundConfig | undefined> | undefined;
  #file: TeamFile | undefined;
  readonly #barren: BarrenFolders;

  /** @param workspace `undefined` where there is none. */
  constructor(readonly host: Host, readonly workspace: FoundWorkspace | undefined) {
    this.#barren = new BarrenFolders(host.fs);
  }

  team(): Promise<FoundConfig | undefined> {
    return this.#team ??= teamConfig(this.host, this.workspace, this.#read());
  }

  async checked(): Promise<FoundConfig | undefined> {
    const found = await this.team();
    if (found === undefined) return undefined;
    const problems = await laneProblems(this.host, this.workspace, found.config);
    if (problems.length > 0) throw badConfig(found.path, problems);
    return found;
  }

  hook(): HookSettings {
    return hookSettings(this.#said("hook"));
  }

  store(): string | undefined {
    const said = this.#said("store");
    return typeof said === "string" ? said : undefined;
  }

  /** What the file says under a key, unchecked. */
  #said(key: keyof TeamConfig): unknown {
    const { file } = this.#read();
    return file?.kind === "record" ? file.value[key] : undefined;
  }

  /** The file is found and read once. */
  #read(): TeamFile {
    return this.#file ??= teamFile(this.host, this.workspace);
  }

  worktrees(): "warn" | "block" | undefined {
    if (this.workspace === undefined) return undefined;
    const { host, workspace: { path: folder } } = this;
    const path = join(folder, "worktrees");
    const isThere = this.#barren.within(folder, () => host.fs.lstat(path)) !== undefined;
    const bytes = isThere ? withinRoot(host.fs, folder).read(path) : undefined;
    const word = bytes && new TextDecoder().decode(bytes).trim();
    return word === "warn" || word === "block" ? word : undefined;
  }
}

/** A `coord.json` as it was read; without a path where there is no place for one. */
interface TeamFile {
  readonly path?: string;
  readonly file?: ReturnType<typeof readRecord>;
}

/**
 * Reads the `coord.json` of the checkout that the caller works in, as the branch of its records is:
 * that around the current folder, unless the workspace is named and lies in another repository. Outside
 * of a checkout it is that of the folder around the workspace.
 */
function teamFile(host: Host, workspace: FoundWorkspace | undefined): TeamFile {
  const top = topOf(host, workspace) ?? (workspace && projectOf(workspace.path));
  if (top === undefined) return {};
  const path = join(top, "coord.json");
  return { path, file: readRecord(host.fs, path) };
}

/**
 * What it says. Where there is none, nothing is loaded.
 *
 * @throws {CoordError} `bad_args` that names all problems.
 */
async function teamConfig(
  host: Host,
  workspace: FoundWorkspace | undefined,
  { path, file }: TeamFile,
): Promise<FoundConfig | undefined> {
  if (path === undefined || file === undefined || file.kind === "gone") return undefined;
  const { parseConfig } = await import("../../../domain/input/config_file.ts");
  const config = file.kind === "broken" ? [file.reason] : parseConfig(file.value);
  if (!isList(config)) return { path, config };
  // Lanes are read by few calls; but a person who mends the file is to see all at once.
  const lanes = file.kind === "broken" ? [] : await laneProblems(host, workspace, file.value);
  throw badConfig(path, [...config, ...lanes]);
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
