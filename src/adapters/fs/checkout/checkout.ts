/** The checkout around a workspace, from the files that git keeps. */
import { join } from "../../../deps/path.ts";
import { type CommitsSince, commitsSince } from "../../../domain/git/log.ts";
import { MAX_REFLOG_BYTES } from "../../../domain/limits.ts";
import type { Checkout, SourceTrees } from "../../../ports/checkout.ts";
import { HostError } from "../../../ports/host.ts";
import { FsSourceTrees } from "./source_trees.ts";
import { Whereabouts } from "./whereabouts.ts";

export class FsCheckout extends Whereabouts implements Checkout {
  commitsSince(sha: string): CommitsSince | undefined {
    const { ours } = this.checkouts();
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

  sources(): SourceTrees {
    return new FsSourceTrees(this.host, this.workspace, this.checkouts(), this.warn);
  }
}
