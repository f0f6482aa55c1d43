/** Where a workspace lies and what is where in it. */
import { basename, dirname, join, resolve } from "../../deps/path.ts";
import { CoordError } from "../../domain/errors.ts";
import { FOLDERS, type RecordKind } from "../../domain/watch/event.ts";
import { HostError } from "../../ports/host.ts";
import type { Host, HostFs } from "../../ports/host.ts";
import { withinRoot } from "./disk/real_folders.ts";

/** The paths of one workspace W. */
export class Layout {
  /** Staging files; safe to delete at any time. */
  readonly tmp: string;
  /** Derived data; safe to delete at any time. */
  readonly index: string;
  /** Task definitions that a batch made durable at once, until each is durable by itself. */
  readonly batches: string;
  /** The index over the addresses of reservations; part of a protocol, so it is not in `index`. */
  readonly addresses: string;
  /** Broken files that had to make room. */
  readonly quarantine: string;

  constructor(readonly root: string) {
    this.tmp = join(root, "tmp");
    this.index = join(root, "index");
    this.batches = join(root, "tasks", "batches");
    this.addresses = join(root, "reservations", "addresses");
    this.quarantine = join(root, "quarantine");
  }

  /** The folder of a kind of records. */
  folder(kind: RecordKind): string {
    return `${this.root}/${FOLDERS[kind]}`;
  }

  /** The file of a record. */
  record(kind: RecordKind, stem: string): string {
    return `${this.root}/${FOLDERS[kind]}/${stem}.json`;
  }
}

/** `.coord/` itself, and what Muse calls its workspace. */
function workspaceIn(host: Host, project: string): string | undefined {
  for (const path of [join(project, ".coord"), join(project, ".muse", "coordination")]) {
    if (host.fs.stat(path)?.kind === "directory") return path;
  }
  return undefined;
}

/** Whether a folder that is named by hand is W itself, and not a project around one. */
function isWorkspace(host: Host, path: string): boolean {
  if (host.fs.stat(path)?.kind !== "directory") return false;
  if (/(^|[\\/])(\.coord|\.muse[\\/]coordination)$/.test(path)) return true;
  return ["tasks", "claims", "reservations"].every((folder) =>
    host.fs.stat(join(path, folder))?.kind === "directory"
  );
}

/** A Muse repository whose agents have not coordinated yet: the folder is made on first use. */
function museIn(host: Host, project: string): string | undefined {
  const muse = join(project, ".muse");
  return host.fs.stat(muse)?.kind === "directory" ? join(muse, "coordination") : undefined;
}

/**
 * The workspace that `dir` names, else `$COORD_DIR`, else the nearest one above the current folder.
 *
 * @throws {CoordError} `no_workspace`
 */
export function findWorkspace(host: Host, dir: string | undefined): string {
  const named = dir ?? (host.env("COORD_DIR") || undefined);
  if (named !== undefined) {
    const path = resolve(host.cwd(), named);
    const inside = workspaceIn(host, path) ?? museIn(host, path);
    if (inside !== undefined) return inside;
    if (isWorkspace(host, path)) return path;
    throw noWorkspace(`in ${JSON.stringify(path)}`);
  }
  const start = host.cwd();
  for (let folder = start;; folder = dirname(folder)) {
    const found = workspaceIn(host, folder) ?? museIn(host, folder);
    if (found !== undefined) return found;
    if (dirname(folder) === folder) break;
  }
  throw noWorkspace(`in ${JSON.stringify(start)} or above it`);
}

function noWorkspace(where: string): CoordError {
  return new CoordError("no_workspace", `No workspace ${where}: run "coord init" to make one`);
}

/** Makes `.coord/` in a project folder, or the one named. Running it again changes nothing. */
export function initWorkspace(host: Host, project: string): { path: string; created: boolean } {
  const named = resolve(host.cwd(), project);
  if (basename(named) !== ".coord" && isWorkspace(host, named)) {
    return { path: named, created: false };
  }
  const path = basename(named) === ".coord" ? named : join(named, ".coord");
  const fs = withinRoot(host.fs, path);
  const created = fs.lstat(path) === undefined;
  const made = missingFolders(fs, path);
  fs.makeDir(path);
  for (const folder of Object.values(FOLDERS)) fs.makeDir(join(path, folder));
  try {
    fs.createNew(join(path, ".gitignore"), new TextEncoder().encode("*\n"));
    fs.syncFile(join(path, ".gitignore"));
    fs.syncDir(path);
    // Each folder's name lies in the one above. Another process may have made them a moment ago.
    for (const folder of made) fs.syncDir(dirname(folder));
  } catch (error) {
    // A workspace that was made before may be read-only by now.
    if (created || !(error instanceof HostError)) throw error;
  }
  return { path, created };
}

/** A folder with those above it that are missing too. */
function missingFolders(fs: HostFs, path: string): string[] {
  const folders = [path];
  for (let above = dirname(path); fs.lstat(above) === undefined; above = dirname(above)) {
    folders.push(above);
  }
  return folders;
}
