/**
 * Where the journal of a workspace is: the same file from every folder, since a process that has
 * another one knows nothing of the lanes in it.
 */
import { basename, dirname, resolve } from "../../../deps/path.ts";
import { badInput } from "../../../domain/errors.ts";
import type { Host } from "../../../ports/host.ts";
import { absolute } from "../find.ts";
import type { Layout } from "../layout.ts";

const JOURNAL_ENV = "DISPATCH_LANE_JOURNAL_PATH";

/**
 * The file that `$DISPATCH_LANE_JOURNAL_PATH` names, else the one in W. A relative path begins in the
 * project folder of W, wherever the caller is, as it does for `dos` at the top of a project.
 *
 * @throws {CoordError} `bad_args` when a relative path may name several files.
 */
export function journalPath(host: Host, { root }: Layout): string {
  const named = host.env("DISPATCH_LANE_JOURNAL_PATH") || undefined;
  if (named === undefined) return `${root}/lanes/lane-journal.jsonl`;
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

/** The folder that has `.coord/`, or `.muse/`. */
function projectOf(root: string): string {
  const above = dirname(root);
  return basename(above) === ".muse" ? dirname(above) : above;
}

function refused(message: string) {
  return badInput([{ field: `$${JOURNAL_ENV}`, code: "bad_args", message }]);
}
