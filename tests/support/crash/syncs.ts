/** Counting what is forced to the disk. */
import type { HostFs } from "../../../src/ports/host.ts";

/** A file system that counts its syncs, and where they were: `claims`, `tasks/…`. */
export function countingSyncs(real: HostFs, root: string): { fs: HostFs; take(): string[] } {
  let syncs: string[] = [];
  const note = (path: string) => {
    const inside = path === root ? "." : path.slice(root.length + 1);
    syncs.push(inside.replace(/[0-9a-f]{64}/g, "<hex>").replace(/[0-9a-f-]{36}/g, "<uuid>"));
  };
  return {
    fs: {
      ...real,
      createNew: (path, bytes, sync = false) => {
        const created = real.createNew(path, bytes, sync);
        if (created && sync) note(path);
        return created;
      },
      appendSynced: (path, bytes) => {
        const appended = real.appendSynced(path, bytes);
        if (appended) note(path);
        return appended;
      },
      syncFile: (path) => {
        note(path);
        real.syncFile(path);
      },
      syncDir: (path) => {
        note(path);
        real.syncDir(path);
      },
      syncNames: (path, folders) => {
        note(path);
        real.syncNames(path, folders);
      },
      syncNamesAsync: async (path, folders) => {
        note(path);
        await real.syncNamesAsync(path, folders);
      },
    },
    take() {
      const taken = syncs;
      syncs = [];
      return taken;
    },
  };
}
