/**
 * Whether something has changed since it was read, by its time stamp. A stamp advances in ticks, so it
 * hides a change that comes within the tick of the one before; what was read within that is not trusted.
 * A stamp ahead of the clock is not trusted either.
 */
import { STAMP_TICK_MS } from "../../../domain/limits.ts";
import type { FileStat, HostFs } from "../../../ports/host.ts";

/** How a folder was before it was listed. */
export interface FolderMark {
  /** Its last change; -1 when there was none. */
  readonly mtimeMs: number;
  /** When that was seen. */
  readonly atMs: number;
}

/** Looks at a folder that is to be listed. */
export function markFolder(fs: HostFs, path: string): FolderMark {
  return markOf(fs.lstat(path));
}

/** The same from what was seen of the folder just now. */
export function markOf(stat: FileStat | undefined): FolderMark {
  return { mtimeMs: stat?.mtimeMs ?? -1, atMs: Date.now() };
}

/** Whether a folder has the names that were listed after `known`. */
export function isUnchanged(known: FolderMark | undefined, current: FolderMark): boolean {
  return known !== undefined && known.mtimeMs === current.mtimeMs &&
    isSettled(known.mtimeMs, known.atMs);
}

/** Whether a change after `atMs` would show in a time stamp that was seen then. */
export function isSettled(mtimeMs: number, atMs: number): boolean {
  const tick = mtimeMs % 1_000 === 0 ? STAMP_TICK_MS.whole : STAMP_TICK_MS.fine;
  return atMs - mtimeMs >= tick;
}
