/** What the files that agents touch import from what other agents touch. */
import { type Pace, paced } from "../../async/paced.ts";
import type { ForecastBudget, MappedAddress } from "../../domain/forecast/address_map.ts";
import type { Clash } from "../../domain/forecast/clash.ts";
import {
  dependencyClashes,
  type FoundImport,
  type HeldFiles,
  heldFiles,
  isAmong,
  type Namers,
  namersOf,
  placesOf,
  worktreesOf,
} from "../../domain/forecast/dependencies.ts";
import { targetsOf } from "../../domain/forecast/import_targets.ts";
import { type Import, languageOf } from "../../domain/forecast/imports.ts";
import type { Touch, TouchMap } from "../../domain/forecast/touches.ts";
import type { Stepwise } from "../../domain/glob/steps.ts";
import type { SourceTree, SourceTrees } from "../../ports/checkout.ts";
import { type FilesByWorktree, sourceFilesOf } from "./source_files.ts";

/** What it costs to find who touches a path, against a look at two addresses. */
const LOOK_UP = 75;

/** The clashes of imports, each file's as its own worktree has them. */
export class Dependencies {
  readonly #held: readonly HeldFiles[];
  readonly #namers: Namers;
  readonly #places = new Map<string, readonly MappedAddress<Touch[]>[]>();
  readonly #texts = new Map<SourceTree, Map<string, string | undefined>>();
  /** What stands for too many files to read. */
  readonly tooWide = new Set<string>();

  constructor(
    readonly holds: TouchMap,
    readonly trees: SourceTrees,
    readonly effort: ForecastBudget,
    readonly pace: Pace,
    /** The files whose imports matter; default all that are touched. */
    readonly only: FilesByWorktree | undefined,
  ) {
    this.#held = heldFiles(holds);
    this.#namers = namersOf(this.#held);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Clash> {
    for (const files of this.#held) {
      if (this.effort.left <= 0) return;
      const found: FoundImport[] = [];
      for (const worktree of worktreesOf(files)) {
        const tree = this.trees.of(worktree);
        if (tree === undefined) continue;
        for (const from of this.#filesOf(files, worktree, tree)) {
          for (const each of await tree.imports(from)) {
            const resolved = await paced(this.#resolved(from, each, tree), this.pace);
            if (resolved !== undefined) found.push({ ...resolved, worktree });
          }
        }
      }
      if (found.length > 0) {
        yield* dependencyClashes(files, found, this.#namers, this.effort);
      }
    }
  }

  #filesOf(files: HeldFiles, worktree: string | undefined, tree: SourceTree): readonly string[] {
    if (this.only !== undefined) {
      return (this.only.get(worktree) ?? []).filter((file) => isAmong(files, file));
    }
    return sourceFilesOf(tree, files, this.effort, this.tooWide);
  }

  /** What an import means, if an agent touches it. */
  *#resolved(
    from: string,
    imported: Import,
    tree: SourceTree,
  ): Stepwise<Omit<FoundImport, "worktree"> | undefined> {
    const language = languageOf(from);
    if (language === undefined) return undefined;
    const exists = (path: string) => tree.exists(path);
    const targets = targetsOf(from, language, imported, exists, (path) => this.#read(tree, path));
    // The file system is asked only where the answer matters.
    let isTouched = false;
    for (const { path } of targets) isTouched ||= (yield* this.#touching(path)).length > 0;
    if (!isTouched) return undefined;
    for (const target of targets) {
      // A file that is named may be about to be made.
      if (!target.path.includes("*") && !this.#namers.has(target.path) && !exists(target.path)) {
        continue;
      }
      const places = yield* this.#touching(target.path);
      return places.length === 0 ? undefined : { from, target, places };
    }
    return undefined;
  }

  *#touching(path: string): Stepwise<readonly MappedAddress<Touch[]>[]> {
    let known = this.#places.get(path);
    if (known === undefined) {
      yield;
      this.effort.left -= LOOK_UP;
      known = this.effort.left > 0 ? yield* placesOf(this.holds, path, this.effort) : [];
      this.#places.set(path, known);
    }
    return known;
  }

  /** What many imports ask for again and again, such as `go.mod`. */
  #read(tree: SourceTree, path: string): string | undefined {
    const texts = this.#texts.get(tree) ?? new Map<string, string | undefined>();
    this.#texts.set(tree, texts);
    if (!texts.has(path)) texts.set(path, tree.read(path));
    return texts.get(path);
  }
}
