/** The small files that git and Muse keep, as they are read where nothing may fail: a warning at most. */
import { MAX_HEAD_BYTES } from "../../../domain/limits.ts";
import { type FileStat, type Host, HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { type FolderMark, isUnchanged } from "../disk/folder_mark.ts";
import { OTHER_KINDS } from "../disk/record_file.ts";

/** Folders that are remembered. */
const MAX_BARREN = 1_000;

/** How a small file is read. */
interface TextOptions {
  /** Called when there is none. */
  readonly isMissing?: () => void;
  /** Bytes above which it is skipped. */
  readonly most?: number;
  /** The text that a symbolic link stands for, by where it leads. */
  readonly ofLink?: (target: string) => string | undefined;
}

/** A folder in which nothing was met. */
interface Barren extends FolderMark {
  readonly ino: number;
}

export class SmallFiles {
  readonly #said = new Set<string>();
  /** How they were before the last look; `undefined` after the first one. */
  readonly #barren = new Map<string, Barren | undefined>();
  /** What looks have found, and where they failed. */
  #met = 0;

  constructor(
    readonly host: Host,
    readonly onWarning: Warn,
    /** What follows from one that cannot be read. */
    readonly loss = "the branch is not known from it",
  ) {}

  /** Warns once: several looks meet the same file. */
  warn(message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.onWarning(message);
  }

  /** What lies there; symbolic links to it are followed. */
  look(path: string): FileStat | undefined {
    const stat = this.trying(() => this.host.fs.stat(path));
    if (stat !== undefined) this.#met++;
    return stat;
  }

  /**
   * What `body` finds in a folder by looks at its names. Where all of them were missing it is not asked
   * again while the folder has the names that it had: a look at a name that is not there costs several
   * times one at a folder that is. Most processes ask once, so the first time nothing else is looked at.
   */
  within<T>(folder: string, body: () => T | undefined): T | undefined {
    const known = this.#barren.get(folder);
    const mark = this.#barren.has(folder) ? this.#mark(folder) : undefined;
    if (known !== undefined && known.ino === mark?.ino && isUnchanged(known, mark)) {
      return undefined;
    }
    const met = this.#met;
    const found = body();
    if (this.#barren.size >= MAX_BARREN) this.#barren.clear();
    if (found === undefined && met === this.#met) this.#barren.set(folder, mark);
    else this.#barren.delete(folder);
    return found;
  }

  #mark(folder: string): Barren | undefined {
    const stat = this.trying(() => this.host.fs.stat(folder));
    const isKnown = stat?.kind === "directory" && stat.ino !== 0;
    return isKnown ? { ino: stat.ino, mtimeMs: stat.mtimeMs, atMs: Date.now() } : undefined;
  }

  /** The text of a small regular file. */
  text(path: string, options: TextOptions = {}): string | undefined {
    const { most = MAX_HEAD_BYTES, isMissing, ofLink } = options;
    const { fs } = this.host;
    return this.trying(() => {
      const stat = fs.lstat(path);
      if (stat === undefined) {
        isMissing?.();
        return undefined;
      }
      const target = stat.kind === "symlink" && ofLink !== undefined
        ? fs.readLink(path)
        : undefined;
      const linked = target === undefined ? undefined : ofLink?.(target);
      if (linked !== undefined) return linked;
      if (stat.kind !== "file") {
        this.warn(`${path} is ${OTHER_KINDS[stat.kind]}, not a file: skipped`);
      } else if (stat.size > most) {
        this.warn(`${path} is larger than ${most} bytes: skipped`);
      } else {
        const bytes = fs.read(path);
        return bytes && new TextDecoder().decode(bytes);
      }
    });
  }

  /** A checkout that cannot be read is no reason to fail. */
  trying<T>(body: () => T | undefined): T | undefined {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#met++;
      this.warn(`${error.message}: ${this.loss}`);
      return undefined;
    }
  }
}
