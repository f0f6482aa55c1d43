/**
 * The source tree that a workspace's addresses speak of: the folder around `.coord/` or `.muse/`; for
 * a caller in another worktree of the same repository, that folder there; for a workspace that lies
 * elsewhere, the current folder's checkout.
 */
import { join } from "../../../deps/path.ts";
import { type CommitsSince, commitsSince } from "../../../domain/git/log.ts";
import { MAX_REFLOG_BYTES } from "../../../domain/limits.ts";
import type { Checkout, Named, Naming, SourceTree } from "../../../ports/checkout.ts";
import { type Host, HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { BranchReader } from "./branch.ts";
import { NameReader } from "./names.ts";
import { callersFolder, checkoutRoots, projectOf } from "./repository.ts";
import { SmallFiles } from "./small_files.ts";
import { FsSourceTree } from "./source_tree.ts";

export class FsCheckout implements Checkout {
  readonly #branches: BranchReader;

  constructor(readonly host: Host, readonly workspace: string, readonly warn: Warn) {
    this.#branches = new BranchReader(host, workspace, warn);
  }

  branch(explicit?: string): string {
    return this.#branches.branch(explicit);
  }

  commitsSince(sha: string): CommitsSince | undefined {
    const { ours } = this.#branches.checkouts();
    if (ours === undefined) return undefined;
    const { fs } = this.host;
    const path = join(ours.git, "logs", "HEAD");
    try {
      const stat = fs.lstat(path);
      if (stat?.kind !== "file") return undefined;
      if (stat.size > MAX_REFLOG_BYTES) {
        this.warn(`${path} is larger than ${MAX_REFLOG_BYTES} bytes: commits are not counted`);
        return undefined;
      }
      const bytes = fs.read(path);
      return bytes && commitsSince(new TextDecoder().decode(bytes), sha);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.warn(`${error.message}: commits are not counted`);
      return undefined;
    }
  }

  named(texts: readonly string[], how: Naming): Named {
    return new NameReader(this.host, this.#tops(), how).read(texts);
  }

  /** The folder that addresses are relative to, in each checkout of the repository; ours first. */
  #tops(): readonly [string, ...string[]] {
    const { ours, around } = this.#branches.checkouts();
    const project = projectOf(this.workspace);
    const repository = project === undefined ? ours : around;
    if (repository === undefined) return [this.#folder()];
    const below = project === undefined ? "" : project.slice(repository.root.length);
    const roots = checkoutRoots(new SmallFiles(this.host, this.warn), repository);
    return [this.#folder(), ...roots.map((root) => join(root, below))];
  }

  sources(): SourceTree {
    return new FsSourceTree(this.host, this.#folder(), this.warn);
  }

  #folder(): string {
    const { ours, around } = this.#branches.checkouts();
    const project = projectOf(this.workspace);
    if (project === undefined) return ours?.root ?? callersFolder(this.host) ?? this.workspace;
    return ours === undefined || around === undefined || ours.root === around.root
      ? project
      : join(ours.root, project.slice(around.root.length));
  }
}
