import { findWorkspace } from "../../../src/adapters/fs/find.ts";
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { type Host, HostError } from "../../../src/ports/host.ts";
import { assertEquals, it } from "../../deps.ts";
import { makeSymlink, makeTempDir } from "../../support/scene/scratch.ts";

const real = await detectHost();

/** The real machine with another current folder and environment. */
function hostIn(cwd: string, env: Record<string, string> = {}): Host {
  return { ...real, cwd: () => cwd, env: (name) => env[name] };
}

function codeOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

it("findWorkspace() takes the nearest .coord above the current folder", () => {
  const top = makeTempDir();
  initWorkspace(real, top);
  initWorkspace(real, `${top}/a`);
  real.fs.makeDir(`${top}/a/b/c`);
  assertEquals(findWorkspace(hostIn(`${top}/a/b/c`), undefined).path, `${top}/a/.coord`);
  assertEquals(findWorkspace(hostIn(top), undefined).path, `${top}/.coord`);
});

it("findWorkspace() takes Muse's folder, and .coord where both stand side by side", () => {
  const top = makeTempDir();
  real.fs.makeDir(`${top}/.muse/coordination`);
  real.fs.makeDir(`${top}/src`);
  assertEquals(findWorkspace(hostIn(`${top}/src`), undefined).path, `${top}/.muse/coordination`);
  initWorkspace(real, top);
  assertEquals(findWorkspace(hostIn(`${top}/src`), undefined).path, `${top}/.coord`);
});

it("findWorkspace() prefers --dir to COORD_DIR to the current folder", () => {
  const [flag, env, cwd] = [makeTempDir(), makeTempDir(), makeTempDir()];
  for (const dir of [flag, env, cwd]) initWorkspace(real, dir);
  const host = hostIn(cwd, { COORD_DIR: env });
  assertEquals(findWorkspace(host, flag).path, `${flag}/.coord`);
  assertEquals(findWorkspace(host, undefined).path, `${env}/.coord`);
  assertEquals(findWorkspace(hostIn(cwd), undefined).path, `${cwd}/.coord`);
  assertEquals(findWorkspace(hostIn(cwd, { COORD_DIR: "" }), undefined).path, `${cwd}/.coord`);
});

it("findWorkspace() takes the workspace itself as well as the project around it", () => {
  const top = makeTempDir();
  initWorkspace(real, top);
  const host = hostIn(makeTempDir());
  assertEquals(findWorkspace(host, `${top}/.coord`).path, `${top}/.coord`);
  assertEquals(findWorkspace(hostIn(top), ".").path, `${top}/.coord`);
  assertEquals(findWorkspace(hostIn(top), ".coord").path, `${top}/.coord`);
});

it("findWorkspace() does not take a project with a folder of tasks for a workspace", () => {
  const top = makeTempDir();
  real.fs.makeDir(`${top}/tasks`);
  assertEquals(codeOf(() => findWorkspace(hostIn(top), top)), "no_workspace");
  for (const folder of ["claims", "reservations"]) real.fs.makeDir(`${top}/${folder}`);
  assertEquals(findWorkspace(hostIn("/"), top).path, top);
});

it("findWorkspace() reports that there is none", () => {
  const empty = makeTempDir();
  assertEquals(codeOf(() => findWorkspace(hostIn(empty), undefined)), "no_workspace");
  assertEquals(codeOf(() => findWorkspace(hostIn(empty), empty)), "no_workspace");
  assertEquals(codeOf(() => findWorkspace(hostIn(empty), `${empty}/nowhere`)), "no_workspace");
  assertEquals(codeOf(() => findWorkspace(hostIn(empty), `${empty}/.coord`)), "no_workspace");
});

/** A folder with files, and what is found from a folder in it. */
function scene(texts: Readonly<Record<string, string>>) {
  const dir = makeTempDir();
  const shown = (text: string) => text.replaceAll(dir, "DIR");
  for (const [path, text] of Object.entries(texts)) {
    real.fs.makeDir(`${dir}/${path}`.replace(/\/[^/]*$/, ""));
    real.fs.createNew(`${dir}/${path}`, new TextEncoder().encode(text.replaceAll("DIR", dir)));
  }
  const find = (cwd: string, named?: string) => {
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(shown(message));
    const host = hostIn(`${dir}/${cwd}`);
    try {
      const { path, foundBy } = findWorkspace(host, named && `${dir}/${named}`, warn);
      return [shown(path), foundBy, ...warnings];
    } catch (error) {
      return [shown((error as Error).message), ...warnings];
    }
  };
  const init = (cwd: string, here = false) => {
    const { path, ...made } = initWorkspace(hostIn(`${dir}/${cwd}`), ".", { here });
    return { path: shown(path), ...made, ...(made.shared && { shared: shown(made.shared) }) };
  };
  return { dir, find, init };
}

/** A repository with a linked worktree elsewhere. */
const WORKTREE = {
  "main/.git/HEAD": "ref: refs/heads/main\n",
  "main/.git/worktrees/side/commondir": "../..\n",
  "main/pkg/a.ts": "",
  "side/.git": "gitdir: DIR/main/.git/worktrees/side\n",
  "side/pkg/a.ts": "",
};

it("findWorkspace() goes on from a linked worktree in the main checkout", () => {
  const { dir, find, init } = scene(WORKTREE);
  const nowhere = 'No workspace in "DIR/side/pkg" or above it, nor in its main checkout ' +
    '"DIR/main": run "coord init" to make one for all worktrees';
  assertEquals(find("side/pkg"), [nowhere]);
  const shared = { path: "DIR/main/.coord", shared: "DIR/main" };
  assertEquals(init("side/pkg"), { ...shared, created: true });
  assertEquals(init("side"), { ...shared, created: false });
  assertEquals(init("main"), { path: "DIR/main/.coord", created: false });
  assertEquals(find("side/pkg"), ["DIR/main/.coord", "worktree"]);
  assertEquals(find("main/pkg"), ["DIR/main/.coord", "search"]);
  assertEquals(find("", "side/pkg"), ["DIR/main/.coord", "dir"]);
  // The same folder of both has the same workspace.
  initWorkspace(real, `${dir}/main/pkg`);
  assertEquals(find("side/pkg"), ["DIR/main/pkg/.coord", "worktree"]);
  assertEquals(find("side"), ["DIR/main/.coord", "worktree"]);
});

it("initWorkspace() gives a linked worktree a workspace of its own where that is asked for", () => {
  const { find, init } = scene(WORKTREE);
  assertEquals(init("side", true), { path: "DIR/side/.coord", created: true });
  assertEquals(find("side/pkg"), ["DIR/side/.coord", "search"]);
});

it("findWorkspace() takes the git folder's where a repository is bare", () => {
  for (const git of [".bare", ".git"]) {
    const { find, init } = scene({
      [`p/${git}/HEAD`]: "ref: refs/heads/main\n",
      [`p/${git}/config`]: "[core]\n\tbare = true\n",
      [`p/${git}/objects/x`]: "",
      [`p/${git}/refs/x`]: "",
      [`p/${git}/worktrees/dev/commondir`]: "../..\n",
      ...(git === ".bare" && { "p/.git": "gitdir: ./.bare\n" }),
      "p/dev/.git": `gitdir: DIR/p/${git}/worktrees/dev\n`,
      "elsewhere/.git": `gitdir: DIR/p/${git}/worktrees/dev\n`,
    });
    const place = `DIR/p/${git}/coord`;
    assertEquals(find("p/dev"), [
      `No workspace in "DIR/p/dev" or above it, nor at "${place}": ` +
      'run "coord init" to make one for all worktrees',
    ]);
    assertEquals(init("p"), { path: place, created: true, shared: `DIR/p/${git}` });
    for (const folder of ["p", "p/dev", "elsewhere"]) {
      assertEquals(find(folder), [place, "worktree"]);
      assertEquals(init(folder), { path: place, created: false, shared: `DIR/p/${git}` });
    }
    assertEquals(find("", `p/${git}/coord`), [place, "dir"]);
  }
});

it("findWorkspace() takes the git folder's where that lies apart from the main checkout", () => {
  const { dir, find, init } = scene({
    "store/repo.git/HEAD": "ref: refs/heads/main\n",
    "store/repo.git/config": "[core]\n\tbare = false\n",
    "store/repo.git/objects/x": "",
    "store/repo.git/refs/x": "",
    "store/repo.git/worktrees/side/commondir": "../..\n",
    "main/.git": "gitdir: DIR/store/repo.git\n",
    "main/src/x": "",
    "side/.git": "gitdir: DIR/store/repo.git/worktrees/side\n",
  });
  const place = "DIR/store/repo.git/coord";
  assertEquals(init("main/src"), { path: place, created: true, shared: "DIR/store/repo.git" });
  for (const folder of ["main/src", "main", "side"]) {
    assertEquals(find(folder), [place, "worktree"]);
  }
  // A workspace of the main checkout goes before, and the others cannot find it.
  initWorkspace(real, `${dir}/main`, { here: true });
  assertEquals(find("main"), ["DIR/main/.coord", "search"]);
  assertEquals(find("side"), [place, "worktree"]);
});

it("initWorkspace() warns where the git folder does not name its main checkout", () => {
  const { dir } = scene({
    "repo.git/HEAD": "ref: refs/heads/main\n",
    "repo.git/worktrees/side/commondir": "../..\n",
    "side/.git": "gitdir: DIR/repo.git/worktrees/side\n",
  });
  const warnings: string[] = [];
  const options = { warn: (message: string) => void warnings.push(message.replaceAll(dir, "DIR")) };
  const host = hostIn(`${dir}/side`);
  assertEquals(initWorkspace(host, ".", options).path, `${dir}/repo.git/coord`);
  assertEquals(warnings, [
    'The git folder "DIR/repo.git" does not name its main checkout: ' +
    "a workspace in that is not found from here",
  ]);
  initWorkspace(host, ".", options);
  assertEquals(warnings.length, 1);
});

it("initWorkspace() makes nothing in a folder that a .git file names and that is no repository", () => {
  const { dir, init } = scene({ "p/.git": "gitdir: DIR/other\n", "other/x": "" });
  assertEquals(init("p"), { path: "DIR/p/.coord", created: true });
  assertEquals(real.fs.stat(`${dir}/other/coord`), undefined);
});

it("findWorkspace() ends at the top of a checkout, but for a .coord above it", () => {
  const { dir, find } = scene({
    "home/repo/.git/modules/sub/HEAD": "",
    "home/repo/sub/.git": "gitdir: ../.git/modules/sub",
  });
  const nowhere = (folder: string) =>
    `No workspace in "DIR/${folder}" or above it: run "coord init" to make one`;
  real.fs.makeDir(`${dir}/home/.muse/coordination`);
  assertEquals(find("home/repo"), [nowhere("home/repo")]);
  assertEquals(find("home"), ["DIR/home/.muse/coordination", "search"]);
  initWorkspace(real, `${dir}/home`);
  assertEquals(find("home/repo"), ["DIR/home/.coord", "search"]);
  // What is nested finds the workspace of the checkout around it.
  initWorkspace(real, `${dir}/home/repo`);
  assertEquals(find("home/repo/sub"), ["DIR/home/repo/.coord", "search"]);
});

it("findWorkspace() takes no .muse without coordination in it", () => {
  const { find } = scene({ "home/.muse/identity.toml": "", "home/project/a": "" });
  assertEquals(find("home/project")[0]?.startsWith("No workspace in"), true);
  assertEquals(find("", "home")[0]?.startsWith("No workspace in"), true);
});

it("findWorkspace() searches upward from a folder that is named, and not from a missing one", () => {
  const { dir, find } = scene({ "p/a/b/c": "", "q/x": "" });
  initWorkspace(real, `${dir}/p`);
  makeSymlink(`${dir}/p/a/b`, `${dir}/q/link`);
  assertEquals(find("q", "p/a/b"), ["DIR/p/.coord", "dir"]);
  assertEquals(find("q", "q/link"), ["DIR/p/.coord", "dir"]);
  assertEquals(find("q", "p/.coord/tasks"), ["DIR/p/.coord", "dir"]);
  const missing = 'No workspace in "DIR/p/missing": run "coord init" to make one';
  assertEquals(find("q", "p/missing"), [missing]);
  assertEquals(find("q", "p/a/b/c"), [missing.replace("p/missing", "p/a/b/c")]);
});

it("findWorkspace() warns of a workspace above a worktree whose main checkout has another", () => {
  const { dir, find } = scene(WORKTREE);
  initWorkspace(real, `${dir}/main`);
  initWorkspace(real, dir);
  assertEquals(find("side"), [
    "DIR/.coord",
    "search",
    'The workspace "DIR/.coord" is above this worktree, and the other checkouts of its ' +
    'repository use "DIR/main/.coord"',
  ]);
});

it("findWorkspace() warns of a .git file that leads nowhere", () => {
  const { find } = scene({ "w/.git": "gitdir: /nowhere/.git/worktrees/w\n" });
  assertEquals(find("w"), [
    'No workspace in "DIR/w" or above it: run "coord init" to make one',
    "DIR/w/.git leads to /nowhere/.git/worktrees/w, which is not there: " +
    "a workspace of the main checkout cannot be found",
  ]);
});

it("findWorkspace() needs no current folder for an absolute path, and says when it needs one", () => {
  const top = makeTempDir();
  initWorkspace(real, top);
  const cwd = () => {
    throw new HostError("not_found", "find the current folder", ".");
  };
  const host = { ...real, cwd, env: () => undefined };
  assertEquals(findWorkspace(host, top).path, `${top}/.coord`);
  for (const named of [undefined, "x"]) {
    assertEquals(codeOf(() => findWorkspace(host, named)), "no_workspace");
  }
});
