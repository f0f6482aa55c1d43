import { assertEquals, it } from "../../deps.ts";
import { findWorkspace, initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Host } from "../../../src/ports/host.ts";
import { makeSymlink, makeTempDir } from "../../support/scene/scratch.ts";

const real = await detectHost();

/** The real machine with another current folder and environment. */
function hostIn(cwd: string, env: Record<string, string> = {}): Host {
  return { ...real, cwd: () => cwd, env: (name) => env[name] };
}

function whyOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    const { reason, code } = error as { reason?: unknown; code?: unknown };
    return reason ?? code;
  }
  return undefined;
}

it("findWorkspace() takes the nearest .coord above the current folder", () => {
  const top = makeTempDir();
  initWorkspace(real, top);
  initWorkspace(real, `${top}/a`);
  real.fs.makeDir(`${top}/a/b/c`);
  assertEquals(findWorkspace(hostIn(`${top}/a/b/c`), undefined), `${top}/a/.coord`);
  assertEquals(findWorkspace(hostIn(top), undefined), `${top}/.coord`);
});

it("findWorkspace() takes a Muse repository, and .coord where both stand side by side", () => {
  const top = makeTempDir();
  real.fs.makeDir(`${top}/.muse/coordination`);
  real.fs.makeDir(`${top}/src`);
  assertEquals(findWorkspace(hostIn(`${top}/src`), undefined), `${top}/.muse/coordination`);
  initWorkspace(real, top);
  assertEquals(findWorkspace(hostIn(`${top}/src`), undefined), `${top}/.coord`);
});

it("findWorkspace() prefers --dir to COORD_DIR to the current folder", () => {
  const [flag, env, cwd] = [makeTempDir(), makeTempDir(), makeTempDir()];
  for (const dir of [flag, env, cwd]) initWorkspace(real, dir);
  const host = hostIn(cwd, { COORD_DIR: env });
  assertEquals(findWorkspace(host, flag), `${flag}/.coord`);
  assertEquals(findWorkspace(host, undefined), `${env}/.coord`);
  assertEquals(findWorkspace(hostIn(cwd), undefined), `${cwd}/.coord`);
  assertEquals(findWorkspace(hostIn(cwd, { COORD_DIR: "" }), undefined), `${cwd}/.coord`);
});

it("findWorkspace() takes the workspace itself as well as the project around it", () => {
  const top = makeTempDir();
  initWorkspace(real, top);
  const host = hostIn(makeTempDir());
  assertEquals(findWorkspace(host, `${top}/.coord`), `${top}/.coord`);
  assertEquals(findWorkspace(hostIn(top), "."), `${top}/.coord`);
  assertEquals(findWorkspace(hostIn(top), ".coord"), `${top}/.coord`);
});

it("findWorkspace() does not take a project with a folder of tasks for a workspace", () => {
  const top = makeTempDir();
  real.fs.makeDir(`${top}/tasks`);
  assertEquals(whyOf(() => findWorkspace(hostIn(top), top)), "no_workspace");
  for (const folder of ["claims", "reservations"]) real.fs.makeDir(`${top}/${folder}`);
  assertEquals(findWorkspace(hostIn("/"), top), top);
});

it("findWorkspace() tells when there is none", () => {
  const empty = makeTempDir();
  assertEquals(whyOf(() => findWorkspace(hostIn(empty), undefined)), "no_workspace");
  assertEquals(whyOf(() => findWorkspace(hostIn(empty), empty)), "no_workspace");
  assertEquals(whyOf(() => findWorkspace(hostIn(empty), `${empty}/nowhere`)), "no_workspace");
  assertEquals(whyOf(() => findWorkspace(hostIn(empty), `${empty}/.coord`)), "no_workspace");
});

it("initWorkspace() answers when all that it made is on the disk, whoever made it", () => {
  for (const isThere of [false, true]) {
    const top = makeTempDir();
    const project = `${top}/new/project`;
    if (isThere) initWorkspace(real, project);
    const synced: string[] = [];
    const fs = {
      ...real.fs,
      syncFile: (path: string) => (synced.push(path), real.fs.syncFile(path)),
      syncDir: (path: string) => (synced.push(path), real.fs.syncDir(path)),
    };
    const w = `${project}/.coord`;
    initWorkspace({ ...real, fs }, project);
    assertEquals(synced, [
      `${w}/.gitignore`,
      w,
      project,
      ...(isThere ? [] : [`${top}/new`, top]),
    ]);
  }
});

it("initWorkspace() makes nothing through a link, and fails", () => {
  for (const [folder, target] of [["tasks", "elsewhere"], ["claims", "nowhere"]] as const) {
    const top = makeTempDir();
    real.fs.makeDir(`${top}/.coord`);
    real.fs.makeDir(`${top}/elsewhere`);
    makeSymlink(`${top}/${target}`, `${top}/.coord/${folder}`);
    assertEquals(whyOf(() => initWorkspace(real, top)), "link");
    assertEquals(real.fs.lstat(`${top}/nowhere`), undefined);
  }
});

it("initWorkspace() makes a workspace that git ignores, once", () => {
  const top = makeTempDir();
  assertEquals(initWorkspace(real, top), { path: `${top}/.coord`, created: true });
  assertEquals(new TextDecoder().decode(real.fs.read(`${top}/.coord/.gitignore`)), "*\n");
  assertEquals(initWorkspace(real, top), { path: `${top}/.coord`, created: false });
  assertEquals(initWorkspace(real, `${top}/.coord`), { path: `${top}/.coord`, created: false });
  const muse = `${makeTempDir()}/.muse/coordination`;
  real.fs.makeDir(muse);
  assertEquals(initWorkspace(real, muse), { path: muse, created: false });
});
