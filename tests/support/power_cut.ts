/**
 * A file system that forgets, as a power cut makes it: bytes that were not synced are lost or torn,
 * and changes of a folder's names that were not synced are undone from the last one back.
 */
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
} from "node:fs";
import type { HostFs } from "../../src/ports/host.ts";
import { assert_, assertEquals } from "../deps.ts";
import type { Random } from "./random.ts";

/** A name that changed, and where what it named before is kept. */
interface Change {
  readonly path: string;
  readonly before: string | undefined;
}

export class ForgetfulFs {
  readonly fs: HostFs;
  readonly #real: HostFs;
  readonly #dirty = new Set<number>();
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
        if (!sync || !syncs) this.#dirty.add(inode(path));
        this.#changed({ path, before: undefined });
        return true;
      },
      appendSynced: (path, bytes) => {
        const appended = real.appendSynced(path, bytes);
        if (appended && !syncs) this.#dirty.add(inode(path));
        return appended;
      },
      link: (from, to) => {
        const linked = real.link(from, to);
        if (linked) this.#changed({ path: to, before: undefined });
        return linked;
      },
      rename: (from, to) => {
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
      syncFile: (path) => {
        real.syncFile(path);
        if (syncs) this.#dirty.delete(inode(path));
      },
      syncDir: (path) => {
        real.syncDir(path);
        if (syncs) this.#changes.delete(path);
      },
    };
  }

  /** The power goes: what was not synced is lost, as chance has it. */
  cut(random: Random): void {
    for (const [dir, changes] of this.#changes) {
      // The index is lost altogether now and then, below.
      if (dir.startsWith(`${this.workspace}/index`)) continue;
      const undone = random.below(changes.length + 1);
      for (const { path, before } of changes.slice(changes.length - undone).reverse()) {
        if (before === undefined) rmSync(path, { force: true });
        else renameSync(before, path);
      }
    }
    if (random.chance(0.3)) rmSync(`${this.workspace}/index`, { recursive: true, force: true });
    for (const path of filesBelow(this.workspace)) {
      const { ino, size } = lstatSync(path);
      if (!this.#dirty.delete(ino)) continue;
      if (random.chance(0.7)) truncateSync(path, random.chance(0.5) ? 0 : Math.floor(size / 2));
    }
  }

  #changed(change: Change): void {
    const dir = change.path.slice(0, change.path.lastIndexOf("/"));
    const changes = this.#changes.get(dir);
    if (changes === undefined) this.#changes.set(dir, [change]);
    else changes.push(change);
  }

  #keep(path: string): string | undefined {
    if (this.#real.lstat(path)?.kind !== "file") return undefined;
    const kept = `${this.attic}/${this.#kept++}`;
    linkSync(path, kept);
    return kept;
  }
}

/** One life until the power goes: how many answers there were, and which of them do not hold. */
export interface PowerCut {
  readonly answers: number;
  readonly lost: readonly string[];
}

/** Cuts the power so many times: whatever was answered must hold. */
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

/** Cuts a file off after so many bytes. */
export function truncate(path: string, size: number): void {
  truncateSync(path, size);
}

function inode(path: string): number {
  return lstatSync(path).ino;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}
