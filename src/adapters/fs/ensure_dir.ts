/** Making folders that others may be removing. */
import { HostError } from "../../ports/host.ts";
import type { HostFs } from "../../ports/host.ts";

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
      if (error.code === "not_found") continue;
      const found = error.code === "exists" ? fs.stat(path) : undefined;
      if (found?.kind === "directory") return;
      if (error.code !== "exists" || found !== undefined) throw error;
    }
  }
}
