/** What a folder takes on the disk. */
import { lstatSync, readdirSync } from "node:fs";

/** Kibibytes on the disk below a folder; a file of several names counts once. */
export function sizeOf(folder: string, seen = new Set<number>()): number {
  let size = lstatSync(folder).blocks / 2;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) size += sizeOf(path, seen);
    else {
      const { ino, blocks } = lstatSync(path);
      if (!seen.has(ino)) size += blocks / 2;
      seen.add(ino);
    }
  }
  return size;
}
