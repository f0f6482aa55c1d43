/**
 * Which branch a checkout is on, from the files that git and Muse keep. No process is started, and
 * nothing but small regular files is opened.
 */
import { join } from "../../../deps/path.ts";
import { identifier } from "../../../domain/input/fields.ts";
import {
  type HeadBranch,
  headOfLink,
  headOfRecord,
  parseBisectStart,
  parseGitHead,
  parseHeadName,
  parseMuseHead,
} from "../../../domain/git/head.ts";
import { DEFAULT_BRANCH, MAX_REFTABLE_BYTES } from "../../../domain/limits.ts";
import { refIn, type RefRecord } from "../../../domain/git/reftable.ts";
import { upwards } from "./repository.ts";
import type { SmallFiles } from "./small_files.ts";
import type { Surroundings } from "./surroundings.ts";

/** The files in git's folder that name the branch while HEAD is detached, and how they are read. */
const UNFINISHED = [
  ["rebase-merge/head-name", parseHeadName],
  ["rebase-apply/head-name", parseHeadName],
  ["BISECT_START", parseBisectStart],
] as const;

/** Looks at a list of tables, which git replaces when it joins some. */
const TABLE_ATTEMPTS = 3;

/** Looks around a workspace for the checkout that its agents work in. */
export class BranchReader {
  readonly #files: SmallFiles;

  constructor(readonly around: Surroundings) {
    this.#files = around.files;
  }

  /** See `Checkout.branch()`. */
  branch(explicit: string | undefined): string {
    return explicit ?? this.#environment() ?? this.#git() ?? this.#muse() ?? DEFAULT_BRANCH;
  }

  #environment(): string | undefined {
    const named = this.around.host.env("COORD_BRANCH") || undefined;
    if (named === undefined) return undefined;
    const [problem] = identifier.problems(named);
    if (problem === undefined) return named;
    this.#files.warn(`COORD_BRANCH ${problem}: skipped`);
    return undefined;
  }

  #git(): string | undefined {
    const { ours } = this.around.checkouts();
    if (ours === undefined) return undefined;
    const { git } = ours;
    const path = join(git, "HEAD");
    const isMissing = () => {
      const file = join(ours.root, ".git");
      const from = file === git
        ? `${file} has no HEAD`
        : `${file} leads to ${git}, which has no HEAD`;
      this.#files.warn(`${from}: the branch is not known from it`);
    };
    const text = this.#files.text(path, { isMissing, ofLink: headOfLink });
    let head = text === undefined ? undefined : parseGitHead(text);
    if (head?.kind === "reftable") head = this.#tables(join(git, "reftable"));
    const branch = head && this.#branchOf(head, path);
    return head?.kind === "detached" ? this.#unfinished(git) ?? branch : branch;
  }

  /** The branch that a rebase or a bisection has left, and that it comes back to. */
  #unfinished(git: string): string | undefined {
    for (const [path, parse] of UNFINISHED) {
      const text = this.#files.text(join(git, path));
      const branch = text === undefined ? undefined : parse(text);
      if (branch !== undefined) return branch;
    }
    return undefined;
  }

  /** HEAD as the newest of the tables says that has it. */
  #tables(folder: string): HeadBranch {
    for (let attempt = 1; attempt <= TABLE_ATTEMPTS; attempt++) {
      const names = this.#files.text(join(folder, "tables.list"))?.split("\n") ?? [];
      const record = this.#inTables(folder, names.filter((name) => name !== "").reverse());
      // Git may have joined tables meanwhile, and made a new list.
      if (record !== "gone") return headOfRecord(record);
    }
    return { kind: "none", reason: "is kept in a reftable that cannot be read" };
  }

  #inTables(folder: string, names: readonly string[]): RefRecord | undefined | "gone" {
    for (const name of names) {
      if (!/^[\w.-]+$/.test(name)) return { kind: "damaged" };
      const path = join(folder, name);
      const bytes = this.#files.trying(() =>
        this.around.host.fs.lstat(path)?.kind === "file"
          ? this.around.host.fs.readRange(path, 0, MAX_REFTABLE_BYTES)?.bytes
          : undefined
      );
      if (bytes === undefined) return "gone";
      const record = refIn(bytes, "HEAD");
      if (record !== undefined) return record;
    }
    return undefined;
  }

  #muse(): string | undefined {
    const path = upwards(this.around.workspace, (folder) =>
      this.#files.within(folder, () => {
        const muse = join(folder, ".muse");
        const head = this.#files.look(muse) && join(muse, "HEAD");
        return head && this.#files.look(head) && head;
      }, "muse"));
    const text = path === undefined ? undefined : this.#files.text(path);
    return path === undefined || text === undefined
      ? undefined
      : this.#branchOf(parseMuseHead(text), path);
  }

  #branchOf(head: HeadBranch, path: string): string | undefined {
    if (head.kind === "branch" || head.kind === "detached") return head.branch;
    if (head.kind === "none") this.#files.warn(`${path} ${head.reason}: skipped`);
    return undefined;
  }
}
