/** What the small files say by which a checkout tells its branch. */
import { identifier, problemsOf } from "./fields.ts";

/** The branch that a HEAD tells, or why it tells none. */
export type HeadBranch =
  | { readonly kind: "branch"; readonly branch: string }
  | { readonly kind: "none"; readonly reason: string };

/** Hex digits of a detached commit, as git abbreviates them in a repository of usual size. */
const SHORT_COMMIT = 7;

/** Reads git's HEAD: a branch, or the short id of a detached commit. */
export function parseGitHead(text: string): HeadBranch {
  const line = firstLine(text);
  const ref = /^ref:\s*(.*)$/.exec(line)?.[1];
  if (ref === undefined) {
    return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(line)
      ? branchOf(line.slice(0, SHORT_COMMIT).toLowerCase())
      : none("names neither a branch nor a commit");
  }
  // What repositories with a reftable write, for tools that only know files.
  if (ref === "refs/heads/.invalid") return none("is kept in a reftable");
  return ref.startsWith("refs/heads/")
    ? branchOf(ref.slice("refs/heads/".length))
    : none("names something else than a branch");
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

function firstLine(text: string): string {
  return (/^[^\r\n]*/.exec(text)?.[0] ?? "").trimEnd();
}

function branchOf(name: string): HeadBranch {
  const [problem] = problemsOf(identifier, name);
  return problem === undefined
    ? { kind: "branch", branch: name }
    : none(`names a branch that ${problem}`);
}

function none(reason: string): HeadBranch {
  return { kind: "none", reason };
}
