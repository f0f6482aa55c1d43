import type { CommitsSince } from "../domain/git/log.ts";
import type { Import } from "../domain/forecast/imports.ts";
import type { SettingsState } from "./host_settings.ts";

/** The source tree around a workspace: the branch that its agents work on, and its files. */
export interface Checkout {
  /**
   * The git branch of a new record: `explicit`, else `$COORD_BRANCH`, else the checkout's HEAD, else
   * Muse's HEAD, else `main`. A detached HEAD gives the branch that is rebased or bisected, else the
   * short commit id. Starts no process and never fails: what cannot be read is reported as a
   * warning.
   */
  branch(explicit?: string): string;

  /** The name of the linked worktree that the caller works in; `undefined` in the main checkout. */
  worktree(): string | undefined;

  /**
   * The commits that HEAD got after a commit, by the beginning of its id, as the checkout's own log of
   * HEAD names. `undefined` where that log does not know it, or cannot be read. Starts no process.
   */
  commitsSince(sha: string): CommitsSince | undefined;

  /**
   * The addresses or globs that a caller means by what it wrote, as records have them: paths from the
   * top of the checkout, whatever folder, worktree or symbolic link they were named through, with
   * escapes where a path that exists looks like a pattern. Only what lies there is looked at.
   */
  named(texts: readonly string[], how: Naming): Named;

  /** The files of all checkouts, for one operation: answers may be remembered for the next question. */
  sources(): SourceTrees;
}

/** The source files of the checkouts of one repository, which one operation reads. */
export interface SourceTrees {
  /**
   * Those of a linked worktree, by its name. Without one those of the main checkout, or, where there is
   * none, of the caller's own. A project that is in no repository is one tree, whatever the name.
   * `undefined` where they are gone or unreadable, which is reported as a warning.
   */
  of(worktree: string | undefined): SourceTree | undefined;
}

/** How names are meant. */
export interface Naming {
  /** Whether `::` divides a path from a symbol. */
  readonly kind: "address" | "glob";
  /** The folder that they are relative to, absolute or from the top; default the top. */
  readonly base?: string | undefined;
  /** Each is a path, letter for letter. */
  readonly literal?: boolean | undefined;
  /** A path where nothing is yet will be a file. */
  readonly file?: boolean | undefined;
}

/** What names mean. */
export interface Named {
  /** Each once. */
  readonly entries: readonly string[];
  /** The paths among them that are regular files, as they are written there, without symbols. */
  readonly files: readonly string[];
  /** What is wrong with those that name nothing, the text in front. */
  readonly problems: readonly string[];
}

/**
 * The source files that addresses speak of, by their paths from the project's folder, with `/`. Nothing
 * here fails: what cannot be read is reported as a warning and counts as missing. So does whatever
 * lies outside of the folder or behind a symbolic link.
 */
export interface SourceTree {
  /** Whether there is a regular file. */
  exists(path: string): boolean;

  /** The text of a regular file, if it is UTF-8 text of bounded size. */
  read(path: string): string | undefined;

  /**
   * The regular files in a folder (`""` is the project's) and below that are accepted, sorted, without
   * hidden folders and `node_modules`; `undefined` when there are more than `atMost`, or too many to
   * look at. What is no folder has none.
   */
  below(folder: string, accepts: (path: string) => boolean, atMost: number): string[] | undefined;

  /**
   * What a file imports by the rules of its language; nothing where that cannot be known. The time
   * that is spent on a file, and on all of all trees together, is bounded.
   */
  imports(path: string): Promise<readonly Import[]>;
}

/** A checkout of the repository around a workspace. */
export interface CheckoutPlace {
  /** Its top. */
  readonly path: string;
  /** The workspace that agents in it use; null where they find none. */
  readonly workspace: string | null;
}

/** What is around a workspace on this machine. */
export interface Whereabout {
  /** The runtime with its version, and the system. */
  readonly runtime: string;
  readonly os: string;
  /** The checkouts of the repository, the main one first; none where there is no repository. */
  readonly checkouts: readonly CheckoutPlace[];
  /** The hosts of agents that have settings of coord. */
  readonly hosts: readonly SettingsState[];
}
