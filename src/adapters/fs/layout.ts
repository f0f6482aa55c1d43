/** What is where in a workspace, and how one is made. */
import { basename, dirname, join } from "../../deps/path.ts";
import { CoordError } from "../../domain/errors.ts";
import { quoted } from "../../domain/text.ts";
import { FOLDERS, type RecordKind } from "../../domain/watch/event.ts";
import { formatProblem, WORKSPACE_FORMAT } from "../../domain/version.ts";
import { HostError } from "../../ports/host.ts";
import type { Host, HostFs } from "../../ports/host.ts";
import type { Warn } from "../../ports/warnings.ts";
import { hostWithin, withinRoot } from "./disk/real_folders.ts";
import { absolute, coordIn, isWorkspace, searchFrom, sharedAround } from "./find.ts";

/** Bytes of the file `format` that are read. */
const MAX_FORMAT_BYTES = 64;

const encoder = new TextEncoder();

/** The paths of one workspace W. */
export class Layout {
  /** Staging files; safe to delete at any time. */
  readonly tmp: string;
  /** Derived data; safe to delete at any time. */
  readonly index: string;
  /** Task definitions that a batch made durable at once, until each is durable by itself. */
  readonly batches: string;
  /** Tasks that have ended, many in a file. */
  readonly segments: string;
  /** The index over the addresses of reservations; part of a protocol, so it is not in `index`. */
  readonly addresses: string;
  /** Which tasks have keys; part of a protocol. */
  readonly keys: string;
  /** Those that wait. */
  readonly tickets: string;
  /** Broken files that had to make room. */
  readonly quarantine: string;

  constructor(readonly root: string) {
    this.tmp = join(root, "tmp");
    this.index = join(root, "index");
    this.batches = join(root, "tasks", "batches");
    this.segments = join(root, "tasks", "segments");
    this.addresses = join(root, "reservations", "addresses");
    this.keys = join(root, "keys");
    this.tickets = join(root, "tickets");
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

/**
 * Refuses a workspace of a newer format.
 *
 * @throws {CoordError} `io_error`
 */
function checkFormat(fs: HostFs, root: string): void {
  const path = `${root}/format`;
  const found = fs.readRange(path, 0, MAX_FORMAT_BYTES);
  if (found === undefined) return;
  const problem = formatProblem(new TextDecoder().decode(found.bytes));
  if (problem === undefined) return;
  const message = `Cannot open workspace ${quoted(root, 200)}: ${problem}`;
  throw new CoordError("io_error", message, { reason: "format", path });
}

/**
 * Enters the workspace at `location`, as `findWorkspace` returns it: with a host that stays in it.
 *
 * @throws {CoordError} `io_error` when its format is newer.
 */
export function enter(
  machine: Host,
  location: string,
): { readonly host: Host; readonly layout: Layout } {
  const host = hostWithin(machine, location, true);
  checkFormat(host.fs, location);
  return { host, layout: new Layout(location) };
}

/** How a workspace is made. */
interface InitOptions {
  /** In this very folder, also where the checkout shares a workspace with others. */
  readonly here?: boolean | undefined;
  readonly warn?: Warn | undefined;
}

/** A workspace that was made, or was there. */
export interface Initialised {
  readonly path: string;
  readonly created: boolean;
  /** The main checkout, or the git folder, whose checkouts all use it. */
  readonly shared?: string;
}

/**
 * Makes `.coord/` in a project folder, or the one named. For a linked worktree it is the one of its
 * main checkout. Running it again changes nothing.
 */
export function initWorkspace(host: Host, project: string, options: InitOptions = {}): Initialised {
  const { here = false, warn = () => {} } = options;
  const named = absolute(host, project, "make a workspace");
  if (basename(named) === ".coord") return make(host, named);
  if (isWorkspace(host, named)) return { path: named, created: false };
  const own = join(named, ".coord");
  if (here || coordIn(host, named) !== undefined) return make(host, own);
  const start = host.fs.realPath(named) ?? named;
  const shared = sharedAround(host, start, warn);
  if (shared === undefined) return make(host, own);
  const found = searchFrom(host, start, warn);
  if (found === undefined && shared.isMainHidden === true) {
    warn(
      `The git folder ${quoted(shared.of, 200)} does not name its main checkout: ` +
        "a workspace in that is not found from here",
    );
  }
  const made = found === undefined
    ? make(host, shared.place)
    : { path: found.path, created: false };
  return found === undefined || found.path === shared.path ? { ...made, shared: shared.of } : made;
}

function make(host: Host, path: string): Initialised {
  const fs = withinRoot(host.fs, path);
  const created = fs.lstat(path) === undefined;
  const made = missingFolders(fs, path);
  fs.makeDir(path);
  for (const folder of Object.values(FOLDERS)) fs.makeDir(join(path, folder));
  try {
    fs.createNew(join(path, ".gitignore"), encoder.encode("*\n"));
    fs.syncFile(join(path, ".gitignore"));
    // A workspace that was there is of the format that it has.
    if (created) fs.createNew(join(path, "format"), encoder.encode(`${WORKSPACE_FORMAT}\n`), true);
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
