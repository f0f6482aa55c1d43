/**
 * The files of `claims/` on disk, for the protocol of claim_chain.ts, and the index over expiry.
 *
 * A state that is not terminal is staged as its own entry in `index/due/`: the entry is there before
 * the claim is, at no further cost, so no timeout is ever overlooked. A terminal one is staged in
 * `tmp/` and synced, since its answer promises that it is durable.
 */
import { type ClaimRecord, isTerminal } from "../../../domain/task/claim.ts";
import { stemOfId } from "../../../domain/ids.ts";
import { parseTime } from "../../../domain/time.ts";
import { HostError, type HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { ensureDir, inDir, isNotFound } from "../disk/ensure_dir.ts";
import {
  type ChainOutcome,
  type ClaimChainFiles,
  endName,
  groupClaims,
  slotName,
  type StagedClaim,
} from "./claim_chain.ts";
import type { Layout } from "../layout.ts";
import { readClaim } from "./read_claim.ts";
import { recordBytes } from "../disk/record_file.ts";
import { StagedFile, stageFile, uniqueName } from "../disk/staging.ts";
import { createEntry, entryPath } from "../disk/time_index.ts";

export class ClaimFiles implements ClaimChainFiles {
  readonly #folder: string;
  readonly #due: string;
  readonly #broken = new Set<string>();

  constructor(readonly fs: HostFs, readonly layout: Layout, readonly warn: Warn) {
    this.#folder = layout.folder("claim");
    this.#due = `${layout.index}/due`;
  }

  /** The root of the index over expiry. */
  get dueRoot(): string {
    return this.#due;
  }

  read(name: string): ClaimRecord | undefined {
    const file = readClaim(this.fs, this.#folder, name);
    if (file?.problem === undefined) return file?.claim;
    this.#broken.add(name);
    this.warn(
      `claims/${name} ${file.problem}: ${
        name.endsWith(".end")
          ? "its task counts as failed"
          : "it counts as a claim without a holder"
      }`,
    );
    return file.claim;
  }

  exists(name: string): boolean {
    return this.fs.lstat(`${this.#folder}/${name}`) !== undefined;
  }

  slots(stem: string): string[] {
    const own = (this.fs.list(this.#folder) ?? []).map(({ name }) => name)
      .filter((name) => name.startsWith(`${stem}.`));
    return (groupClaims(own).get(stem)?.slots ?? []).map((slot) => slotName(stem, slot));
  }

  remove(name: string): void {
    this.fs.remove(`${this.#folder}/${name}`);
  }

  replace(name: string, state: ClaimRecord): void {
    this.#stageInTmp(state, false).replace(name);
  }

  stage(next: ClaimRecord): StagedClaim {
    return isTerminal(next) ? this.#stageInTmp(next, true) : this.#stageAsDue(next);
  }

  /** Forces the bytes of a task's end to the disk; coord's are there before they have a name. */
  syncEnd(stem: string): void {
    try {
      this.fs.syncFile(`${this.#folder}/${endName(stem)}`);
    } catch (error) {
      // It was removed with its task.
      if (!isNotFound(error)) throw error;
    }
  }

  /**
   * Takes back a state whose task was removed since it was looked at, and says whether that was so. Its
   * slot was perhaps free only because the task had ended.
   */
  takeBack(stem: string, claim: ClaimRecord): boolean {
    if (this.fs.lstat(this.layout.record("task", stem)) !== undefined) return false;
    this.dropDue(claim);
    this.remove(slotName(stem, claim.transition));
    this.remove(slotName(stem, 1));
    if (isTerminal(claim)) this.remove(endName(stem));
    return true;
  }

  /** What follows on a state that was written: its timeout replaces the one before, and an end lasts. */
  follow({ claim, previous }: ChainOutcome & { kind: "written" }): void {
    if (previous !== undefined && !isTerminal(previous)) this.dropDue(previous);
    if (isTerminal(claim)) this.fs.syncDir(this.#folder);
  }

  /** Makes sure that a live claim's timeout is in the index. */
  ensureDue(claim: ClaimRecord): void {
    const { ms, rest } = dueEntry(claim);
    const bytes = recordBytes(claim);
    createEntry(this.fs, this.#due, ms, rest, (path) => this.fs.createNew(path, bytes));
  }

  /** Drops a claim's timeout from the index. */
  dropDue(claim: ClaimRecord): void {
    const { ms, rest } = dueEntry(claim);
    this.fs.remove(entryPath(this.#due, ms, rest));
  }

  /** Whether an entry of the index is where this claim's timeout belongs. */
  isDueEntry(path: string, claim: ClaimRecord): boolean {
    const { ms, rest } = dueEntry(claim);
    return entryPath(this.#due, ms, rest) === path;
  }

  #stageInTmp(state: ClaimRecord, sync: boolean): StagedFile {
    const bytes = recordBytes(state);
    const stage = () => stageFile(this.fs, this.layout.tmp, bytes, sync);
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
      createEntry(this.fs, this.#due, ms, rest, (path) => this.fs.createNew(path, bytes));
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
