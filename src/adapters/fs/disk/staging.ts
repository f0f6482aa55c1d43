/**
 * Files on their way to a name: staged with their whole content, then linked or renamed, so that a
 * name never shows half of it. `tmp/` and `index/` may be removed at any time; a process that is in
 * the middle of something stages again.
 */
import { HostError } from "../../../ports/host.ts";
import type { HostFs } from "../../../ports/host.ts";
import { ensureDir, ensureLastingDir, inDir, isNotFound } from "./ensure_dir.ts";

/** How often staging is repeated when another process removes its folder meanwhile. */
const MAX_TRIES = 20;

/** A name that no other process uses. */
export function uniqueName(): string {
  return crypto.randomUUID();
}

/** Whether a name is one that {@link uniqueName} gave. */
export function isUniqueName(name: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name);
}

/** Makes a file of a unique name in a folder for staging; its path. */
export function stageFile(fs: HostFs, tmp: string, bytes: Uint8Array, sync: boolean): string {
  const path = `${tmp}/${uniqueName()}`;
  inDir(fs, tmp, MAX_TRIES, () => fs.createNew(path, bytes, sync));
  return path;
}

/**
 * Writes a note in `index/` that only saves time: where that cannot be, or another process removes the
 * folders meanwhile, there is none.
 */
export function writeNote(
  fs: HostFs,
  { tmp, index }: { readonly tmp: string; readonly index: string },
  name: string,
  text: string,
): void {
  const bytes = new TextEncoder().encode(text);
  try {
    ensureDir(fs, index);
    new StagedFile(fs, index, () => stageFile(fs, tmp, bytes, false)).replace(name);
  } catch (error) {
    const unwritable = ["not_found", "no_space", "read_only", "permission"];
    if (!(error instanceof HostError) || !unwritable.includes(error.reason)) throw error;
  }
}

/**
 * A file on its way to names in a folder, or in folders of it. The folder is made when it is missing.
 *
 * @param source What stages the file; it runs again when another process has removed the file. Or
 *   the path of a file that is staged once: then the loss of it is thrown as `not_found`.
 * @param put Moves the staged file to a name, replacing what is there; `false` when the file is gone.
 */
export class StagedFile {
  #path: string | undefined;

  constructor(
    readonly fs: HostFs,
    readonly folder: string,
    readonly source: string | (() => string),
    readonly put = (path: string, name: string) => fs.rename(path, `${folder}/${name}`),
  ) {
    if (typeof source === "string") this.#path = source;
  }

  /** Creates a name in the folder; `false` when it is taken. */
  create(name: string): boolean {
    return this.#retried(name, (path) => this.fs.link(path, `${this.folder}/${name}`));
  }

  /** Puts it under a name, replacing what is there; the last call on it. */
  replace(name: string): void {
    this.#retried(name, (path) => {
      if (!this.put(path, name)) throw new HostError("not_found", "rename", path);
    });
  }

  /** The last call on a file that goes nowhere. */
  discard(): void {
    if (this.#path !== undefined) this.fs.remove(this.#path);
  }

  /** Runs `body` with the staged file, again when that, or the target's folder, has vanished. */
  #retried<T>(name: string, body: (path: string) => T): T {
    for (let tries = 0;; tries++) {
      const path = this.#path ??= this.#stage();
      try {
        return body(path);
      } catch (error) {
        if (!isNotFound(error) || tries >= MAX_TRIES) throw error;
        if (this.fs.lstat(path) === undefined) {
          if (typeof this.source === "string") throw error;
          this.#path = undefined;
        }
        const target = `${this.folder}/${name}`;
        ensureLastingDir(this.fs, target.slice(0, target.lastIndexOf("/")));
      }
    }
  }

  #stage(): string {
    return typeof this.source === "string" ? this.source : this.source();
  }
}
