/**
 * The one rule on symbolic links: nothing is read, written or removed through one below W, whoever
 * made it. W itself may be one.
 *
 * Every file operation of the adapter goes through here. Before it, each folder on the way from W to
 * its name is looked at, and anything but a real folder is refused; so is a link as the file that is
 * appended to. A folder that is missing is no obstacle: what follows makes a real one, or fails.
 *
 * Looking costs a system call a folder, so a look is believed for the rest of the call, and at most
 * for {@link CALL_TRUST_MS}. The folders of instants in the index, which every claim goes through, are
 * believed for {@link TIME_TRUST_MS} across calls; what removes or replaces a name in one looks again.
 * Neither runtime can name a file by an open folder, so a link that is swapped in between the look and
 * the operation is followed; FORMAT.md says so.
 *
 * A link that was made and yet reported as "taken" is told apart here as well: a file server whose
 * answer got lost is asked again by the kernel, and then finds the name that its first answer made.
 */
import { MAX_RECORD_BYTES } from "../../domain/limits.ts";
import { type FileStat, type Host, HostError, type HostFs } from "../../ports/host.ts";

/** How long a look is believed within one call, milliseconds. */
const CALL_TRUST_MS = 10;

/** How long a look at a folder of an instant is believed, milliseconds; its names are as well. */
const TIME_TRUST_MS = 50;

/** Digits of the names of these folders. */
const TIME_WIDTH = 16;

/** Folders that are remembered. */
const MAX_LOOKS = 1_000;

/** The same machine, whose file operations keep to {@link withinRoot}. */
export function hostWithin(host: Host, root: string): Host {
  return Object.create(host, { fs: { value: withinRoot(host.fs, root), enumerable: true } });
}

/** File operations of which none leaves `root` by a symbolic link below it; other paths are free. */
export function withinRoot(fs: HostFs, root: string): HostFs {
  const folders = new RealFolders(fs, root);
  const parents = (...paths: readonly string[]) => {
    for (const path of paths) folders.check(parentOf(path), false);
  };
  const fresh = (...paths: readonly string[]) => {
    for (const path of paths) folders.check(parentOf(path), true);
  };
  return {
    read: (path) => (parents(path), fs.read(path)),
    readRange: (path, offset, length) => (parents(path), fs.readRange(path, offset, length)),
    lstat: (path) => folders.lstat(path),
    stat: (path) => (parents(path), fs.stat(path)),
    list: (path) => (folders.check(path, false), fs.list(path)),
    syncFile: (path) => (parents(path), fs.syncFile(path)),
    syncDir: (path) => (folders.check(path, false), fs.syncDir(path)),
    createNew: (path, bytes, sync) => (parents(path), fs.createNew(path, bytes, sync)),
    append: (path, bytes) => (folders.checkFile(path), fs.append(path, bytes)),
    appendSynced: (path, bytes) => (folders.checkFile(path), fs.appendSynced(path, bytes)),
    link: (from, to) => (parents(from, to), fs.link(from, to) || isSameFile(fs, from, to)),
    rename: (from, to) => (fresh(from, to), fs.rename(from, to)),
    remove: (path) => (fresh(path), fs.remove(path)),
    removeDir: (path) => (folders.check(path, true), fs.removeDir(path)),
    makeDir: (path) => (folders.check(path, false), fs.makeDir(path)),
  };
}

function parentOf(path: string): string {
  return path.slice(0, lastSeparator(path));
}

/** On Windows both separators occur in one path; elsewhere no name of ours has the other. */
function lastSeparator(path: string): number {
  return Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
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

class RealFolders {
  /** When each folder was looked at, and found real. */
  readonly #looks = new Map<string, number>();
  /** When the running call began; file operations are synchronous, so it ends with the turn. */
  #callAt: number | undefined;

  constructor(readonly fs: HostFs, readonly root: string) {}

  /** Refuses a folder that is reached by a link, or is none. With `anew` a leaf is looked at again. */
  check(folder: string, anew: boolean): void {
    if (!this.#isBelow(folder)) return;
    const now = performance.now();
    const callAt = this.#call(now);
    if (this.#isKnown(folder, now, CALL_TRUST_MS, callAt)) return;
    for (let from = this.root.length + 1; from <= folder.length;) {
      const end = nextSeparator(folder, from);
      const part = folder.slice(0, end);
      const isLooseEnough = end - from === TIME_WIDTH && !(anew && end === folder.length);
      const isKnown = this.#isKnown(part, now, CALL_TRUST_MS, callAt) ||
        isLooseEnough && this.#isKnown(part, now, TIME_TRUST_MS, -Infinity);
      if (!isKnown && !this.#look(part, now)) return;
      from = end + 1;
    }
  }

  /** What there is of a name; a folder need not be looked at again then. */
  lstat(path: string): FileStat | undefined {
    this.check(parentOf(path), false);
    const stat = this.fs.lstat(path);
    if (stat?.kind === "directory" && this.#isBelow(path)) this.#keep(path, performance.now());
    return stat;
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

  #isKnown(folder: string, now: number, trustMs: number, since: number): boolean {
    const at = this.#looks.get(folder);
    return at !== undefined && now - at < trustMs && at >= since;
  }

  /** `false` when there is no such folder. */
  #look(folder: string, now: number): boolean {
    const kind = this.fs.lstat(folder)?.kind;
    if (kind === undefined) return false;
    if (kind === "symlink") throw new HostError("link", "use", folder);
    if (kind !== "directory") throw new HostError("not_directory", "use", folder);
    this.#keep(folder, now);
    return true;
  }

  #keep(folder: string, now: number): void {
    if (this.#looks.size >= MAX_LOOKS) this.#looks.clear();
    this.#looks.set(folder, now);
  }

  #call(now: number): number {
    if (this.#callAt === undefined) {
      this.#callAt = now;
      queueMicrotask(() => this.#callAt = undefined);
    }
    return this.#callAt;
  }
}

function nextSeparator(path: string, from: number): number {
  for (let at = from; at < path.length; at++) {
    const unit = path[at];
    if (unit === "/" || unit === "\\") return at;
  }
  return path.length;
}
