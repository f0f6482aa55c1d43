/** The small files that git and Muse keep, as they are read where nothing may fail: a warning at most. */
import { MAX_HEAD_BYTES } from "../../../domain/limits.ts";
import { type FileStat, type Host, HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { BarrenFolders, isSameFile, isSettled } from "../disk/folder_mark.ts";
import { OTHER_KINDS } from "../disk/record_file.ts";

/** Texts that are remembered. */
const MAX_TEXTS = 100;

/** How a small file is read. */
interface TextOptions {
  /** Called when there is none. */
  readonly isMissing?: () => void;
  /** Bytes above which it is skipped. */
  readonly most?: number;
  /** The text that a symbolic link stands for, by where it leads. */
  readonly ofLink?: (target: string) => string | undefined;
}

/** What a file said, and how it was before it was read. */
interface ReadText {
  readonly stat: FileStat;
  readonly text: string;
}

export class SmallFiles {
  readonly #said = new Set<string>();
  readonly #barren: BarrenFolders;
  /** Those whose next change would show in their time stamps. */
  readonly #texts = new Map<string, ReadText>();
  /** What looks have found, and where they failed. */
  #met = 0;

  constructor(
    readonly host: Host,
    readonly onWarning: Warn,
    /** What follows from one that cannot be read. */
    readonly loss = "the branch is not known from it",
  ) {
    const stat = (path: string) => this.trying(() => host.fs.stat(path));
    // Nothing is granted by what they say.
    this.#barren = new BarrenFolders({ stat }, 0);
  }

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
   * What `body` finds in a folder by looks at its names; see {@link BarrenFolders.within}.
   *
   * @param what Which names.
   */
  within<T>(folder: string, body: () => T | undefined, what = "git"): T | undefined {
    const met = this.#met;
    return this.#barren.within(folder, body, { what, isTold: () => met !== this.#met });
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
        return this.#read(path, stat);
      }
    });
  }

  /** What a file says; one that is the same as before is not opened again. */
  #read(path: string, stat: FileStat): string | undefined {
    const known = this.#texts.get(path);
    if (known !== undefined && stat.ino !== 0 && isSameFile(stat, known.stat)) return known.text;
    const now = Date.now();
    const bytes = this.host.fs.read(path);
    if (bytes === undefined) return undefined;
    const text = new TextDecoder().decode(bytes);
    if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
    if (isSettled(stat.mtimeMs, now)) this.#texts.set(path, { stat, text });
    return text;
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
