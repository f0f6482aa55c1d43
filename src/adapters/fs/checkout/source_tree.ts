/**
 * Source files below a folder.
 *
 * Every part of a path is looked at before anything is opened, so that no symbolic link leads out of
 * the tree and no FIFO blocks. A process that swaps a folder for a link between the look and the
 * read could still lead out; what is read is only ever searched for imports.
 */
import { join } from "../../../deps/path.ts";
import { type Import, languageOf } from "../../../domain/forecast/imports.ts";
import { MAX_IMPORTS, MAX_LISTED, MAX_SOURCE_BYTES } from "../../../domain/limits.ts";
import { quoted } from "../../../domain/text.ts";
import type { SourceTree } from "../../../ports/checkout.ts";
import { type DirEntry, type FileStat, type Host, HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import type { ImportReader } from "./import_reader.ts";

export class FsSourceTree implements SourceTree {
  readonly #found = new Map<string, FileStat["kind"] | undefined>();
  readonly #imports = new Map<string, readonly Import[]>();
  readonly #lists = new Map<string, readonly DirEntry[]>();
  #leftToList: number = MAX_LISTED;
  #isOutOfTime = false;

  /** @param worktree The linked worktree whose files these are. */
  constructor(
    readonly host: Pick<Host, "fs" | "os">,
    readonly root: string,
    readonly warn: Warn,
    readonly reader: ImportReader,
    readonly worktree?: string,
  ) {}

  exists(path: string): boolean {
    return this.#kind(path) === "file";
  }

  read(path: string): string | undefined {
    return this.#trying(() => {
      const stat = this.#look(path);
      if (stat?.kind !== "file") return undefined;
      if (stat.size > MAX_SOURCE_BYTES) {
        this.warn(
          `${this.#shown(path)} is larger than ${MAX_SOURCE_BYTES} bytes: its imports are not read`,
        );
        return undefined;
      }
      const bytes = this.host.fs.read(join(this.root, path));
      try {
        return bytes && new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        this.warn(`${this.#shown(path)} is not UTF-8: its imports are not read`);
        return undefined;
      }
    });
  }

  below(folder: string, accepts: (path: string) => boolean, atMost: number): string[] | undefined {
    if (this.reader.isOutOfTime) return this.#endOfTime();
    const files: string[] = [];
    const folders = folder === "" || this.#kind(folder) === "directory" ? [folder] : [];
    for (const each of folders) {
      for (const { name, isDirectory, isFile } of this.#list(each)) {
        const path = each === "" ? name : `${each}/${name}`;
        if (isDirectory && !isPassedOver(name)) folders.push(path);
        if (isFile && accepts(path) && files.push(path) > atMost) return undefined;
      }
      if (this.#leftToList < 0) return undefined;
    }
    return files.sort();
  }

  async imports(path: string): Promise<readonly Import[]> {
    const known = this.#imports.get(path) ?? await this.#read(path);
    this.#imports.set(path, known);
    return known;
  }

  async #read(path: string): Promise<readonly Import[]> {
    const language = languageOf(path);
    if (language === undefined) return [];
    if (this.reader.isOutOfTime) return this.#endOfTime();
    const text = this.reader.timed(() => this.read(path));
    if (text === undefined) return [];
    let imports: readonly Import[] | undefined;
    try {
      imports = await this.reader.read(language, text);
    } catch (error) {
      this.#passOver(error);
      return [];
    }
    if (imports === undefined) {
      if (this.reader.isOutOfTime) return this.#endOfTime();
      this.warn(`${this.#shown(path)} takes too long to understand: its imports are not read`);
    }
    if (imports === undefined || imports.length <= MAX_IMPORTS) return imports ?? [];
    this.warn(
      `${this.#shown(path)} has more than ${MAX_IMPORTS} imports: the others are not counted`,
    );
    return imports.slice(0, MAX_IMPORTS);
  }

  #endOfTime(): [] {
    if (!this.#isOutOfTime) {
      const which = this.worktree === undefined ? "" : ` of ${worktreeText(this.worktree)}`;
      this.warn(`There are too many source files${which} to read in time: imports are missing`);
    }
    this.#isOutOfTime = true;
    return [];
  }

  #shown(path: string): string {
    return this.worktree === undefined ? path : `${path} in ${worktreeText(this.worktree)}`;
  }

  #list(folder: string): readonly DirEntry[] {
    const known = this.#lists.get(folder);
    if (known !== undefined) return known;
    const list = () => this.host.fs.list(join(this.root, folder));
    const entries = this.reader.timed(() => this.#trying(list)) ?? [];
    this.#leftToList -= 1 + entries.length;
    this.#lists.set(folder, entries);
    return entries;
  }

  #kind(path: string): FileStat["kind"] | undefined {
    if (!this.#found.has(path)) this.#found.set(path, this.#trying(() => this.#look(path))?.kind);
    return this.#found.get(path);
  }

  /** What lies at a path, if it is a path in the tree and all folders on the way are real ones. */
  #look(path: string): FileStat | undefined {
    const cut = path.lastIndexOf("/");
    if (!this.#isName(path.slice(cut + 1))) return undefined;
    if (cut >= 0 && this.#kind(path.slice(0, cut)) !== "directory") return undefined;
    return this.host.fs.lstat(join(this.root, path));
  }

  /** Whether this is the name of something in a folder, and no way out of it. */
  #isName(segment: string): boolean {
    if (segment === "" || segment === "." || segment === ".." || segment.includes("\0")) {
      return false;
    }
    return this.host.os !== "windows" || !/[\\:]/.test(segment);
  }

  /** A source file that cannot be read is no reason to fail. */
  #trying<T>(body: () => T | undefined): T | undefined {
    try {
      return body();
    } catch (error) {
      this.#passOver(error);
      return undefined;
    }
  }

  #passOver(error: unknown): void {
    if (!(error instanceof HostError)) throw error;
    this.warn(`${error.message}: imports are not read from it`);
  }
}

/** Folders whose files are not edited by hand. */
function isPassedOver(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

/** A linked worktree, as messages name it. */
export function worktreeText(name: string): string {
  return `worktree ${quoted(name, 80)}`;
}
