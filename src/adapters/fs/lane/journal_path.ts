/**
 * Where the journal of a workspace is: the same file from every folder, since a process that has
 * another one knows nothing of the lanes in it.
 */
import { basename, dirname, resolve } from "../../../deps/path.ts";
import { badInput } from "../../../domain/errors.ts";
import { FILED_KINDS, FOLDERS } from "../../../domain/watch/event.ts";
import type { Host } from "../../../ports/host.ts";
import { absolute } from "../find.ts";
import type { Layout } from "../layout.ts";

/** Folders of W that hold no journal: of records, and of what may be removed at any time. */
const OTHERS = [
  ...FILED_KINDS.map((kind) => FOLDERS[kind]),
  ...["index", "tmp", "quarantine"],
];

const JOURNAL_ENV = "DISPATCH_LANE_JOURNAL_PATH";

/**
 * The file that `$DISPATCH_LANE_JOURNAL_PATH` names, else the one in W. A relative path begins in the
 * project folder of W, wherever the caller is, as it does for `dos` at the top of a project.
 *
 * @throws {CoordError} `bad_args` when a relative path may name several files, or one among the records.
 */
export function journalPath(host: Host, { root }: Layout): string {
  const named = host.env("DISPATCH_LANE_JOURNAL_PATH") || undefined;
  if (named === undefined) return `${root}/lanes/lane-journal.jsonl`;
  if (named.trim() === "") throw refused("must not be blank");
  const path = namedPath(host, root, named);
  const folder = folderIn(host, root, path);
  if (folder === undefined || !OTHERS.includes(folder)) return path;
  throw refused(`must not be in the folder "${folder}" of the workspace, which is for other files`);
}

/** The file that the variable names. */
function namedPath(host: Host, root: string, named: string): string {
  const isWindows = host.os === "windows";
  if ((isWindows ? /^(?:[A-Za-z]:)?[\\/]/ : /^\//).test(named)) {
    return absolute(host, named, "find the journal");
  }
  if (named.split(isWindows ? /[\\/]/ : "/").includes("..")) {
    throw refused('must not hold ".." unless it is absolute');
  }
  if (host.fs.lstat(root)?.kind === "symlink") {
    throw refused(
      "must be absolute: the workspace is a symbolic link, which several projects may have",
    );
  }
  return resolve(projectOf(root), named);
}

/** The name in W that leads to a file, by its spelling or by links; `undefined` when it is not in W. */
function folderIn(host: Host, root: string, path: string): string | undefined {
  for (const [top, file] of [[root, resolve(path)], [realOf(host, root), realOf(host, path)]]) {
    if (file?.startsWith(`${top}/`)) {
      return file.slice(`${top}/`.length).split("/")[0]?.toLowerCase();
    }
  }
  return undefined;
}

/** A path with the links in what exists of it followed. */
function realOf(host: Host, path: string): string {
  const above = dirname(path);
  const real = host.fs.realPath(path);
  return real ?? (above === path ? path : `${realOf(host, above)}/${basename(path)}`);
}

/** The folder that has `.coord/`, or `.muse/`. */
function projectOf(root: string): string {
  const above = dirname(root);
  return basename(above) === ".muse" ? dirname(above) : above;
}

function refused(message: string) {
  return badInput([{ field: `$${JOURNAL_ENV}`, code: "bad_args", message }]);
}
