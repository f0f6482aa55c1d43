/**
 * Reservations that are not in the address index, since another tool wrote them straight into
 * `reservations/`, or since there was no index yet.
 *
 * They are found by comparing names. While the folder has not changed since the last comparison there
 * is nothing to find; otherwise it is compared again, at once where that is cheap, and never more than
 * a twentieth of the time. What was found in order is noted in `index/reservations/`, which may be
 * removed at any time: then everything is looked at once more. An addition notes itself once it is on the
 * disk with its entries, so that no process reads its record for this.
 */
import { addressProblem } from "../../../domain/glob/address.ts";
import type { Stepwise } from "../../../domain/glob/steps.ts";
import { HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { indexed } from "./address_index.ts";
import { ensureDir, inDir, isNotFound } from "../disk/ensure_dir.ts";
import type { Layout } from "../layout.ts";
import { type FolderMark, isUnchanged, markFolder } from "../disk/folder_mark.ts";
import { listStems, readNote } from "../disk/record_file.ts";
import { recordName, releaseName } from "./chain.ts";
import type { ReservationFiles } from "./files.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";

/**
 * A comparison is followed by this multiple of its own duration without one, or by this at the
 * most.
 */
const REST = 20;
const MAX_REST_MS = 1_000;

/** How often the folder of the notes is made again when others remove it. */
const MAX_TRIES = 20;

/** A comparison. */
interface Comparison extends FolderMark {
  readonly tookMs: number;
}

export class ReservationCheck {
  readonly #fs: HostFs;
  readonly #folder: string;
  readonly #notes: string;
  /** Made when every record has its entries. */
  readonly #complete: string;
  #known: Set<string> | undefined;
  /** The last comparison of this process. */
  #compared: Comparison | undefined;
  /** What {@link unindexed} found last, and when. */
  #looked: { readonly mark: FolderMark; readonly unindexed: readonly string[] } | undefined;

  constructor(
    readonly files: ReservationFiles,
    readonly layout: Layout,
    readonly warn: Warn,
  ) {
    this.#fs = files.fs;
    this.#folder = layout.folder("reservation");
    this.#notes = `${layout.index}/reservations`;
    this.#complete = `${files.index.root}/complete`;
  }

  /** Enters what the index may lack. */
  *run(): Stepwise<void> {
    const isComplete = this.#fs.lstat(this.#complete) !== undefined;
    if (isComplete && !this.#isDue()) return;
    const started = performance.now();
    const { mtimeMs, atMs } = this.#mark();
    const known = isComplete ? this.#known ?? this.#readKnown() : new Set<string>();
    const found = new Set<string>();
    const fresh: string[] = [];
    const folders = new Set<string>();
    let isWhole = true;
    for (const stem of this.stems()) {
      if (!known.has(stem)) {
        if (!(yield* this.#enter(stem, folders, isComplete))) {
          isWhole = false;
          continue;
        }
        fresh.push(stem);
      }
      found.add(stem);
    }
    for (const folder of folders) {
      this.#sync(folder);
      yield;
    }
    if (!isComplete) this.#setComplete();
    this.#known = found;
    // What is known and gone is left out, so that its name may come again.
    const isGone = found.size < known.size + fresh.length;
    if (isGone || !isComplete) this.#note("known", [...found, ""].join("\n"));
    else this.#append(fresh);
    const took = () => performance.now() - started;
    // Another tool may be in the middle of writing a record; that does not change the folder again.
    this.#note("checked", `${isWhole ? mtimeMs : -1} ${atMs} ${took()}`);
    // Here the note counts too, which often takes longer than what it is about.
    this.#compared = { mtimeMs, atMs, tookMs: took() };
  }

  /**
   * The records that the index lacks, as far as a comparison is due; nothing is written.
   *
   * @returns `undefined` where there is no index to trust.
   */
  *unindexed(): Stepwise<readonly string[] | undefined> {
    if (this.#fs.lstat(this.#complete) === undefined) return undefined;
    const mark = this.#mark();
    if (this.#looked !== undefined && isUnchanged(this.#looked.mark, mark)) {
      return this.#looked.unindexed;
    }
    if (!this.#isDue()) return [];
    const known = this.#known ?? this.#readKnown();
    const found = new Set<string>();
    const unindexed: string[] = [];
    for (const stem of this.stems()) {
      if (!known.has(stem)) {
        yield;
        if (!this.#isEntered(stem)) {
          unindexed.push(stem);
          continue;
        }
      }
      found.add(stem);
    }
    this.#known = found;
    this.#looked = { mark, unindexed };
    return unindexed;
  }

  /** Notes that a reservation of this process has its entries, and that they are on the disk. */
  knows(stem: string): void {
    this.#known?.add(stem);
    try {
      this.#append([stem]);
    } catch (error) {
      // Another process looks at its record then.
      if (!(error instanceof HostError)) throw error;
    }
  }

  #isDue(): boolean {
    if (isResting(this.#compared)) return false;
    const mark = this.#readMark();
    if (mark === undefined) return true;
    if (isResting(mark)) return false;
    const isNew = !isUnchanged(mark, this.#mark());
    // The process that noted it had entered all there was.
    if (!isNew) this.#looked = { mark, unindexed: [] };
    return isNew;
  }

  /** Whether a reservation has its entries, or needs none any more. */
  #isEntered(stem: string): boolean {
    const record = this.files.reservation(recordName(stem));
    if (record === undefined) return false;
    return this.files.index.has(...indexed(stem, record)) || this.files.exists(releaseName(stem));
  }

  /** Enters one reservation; `false` when it must be looked at again. */
  *#enter(stem: string, folders: Set<string>, isComplete: boolean): Stepwise<boolean> {
    if (this.files.exists(releaseName(stem))) return true;
    const record = this.files.reservation(recordName(stem));
    if (record === undefined) return false;
    const { index } = this.files;
    for (const text of record.addresses) {
      const problem = addressProblem(text);
      if (problem === undefined) continue;
      const shown = JSON.stringify(text);
      this.warn(`${recordName(stem)} has an address ${shown} that ${problem}: skipped`);
    }
    const [entry, anchors] = indexed(stem, record);
    const changed = yield* index.add(entry, anchors);
    // What is entered where nothing is complete yet, another process may have begun and died over.
    for (const folder of index.withAbove(isComplete ? changed : index.foldersOf(anchors))) {
      folders.add(folder);
    }
    return true;
  }

  /** All records. */
  stems(): string[] {
    return listStems(this.#fs, this.#folder, (name, reason) => {
      this.warn(`reservations/${name} ${reason}: skipped`);
    });
  }

  /**
   * What was left out since it is released must stay so; and the folders of the workspace may have been
   * made by a process that died before they were on the disk.
   */
  #setComplete(): void {
    this.#sync(this.layout.folder("release"));
    this.#sync(this.layout.root);
    ensureDir(this.#fs, this.files.index.root);
    this.#fs.createNew(this.#complete, new Uint8Array());
    this.#sync(this.files.index.root);
  }

  /** Another process may have removed the folder, which is empty without a name of ours. */
  #sync(folder: string): void {
    try {
      this.#fs.syncDir(folder);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #mark(): FolderMark {
    return markFolder(this.#fs, this.#folder);
  }

  #readMark(): Comparison | undefined {
    const note = readNote(this.#fs, `${this.#notes}/checked`);
    if (note === undefined) return undefined;
    const numbers = note.split(" ").map(Number);
    const [mtimeMs, atMs, tookMs] = numbers;
    if (mtimeMs === undefined || atMs === undefined || tookMs === undefined) return undefined;
    return numbers.every(Number.isFinite) ? { mtimeMs, atMs, tookMs } : undefined;
  }

  /** Names as earlier processes noted them; a torn one is the name of nothing. */
  #readKnown(): Set<string> {
    const known = new Set(readNote(this.#fs, `${this.#notes}/known`)?.split("\n"));
    known.delete("");
    return known;
  }

  #append(stems: readonly string[]): void {
    if (stems.length === 0) return;
    const bytes = new TextEncoder().encode([...stems, ""].join("\n"));
    const append = () => this.#fs.append(`${this.#notes}/known`, bytes);
    inDir(this.#fs, this.#notes, MAX_TRIES, append);
  }

  #note(name: string, text: string): void {
    const bytes = new TextEncoder().encode(text);
    const stage = () => stageFile(this.#fs, this.layout.tmp, bytes, false);
    new StagedFile(this.#fs, this.#notes, stage).replace(name);
  }
}

/** Whether a comparison is so recent that none is due. */
function isResting(last: Comparison | undefined): boolean {
  if (last === undefined) return false;
  const age = Date.now() - last.atMs;
  return age >= 0 && age < Math.min(REST * last.tookMs, MAX_REST_MS);
}
