/** What the small files say that name a checkout's branch. */
import { identifier } from "../input/fields.ts";
import type { RefRecord } from "./reftable.ts";

/**
 * The branch that a HEAD names, a short commit id in its place, where else to look, or why none.
 */
export type HeadBranch =
  | { readonly kind: "branch"; readonly branch: string }
  | { readonly kind: "detached"; readonly branch: string }
  | { readonly kind: "reftable" }
  | { readonly kind: "none"; readonly reason: string };

/** Hex digits of a detached commit, as git abbreviates them in a repository of usual size. */
const SHORT_COMMIT = 7;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;

/** Reads git's HEAD: a branch, or the short id of a detached commit. */
export function parseGitHead(text: string): HeadBranch {
  const line = firstLine(text);
  const ref = /^ref:\s*(.*)$/.exec(line)?.[1];
  if (ref === undefined) {
    return COMMIT.test(line) ? detachedAt(line) : none("names neither a branch nor a commit");
  }
  // What repositories with a reftable write, for tools that only know files.
  return ref === "refs/heads/.invalid" ? { kind: "reftable" } : branchOfRef(ref);
}

/** The HEAD that a symbolic link stands for, as git made it once; `undefined` when it leads elsewhere. */
export function headOfLink(target: string): string | undefined {
  return target.startsWith("refs/heads/") ? `ref: ${target}` : undefined;
}

/** The branch that a table's record of HEAD names. */
export function headOfRecord(record: RefRecord | undefined): HeadBranch {
  switch (record?.kind) {
    case "symbolic":
      return branchOfRef(record.target);
    case "commit":
      return detachedAt(record.id);
    case "damaged":
      return none("is kept in a reftable that cannot be read");
    default:
      return none("is kept in a reftable that holds no HEAD");
  }
}

/** Reads the file in which a rebase notes its branch; a detached HEAD has none. */
export function parseHeadName(text: string): string | undefined {
  const head = branchOfRef(firstLine(text));
  return head.kind === "branch" ? head.branch : undefined;
}

/** Reads the file in which a bisection notes where it began: a branch's short name, or a commit. */
export function parseBisectStart(text: string): string | undefined {
  const name = firstLine(text).replace(/^refs\/heads\//, "");
  const head = COMMIT.test(name) ? undefined : branchOf(name);
  return head?.kind === "branch" ? head.branch : undefined;
}

/** Reads Muse's HEAD: `refs/heads/x`, with or without `ref: ` before it. */
export function parseMuseHead(text: string): HeadBranch {
  const ref = /^(?:ref:\s*)?refs\/heads\/(.*)$/.exec(firstLine(text))?.[1];
  return ref === undefined ? none("names no branch") : branchOf(ref);
}

/** The folder that a `.git` file leads to, as it is written there. */
export function parseGitFile(text: string): string | undefined {
  return /^gitdir:\s*(.+)$/.exec(firstLine(text))?.[1];
}

function detachedAt(commit: string): HeadBranch {
  return { kind: "detached", branch: commit.slice(0, SHORT_COMMIT).toLowerCase() };
}

function branchOfRef(ref: string): HeadBranch {
  return ref.startsWith("refs/heads/")
    ? branchOf(ref.slice("refs/heads/".length))
    : none("names something else than a branch");
}

function firstLine(text: string): string {
  return (/^[^\r\n]*/.exec(text)?.[0] ?? "").trimEnd();
}

function branchOf(name: string): HeadBranch {
  const [problem] = identifier.problems(name);
  return problem === undefined
    ? { kind: "branch", branch: name }
    : none(`names a branch that ${problem}`);
}

function none(reason: string): HeadBranch {
  return { kind: "none", reason };
}
