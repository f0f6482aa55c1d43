import { BranchReader } from "../../../../src/adapters/fs/checkout/branch.ts";
import { Surroundings } from "../../../../src/adapters/fs/checkout/surroundings.ts";
import { assertEquals, assertStringIncludes, it, itIf } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { reftable } from "../../../support/reftable.ts";
import {
  isRoot,
  makeFifo,
  makeSymlink,
  makeTempDir,
  setMode,
} from "../../../support/scene/scratch.ts";

const { fs, os } = fakeHost();
const COMMIT = "89abcdef0123456789abcdef0123456789abcdef";

/** A folder with files, and what `BranchReader` says of a workspace in it. */
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
    return new BranchReader(new Surroundings(host, `${dir}/${workspace}`, warn)).branch(explicit);
  };
  return { dir, file, branch, warnings };
}

it("branch() takes the first that is given: flag, environment, git, Muse, main", () => {
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
    [
      "ref: refs/heads/.invalid\n",
      "DIR/.git/HEAD is kept in a reftable that holds no HEAD: skipped",
    ],
    ["", "DIR/.git/HEAD names neither a branch nor a commit: skipped"],
    ["x".repeat(8_193), "DIR/.git/HEAD is larger than 8192 bytes: skipped"],
  ];
  for (const [head, problem] of heads) {
    file(".git/HEAD", head);
    assertEquals([branch(), warnings.pop(), warnings.length], ["muse", problem, 0]);
  }
  assertEquals(branch({ env: { COORD_BRANCH: "a\nb" } }), "muse");
  assertEquals(
    warnings[0],
    "COORD_BRANCH must not hold control or line-separator characters: skipped",
  );
  warnings.length = 0;
  file("sub/.git", "nothing\n");
  file(".git/HEAD", "ref: refs/heads/outer\n");
  assertEquals(branch({ workspace: "sub/.coord", cwd: "sub" }), "outer");
  assertEquals(warnings[0], "DIR/sub/.git names no folder of git: skipped");
});

it("branch() warns once where a `.git` file leads to no repository", () => {
  const { dir, file, branch, warnings } = project();
  file(".git", "gitdir: /home/dev/repo/.git/worktrees/feature-x\n");
  assertEquals(branch(), "main");
  const gone = (path: string) =>
    `DIR/.git leads to ${path}, which has no HEAD: the branch is not known from it`;
  assertEquals(warnings, [gone("/home/dev/repo/.git/worktrees/feature-x")]);
  // A folder that is there, but is no repository: that of a submodule which was never filled.
  fs.makeDir(`${dir}/modules/sub`);
  file(".git", "gitdir: modules/sub\n");
  assertEquals([branch(), warnings[1]], ["main", gone("DIR/modules/sub")]);
  file("modules/sub/HEAD", "ref: refs/heads/inner\n");
  assertEquals([branch(), warnings.length], ["inner", 2]);
  fs.remove(`${dir}/.git`);
  fs.makeDir(`${dir}/.git`);
  const empty = "DIR/.git has no HEAD: the branch is not known from it";
  assertEquals([branch(), warnings[2]], ["main", empty]);
  assertEquals([branch({ explicit: "given" }), warnings.length], ["given", 3]);
});

it("branch() is no other repository's where a `.git` file leads to none", () => {
  const { file, branch, warnings } = project();
  file(".git/HEAD", "ref: refs/heads/outer\n");
  file("sub/.git", "gitdir: ../.git/modules/sub\n");
  assertEquals(branch({ workspace: "sub/.coord", cwd: "sub" }), "main");
  assertEquals(warnings.length, 1);
});

it("branch() is the one that is rebased or bisected while HEAD is detached", () => {
  const cases: [path: string, text: string, expected: string][] = [
    ["rebase-merge/head-name", "refs/heads/login\n", "login"],
    ["rebase-merge/head-name", "refs/heads/a/b\n", "a/b"],
    ["rebase-merge/head-name", "detached HEAD\n", "89abcde"],
    ["rebase-apply/head-name", "refs/heads/login", "login"],
    ["rebase-apply/applying", "", "89abcde"],
    ["BISECT_START", "login\n", "login"],
    ["BISECT_START", "refs/heads/login\n", "login"],
    ["BISECT_START", `${COMMIT}\n`, "89abcde"],
    ["BISECT_START", "\n", "89abcde"],
  ];
  for (const [path, text, expected] of cases) {
    const { file, branch, warnings } = project();
    file(".git/HEAD", `${COMMIT}\n`);
    file(`.git/${path}`, text);
    assertEquals([branch(), ...warnings], [expected], `${path}: ${text}`);
    // What an older rebase left behind says nothing of a branch that is checked out.
    file(".git/HEAD", "ref: refs/heads/other\n");
    assertEquals(branch(), "other");
  }
  const { dir, file, branch } = project();
  file("repo/.git/HEAD", "ref: refs/heads/trunk\n");
  file("repo/.git/worktrees/w/HEAD", `${COMMIT}\n`);
  file("repo/.git/worktrees/w/commondir", "../..\n");
  file("repo/.git/worktrees/w/rebase-merge/head-name", "refs/heads/feature\n");
  file("w/.git", `gitdir: ${dir}/repo/.git/worktrees/w\n`);
  assertEquals(branch({ workspace: "repo/.coord", cwd: "w" }), "feature");
  assertEquals(branch({ workspace: "repo/.coord", cwd: "repo" }), "trunk");
});

it("branch() is read from the newest reftable that has HEAD", () => {
  const { dir, file, branch, warnings } = project();
  const table = (path: string, bytes: Uint8Array) => fs.createNew(`${dir}/${path}`, bytes);
  file(".git/HEAD", "ref: refs/heads/.invalid\n");
  file(".git/reftable/tables.list", "1.ref\n2.ref\n3.ref\n");
  table(".git/reftable/1.ref", reftable([["HEAD", { target: "refs/heads/old" }]]));
  table(".git/reftable/2.ref", reftable([["HEAD", { target: "refs/heads/naïve" }]]));
  table(".git/reftable/3.ref", reftable([["refs/heads/old", { id: COMMIT }]]));
  assertEquals([branch(), ...warnings], ["naïve"]);
  file(".git/reftable/tables.list", "3.ref\n4.ref\n");
  table(".git/reftable/4.ref", reftable([["HEAD", { id: COMMIT }]]));
  assertEquals([branch(), ...warnings], ["89abcde"]);
  file(".git/rebase-merge/head-name", "refs/heads/login\n");
  assertEquals([branch(), ...warnings], ["login"]);
  // A worktree has a HEAD, and so tables, of its own.
  file(".git/worktrees/w/HEAD", "ref: refs/heads/.invalid\n");
  file(".git/worktrees/w/commondir", "../..\n");
  file(".git/worktrees/w/reftable/tables.list", "1.ref\n");
  table(".git/worktrees/w/reftable/1.ref", reftable([["HEAD", { target: "refs/heads/w" }]]));
  file("w/.git", "gitdir: ../.git/worktrees/w\n");
  assertEquals([branch({ cwd: "w" }), ...warnings], ["w"]);
});

it("branch() warns where the tables of references cannot be read", () => {
  const cases: [list: string | undefined, expected: string][] = [
    [undefined, "holds no HEAD"],
    ["gone.ref\n", "cannot be read"],
    ["../other/1.ref\n", "cannot be read"],
    ["damaged.ref\n", "cannot be read"],
    ["none.ref\n", "holds no HEAD"],
    ["old.ref\nremoved.ref\n", "holds no HEAD"],
  ];
  for (const [list, problem] of cases) {
    const { dir, file, branch, warnings } = project();
    file(".git/HEAD", "ref: refs/heads/.invalid\n");
    if (list !== undefined) file(".git/reftable/tables.list", list);
    file(".git/reftable/damaged.ref", "REFT");
    const table = (name: string, bytes: Uint8Array) =>
      fs.createNew(`${dir}/.git/reftable/${name}`, bytes);
    table("none.ref", reftable([["refs/heads/x", { id: COMMIT }]]));
    table("old.ref", reftable([["HEAD", { target: "refs/heads/x" }]]));
    table("removed.ref", reftable([["HEAD", {}]]));
    const warning = `DIR/.git/HEAD is kept in a reftable that ${problem}: skipped`;
    assertEquals([branch(), ...warnings], ["main", warning], list);
  }
});

itIf(os !== "windows", "there are no FIFOs")(
  "branch() opens nothing but regular files",
  () => {
    const { dir, file, branch, warnings } = project();
    fs.makeDir(`${dir}/.git`);
    makeFifo(`${dir}/.git/HEAD`);
    assertEquals(branch(), "main");
    assertEquals(warnings, ["DIR/.git/HEAD is a special file, not a file: skipped"]);
    fs.remove(`${dir}/.git/HEAD`);
    file("elsewhere", "ref: refs/heads/elsewhere");
    makeSymlink(`${dir}/elsewhere`, `${dir}/.git/HEAD`);
    assertEquals(branch(), "main");
    assertEquals(warnings[1], "DIR/.git/HEAD is a symbolic link, not a file: skipped");
    // What older versions of git make; the branch need not have a commit.
    fs.remove(`${dir}/.git/HEAD`);
    makeSymlink("refs/heads/team/old", `${dir}/.git/HEAD`);
    assertEquals([branch(), warnings.length], ["team/old", 2]);
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
