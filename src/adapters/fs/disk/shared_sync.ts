/** Syncs that callers of one process wait for together. */
import type { HostFs } from "../../../ports/host.ts";

/**
 * A caller that is alone syncs at once, which is the quickest for it. Of several that come in one turn of
 * the process, each syncs beside the others: what the disk does for one it does for all.
 */
export class SharedSync {
  #waiting = 0;

  constructor(readonly fs: HostFs) {}

  /** Makes the bytes of a file last, and its names in folders. */
  async names(path: string, ...folders: readonly string[]): Promise<void> {
    this.#waiting++;
    try {
      await Promise.resolve(); // others that are about to sync count themselves
      if (this.#waiting === 1) this.fs.syncNames(path, folders);
      else await this.fs.syncNamesAsync(path, folders);
    } finally {
      this.#waiting--;
    }
  }
}
