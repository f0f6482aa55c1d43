/** The checkout around a workspace, from the files that git keeps. */
import { join } from "../../../deps/path.ts";
import { type CommitsSince, commitsSince } from "../../../domain/git/log.ts";
import { MAX_REFLOG_BYTES } from "../../../domain/limits.ts";
import type { Checkout, Named, Naming, SourceTrees } from "../../../ports/checkout.ts";
import { type Host, HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { BranchReader } from "./branch.ts";
import { FsSourceTrees } from "./source_trees.ts";
import { readNames, worktreeOf } from "./tops.ts";

export class FsCheckout implements Checkout {
  readonly #branches: BranchReader;

  constructor(readonly host: Host, readonly workspace: string, readonly warn: Warn) {
    this.#branches = new BranchReader(host, workspace, warn);
  }

  branch(explicit?: string): string {
    return this.#branches.branch(explicit);
  }

  worktree(): string | undefined {
    return worktreeOf(this.workspace, this.#branches.checkouts());
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
    const checkouts = this.#branches.checkouts();
    return readNames(this.host, this.workspace, checkouts, this.warn, texts, how);
  }

  sources(): SourceTrees {
    return new FsSourceTrees(this.host, this.workspace, this.#branches.checkouts(), this.warn);
  }
}
