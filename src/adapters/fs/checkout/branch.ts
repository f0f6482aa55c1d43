/**
 * Which branch a checkout is on, from the files that git and Muse keep. No process is started, and
 * nothing but small regular files is opened.
 *
 * Agents often work in worktrees of one repository and share one workspace, which lies in one of
 * them. So the current folder's checkout counts where it belongs to the same repository as the one
 * around the workspace, or where there is none around it; else that one counts.
 */
import { dirname, join, resolve } from "../../../deps/path.ts";
import { identifier, problemsOf } from "../../../domain/input/fields.ts";
import {
  type HeadBranch,
  headOfRecord,
  parseBisectStart,
  parseGitFile,
  parseGitHead,
  parseHeadName,
  parseMuseHead,
} from "../../../domain/git/head.ts";
import { DEFAULT_BRANCH, MAX_HEAD_BYTES, MAX_REFTABLE_BYTES } from "../../../domain/limits.ts";
import { refIn, type RefRecord } from "../../../domain/git/reftable.ts";
import { type FileStat, type Host, HostError } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { OTHER_KINDS } from "../disk/record_file.ts";

/** A checkout of a git repository. */
export interface Repository {
  /** The folder that is checked out. */
  readonly root: string;
  /** Where its HEAD lies. */
  readonly git: string;
  /** What all its worktrees share. */
  readonly common: string;
}

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
  readonly #said = new Set<string>();

  constructor(readonly host: Host, readonly workspace: string, readonly warn: Warn) {}

  /** See `Checkout.branch()`. */
  branch(explicit: string | undefined): string {
    return explicit ?? this.#environment() ?? this.#git() ?? this.#muse() ?? DEFAULT_BRANCH;
  }

  /** The checkout that the caller works in, and the one around the workspace. */
  repositories(): { readonly ours?: Repository; readonly around?: Repository } {
    const here = this.#repository(this.host.cwd());
    const around = this.#repository(this.workspace);
    if (around === undefined) return { ours: here };
    const isSame = here !== undefined && this.#isSame(here.common, around.common);
    return { ours: isSame ? here : around, around };
  }

  #environment(): string | undefined {
    const named = this.host.env("COORD_BRANCH") || undefined;
    if (named === undefined) return undefined;
    const [problem] = problemsOf(identifier, named);
    if (problem === undefined) return named;
    this.#warn(`COORD_BRANCH ${problem}: passed over`);
    return undefined;
  }

  #git(): string | undefined {
    const { ours } = this.repositories();
    if (ours === undefined) return undefined;
    const { git } = ours;
    const path = join(git, "HEAD");
    const text = this.#text(path, () => {
      const file = join(ours.root, ".git");
      const from = file === git
        ? `${file} has no HEAD`
        : `${file} leads to ${git}, which has no HEAD`;
      this.#warn(`${from}: the branch is not known from it`);
    });
    let head = text === undefined ? undefined : parseGitHead(text);
    if (head?.kind === "reftable") head = this.#tables(join(git, "reftable"));
    const branch = head && this.#branchOf(head, path);
    return head?.kind === "detached" ? this.#unfinished(git) ?? branch : branch;
  }

  /** The branch that a rebase or a bisection has left, and that it comes back to. */
  #unfinished(git: string): string | undefined {
    for (const [path, parse] of UNFINISHED) {
      const text = this.#text(join(git, path));
      const branch = text === undefined ? undefined : parse(text);
      if (branch !== undefined) return branch;
    }
    return undefined;
  }

  /** HEAD as the newest of the tables says that has it. */
  #tables(folder: string): HeadBranch {
    for (let attempt = 1; attempt <= TABLE_ATTEMPTS; attempt++) {
      const names = this.#text(join(folder, "tables.list"))?.split("\n") ?? [];
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
      const bytes = this.#trying(() =>
        this.host.fs.lstat(path)?.kind === "file"
          ? this.host.fs.readRange(path, 0, MAX_REFTABLE_BYTES)?.bytes
          : undefined
      );
      if (bytes === undefined) return "gone";
      const record = refIn(bytes, "HEAD");
      if (record !== undefined) return record;
    }
    return undefined;
  }

  #muse(): string | undefined {
    const path = upwards(this.workspace, (folder) => {
      const head = join(folder, ".muse", "HEAD");
      return this.#look(head) === undefined ? undefined : head;
    });
    const text = path === undefined ? undefined : this.#text(path);
    return path === undefined || text === undefined
      ? undefined
      : this.#branchOf(parseMuseHead(text), path);
  }

  #repository(start: string): Repository | undefined {
    return upwards(start, (root) => {
      const git = join(root, ".git");
      const kind = this.#look(git)?.kind;
      if (kind === "directory") return { root, git, common: git };
      return kind === "file" ? this.#linked(root, git) : undefined;
    });
  }

  /** A checkout whose `.git` is a file that leads elsewhere: a worktree or a submodule. */
  #linked(root: string, file: string): Repository | undefined {
    const text = this.#text(file);
    if (text === undefined) return undefined;
    const named = parseGitFile(text);
    if (named === undefined) {
      this.#warn(`${file} names no folder of git: passed over`);
      return undefined;
    }
    const git = resolve(root, named);
    return { root, git, common: resolve(git, this.#text(join(git, "commondir"))?.trim() ?? "") };
  }

  #isSame(a: string, b: string): boolean {
    if (a === b) return true;
    const [one, other] = [this.#look(a), this.#look(b)];
    return one !== undefined && one.ino !== 0 && one.ino === other?.ino;
  }

  #branchOf(head: HeadBranch, path: string): string | undefined {
    if (head.kind === "branch" || head.kind === "detached") return head.branch;
    if (head.kind === "none") this.#warn(`${path} ${head.reason}: passed over`);
    return undefined;
  }

  /** Warns once: several looks meet the same file. */
  #warn(message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.warn(message);
  }

  /** What lies there; symbolic links to it are followed. */
  #look(path: string): FileStat | undefined {
    return this.#trying(() => this.host.fs.stat(path));
  }

  /** The text of a small regular file. */
  #text(path: string, isMissing = () => {}): string | undefined {
    const { fs } = this.host;
    return this.#trying(() => {
      const stat = fs.lstat(path);
      if (stat === undefined) {
        isMissing();
        return undefined;
      }
      if (stat.kind !== "file") {
        this.#warn(`${path} is ${OTHER_KINDS[stat.kind]}, not a file: passed over`);
      } else if (stat.size > MAX_HEAD_BYTES) {
        this.#warn(`${path} is larger than ${MAX_HEAD_BYTES} bytes: passed over`);
      } else {
        const bytes = fs.read(path);
        return bytes && new TextDecoder().decode(bytes);
      }
    });
  }

  /** A checkout that cannot be read is no reason to fail. */
  #trying<T>(body: () => T | undefined): T | undefined {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#warn(`${error.message}: the branch is not known from it`);
      return undefined;
    }
  }
}

/** What is found first in a folder or in one above it. */
function upwards<T>(start: string, find: (folder: string) => T | undefined): T | undefined {
  for (let folder = start;; folder = dirname(folder)) {
    const found = find(folder);
    if (found !== undefined || dirname(folder) === folder) return found;
  }
}
