/** What the system says of a file system, by way of `node:`, for all runtimes. */
import { readFileSync, statfsSync } from "node:fs";
import type { DiskFacts, DiskSpace } from "../../ports/host.ts";
import { ifThere } from "../map_error.ts";

/** The kernel's table of the mounts that this process sees. */
export function mountTable(): string | undefined {
  return ifThere(() => readFileSync("/proc/self/mountinfo", "utf-8"));
}

/** The room on the file system of a path. */
export function spaceOf(path: string): DiskSpace | undefined {
  return ifThere(() => {
    const { bsize, blocks, bavail, files, ffree } = statfsSync(path);
    return {
      totalBytes: blocks * bsize,
      freeBytes: bavail * bsize,
      ...(files > 0 && { freeInodes: ffree }),
    };
  });
}

/** See `Host.disk`. */
export function diskFacts(path: string): DiskFacts {
  return { mounts: mountTable(), space: spaceOf(path) };
}
