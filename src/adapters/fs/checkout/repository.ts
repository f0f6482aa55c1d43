/**
 * Where the checkouts of a git repository are: the one around a folder, the main one, and the linked
 * worktrees. All of it comes from the small files that git keeps; no process is started.
 */
import { basename, dirname, join, resolve } from "../../../deps/path.ts";
import { parseCoreConfig } from "../../../domain/git/config.ts";
import { parseGitFile } from "../../../domain/git/head.ts";
import { MAX_GIT_CONFIG_BYTES, MAX_IDENTIFIER } from "../../../domain/limits.ts";
import { type Host, HostError } from "../../../ports/host.ts";
import type { SmallFiles } from "./small_files.ts";

/** A checkout of a git repository. */
export interface Repository {
  /** The folder that is checked out, its top. */
  readonly root: string;
  /** Where its HEAD lies. */
  readonly git: string;
  /** The git folder that all its worktrees share. */
  readonly common: string;
  /** The name of a linked worktree; `undefined` for a checkout of its own. */
  readonly worktree: string | undefined;
  /** Whether `.git` is a file that leads to a folder that is not there. */
  readonly isDangling?: true;
}

/** The innermost checkout that a folder is in, or the bare repository. */
export function repositoryAt(files: SmallFiles, start: string): Repository | undefined {
  return upwards(
    start,
    (folder) => files.within(folder, () => checkoutIn(files, folder) ?? bareIn(files, folder)),
  );
}

/** The checkout that the caller works in, and the one around the workspace. */
export interface Checkouts {
  readonly ours?: Repository;
  readonly around?: Repository;
}

/**
 * The checkouts that matter to a workspace. Agents often work in worktrees of one repository and
 * share one workspace, which lies in one of them. So the current folder's checkout counts where it
 * belongs to the same repository as the one around the workspace, or where there is none around it;
 * else that one counts.
 */
export function checkoutsOf(files: SmallFiles, workspace: string): Checkouts {
  const folder = callersFolder(files.host);
  const here = folder === undefined ? undefined : repositoryAt(files, folder);
  const start = projectOf(workspace) ?? workspace;
  const around = start === folder ? here : repositoryAt(files, start);
  if (around === undefined) return { ours: here };
  const isOne = here !== undefined && isSameFolder(files, here.common, around.common);
  return { ours: isOne ? here : around, around };
}

/** The current folder, unless it was removed. */
export function callersFolder(host: Pick<Host, "cwd">): string | undefined {
  try {
    return host.cwd();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return undefined;
  }
}

function isSameFolder(files: SmallFiles, a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [files.look(a), files.look(b)];
  return one !== undefined && one.ino !== 0 && one.ino === other?.ino;
}

/** The checkout whose top a folder is. */
export function checkoutIn(files: SmallFiles, root: string): Repository | undefined {
  const git = join(root, ".git");
  const kind = files.look(git)?.kind;
  if (kind === "directory") return { root, git, common: git, worktree: undefined };
  return kind === "file" ? linked(files, root, git) : undefined;
}

/** The bare repository that a folder is. */
function bareIn(files: SmallFiles, root: string): Repository | undefined {
  return isGitFolder(files, root) && core(files, root).bare
    ? { root, git: root, common: root, worktree: undefined }
    : undefined;
}

/**
 * The top of the main checkout of a repository; `undefined` where there is none: in a bare
 * repository, or when it is gone.
 */
export function mainRoot(files: SmallFiles, { common }: Repository): string | undefined {
  const { bare, worktree } = core(files, common);
  if (bare) return undefined;
  if (worktree === undefined && basename(common) !== ".git") return undefined;
  const root = worktree === undefined ? dirname(common) : resolve(common, worktree);
  return files.look(root)?.kind === "directory" ? root : undefined;
}

/** Whether a repository has no main checkout. */
export function isBare(files: SmallFiles, { common }: Repository): boolean {
  return core(files, common).bare;
}

/**
 * Whether a checkout is the main one of its repository, where the linked ones find it. One whose git
 * folder lies elsewhere, as after `git init --separate-git-dir`, is not named there.
 */
export function isMain(files: SmallFiles, repository: Repository): boolean {
  const { root, git, common, worktree } = repository;
  if (worktree !== undefined || isBare(files, repository)) return false;
  return git === join(root, ".git") || mainRoot(files, repository) !== undefined ||
    !isGitFolder(files, common);
}

/** The tops of all checkouts of a repository that are there: the main one, then linked worktrees. */
export function checkoutRoots(
  files: SmallFiles,
  repository: Repository,
  linked = linkedRoots(files, repository),
): string[] {
  const main = mainRoot(files, repository);
  const own = main === undefined ? [repository.root] : [main, repository.root];
  return [...new Set([...own, ...linked])];
}

/** The tops of the linked worktrees of a repository that are there. */
export function linkedRoots(files: SmallFiles, { common }: Repository): string[] {
  const names = files.trying(() => files.host.fs.list(join(common, "worktrees"))) ?? [];
  return names.flatMap(({ name }) => linkedRoot(files, common, name) ?? []);
}

function linkedRoot(files: SmallFiles, common: string, name: string): string | undefined {
  const folder = join(common, "worktrees", name);
  const file = files.text(join(folder, "gitdir"))?.trim();
  if (file === undefined || file === "") return undefined;
  const path = resolve(folder, file);
  return files.look(path) === undefined ? undefined : dirname(path);
}

/** The top of a linked worktree by its name, if it is there and no other checkout took its place. */
export function rootNamed(
  files: SmallFiles,
  { common }: Repository,
  name: string,
): string | undefined {
  if (name.length > MAX_IDENTIFIER || /^\.{0,2}$|[/\\\0]/.test(name)) return undefined;
  const root = linkedRoot(files, common, name);
  return root !== undefined && checkoutIn(files, root)?.worktree === name ? root : undefined;
}

/** The folder that a workspace was made in; `undefined` for one that lies by itself. */
export function projectOf(workspace: string): string | undefined {
  const name = basename(workspace);
  const above = dirname(workspace);
  if (name === ".coord") return above;
  return name === "coordination" && basename(above) === ".muse" ? dirname(above) : undefined;
}

/** What is found first in a folder or in one above it. */
export function upwards<T>(start: string, find: (folder: string) => T | undefined): T | undefined {
  for (let folder = start;; folder = dirname(folder)) {
    const found = find(folder);
    if (found !== undefined || dirname(folder) === folder) return found;
  }
}

/** A checkout whose `.git` is a file that leads elsewhere: a worktree or a submodule. */
function linked(files: SmallFiles, root: string, file: string): Repository | undefined {
  const text = files.text(file);
  if (text === undefined) return undefined;
  const named = parseGitFile(text);
  if (named === undefined) {
    files.warn(`${file} names no folder of git: skipped`);
    return undefined;
  }
  const git = resolve(root, named);
  const common = files.text(join(git, "commondir"))?.trim();
  if (common !== undefined && common !== "") {
    return { root, git, common: resolve(git, common), worktree: basename(git) };
  }
  const found = { root, git, common: git, worktree: undefined };
  return files.look(git) === undefined ? { ...found, isDangling: true } : found;
}

/** Whether a folder is what `.git` usually is. */
function isGitFolder(files: SmallFiles, folder: string): boolean {
  return files.look(join(folder, "HEAD"))?.kind === "file" &&
    files.look(join(folder, "objects"))?.kind === "directory" &&
    files.look(join(folder, "refs"))?.kind === "directory";
}

/** `config.worktree` holds what concerns the main checkout alone, where git was asked to part the two. */
function core(files: SmallFiles, common: string) {
  const textOf = (name: string) => files.text(join(common, name), { most: MAX_GIT_CONFIG_BYTES });
  return parseCoreConfig(`${textOf("config") ?? ""}\n${textOf("config.worktree") ?? ""}`);
}
