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

/** What says that a file is the same. */
export type FileId = Pick<FileStat, "ino" | "size" | "mtimeMs">;

/** Whether a file is the one that it was, with the same content. */
export function isSameFile(now: FileId, { ino, size, mtimeMs }: FileId): boolean {
  return now.ino === ino && now.size === size && now.mtimeMs === mtimeMs;
}

/** By how much the clock of a file server may be behind this machine's, milliseconds. */
const SKEW_MS = 250;

/** Folders that are remembered. */
const MAX_FOLDERS = 1_000;

interface Barren extends FolderMark {
  readonly ino: number;
}

/**
 * Folders that lack what a caller looks for. A look at a name that is not there costs several times one at
 * a folder that is.
 */
export class BarrenFolders {
  /** How they were before the last look; `undefined` after the first one. */
  readonly #known = new Map<string, Barren | undefined>();

  constructor(readonly fs: Pick<HostFs, "stat">, readonly skewMs: number = SKEW_MS) {}

  /**
   * What `body` finds by looks at names in a folder, always the same ones. Where it found nothing it is
   * not asked again while the folder has the names that it had. Most processes ask once, so the first
   * time nothing else is looked at.
   *
   * @param what Which names, where several are looked for.
   * @param isTold Whether that `body` found nothing says more than that they are missing.
   */
  within<T>(
    folder: string,
    body: () => T | undefined,
    { what = "", isTold = () => false }: { what?: string; isTold?: () => boolean } = {},
  ): T | undefined {
    const key = `${folder}\0${what}`;
    const known = this.#known.get(key);
    const mark = this.#known.has(key) ? this.#mark(folder) : undefined;
    if (known !== undefined && known.ino === mark?.ino && isUnchanged(known, mark)) {
      return undefined;
    }
    const found = body();
    if (this.#known.size >= MAX_FOLDERS) this.#known.clear();
    if (found === undefined && !isTold()) this.#known.set(key, mark);
    else this.#known.delete(key);
    return found;
  }

  #mark(folder: string): Barren | undefined {
    const stat = this.fs.stat(folder);
    if (stat?.kind !== "directory" || stat.ino === 0) return undefined;
    const { mtimeMs, atMs } = markOf(stat);
    return { ino: stat.ino, mtimeMs, atMs: atMs - this.skewMs };
  }
}
