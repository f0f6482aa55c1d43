/** Making folders that others may be removing, and such as must be there after a power cut. */
import { dirname } from "../../../deps/path.ts";
import { HostError } from "../../../ports/host.ts";
import type { HostFs } from "../../../ports/host.ts";

/** How often a folder is made again when others remove it, or its parents, at the same moment. */
const MAX_TRIES = 100;

/** Makes a folder and its parents; existing ones are fine, also such as come and go. */
export function ensureDir(fs: HostFs, path: string): void {
  for (let tries = 0;; tries++) {
    try {
      return fs.makeDir(path);
    } catch (error) {
      if (!(error instanceof HostError) || tries >= MAX_TRIES) throw error;
      // A parent went between two steps, or the folder between the step and the look at it.
      if (isNotFound(error)) continue;
      const found = error.reason === "exists" ? fs.stat(path) : undefined;
      if (found?.kind === "directory") return;
      if (error.reason !== "exists" || found !== undefined) throw error;
    }
  }
}

/** The same for a folder of records: its name, and those of parents that were missing, are synced. */
export function ensureLastingDir(fs: HostFs, path: string): void {
  if (fs.lstat(path)?.kind === "directory") return;
  const above: string[] = [];
  for (let at = path; fs.stat(at) === undefined && dirname(at) !== at; at = dirname(at)) {
    above.push(dirname(at));
  }
  ensureDir(fs, path);
  for (const folder of above.reverse()) {
    try {
      fs.syncDir(folder);
    } catch (error) {
      // Another process has removed it, as `index/` may be: the caller's next step makes it again.
      if (!isNotFound(error)) throw error;
    }
  }
}

/**
 * Syncs the names of a folder that is there and of those that it lies in: the process that made them
 * may have died before they were on the disk. Far above, where nothing can be read, nothing was made.
 */
export function syncAbove(fs: HostFs, path: string): void {
  fs.syncDir(dirname(path));
  try {
    for (let at = dirname(path); dirname(at) !== at; at = dirname(at)) fs.syncDir(dirname(at));
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
  }
}

/** Whether something was missing, often a folder that others have just removed. */
export function isNotFound(error: unknown): boolean {
  return error instanceof HostError && error.reason === "not_found";
}

/**
 * Runs `body`, which needs a folder. The folder is made when it turns out to be missing, and again
 * when others remove it, at most `maxTries` times.
 */
export function inDir<T>(
  fs: HostFs,
  dir: string,
  maxTries: number,
  body: () => T,
  make = ensureDir,
): T {
  for (let tries = 0;; tries++) {
    try {
      return body();
    } catch (error) {
      if (!isNotFound(error) || tries >= maxTries) throw error;
      make(fs, dir);
    }
  }
}
