/** The checkouts around a workspace: which one the caller works in, and what names mean there. */
import type { Checkout, Named, Naming } from "../../../ports/checkout.ts";
import type { Host } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { type Checkouts, checkoutsOf } from "./repository.ts";
import type { NameReader } from "./names.ts";
import { SmallFiles } from "./small_files.ts";
import { nameReader, worktreeOf } from "./tops.ts";

export class Surroundings implements Pick<Checkout, "named" | "worktree"> {
  readonly files: SmallFiles;
  #found: Checkouts | undefined;

  constructor(readonly host: Host, readonly workspace: string, readonly warn: Warn) {
    this.files = new SmallFiles(host, warn);
  }

  /** {@link checkoutsOf} the workspace, found once a turn. */
  checkouts(): Checkouts {
    if (this.#found === undefined) {
      this.#found = checkoutsOf(this.files, this.workspace);
      queueMicrotask(() => this.#found = undefined);
    }
    return this.#found;
  }

  worktree(): string | undefined {
    return worktreeOf(this.workspace, this.checkouts());
  }

  named(texts: readonly string[], how: Naming): Named {
    return this.reader(how).read(texts);
  }

  /** Reads the names of one call. */
  reader(how: Naming): NameReader {
    return nameReader(this.host, this.workspace, this.checkouts(), this.warn, how);
  }
}
