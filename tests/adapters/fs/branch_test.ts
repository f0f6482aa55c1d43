import { BranchReader } from "../../../src/adapters/fs/branch.ts";
import { assertEquals, assertStringIncludes, it, itIf } from "../../deps.ts";
import { fakeHost } from "../../support/host.ts";
import { isRoot, makeFifo, makeSymlink, makeTempDir, setMode } from "../../support/scratch.ts";

const { fs, os } = fakeHost();
const COMMIT = "89abcdef0123456789abcdef0123456789abcdef";

/** A folder with files, and what `BranchReader` tells of a workspace in it. */
function project() {
  const dir = makeTempDir();
  const warnings: string[] = [];
  const file = (path: string, text: string) => {
    fs.makeDir(`${dir}/${path}`.replace(/\/[^/]*$/, ""));
    fs.remove(`${dir}/${path}`);
    fs.createNew(`${dir}/${path}`, new TextEncoder().encode(text));
  };
  const branch = (
    { cwd = "", workspace = ".coord", env = {}, explicit }: {
      cwd?: string;
      workspace?: string;
      env?: Record<string, string>;
      explicit?: string;
    } = {},
  ) => {
    fs.makeDir(`${dir}/${cwd}`);
    const host = fakeHost({ cwd: cwd === "" ? dir : `${dir}/${cwd}`, env });
    const warn = (message: string) => void warnings.push(message.replaceAll(dir, "DIR"));
    return new BranchReader(host, `${dir}/${workspace}`, warn).branch(explicit);
  };
  return { dir, file, branch, warnings };
}

it("branch() takes the first that is told: flag, environment, git, Muse, main", () => {
  const { file, branch, warnings } = project();
  assertEquals(branch(), "main");
  file(".muse/HEAD", "refs/heads/muse\n");
  assertEquals(branch(), "muse");
  assertEquals(branch({ workspace: ".muse/coordination" }), "muse");
  file(".git/HEAD", "ref: refs/heads/git/x\n");
  assertEquals(branch({ cwd: "deep/below" }), "git/x");
  assertEquals(branch({ workspace: "packages/a/.coord" }), "git/x");
  assertEquals(branch({ env: { COORD_BRANCH: "env" } }), "env");
  assertEquals(branch({ env: { COORD_BRANCH: "" } }), "git/x");
  assertEquals(branch({ env: { COORD_BRANCH: "env" }, explicit: "flag" }), "flag");
  file(".git/HEAD", `${COMMIT}\n`);
  assertEquals(branch(), "89abcde");
  assertEquals(warnings, []);
});

it("branch() is that of the worktree in which the caller stands", () => {
  const { dir, file, branch, warnings } = project();
  file("repo/.git/HEAD", "ref: refs/heads/trunk\n");
  file("repo/.git/worktrees/w/HEAD", "ref: refs/heads/feature\n");
  file("repo/.git/worktrees/w/commondir", "../..\n");
  file("repo/trees/w/.git", `gitdir: ${dir}/repo/.git/worktrees/w\n`);
  file("beside/.git", "gitdir: ../repo/.git/worktrees/w\n");
  const workspace = "repo/.coord";
  assertEquals(branch({ workspace, cwd: "repo/src" }), "trunk");
  assertEquals(branch({ workspace, cwd: "repo/trees/w/src" }), "feature");
  assertEquals(branch({ workspace, cwd: "beside" }), "feature");
  assertEquals(branch({ workspace: "beside/.coord", cwd: "repo" }), "trunk");
  // Another repository, or none, where the caller stands: the workspace's own counts.
  file("other/.git/HEAD", "ref: refs/heads/other\n");
  assertEquals(branch({ workspace, cwd: "other" }), "trunk");
  assertEquals(branch({ workspace, cwd: "" }), "trunk");
  // A workspace that lies in no repository: the caller's counts.
  assertEquals(branch({ workspace: "shared/.coord", cwd: "other" }), "other");
  assertEquals(branch({ workspace: "state", cwd: "repo/trees/w" }), "feature");
  assertEquals(warnings, []);
});

it("branch() goes on with a warning where a file says nothing that it can use", () => {
  const { file, branch, warnings } = project();
  file(".muse/HEAD", "refs/heads/muse");
  const heads: [head: string, problem: string][] = [
    ["ref: refs/heads/.invalid\n", "DIR/.git/HEAD is kept in a reftable: passed over"],
    ["", "DIR/.git/HEAD names neither a branch nor a commit: passed over"],
    ["x".repeat(8_193), "DIR/.git/HEAD is larger than 8192 bytes: passed over"],
  ];
  for (const [head, problem] of heads) {
    file(".git/HEAD", head);
    assertEquals([branch(), warnings.pop(), warnings.length], ["muse", problem, 0]);
  }
  assertEquals(branch({ env: { COORD_BRANCH: "a\nb" } }), "muse");
  assertEquals(
    warnings[0],
    "COORD_BRANCH must not hold control or line-separator characters: passed over",
  );
  warnings.length = 0;
  file("sub/.git", "nothing\n");
  file(".git/HEAD", "ref: refs/heads/outer\n");
  assertEquals(branch({ workspace: "sub/.coord", cwd: "sub" }), "outer");
  assertEquals(warnings[0], "DIR/sub/.git names no folder of git: passed over");
});

itIf(os !== "windows", "there are no FIFOs")(
  "branch() opens nothing but regular files",
  () => {
    const { dir, file, branch, warnings } = project();
    fs.makeDir(`${dir}/.git`);
    makeFifo(`${dir}/.git/HEAD`);
    assertEquals(branch(), "main");
    assertEquals(warnings, ["DIR/.git/HEAD is a special file, not a file: passed over"]);
    fs.remove(`${dir}/.git/HEAD`);
    file("elsewhere", "ref: refs/heads/elsewhere");
    makeSymlink(`${dir}/elsewhere`, `${dir}/.git/HEAD`);
    assertEquals(branch(), "main");
    assertEquals(warnings[1], "DIR/.git/HEAD is a symbolic link, not a file: passed over");
  },
);

itIf(os !== "windows" && !isRoot(), "everything can be read")(
  "branch() goes on with a warning where it may not read",
  () => {
    const { dir, file, branch, warnings } = project();
    file(".git/HEAD", "ref: refs/heads/x");
    setMode(`${dir}/.git/HEAD`, 0);
    assertEquals(branch(), "main");
    assertStringIncludes(warnings[0] ?? "", "permission denied");
  },
);
