/** The source files of every checkout of the repository that a workspace's addresses speak of. */
import type { SourceTree, SourceTrees } from "../../../ports/checkout.ts";
import type { Host } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { ImportReader } from "./import_reader.ts";
import { type Checkouts, isBare, mainRoot, type Repository, rootNamed } from "./repository.ts";
import { SmallFiles } from "./small_files.ts";
import { FsSourceTree, worktreeText } from "./source_tree.ts";
import { projectIn, repositoryOf, sourceFolder } from "./tops.ts";

export class FsSourceTrees implements SourceTrees {
  readonly #files: SmallFiles;
  readonly #repository: Repository | undefined;
  readonly #reader = new ImportReader();
  readonly #trees = new Map<string | undefined, SourceTree | undefined>();

  constructor(
    readonly host: Host,
    readonly workspace: string,
    readonly checkouts: Checkouts,
    readonly warn: Warn,
  ) {
    this.#files = new SmallFiles(host, warn, "imports are not read from it");
    this.#repository = repositoryOf(workspace, checkouts);
  }

  of(worktree: string | undefined): SourceTree | undefined {
    const repository = this.#repository;
    const name = repository === undefined ? undefined : worktree;
    if (!this.#trees.has(name)) {
      const folder = repository === undefined ? this.#own() : this.#folder(repository, name);
      const tree = folder && new FsSourceTree(this.host, folder, this.warn, this.#reader, name);
      this.#trees.set(name, tree || undefined);
    }
    return this.#trees.get(name);
  }

  #folder(repository: Repository, name: string | undefined): string | undefined {
    const root = name === undefined
      ? this.#mainRoot(repository)
      : rootNamed(this.#files, repository, name);
    if (root !== undefined) return projectIn(root, this.workspace, this.checkouts);
    if (name === undefined && this.checkouts.ours?.worktree !== undefined) return this.#own();
    const which = name === undefined ? "The main checkout" : `The ${worktreeText(name)}`;
    this.warn(`${which} cannot be found: the imports of what is touched in it are not read`);
    return undefined;
  }

  #mainRoot(repository: Repository): string | undefined {
    return repository.worktree === undefined && !isBare(this.#files, repository)
      ? repository.root
      : mainRoot(this.#files, repository);
  }

  /** The tree of a project in no repository, or of the caller. */
  #own(): string {
    return sourceFolder(this.host, this.workspace, this.checkouts);
  }
}
