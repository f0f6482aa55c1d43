/**
 * The one rule on symbolic links: nothing is read, written or removed through one below W,
 * whichever process made it. W itself may be one.
 *
 * Every file operation of the adapter goes through here. Before it, each folder on the way from W to
 * its name is looked at, and anything but a real folder is refused; so is a link as the file that is
 * appended to. A folder that is missing is no obstacle: what follows makes a real one, or fails.
 *
 * Looking costs a system call a folder, so a look is believed for the rest of the call, and at most
 * for {@link CALL_TRUST_MS}. A later call need not look at it again while the folder above has the same
 * time stamp, since to put a link in its place changes that. The folders of instants in the index, which
 * every claim goes through, are believed for {@link TIME_TRUST_MS}; what removes or replaces a name in
 * one looks again.
 * Neither runtime can name a file by an open folder, so a link that is swapped in between the look and
 * the operation is followed; FORMAT.md says so.
 *
 * A link that was made and yet reported as "taken" is recognised here as well: a file server whose
 * answer got lost is asked again by the kernel, and then finds the name that its first answer made.
 */
import { CoordError } from "../../../domain/errors.ts";
import { quoted } from "../../../domain/text.ts";
import { MAX_RECORD_BYTES } from "../../../domain/limits.ts";
import { isSettled } from "./folder_mark.ts";
import { type FileStat, type Host, HostError, type HostFs } from "../../../ports/host.ts";

/** How long a look is believed within one call, milliseconds. */
const CALL_TRUST_MS = 10;

/** How long a look at a folder of an instant is believed, milliseconds; its names are as well. */
const TIME_TRUST_MS = 50;

/** Digits of the names of these folders. */
const TIME_WIDTH = 16;

/** Folders that are remembered. */
const MAX_LOOKS = 1_000;

/** The same machine, whose file operations keep to {@link withinRoot}. */
export function hostWithin(host: Host, root: string, mustStay = false): Host {
  const fs = withinRoot(host.fs, root, mustStay);
  return Object.create(host, { fs: { value: fs, enumerable: true } });
}

/**
 * File operations of which none leaves `root` by a symbolic link below it; other paths are free. With
 * `mustStay` they throw `no_workspace` once `root` is gone, and none makes it again.
 *
 * @param monotonic Milliseconds that never go back.
 */
export function withinRoot(
  fs: HostFs,
  root: string,
  mustStay = false,
  monotonic = () => performance.now(),
): HostFs {
  const folders = new RealFolders(fs, root, mustStay, monotonic);
  const parents = (...paths: readonly string[]) => {
    for (const path of paths) folders.check(parentOf(path), false);
  };
  const fresh = (...paths: readonly string[]) => {
    for (const path of paths) folders.check(parentOf(path), true);
  };
  return {
    read: (path) => (parents(path), fs.read(path)),
    readRange: (path, ...range) => (parents(path), fs.readRange(path, ...range)),
    lstat: (path) => folders.lstat(path),
    stat: (path) => (parents(path), fs.stat(path)),
    setMode: (path, mode) => (folders.checkFile(path), fs.setMode(path, mode)),
    realPath: (path) => (parents(path), fs.realPath(path)),
    readLink: (path) => (parents(path), fs.readLink(path)),
    list: (path) => folders.check(path, false) ? fs.list(path) : undefined,
    syncFile: (path) => (parents(path), fs.syncFile(path)),
    syncDir: (path) => (folders.check(path, false), fs.syncDir(path)),
    syncNames: (path, inside) => (parents(path), fs.syncNames(path, inside)),
    syncNamesAsync: async (path, inside) => (parents(path), await fs.syncNamesAsync(path, inside)),
    createNew: (path, bytes, sync) => (parents(path), fs.createNew(path, bytes, sync)),
    append: (path, bytes) => (folders.checkFile(path), fs.append(path, bytes)),
    appendSynced: (path, bytes) => (folders.checkFile(path), fs.appendSynced(path, bytes)),
    link: (from, to) => (parents(from, to), fs.link(from, to) || isSameFile(fs, from, to)),
    rename: (from, to) => (fresh(from, to), fs.rename(from, to)),
    remove: (path) => (fresh(path), fs.remove(path)),
    removeDir: (path) => (folders.check(path, true), fs.removeDir(path)),
    makeDir: (path) => folders.make(path),
  };
}

function parentOf(path: string): string {
  return path.slice(0, lastSeparator(path));
}

/** On Windows both separators occur in one path; elsewhere no name of ours has the other. */
function lastSeparator(path: string): number {
  const slash = path.lastIndexOf("/");
  return path.indexOf("\\", slash + 1) < 0 ? slash : path.lastIndexOf("\\");
}

/** Whether a name that counts as taken is that of the very file that was to get it. */
function isSameFile(fs: HostFs, from: string, to: string): boolean {
  const staged = fs.lstat(from);
  const there = fs.lstat(to);
  if (staged?.kind !== "file" || there?.kind !== "file") return false;
  if (staged.ino === 0 || staged.ino !== there.ino) return false;
  if (staged.size !== there.size || staged.size > MAX_RECORD_BYTES) return false;
  // Numbers of inodes beyond 2^53 are rounded, so those of two files may look alike.
  const bytes = fs.read(from);
  const others = fs.read(to);
  return bytes !== undefined && bytes.length === others?.length &&
    bytes.every((byte, at) => byte === others[at]);
}

/** A folder of which nothing else is known. */
const NEW_FOLDER: FileStat = { kind: "directory", size: 0, mtimeMs: 0, ino: 0 };

/** A folder that was looked at, and found real. */
interface Look {
  /** Since when it is known to be real. */
  at: number;
  /** When it and all folders on the way to it were last found good enough. */
  passedAt: number;
  /** When the system was asked for what follows. */
  readonly askedAt: number;
  readonly stat: FileStat;
  /** Whether a later change of its names would show in its time stamp. */
  readonly isSettled: boolean;
  /** The folder above as it was before this look, if a later change of its names would show. */
  readonly above: FileStat | undefined;
}

class RealFolders {
  readonly #looks = new Map<string, Look>();
  /** When the running call began; file operations are synchronous, so it ends with the turn. */
  #callAt: number | undefined;
  /** The folder that was found missing last, and when. */
  #missing = { folder: "", at: -Infinity };

  constructor(
    readonly fs: HostFs,
    readonly root: string,
    readonly mustStay: boolean,
    readonly monotonic: () => number,
  ) {}

  /**
   * Refuses a folder that is reached by a link, or is none; `false` when it was just seen to be
   * missing. With `again` a leaf is looked at once more.
   */
  check(folder: string, again: boolean): boolean {
    if (!this.#isBelow(folder)) return true;
    const now = this.monotonic();
    const since = this.#call(now);
    const known = this.#looks.get(folder);
    if (known !== undefined && known.passedAt >= since && (!again || known.at >= since)) {
      return true;
    }
    for (let from = this.root.length + 1; from <= folder.length;) {
      const end = nextSeparator(folder, from);
      const part = folder.slice(0, end);
      const look = this.#looks.get(part);
      const isTime = end - from === TIME_WIDTH && /^\d+$/.test(folder.slice(from, end));
      const isLoose = isTime && !(again && end === folder.length);
      const isReal = isKnown(look, isLoose ? now - TIME_TRUST_MS : since) ||
        !isTime && look !== undefined && this.#isUnchanged(look, folder.slice(0, from - 1), now);
      if (!isReal && this.#look(part, now, folder.slice(0, from - 1)) === undefined) return false;
      from = end + 1;
    }
    const passed = this.#looks.get(folder);
    if (passed !== undefined) passed.passedAt = now;
    return true;
  }

  /** What there is of a name; a folder need not be looked at again then. */
  lstat(path: string): FileStat | undefined {
    const above = parentOf(path);
    this.check(above, false);
    const stat = this.fs.lstat(path);
    if (stat?.kind === "directory" && this.#isBelow(path)) {
      this.#keep(path, stat, this.monotonic(), above);
    }
    return stat;
  }

  /** Makes a folder and those above it. What was missing is real then, for a moment. */
  make(path: string): void {
    const { folder, at } = this.#missing;
    const isKnown = at >= this.#call(this.monotonic()) && `${path}/`.startsWith(`${folder}/`);
    this.check(isKnown ? parentOf(folder) : path, false);
    const isMissing = !this.#looks.has(path);
    this.fs.makeDir(path);
    if (isMissing && this.#isBelow(path)) {
      const look = this.#keep(path, NEW_FOLDER, this.monotonic(), "");
      look.passedAt = look.at;
    }
  }

  /** The same for a file that is opened to be appended to, which must not be a link itself. */
  checkFile(path: string): void {
    if (!this.#isBelow(path)) return;
    this.check(parentOf(path), true);
    if (this.fs.lstat(path)?.kind === "symlink") throw new HostError("link", "append to", path);
  }

  #isBelow(path: string): boolean {
    const { root } = this;
    if (path.length <= root.length || !path.startsWith(root)) return false;
    const next = path[root.length];
    return next === "/" || next === "\\";
  }

  /** Whether the names of the folder above are what they were when a folder was looked at. */
  #isUnchanged(look: Look, above: string, now: number): boolean {
    if (look.above === undefined) return false;
    const known = this.#asked(above, now) ?? this.#look(above, now, parentOf(above));
    const isSame = known?.stat.ino === look.above.ino &&
      known.stat.mtimeMs === look.above.mtimeMs;
    if (isSame) look.at = now;
    return isSame;
  }

  /** A folder that the system was asked about in this call. */
  #asked(folder: string, now: number): Look | undefined {
    const look = this.#looks.get(folder);
    return look !== undefined && look.askedAt >= this.#call(now) ? look : undefined;
  }

  /** Looks at a folder; `undefined` when there is none. */
  #look(folder: string, now: number, above: string): Look | undefined {
    const isRoot = folder.length <= this.root.length;
    // How the folder above is, is asked first: a later change of its names must not go unnoticed.
    if (above === this.root && this.#asked(above, now) === undefined) {
      this.#look(above, now, "");
    }
    const stat = isRoot ? this.fs.stat(folder) : this.fs.lstat(folder);
    if (stat === undefined) {
      this.#looks.delete(folder);
      this.#missing = { folder, at: now };
      if (isRoot && this.mustStay) {
        const message = `Cannot use workspace ${quoted(folder, 200)}: it was removed`;
        throw new CoordError("no_workspace", message, { path: folder });
      }
      return undefined;
    }
    if (stat.kind === "symlink") throw new HostError("link", "use", folder);
    if (stat.kind !== "directory") throw new HostError("not_directory", "use", folder);
    return this.#keep(folder, stat, now, above);
  }

  #keep(folder: string, stat: FileStat, now: number, above: string): Look {
    const over = this.#asked(above, now);
    const isMarked = over?.isSettled === true && over.stat.ino !== 0;
    const look = {
      at: now,
      passedAt: -Infinity,
      askedAt: stat === NEW_FOLDER ? -Infinity : now,
      stat,
      isSettled: isSettled(stat.mtimeMs, Date.now()),
      above: isMarked ? over.stat : undefined,
    };
    if (this.#looks.size >= MAX_LOOKS) this.#looks.clear();
    this.#looks.set(folder, look);
    return look;
  }

  /** Since when a look counts in the running call. */
  #call(now: number): number {
    if (this.#callAt === undefined) {
      this.#callAt = now;
      queueMicrotask(() => this.#callAt = undefined);
    }
    return Math.max(this.#callAt, now - CALL_TRUST_MS);
  }
}

function isKnown(look: Look | undefined, since: number): boolean {
  return look !== undefined && look.at >= since;
}

function nextSeparator(path: string, from: number): number {
  for (let at = from; at < path.length; at++) {
    const unit = path[at];
    if (unit === "/" || unit === "\\") return at;
  }
  return path.length;
}
