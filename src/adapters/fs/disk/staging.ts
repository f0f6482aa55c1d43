/**
 * Files on their way to a name: staged with their whole content, then linked or renamed, so that a
 * name never shows half of it. `tmp/` and `index/` may be removed at any time; a process that is in
 * the middle of something stages again.
 */
import { HostError } from "../../../ports/host.ts";
import type { HostFs } from "../../../ports/host.ts";
import { ensureLastingDir, inDir, isNotFound } from "./ensure_dir.ts";

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

/** A staged file, which is made again when another process removed it. */
export abstract class Stage {
  protected path: string | undefined;

  /** @param folder Where its names will be, or in folders of it; they are made when missing. */
  constructor(protected readonly fs: HostFs, protected readonly folder: string) {}

  protected abstract make(): string;

  /** Creates a name in the folder; `false` when it is taken. */
  create(name: string): boolean {
    return this.retried(name, (path, target) => this.fs.link(path, target));
  }

  discard(): void {
    if (this.path !== undefined) this.fs.remove(this.path);
  }

  /** Runs `body` with the staged file, again when that, or the target's folder, has vanished. */
  protected retried<T>(name: string, body: (path: string, target: string) => T): T {
    const target = `${this.folder}/${name}`;
    for (let tries = 0;; tries++) {
      this.path ??= this.make();
      try {
        return body(this.path, target);
      } catch (error) {
        if (!isNotFound(error) || tries >= MAX_TRIES) throw error;
        if (this.fs.lstat(this.path) === undefined) this.path = undefined;
        ensureLastingDir(this.fs, target.slice(0, target.lastIndexOf("/")));
      }
    }
  }
}

/** A file staged in `tmp/`. */
export class TmpStage extends Stage {
  constructor(
    fs: HostFs,
    folder: string,
    readonly tmp: string,
    readonly bytes: Uint8Array,
    readonly sync: boolean,
  ) {
    super(fs, folder);
  }

  /** Puts it under a name, replacing what is there; the last call on it. */
  replace(name: string): void {
    this.retried(name, (path) => {
      if (!this.put(path, name)) throw new HostError("not_found", "rename", path);
    });
  }

  protected put(path: string, name: string): boolean {
    return this.fs.rename(path, `${this.folder}/${name}`);
  }

  protected override make(): string {
    return stageFile(this.fs, this.tmp, this.bytes, this.sync);
  }
}
