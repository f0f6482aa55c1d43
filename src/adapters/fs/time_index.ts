/**
 * A directory tree of entries ordered by an instant, so that the earliest one is found without
 * listing the rest: `<root>/<instant / 131072>/<instant / 32>/<instant>-<rest>`.
 *
 * Leaves span 32 ms and their parents 131 s, which keeps every directory on the way small for
 * bursts (some 800 entries in 32 ms) and for queues that fill slowly (660 directories a day). Any
 * part of the tree may vanish at any time.
 */
import { HostError } from "../../ports/host.ts";
import type { HostFs } from "../../ports/host.ts";

const COARSE_MS = 131_072;
const FINE_MS = 32;
const WIDTH = 16;

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
function place(root: string, ms: number, rest: string): { dir: string; path: string } {
  const at = Math.min(Math.max(0, Math.floor(ms)), Number.MAX_SAFE_INTEGER);
  const dir = `${root}/${digits(at / COARSE_MS)}/${digits(at / FINE_MS)}`;
  return { dir, path: `${dir}/${digits(at)}-${rest}` };
}

function digits(value: number): string {
  return String(Math.floor(value)).padStart(WIDTH, "0");
}

/** Where an entry lies, or would. */
export function entryPath(root: string, ms: number, rest: string): string {
  return place(root, ms, rest).path;
}

/** Runs `create` with the entry's path, making its directory when it is missing. */
export function createEntry(
  fs: HostFs,
  root: string,
  ms: number,
  rest: string,
  create: (path: string) => boolean,
): boolean {
  const { dir, path } = place(root, ms, rest);
  let missing = false;
  for (let tries = 0;; tries++) {
    try {
      if (missing) fs.makeDir(dir);
      return create(path);
    } catch (error) {
      // Others remove empty directories, also in the middle of this, and anybody the whole tree.
      missing = error instanceof HostError && error.code === "not_found";
      if (!missing || tries >= MAX_TRIES) throw error;
    }
  }
}

/** All entries, in no order. */
export function* allEntries(fs: HostFs, root: string): Generator<TimeEntry> {
  for (const coarse of sortedDirs(fs, root)) {
    for (const fine of sortedDirs(fs, `${root}/${coarse}`)) {
      const leaf = `${root}/${coarse}/${fine}`;
      for (const { name } of fs.list(leaf) ?? []) {
        const entry = parseEntry(leaf, name);
        if (entry !== undefined) yield entry;
      }
    }
  }
}

function sortedDirs(fs: HostFs, path: string): string[] {
  const names: string[] = [];
  for (const entry of fs.list(path) ?? []) {
    if (entry.isDirectory && entry.name.length === WIDTH) names.push(entry.name);
  }
  return names.sort();
}

function parseEntry(leaf: string, name: string): TimeEntry | undefined {
  if (name[WIDTH] !== "-") return undefined;
  const ms = Number(name.slice(0, WIDTH));
  if (!Number.isSafeInteger(ms)) return undefined;
  return { ms, rest: name.slice(WIDTH + 1), path: `${leaf}/${name}` };
}

/** Walks the entries from the earliest on, over names that it keeps for a moment. */
export class TimeCursor {
  #coarse: string[] | undefined;
  #fine: string[] = [];
  #names: string[] = [];
  #at = 0;
  #leaf = "";
  #listedAt = 0;

  constructor(readonly fs: HostFs, readonly root: string) {}

  /** Forgets what was listed. */
  reset(): void {
    this.#coarse = undefined;
    this.#fine = [];
    this.#names = [];
    this.#at = 0;
  }

  /** Forgets what was listed too long ago. */
  freshen(): void {
    // Real time on purpose: it measures how old a listing is, not when something expires.
    if (Date.now() - this.#listedAt > LISTING_TRUST_MS) this.reset();
  }

  /** The earliest entry that was not skipped since the names were listed. */
  peek(): TimeEntry | undefined {
    if (this.#coarse === undefined) {
      this.#listedAt = Date.now();
      this.#coarse = sortedDirs(this.fs, this.root);
      this.#enterCoarse();
    }
    while (true) {
      for (; this.#at < this.#names.length; this.#at++) {
        const entry = parseEntry(this.#leaf, this.#names[this.#at] ?? "");
        if (entry !== undefined) return entry;
      }
      if (!this.#nextLeaf()) return undefined;
    }
  }

  /** Passes over the entry that `peek` gave. */
  skip(): void {
    this.#at++;
  }

  /** Lists the directory that it is in anew: others have removed most of what it knew. */
  relist(): void {
    if (this.#leaf !== "") this.#list();
  }

  #list(): void {
    this.#names = (this.fs.list(this.#leaf) ?? []).map((entry) => entry.name).sort();
    this.#at = 0;
  }

  #nextLeaf(): boolean {
    if (this.#leaf !== "") {
      this.fs.removeDir(this.#leaf); // only when it is empty
      this.#leaf = "";
    }
    while (this.#coarse !== undefined && this.#coarse.length > 0) {
      const coarse = `${this.root}/${this.#coarse[0]}`;
      const fine = this.#fine.shift();
      if (fine !== undefined) {
        this.#leaf = `${coarse}/${fine}`;
        this.#list();
        return true;
      }
      this.fs.removeDir(coarse);
      this.#coarse.shift();
      this.#enterCoarse();
    }
    return false;
  }

  #enterCoarse(): void {
    const first = this.#coarse?.[0];
    this.#fine = first === undefined ? [] : sortedDirs(this.fs, `${this.root}/${first}`);
  }
}
