/** The small files that git and Muse keep, as they are read where nothing may fail: a warning at most. */
import { MAX_HEAD_BYTES } from "../../../domain/limits.ts";
import { type FileStat, type Host, HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { OTHER_KINDS } from "../disk/record_file.ts";

/** How a small file is read. */
interface TextOptions {
  /** Called when there is none. */
  readonly isMissing?: () => void;
  /** Bytes above which it is skipped. */
  readonly most?: number;
  /** The text that a symbolic link stands for, by where it leads. */
  readonly ofLink?: (target: string) => string | undefined;
}

export class SmallFiles {
  readonly #said = new Set<string>();

  constructor(readonly host: Host, readonly onWarning: Warn) {}

  /** Warns once: several looks meet the same file. */
  warn(message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.onWarning(message);
  }

  /** What lies there; symbolic links to it are followed. */
  look(path: string): FileStat | undefined {
    return this.trying(() => this.host.fs.stat(path));
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
      this.warn(`${error.message}: the branch is not known from it`);
      return undefined;
    }
  }
}
