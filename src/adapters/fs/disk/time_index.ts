/**
 * A directory tree of entries ordered by an instant, so that the earliest one is found without
 * listing the rest: `<root>/<instant / 70 min>/<instant / 4 s>/<instant / leaf>/<instant>-<rest>`.
 *
 * Every directory on the way stays small: at most 1,024 and 256 names in the upper ones, and in a leaf
 * what came within its milliseconds. Making and removing a leaf costs as much as several entries, so it
 * spans what suits the tree. Any part of the tree may vanish at any time.
 */
import type { HostFs } from "../../../ports/host.ts";
import { inDir } from "./ensure_dir.ts";

/** Milliseconds that a directory above the leaves spans, level by level; powers of two. */
const SPANS_MS = [2 ** 22, 2 ** 12];

/** A tree of entries. */
export interface TimeTree {
  readonly root: string;
  /** Milliseconds that a leaf spans, a power of two. */
  readonly leafMs: number;
}

/** Digits of an instant or of a directory's number, so that names sort as numbers do. */
const WIDTH = 16;

/** The instant, and a record's id with what belongs to it; no other name is one of ours. */
const ENTRY = /^(\d{16})-([0-9A-Fa-f][0-9A-Fa-f-]{5,127}(?:_[\w-]*)?)$/;

/** How often an entry's directory is made again when others remove it. */
const MAX_TRIES = 100;

/** For how long listed names are used before they are listed again, in milliseconds. */
export const LISTING_TRUST_MS = 50;

/** An entry, by its place. */
export interface TimeEntry {
  readonly ms: number;
  /** The name after the instant. */
  readonly rest: string;
  readonly path: string;
}

/** The directory and the path of an entry. */
function place(
  { root, leafMs }: TimeTree,
  ms: number,
  rest: string,
): { dir: string; path: string } {
  const at = Math.min(Math.max(0, Math.floor(ms)), Number.MAX_SAFE_INTEGER);
  let dir = root;
  for (const span of SPANS_MS) dir += `/${digits(at / span)}`;
  dir += `/${digits(at / leafMs)}`;
  return { dir, path: `${dir}/${digits(at)}-${rest}` };
}

function digits(value: number): string {
  return String(Math.floor(value)).padStart(WIDTH, "0");
}

/** Where an entry lies, or would. */
export function entryPath(tree: TimeTree, ms: number, rest: string): string {
  return place(tree, ms, rest).path;
}

/** Runs `create` with the entry's path, making its directory when it is missing. */
export function createEntry(
  fs: HostFs,
  tree: TimeTree,
  ms: number,
  rest: string,
  create: (path: string) => boolean,
): boolean {
  const { dir, path } = place(tree, ms, rest);
  // Others remove empty directories, also in the middle of this, and may remove the whole tree.
  return inDir(fs, dir, MAX_TRIES, () => create(path));
}

/** All entries, from the earliest on. */
export function* allEntries(fs: HostFs, root: string): Generator<TimeEntry> {
  const cursor = new TimeCursor(fs, root);
  for (let entry = cursor.peek(); entry !== undefined; entry = cursor.peek()) {
    yield entry;
    cursor.skip();
  }
}

/** Removes directories that have no entries. */
export function removeEmptyDirs(fs: HostFs, { root }: TimeTree): void {
  const walk = allEntries(fs, root);
  while (walk.next().done !== true);
}

function parseEntry(leaf: string, name: string): TimeEntry | undefined {
  const found = ENTRY.exec(name);
  const ms = Number(found?.[1]);
  const rest = found?.[2];
  if (rest === undefined || !Number.isSafeInteger(ms)) return undefined;
  return { ms, rest, path: `${leaf}/${name}` };
}

/** A directory that a cursor is in. */
interface Listing {
  readonly path: string;
  readonly names: readonly string[];
  readonly isThere: boolean;
  at: number;
}

/** Walks the entries from the earliest on, over names that it keeps for a moment. */
export class TimeCursor {
  /** The directories from the root to where it is; `undefined` before anything was listed. */
  #trail: Listing[] | undefined;
  #listedAt = 0;
  #laterMs = Infinity;

  /** @param isGrowing Whether the last leaf stays, though it is empty: entries come to it just now. */
  constructor(readonly fs: HostFs, readonly root: string, readonly isGrowing = () => false) {}

  /** Forgets what was listed. */
  reset(): void {
    this.#trail = undefined;
  }

  /** Forgets what was listed too long ago. */
  freshen(): void {
    // Real time on purpose: it measures how old a listing is, not when something expires.
    if (Date.now() - this.#listedAt > LISTING_TRUST_MS) this.reset();
  }

  /** No entry that `peek` left out for being later is earlier than this. */
  get laterMs(): number {
    return this.#laterMs;
  }

  /**
   * The earliest entry that was not skipped since the names were listed. Of directories above the leaves
   * that begin after `until` none is listed; later entries in others may be given all the same.
   */
  peek(until = Infinity): TimeEntry | undefined {
    this.#laterMs = Infinity;
    if (this.#trail === undefined) {
      this.#listedAt = Date.now();
      this.#trail = [this.#list(this.root, true)];
    }
    const trail = this.#trail;
    for (let here = trail.at(-1); here !== undefined; here = trail.at(-1)) {
      const name = here.names[here.at];
      if (name === undefined) {
        const isKept = trail.length === 1 || !here.isThere || this.#isLast() && this.isGrowing();
        if (!isKept) this.fs.removeDir(here.path); // only when it is empty
        trail.pop();
      } else if (trail.length <= SPANS_MS.length + 1) {
        const begins = Number(name) * (SPANS_MS[trail.length - 1] ?? 0);
        if (begins > until) {
          this.#laterMs = begins;
          return undefined;
        }
        here.at++;
        trail.push(this.#list(`${here.path}/${name}`, trail.length <= SPANS_MS.length));
      } else {
        const entry = parseEntry(here.path, name);
        if (entry !== undefined) return entry;
        here.at++;
      }
    }
    return undefined;
  }

  /** Whether nothing comes after the directory that it is in. */
  #isLast(): boolean {
    return this.#trail?.every(({ names, at }) => at >= names.length) === true;
  }

  /** Skips the entry that `peek` gave. */
  skip(): void {
    const here = this.#trail?.at(-1);
    if (here !== undefined) here.at++;
  }

  /** Lists the directory that it is in again: others have removed most of what it knew. */
  relist(): void {
    const here = this.#trail?.pop();
    if (here !== undefined) this.#trail?.push(this.#list(here.path, false));
  }

  #list(path: string, directories: boolean): Listing {
    const names: string[] = [];
    const entries = this.fs.list(path);
    for (const { name, isDirectory } of entries ?? []) {
      if (directories ? isDirectory && /^\d{16}$/.test(name) : !isDirectory) names.push(name);
    }
    return { path, names: names.sort(), isThere: entries !== undefined, at: 0 };
  }
}
