/**
 * The source tree that a workspace's addresses speak of: the folder around `.coord/` or `.muse/`; for
 * a caller in another worktree of the same repository, that folder there; for a workspace that lies
 * elsewhere, the current folder's checkout.
 */
import { join } from "../../../deps/path.ts";
import type { Naming } from "../../../ports/checkout.ts";
import type { Host } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { NameReader } from "./names.ts";
import {
  callersFolder,
  checkoutRoots,
  type Checkouts,
  linkedRoots,
  projectOf,
  type Repository,
} from "./repository.ts";
import { SmallFiles } from "./small_files.ts";

/** The folder that addresses are relative to. */
export function sourceFolder(host: Host, workspace: string, { ours, around }: Checkouts): string {
  const project = projectOf(workspace);
  if (project === undefined) return ours?.root ?? callersFolder(host) ?? workspace;
  return ours === undefined || around === undefined || ours.root === around.root
    ? project
    : projectIn(ours.root, workspace, { around });
}

/** The repository whose checkouts have these files, if any. */
export function repositoryOf(
  workspace: string,
  { ours, around }: Checkouts,
): Repository | undefined {
  return projectOf(workspace) === undefined ? ours : around;
}

/**
 * The name of the linked worktree whose files a caller means. A project in no repository has the
 * same files for all callers, wherever they stand.
 */
export function worktreeOf(workspace: string, checkouts: Checkouts): string | undefined {
  return repositoryOf(workspace, checkouts) && checkouts.ours?.worktree;
}

/** The folder that addresses are relative to in a checkout: a project may be a part of its own. */
export function projectIn(root: string, workspace: string, { around }: Checkouts): string {
  const project = projectOf(workspace);
  return project === undefined || around === undefined
    ? root
    : join(root, project.slice(around.root.length));
}

/** Reads names, in whichever checkout of the repository they lie. */
export function nameReader(
  host: Host,
  workspace: string,
  checkouts: Checkouts,
  warn: Warn,
  how: Naming,
): NameReader {
  const own = sourceFolder(host, workspace, checkouts);
  const repository = repositoryOf(workspace, checkouts);
  if (repository === undefined) return new NameReader(host, [own], how);
  const inside = (root: string) => projectIn(root, workspace, checkouts);
  const files = new SmallFiles(host, warn);
  const linked = linkedRoots(files, repository);
  const all = () => checkoutRoots(files, repository, linked).map(inside);
  // The configuration, which may name another main checkout, is read where a path leads elsewhere.
  return repository.worktree === undefined && linked.length === 0
    ? new NameReader(host, [own, inside(repository.root)], how, all)
    : new NameReader(host, [own, ...all()], how);
}
