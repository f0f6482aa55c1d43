/**
 * What runs saw of files: FORMAT.md, "What runs saw".
 *
 * Guarantees: a reader sees a sighting whole or not at all. Steps: stage the file, rename it over the
 * name. Nothing is synced: after a power cut a name may be missing, old or torn, and the file counts
 * as never seen, or as seen earlier. Needs atomic rename.
 */
import { endsWith } from "../../../domain/input/hook/run.ts";
import {
  type FileState,
  MAX_HASHED_BYTES,
  MAX_SIGHTINGS,
  parseSighting,
  type Sighting,
  SIGHTING_MS,
} from "../../../domain/input/hook/sighting.ts";
import { hash } from "../../../domain/journal/hash.ts";
import { formatTime, writable } from "../../../domain/time.ts";
import type { Naming } from "../../../ports/checkout.ts";
import { HostError, type HostFs } from "../../../ports/host.ts";
import type { HashBytes, Sightings } from "../../../ports/sightings.ts";
import { inDir } from "../disk/ensure_dir.ts";
import { readRecord, recordBytes } from "../disk/record_file.ts";
import { stageFile } from "../disk/staging.ts";
import type { Layout } from "../layout.ts";
import type { Surroundings } from "./surroundings.ts";

/** How often a folder is made again that others remove meanwhile. */
const MAX_TRIES = 20;

export class FsSightings implements Sightings {
  readonly #runs: string;
  readonly #edits: string;

  /**
   * @param fs The files in W.
   * @param surroundings The checkout that the files lie in.
   * @param sha256 Of what a file holds.
   * @param most Files that a folder of W holds.
   */
  constructor(
    readonly fs: HostFs,
    readonly layout: Pick<Layout, "root" | "tmp">,
    readonly surroundings: Surroundings,
    readonly sha256: HashBytes,
    readonly most: number = MAX_SIGHTINGS,
  ) {
    ({ runs: this.#runs, edits: this.#edits } = foldersOf(layout));
  }

  locate(texts: readonly string[], how: Omit<Naming, "kind">) {
    return this.surroundings.reader({ kind: "address", ...how }).locate(texts);
  }

  async stateOf(path: string): Promise<FileState | null> {
    const { fs } = this.surroundings.host;
    const stat = fs.lstat(path);
    if (stat?.kind !== "file") return null;
    const modified_at = formatTime(writable(stat.mtimeMs));
    if (stat.size > MAX_HASHED_BYTES) return { size: stat.size, modified_at, sha256: null };
    const bytes = fs.read(path);
    if (bytes === undefined) return null;
    return { size: bytes.length, modified_at, sha256: await this.sha256(bytes) };
  }

  async seenBy(runId: string, path: string): Promise<Sighting | undefined> {
    const found = this.#read(`${this.#folderOf(runId)}/${hash(path)}`);
    return found?.run_id === runId && found.path === path ? found : undefined;
  }

  async lastEdit(path: string): Promise<Sighting | undefined> {
    const found = this.#read(`${this.#edits}/${hash(path)}`);
    return found?.path === path ? found : undefined;
  }

  async add(sighting: Sighting): Promise<void> {
    this.#put(this.#folderOf(sighting.run_id), sighting);
    if (sighting.by === "edit") this.#put(this.#edits, sighting);
  }

  async forget(runId: string, maker: string): Promise<readonly string[]> {
    const { fs } = this;
    const holds: string[] = [];
    for (const { name } of fs.list(this.#runs) ?? []) {
      const folder = `${this.#runs}/${name}`;
      for (const entry of fs.list(folder) ?? []) {
        const path = `${folder}/${entry.name}`;
        const found = this.#read(path);
        // All in a folder are of one run.
        if (found !== undefined && !endsWith(found.run_id, runId)) break;
        if (found === undefined || !endsWith(found.auto ?? found.run_id, maker)) continue;
        if (found.by === "hold") holds.push(found.path);
        fs.remove(path);
      }
      fs.removeDir(folder);
    }
    return holds;
  }

  #folderOf(runId: string): string {
    return `${this.#runs}/${hash(runId)}`;
  }

  #read(path: string): Sighting | undefined {
    const file = readRecord(this.fs, path);
    return file.kind === "record" ? parseSighting(file.value) : undefined;
  }

  #put(folder: string, sighting: Sighting): void {
    const { fs } = this;
    const path = `${folder}/${hash(sighting.path)}`;
    if (fs.lstat(path) === undefined) makeRoom(fs, folder, this.most);
    inDir(fs, folder, MAX_TRIES, () => {
      const staged = stageFile(fs, this.layout.tmp, recordBytes(sighting), false);
      let isPut = false;
      try {
        isPut = fs.rename(staged, path);
      } finally {
        if (!isPut) fs.remove(staged);
      }
      if (!isPut) throw new HostError("not_found", "rename", staged);
    });
  }
}

/** Removes what was seen long ago, in a sweep that removes; what a run sees later is new again. */
export function sweepSightings(fs: HostFs, layout: Pick<Layout, "root">): void {
  const { runs, edits } = foldersOf(layout);
  const folders = (fs.list(runs) ?? []).map(({ name }) => `${runs}/${name}`);
  for (const folder of [...folders, edits]) {
    for (const { path, mtimeMs } of filesIn(fs, folder)) {
      if (Date.now() - mtimeMs > SIGHTING_MS) fs.remove(path);
    }
    fs.removeDir(folder);
  }
}

function foldersOf({ root }: Pick<Layout, "root">) {
  return { runs: `${root}/seen/runs`, edits: `${root}/seen/edits` };
}

/** A full folder loses the quarter that was seen first, so that the next ones find room at once. */
function makeRoom(fs: HostFs, folder: string, most: number): void {
  const names = fs.list(folder);
  // Before anything is staged for it.
  if (names === undefined) fs.makeDir(folder);
  if (names === undefined || names.length < most) return;
  const files = filesIn(fs, folder).sort((a, b) => a.mtimeMs - b.mtimeMs);
  for (const { path } of files.slice(0, files.length - most * 3 / 4)) fs.remove(path);
}

/** Names of ours in a folder. */
function filesIn(fs: HostFs, folder: string): { path: string; mtimeMs: number }[] {
  return (fs.list(folder) ?? []).filter(({ name, isFile }) =>
    isFile && /^[0-9a-z]{1,11}$/.test(name)
  )
    .map(({ name }) => ({
      path: `${folder}/${name}`,
      mtimeMs: fs.lstat(`${folder}/${name}`)?.mtimeMs ?? Infinity,
    }));
}
