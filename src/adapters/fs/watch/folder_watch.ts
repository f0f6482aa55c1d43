/**
 * The kernel's notification for the folders of a workspace.
 *
 * Folders that are missing are made, as `coord init` does; where that is not allowed, and when a
 * folder is removed and made again later, the workspace itself is watched, and a folder that appears
 * starts everything again. It has to be everything: both runtimes keep the watches of a process by
 * their paths, so a new watch on a path joins the dead one for as long as any caller holds that
 * (Bun's issue 42570), and Deno frees it only some turns after it was closed. What changes while
 * nothing is watched is covered by the hint to look at everything that follows.
 *
 * Symbolic links are never followed.
 */
import { HostError } from "../../../ports/host.ts";
import type { DirHint, DirWatch, Host } from "../../../ports/host.ts";
import { ensureLastingDir } from "../disk/ensure_dir.ts";
import type { Layout } from "../layout.ts";

/** Milliseconds until a closed watch is freed for sure. */
const FREE_MS = 150;

/** Milliseconds in which a folder's own hint is not taken for a new folder, its inode being the same. */
const RENEW_MS = 1_000;

export class FolderWatch {
  readonly #watched = new Map<string, { at: number; ino: number }>();
  #watch: DirWatch | undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #folders: readonly string[] = [];
  #open = true;

  /**
   * @param onHint A folder's bare name and a name in it; `undefined` for "look at everything".
   * @param onError Called at most once; the watch is closed then.
   */
  constructor(
    readonly host: Host,
    readonly layout: Layout,
    readonly onHint: (folder: string | undefined, name: string | undefined) => void,
    readonly onError: (error: unknown) => void,
  ) {}

  /** Starts to watch these folders; throws where that cannot be. */
  start(folders: readonly string[]): void {
    this.#folders = folders;
    const { fs } = this.host;
    for (const folder of folders) {
      try {
        // Making is tried only where there is nothing: a symbolic link would be followed.
        if (fs.lstat(this.#path(folder)) === undefined) ensureLastingDir(fs, this.#path(folder));
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
      }
    }
    this.#begin();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#restart);
    this.#watch?.close();
    this.#watch = undefined;
  }

  #begin(): void {
    const { host, layout } = this;
    this.#watched.clear();
    const paths = [layout.root];
    for (const folder of this.#folders) {
      const ino = this.#inode(folder);
      if (ino === undefined) continue;
      paths.push(this.#path(folder));
      this.#watched.set(folder, { at: performance.now(), ino });
    }
    this.#watch = host.watch(paths, (hint) => this.#changed(hint), (error) => this.#failed(error));
  }

  #changed({ dir, name }: DirHint): void {
    if (!this.#open) return;
    // By the last part of the path alone, since platforms may report paths with links resolved.
    const part = lastPart(dir);
    const folder = this.#folders.find((each) => part === each);
    if (folder !== undefined) this.onHint(folder, name);
    else if (name === undefined) this.onHint(undefined, undefined);
    else if (this.#folders.includes(name)) {
      if (this.#isNew(name)) this.#again();
      this.onHint(name, undefined);
    }
  }

  /** Whether a folder appeared, or another one in its place, which the watch does not see. */
  #isNew(folder: string): boolean {
    const ino = this.#inode(folder);
    const watched = this.#watched.get(folder);
    if (ino === undefined) this.#watched.delete(folder);
    if (ino === undefined || this.#restart !== undefined) return false;
    return watched?.ino !== ino || performance.now() - watched.at >= RENEW_MS;
  }

  #again(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      try {
        this.#begin();
        this.onHint(undefined, undefined);
      } catch (error) {
        this.#failed(error);
      }
    }, FREE_MS);
  }

  #failed(error: unknown): void {
    if (!this.#open) return;
    this.close();
    this.onError(error);
  }

  /** The inode of a real folder. */
  #inode(folder: string): number | undefined {
    const stat = this.host.fs.lstat(this.#path(folder));
    return stat?.kind === "directory" ? stat.ino : undefined;
  }

  #path(folder: string): string {
    return `${this.layout.root}/${folder}`;
  }
}

function lastPart(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
