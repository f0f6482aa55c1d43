/**
 * A file system that forgets, as a power cut makes it: bytes that were not synced are lost or torn,
 * and changes of a folder's names that were not synced are undone. What `syncNames` makes last are the
 * bytes of one file and the names that it has, with the folders that it is given on the way to them. A
 * folder is a name like any other: where its parent was not synced, it goes with all that is in it.
 */
import { linkSync, lstatSync, mkdirSync, renameSync, rmSync, truncateSync } from "node:fs";
import type { HostFs } from "../../../src/ports/host.ts";
import { assert_, assertEquals } from "../../deps.ts";
import { filesBelow } from "../scene/scratch.ts";
import type { Random } from "../random.ts";

/**
 * What a name named before a change: nothing, an empty folder, a file that is kept in the attic, or
 * a folder that was given another name.
 */
type Before = undefined | "folder" | { readonly kept: string } | { readonly moved: string };

/** A name that changed. */
interface Change {
  readonly path: string;
  readonly before: Before;
}

/**
 * How much of what was not synced a power cut takes: all of it; of some folders all and of others
 * nothing; of each folder the last changes, as chance has it; of each name the last changes, whatever
 * becomes of its neighbours; or all bytes and no name.
 */
export type Loss = "all" | "folders" | "last" | "scattered" | "bytes";

export class ForgetfulFs {
  readonly fs: HostFs;
  readonly #real: HostFs;
  /** Inodes with bytes that are not on the disk, and how many of their first ones are. */
  readonly #dirty = new Map<number, number>();
  readonly #changes = new Map<string, Change[]>();
  #kept = 0;

  /**
   * @param attic A folder outside of the workspace for what names named before.
   * @param syncs Whether a sync makes anything last.
   */
  constructor(
    real: HostFs,
    readonly workspace: string,
    readonly attic: string,
    syncs: boolean,
  ) {
    mkdirSync(attic, { recursive: true });
    this.#real = real;
    this.fs = {
      ...real,
      createNew: (path, bytes, sync) => {
        const created = real.createNew(path, bytes, sync);
        if (!created) return false;
        if (!sync || !syncs) this.#dirty.set(inode(path), 0);
        this.#changed({ path, before: undefined });
        return true;
      },
      append: (path, bytes) => {
        const size = real.lstat(path)?.size;
        real.append(path, bytes);
        if (size === undefined) this.#changed({ path, before: undefined });
        const ino = inode(path);
        this.#dirty.set(ino, this.#dirty.get(ino) ?? size ?? 0);
      },
      appendSynced: (path, bytes) => {
        const size = real.lstat(path)?.size ?? 0;
        const appended = real.appendSynced(path, bytes);
        if (!appended) return false;
        const ino = inode(path);
        if (syncs) this.#dirty.delete(ino);
        else this.#dirty.set(ino, this.#dirty.get(ino) ?? size);
        return true;
      },
      link: (from, to) => {
        const linked = real.link(from, to);
        if (linked) this.#changed({ path: to, before: undefined });
        return linked;
      },
      rename: (from, to) => {
        if (real.lstat(from)?.kind === "directory") {
          if (!real.rename(from, to)) return false;
          this.#moveChanges(from, to);
          this.#changed({ path: from, before: { moved: to } });
          return true;
        }
        const source = this.#keep(from);
        const target = this.#keep(to);
        const renamed = real.rename(from, to);
        if (renamed) {
          this.#changed({ path: from, before: source });
          this.#changed({ path: to, before: target });
        }
        return renamed;
      },
      remove: (path) => {
        const before = this.#keep(path);
        const removed = real.remove(path);
        if (removed) this.#changed({ path, before });
        return removed;
      },
      makeDir: (path) => {
        const made: string[] = [];
        for (let at = path; real.lstat(at) === undefined; at = parentOf(at)) made.push(at);
        real.makeDir(path);
        for (const folder of made.reverse()) this.#changed({ path: folder, before: undefined });
      },
      removeDir: (path) => {
        const removed = real.removeDir(path);
        if (removed) this.#changed({ path, before: "folder" });
        return removed;
      },
      syncFile: (path) => {
        real.syncFile(path);
        if (syncs) this.#dirty.delete(inode(path));
      },
      syncDir: (path) => {
        real.syncDir(path);
        if (syncs) this.#changes.delete(path);
      },
      syncNames: (path, folders) => {
        real.syncNames(path, folders);
        if (syncs) this.#namesSynced(inode(path), folders);
      },
      syncNamesAsync: async (path, folders) => {
        await real.syncNamesAsync(path, folders);
        if (syncs) this.#namesSynced(inode(path), folders);
      },
    };
  }

  /** The bytes of a file, and what names it and the folders have in these, are on the disk; nothing else is. */
  #namesSynced(ino: number, folders: readonly string[]): void {
    this.#dirty.delete(ino);
    for (const folder of folders) {
      const isIts = ({ path }: Change) =>
        folders.includes(path) || this.#real.lstat(path)?.ino === ino;
      const left = (this.#changes.get(folder) ?? []).filter((change) => !isIts(change));
      this.#changes.set(folder, left);
    }
  }

  /** The power goes: what was not synced is lost. */
  cut(random: Random, loss: Loss = "last"): void {
    // A folder that is lost takes along what is in it, so it comes before that.
    for (const seen = new Set<string>();;) {
      const left = [...this.#changes].filter(([dir]) => !seen.has(dir));
      const [next] = left.sort(([a], [b]) => a.split("/").length - b.split("/").length);
      if (next === undefined) break;
      const [dir, changes] = next;
      seen.add(dir);
      // The index is lost altogether now and then, below.
      if (dir.startsWith(`${this.workspace}/index`)) continue;
      for (const change of undone(changes, random, loss)) this.#undo(change);
    }
    if (random.chance(0.3)) rmSync(`${this.workspace}/index`, { recursive: true, force: true });
    for (const path of filesBelow(this.workspace)) {
      const { ino, size } = lstatSync(path);
      const kept = this.#dirty.get(ino);
      if (kept === undefined || !this.#dirty.delete(ino)) continue;
      const takesAll = loss === "all" || loss === "bytes";
      if (!takesAll && !random.chance(0.7)) continue;
      const torn = takesAll || random.chance(0.5) ? kept : Math.floor((kept + size) / 2);
      if (torn < size) truncateSync(path, torn);
    }
  }

  #undo({ path, before }: Change): void {
    if (this.#real.lstat(parentOf(path)) === undefined) return;
    if (before === undefined) rmSync(path, { recursive: true, force: true });
    else if (before === "folder") mkdirSync(path, { recursive: true });
    else if ("kept" in before) renameSync(before.kept, path);
    else if (this.#real.lstat(before.moved) !== undefined) {
      renameSync(before.moved, path);
      this.#moveChanges(before.moved, path);
    }
  }

  /** What changed in a folder is known by the folder's new name from now on. */
  #moveChanges(from: string, to: string): void {
    const changes = this.#changes.get(from);
    if (changes === undefined) return;
    this.#changes.delete(from);
    const moved = changes.map(({ path, before }) => ({
      path: `${to}${path.slice(from.length)}`,
      before,
    }));
    this.#changes.set(to, [...this.#changes.get(to) ?? [], ...moved]);
  }

  #changed(change: Change): void {
    const dir = parentOf(change.path);
    const changes = this.#changes.get(dir);
    if (changes === undefined) this.#changes.set(dir, [change]);
    else changes.push(change);
  }

  #keep(path: string): Before {
    if (this.#real.lstat(path)?.kind !== "file") return undefined;
    const kept = `${this.attic}/${this.#kept++}`;
    linkSync(path, kept);
    return { kept };
  }
}

/** The changes of a folder's names that a power cut undoes, the last one first. */
function undone(changes: readonly Change[], random: Random, loss: Loss): Change[] {
  if (loss === "bytes") return [];
  if (loss === "all") return changes.toReversed();
  if (loss === "folders") return random.chance(0.5) ? changes.toReversed() : [];
  if (loss === "last") return changes.slice(random.below(changes.length + 1)).reverse();
  const names = Map.groupBy(changes, ({ path }) => path);
  return [...names.values()].flatMap((own) => own.slice(random.below(own.length + 1)).reverse());
}

/**
 * A file system on which writing with a sync is two operations, so that a process can end, and the
 * sync can fail, in between.
 */
export function stepwise(fs: HostFs): HostFs {
  return {
    ...fs,
    createNew: (path, bytes, sync = false) => {
      if (!fs.createNew(path, bytes)) return false;
      try {
        if (sync) fs.syncFile(path);
      } catch (error) {
        fs.remove(path);
        throw error;
      }
      return true;
    },
    appendSynced: (path, bytes) => {
      if (fs.lstat(path) === undefined) return false;
      fs.append(path, bytes);
      fs.syncFile(path);
      return true;
    },
  };
}

/** One life until the power goes: how many answers there were, and which of them do not hold. */
export interface PowerCut {
  readonly answers: number;
  readonly lost: readonly string[];
}

/** Cuts the power a number of times: whatever was answered must hold. */
export async function assertKept(rounds: number, round: () => Promise<PowerCut>): Promise<void> {
  let answers = 0;
  for (let n = 0; n < rounds; n++) {
    const cut = await round();
    assertEquals(cut.lost, [], `round ${n}`);
    answers += cut.answers;
  }
  assert_(answers > rounds);
  console.log(`${rounds} power cuts, ${answers} answers hold`);
}

/** Cuts the power where syncing does nothing: something must be lost, or the cuts prove nothing. */
export async function assertLost(rounds: number, round: () => Promise<PowerCut>): Promise<void> {
  for (let n = 0; n < rounds; n++) {
    const { lost } = await round();
    if (lost.length === 0) continue;
    console.log(`power cut ${n}: ${lost[0]}`);
    return;
  }
  throw new Error("nothing was lost, so the power cuts prove nothing");
}

/** Cuts a file off after a number of bytes. */
export function truncate(path: string, size: number): void {
  truncateSync(path, size);
}

function inode(path: string): number {
  return lstatSync(path).ino;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
