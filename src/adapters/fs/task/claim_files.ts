/**
 * The files of `claims/` on disk, for the protocol of claim_chain.ts, and the index over expiry.
 *
 * A state that is not terminal is staged as its own entry in `index/due/`: the entry is there before
 * the claim is, at no further cost, so no timeout is ever overlooked. A terminal one is staged in
 * `tmp/`, and synced when it has its names, since its answer promises that it is durable.
 */
import { type ClaimRecord, isTerminal } from "../../../domain/task/claim.ts";
import { isHeldBack, isRevival } from "../../../domain/task/retry.ts";
import { stemOfId } from "../../../domain/ids.ts";
import { parseTime } from "../../../domain/time.ts";
import { HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { ensureDir, inDir, isNotFound } from "../disk/ensure_dir.ts";
import { type ChainOutcome, readHead } from "./claim_chain.ts";
import type { ClaimChainFiles, StagedClaim } from "./claim/chain_files.ts";
import { endName, endOf, type ListedClaim, slotName } from "./claim/names.ts";
import type { Layout } from "../layout.ts";
import { type ClaimFile, listSlots, readClaim } from "./claim/read_claim.ts";
import { isSameFile, recordBytes } from "../disk/record_file.ts";
import type { SharedSync } from "../disk/shared_sync.ts";
import { StagedFile, stageFile, uniqueName } from "../disk/staging.ts";
import { createEntry, entryPath, type TimeTree } from "../disk/time_index.ts";

/** Milliseconds that a folder of claims spans: some hundred claims, and few of them wait at a time. */
const DUE_LEAF_MS = 2 ** 7;

/** Files of a task of which a process remembers what it read. */
const MAX_MET = 100;

/** The index over instants. */
export function dueTree({ index }: Layout): TimeTree {
  return { root: `${index}/due`, leafMs: DUE_LEAF_MS };
}

export class ClaimFiles implements ClaimChainFiles {
  readonly #folder: string;
  readonly #due: TimeTree;
  readonly #broken = new Set<string>();
  /** The files that were read last of one task. */
  readonly #met = new Map<string, ClaimFile>();
  #stem = "";

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly warn: Warn) {
    this.#folder = layout.folder("claim");
    this.#due = dueTree(layout);
  }

  /** The root of the index over expiry. */
  get dueRoot(): string {
    return this.#due.root;
  }

  read(name: string): ClaimRecord | undefined {
    const file = readClaim(this.fs, this.#folder, name);
    this.#meet(name, file);
    if (file?.problem === undefined) {
      this.#broken.delete(name);
      return file?.claim;
    }
    this.#broken.add(name);
    this.warn(
      `claims/${name} ${file.problem}: ${
        name.endsWith(".end")
          ? "its task counts as failed, unless its slots say otherwise"
          : "it counts as a claim without a holder"
      }`,
    );
    return file.claim;
  }

  isBroken(name: string): boolean {
    return this.#broken.has(name);
  }

  #meet(name: string, file: ClaimFile | undefined): void {
    const isOther = !name.startsWith(`${this.#stem}.`);
    // All that read more than one file begin with the view.
    if (isOther || this.#met.size > MAX_MET && name === slotName(this.#stem, 1)) {
      this.#stem = name.slice(0, name.indexOf("."));
      this.#met.clear();
    }
    if (file === undefined) this.#met.delete(name);
    else this.#met.set(name, file);
  }

  readAgain(name: string): ClaimRecord | undefined {
    const met = this.#met.get(name);
    const isKnown = met !== undefined && met.problem === undefined && this.isUnchanged(name);
    return isKnown ? met.claim : this.read(name);
  }

  exists(name: string): boolean {
    return this.fs.lstat(`${this.#folder}/${name}`) !== undefined;
  }

  isUnchanged(name: string): boolean {
    return isSameFile(this.fs, `${this.#folder}/${name}`, this.#met.get(name)?.stat);
  }

  slots(stem: string): string[] {
    return listSlots(this.fs, this.#folder, stem);
  }

  remove(name: string): void {
    this.fs.remove(`${this.#folder}/${name}`);
  }

  link(name: string, other: string): boolean {
    try {
      return this.fs.link(`${this.#folder}/${name}`, `${this.#folder}/${other}`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return false;
    }
  }

  replace(name: string, state: ClaimRecord): void {
    this.#stageInTmp(state).replace(name);
  }

  stage(next: ClaimRecord): StagedClaim {
    return isTerminal(next) ? this.#stageInTmp(next) : this.#stageAsDue(next);
  }

  /** Makes a file last; `false` when it was removed, with its task perhaps. */
  sync(name: string): boolean {
    try {
      this.fs.syncNames(`${this.#folder}/${name}`, [this.#folder]);
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return false;
    }
  }

  /** The same of a state that is no end; where one overrules it, its slot has gone or is the end's view. */
  syncState(stem: string, state: ClaimRecord): void {
    const isThere = this.sync(slotName(stem, state.transition));
    if (!isThere || state.transition === 1) this.sync(endOf(state));
  }

  /** The same of one name beside other callers of this process. */
  async syncBeside(shared: SharedSync, name: string): Promise<void> {
    try {
      await shared.names(`${this.#folder}/${name}`, this.#folder);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Whether a task has its definition; one that is gone, or in a segment, has none. */
  hasTask(stem: string): boolean {
    return this.fs.lstat(this.layout.record("task", stem)) !== undefined;
  }

  /** Whether a task that waits for others has not been let go, and is not over. */
  isWaiting(stem: string): boolean {
    if (!this.exists(slotName(stem, 1))) return true;
    const head = readHead(this, stem);
    return head === undefined || isHeldBack(head);
  }

  /** Removes tasks with all their files: the definitions, durably, and then the claims. */
  removeTasks(
    tasks: readonly { readonly stem: string; readonly listed: ListedClaim | undefined }[],
  ): void {
    for (const { stem } of tasks) this.fs.remove(this.layout.record("task", stem));
    this.fs.syncDir(this.layout.folder("task"));
    for (const { stem, listed } of tasks) this.removeClaim(stem, listed);
  }

  /** Removes the files of a claim, `<hex>.end` last: a task without it would look pending. */
  removeClaim(stem: string, listed: ListedClaim | undefined): void {
    this.remove(slotName(stem, 1));
    for (const slot of listed?.slots ?? []) this.remove(slotName(stem, slot));
    for (const after of listed?.laterEnds ?? []) this.remove(endName(stem, after));
    this.remove(endName(stem));
  }

  /** The slot that archives an end, with those of a listing. */
  archived(listed: ListedClaim | undefined, { transition }: ClaimRecord): ListedClaim {
    const { hasView = true, slots = [], isEnded = true, ...others } = listed ?? {};
    return { hasView, isEnded, ...others, slots: [...slots, transition + 1] };
  }

  /**
   * Takes back a state whose task was removed since it was looked at, and says whether that was so. Its
   * slot was perhaps free only because the task had ended.
   */
  takeBack(stem: string, claim: ClaimRecord): boolean {
    if (this.hasTask(stem)) return false;
    // What removed the task may die first, and an end may have been answered.
    if (isTerminal(claim)) this.fs.syncDir(this.layout.folder("task"));
    this.dropDue(claim);
    this.remove(slotName(stem, claim.transition));
    this.remove(slotName(stem, 1));
    if (isTerminal(claim)) this.remove(endOf(claim));
    return true;
  }

  /** What follows on a state that was written: its timeout replaces the one before. */
  follow({ previous }: ChainOutcome & { kind: "written" }): void {
    if (previous !== undefined && !isTerminal(previous)) this.dropDue(previous);
  }

  /** Makes sure that a live claim's timeout is in the index. */
  ensureDue(claim: ClaimRecord): void {
    const { ms, rest } = dueEntry(claim);
    const bytes = recordBytes(claim);
    createEntry(this.fs, this.#due, ms, rest, (path) => this.fs.createNew(path, bytes));
  }

  /** Drops a claim's timeout from the index. */
  dropDue(claim: ClaimRecord): void {
    this.fs.remove(this.duePath(claim));
  }

  /** Whether an entry of the index is where this claim's timeout belongs. */
  isDueEntry(path: string, claim: ClaimRecord): boolean {
    return this.duePath(claim) === path;
  }

  /** Where a claim's timeout belongs in the index. */
  duePath(claim: ClaimRecord): string {
    const { ms, rest } = dueEntry(claim);
    return entryPath(this.#due, ms, rest);
  }

  #stageInTmp(state: ClaimRecord): StagedFile {
    const bytes = recordBytes(state);
    const stage = () => stageFile(this.fs, this.layout.tmp, bytes, false);
    return new StagedFile(this.fs, this.#folder, stage, (path, name) => this.#putView(path, name));
  }

  /** The entry in the index stays: a second name of it goes to the view. */
  #stageAsDue(state: ClaimRecord): StagedFile {
    const { fs, layout: { tmp } } = this;
    const copy = `${tmp}/${uniqueName()}`;
    return new StagedFile(fs, this.#folder, () => this.#enterDue(state), (path, name) => {
      inDir(fs, tmp, 1, () => fs.link(path, copy));
      return this.#putView(copy, name);
    });
  }

  /** Makes an entry of the index of its own for a state; its path. */
  #enterDue(state: ClaimRecord): string {
    const { ms, rest } = dueEntry(state);
    const bytes = recordBytes(state);
    const attempt = (rest: string) =>
      createEntry(this.fs, this.#due, ms, rest, (path) =>
        // The end before a revival must not be followed by a torn slot.
        this.fs.createNew(path, bytes, isRevival(state)));
    // Another process of the same agent may be staging the same extension at the same instant.
    let free = rest;
    while (!attempt(free)) free = `${rest}_${uniqueName().slice(0, 8)}`;
    return entryPath(this.#due, ms, free);
  }

  /**
   * Renames a staged file over a view. A broken file gets a second name in `quarantine/` before: it
   * must not lose its own for a moment, since that name is slot 1.
   */
  #putView(staged: string, name: string): boolean {
    const path = `${this.#folder}/${name}`;
    if (this.#broken.delete(name)) {
      ensureDir(this.fs, this.layout.quarantine);
      try {
        this.fs.link(path, `${this.layout.quarantine}/claims-${name}-${uniqueName()}`);
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        // A directory cannot be linked or replaced; the view is only for others, so it stays away.
        this.warn(`claims/${name} cannot be replaced: ${error.message}`);
        this.fs.remove(staged);
        return true;
      }
    }
    return this.fs.rename(staged, path);
  }
}

/** The stem that an entry of the index over expiry speaks of. */
export function stemOfDue(rest: string): string {
  return rest.slice(0, rest.indexOf("_"));
}

/** The number of the state that an entry is. */
export function transitionOfDue(rest: string): number {
  return Number(rest.split("_", 2)[1]);
}

/** When the claim of an entry gave its last sign of life. */
export function signOfDue(rest: string): number {
  return Number(rest.split("_", 3)[2]);
}

function dueEntry(claim: ClaimRecord): { ms: number; rest: string } {
  const stem = stemOfId(claim.task_id);
  const ms = parseTime(claim.expires_at) ?? 0;
  const sign = parseTime(claim.heartbeat_at) ?? 0;
  // Another tool's may hold anything, and this becomes part of a name.
  const nonce = claim.claim_nonce.slice(0, 12).replace(/[^\w-]/g, "");
  return { ms, rest: `${stem}_${claim.transition}_${sign}_${nonce}` };
}
