/**
 * Which workspace a call means. All linked worktrees of a repository share one, so the search goes on
 * in the main checkout when a worktree has none.
 */
import { join, resolve } from "../../deps/path.ts";
import { CoordError } from "../../domain/errors.ts";
import { type Host, HostError } from "../../ports/host.ts";
import type { FoundBy } from "../../ports/store.ts";
import type { Warn } from "../../ports/warnings.ts";
import {
  checkoutIn,
  isBare,
  isMain,
  mainRoot,
  type Repository,
  repositoryAt,
  upwards,
} from "./checkout/repository.ts";
import { SmallFiles } from "./checkout/small_files.ts";

/** A workspace that is there. */
export interface FoundWorkspace {
  readonly path: string;
  readonly foundBy: FoundBy;
  /** Of a search from the current folder: where the top of the checkout around that is looked for. */
  readonly from?: string;
}

/**
 * The workspace that `dir` names, else `$COORD_DIR`, else the one of the current folder. One that is
 * named is W itself, or a folder from which the search begins.
 *
 * @throws {CoordError} `no_workspace`
 */
export function findWorkspace(
  host: Host,
  dir: string | undefined,
  warn: Warn = () => {},
): FoundWorkspace {
  const named = dir ?? (host.env("COORD_DIR") || undefined);
  if (named === undefined) {
    const start = currentFolder(host, "find a workspace");
    return searchFrom(host, start, warn) ?? missing(host, start);
  }
  const foundBy = dir === undefined ? "env" : "dir";
  const path = absolute(host, named, "find the workspace");
  const inside = workspaceIn(host, path);
  if (inside !== undefined) return { path: inside, foundBy };
  if (isWorkspace(host, path)) return { path, foundBy };
  const start = host.fs.realPath(path);
  if (start === undefined || host.fs.stat(start)?.kind !== "directory") {
    throw noWorkspace(`in ${JSON.stringify(path)}`);
  }
  const found = searchFrom(host, start, warn) ?? missing(host, start);
  return { path: found.path, foundBy };
}

/** An absolute path from one that is relative to the current folder. */
export function absolute(host: Host, path: string, purpose: string): string {
  const isAbsolute = host.os === "windows" ? /^[A-Za-z]:[\\/]/ : /^\//;
  return isAbsolute.test(path) ? resolve(path) : resolve(currentFolder(host, purpose), path);
}

/** `.coord/` itself, and what Muse calls its workspace. */
function workspaceIn(host: Host, project: string): string | undefined {
  return coordIn(host, project) ?? folderAt(host, join(project, ".muse", "coordination"));
}

/** Whether a folder that is named by hand is W itself, and not a project around one. */
export function isWorkspace(host: Host, path: string): boolean {
  if (host.fs.stat(path)?.kind !== "directory") return false;
  if (/(^|[\\/])(\.coord|\.muse[\\/]coordination)$/.test(path)) return true;
  return ["tasks", "claims", "reservations"].every((folder) =>
    host.fs.stat(join(path, folder))?.kind === "directory"
  );
}

/**
 * The workspace of a folder: in it or above, else the one that its checkout shares. Most calls make
 * this search, so it looks for a bare repository only where it found nothing else.
 */
export function searchFrom(host: Host, start: string, warn: Warn): FoundWorkspace | undefined {
  const files = new SmallFiles(host, warn);
  const { path, folder, checkout } = upward(files, start);
  const repository = path === undefined ? repositoryAt(files, start) : checkout;
  const shared = repository && sharedBy(files, repository, start);
  const from = repository?.root ?? folder ?? start;
  if (path === undefined) {
    return shared?.path === undefined
      ? undefined
      : { path: shared.path, foundBy: "worktree", from };
  }
  if (shared?.path !== undefined && shared.path !== path) {
    warn(
      `The workspace ${JSON.stringify(path)} is above this worktree, and the other checkouts of ` +
        `its repository use ${JSON.stringify(shared.path)}`,
    );
  }
  return { path, foundBy: "search", from };
}

/** The workspace that the checkouts of a repository share. */
interface Shared {
  /** Where it is. */
  readonly path: string | undefined;
  /** Where it is made. */
  readonly place: string;
  /** The main checkout, or the git folder where there is none. */
  readonly of: string;
  /** Whether there is a main checkout all the same, which the git folder does not name. */
  readonly isMainHidden?: boolean;
}

/** What the checkout around a folder shares with others; `undefined` for a main checkout. */
export function sharedAround(host: Host, start: string, warn: Warn): Shared | undefined {
  const files = new SmallFiles(host, warn);
  const repository = repositoryAt(files, start);
  return repository && sharedBy(files, repository, start);
}

/**
 * In the main checkout it is searched for from the same folder as here. Where there is none, or none
 * that all others can find, it lies in the git folder.
 */
function sharedBy(files: SmallFiles, repository: Repository, start: string): Shared | undefined {
  const { root, git, common, isDangling } = repository;
  if (isDangling === true) {
    files.warn(
      `${join(root, ".git")} leads to ${git}, which is not there: ` +
        "a workspace of the main checkout cannot be found",
    );
    return undefined;
  }
  if (isMain(files, repository)) return undefined;
  const main = mainRoot(files, repository);
  if (main === undefined) {
    const place = join(common, "coord");
    const isMainHidden = !isBare(files, repository);
    return { place, path: folderAt(files.host, place), of: common, isMainHidden };
  }
  const { path } = upward(files, join(main, start.slice(root.length)));
  return { place: join(main, ".coord"), path, of: main };
}

/** The nearest workspace with its folder, and the innermost checkout that was met before it. */
function upward(files: SmallFiles, start: string) {
  const { host } = files;
  let checkout: Repository | undefined;
  const found = upwards(start, (folder) => {
    // What lies above the top of a checkout counts for it only when it was made for coord.
    const path = checkout === undefined ? workspaceIn(host, folder) : coordIn(host, folder);
    if (path !== undefined) return { path, folder };
    checkout ??= checkoutIn(files, folder);
    return undefined;
  });
  return { ...found, checkout };
}

/** @throws {CoordError} that says where was looked, and what to do */
function missing(host: Host, start: string): never {
  // The search has warned of what it met.
  const shared = sharedAround(host, start, () => {});
  const where = `in ${JSON.stringify(start)} or above it`;
  if (shared !== undefined) {
    const also = shared.place === join(shared.of, ".coord")
      ? `in its main checkout ${JSON.stringify(shared.of)}`
      : `at ${JSON.stringify(shared.place)}`;
    throw noWorkspace(`${where}, nor ${also}`, "one for all worktrees");
  }
  throw noWorkspace(where);
}

function noWorkspace(where: string, what = "one"): CoordError {
  return new CoordError("no_workspace", `No workspace ${where}: run "coord init" to make ${what}`);
}

/** @throws {CoordError} `no_workspace` when it was removed */
function currentFolder(host: Host, purpose: string): string {
  try {
    return host.cwd();
  } catch (error) {
    if (!(error instanceof HostError) || error.reason !== "not_found") throw error;
    const message = `Cannot ${purpose}: the current folder was removed`;
    throw new CoordError("no_workspace", message, {}, { cause: error });
  }
}

/** A `.coord` may be a link to a folder. */
export function coordIn(host: Host, project: string): string | undefined {
  return folderAt(host, join(project, ".coord"));
}

function folderAt(host: Host, path: string): string | undefined {
  return host.fs.stat(path)?.kind === "directory" ? path : undefined;
}
