import { assertEquals, it } from "../../deps.ts";
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { makeSymlink, makeTempDir } from "../../support/scene/scratch.ts";

const real = await detectHost();

function whyOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    const { reason, code } = error as { reason?: unknown; code?: unknown };
    return reason ?? code;
  }
  return undefined;
}

it("initWorkspace() answers when all that it made is on the disk, whichever process made it", () => {
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
