import { withinRoot } from "../../../../src/adapters/fs/disk/real_folders.ts";
import { initWorkspace } from "../../../../src/adapters/fs/open.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import type { Host, HostFs } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { makeSymlink, makeTempDir, removeTree, setMtime } from "../../../support/scene/scratch.ts";
import { workspace } from "../../../support/scene/workspace.ts";

const real = await detectHost();

function reasonOf(body: () => unknown): unknown {
  try {
    return body();
  } catch (error) {
    return reasonIn(error);
  }
}

function reasonIn(error: unknown): unknown {
  return (error as { reason?: unknown }).reason;
}

/** The next turn, in which nothing is believed that was looked at in this one. */
const nextCall = () => new Promise<void>((resolve) => queueMicrotask(resolve));

it("withinRoot() refuses every operation whose way leads through a link", async () => {
  const top = makeTempDir();
  const root = `${top}/w`;
  for (const folder of ["w/a/b", "elsewhere/b/empty"]) real.fs.makeDir(`${top}/${folder}`);
  real.fs.createNew(`${top}/elsewhere/b/f`, new Uint8Array(1));
  real.fs.createNew(`${root}/f`, new Uint8Array(1));
  makeSymlink(`${top}/elsewhere`, `${root}/l`);
  const operations: Record<keyof HostFs, (fs: HostFs) => unknown> = {
    read: (fs) => fs.read(`${root}/l/b/f`),
    readRange: (fs) => fs.readRange(`${root}/l/b/f`, 0, 1),
    createNew: (fs) => fs.createNew(`${root}/l/b/new`, new Uint8Array()),
    append: (fs) => fs.append(`${root}/l/b/f`, new Uint8Array(1)),
    appendSynced: (fs) => fs.appendSynced(`${root}/l/b/f`, new Uint8Array(1)),
    link: (fs) => fs.link(`${root}/f`, `${root}/l/b/new`),
    rename: (fs) => fs.rename(`${root}/f`, `${root}/l/b/f`),
    remove: (fs) => fs.remove(`${root}/l/b/f`),
    removeDir: (fs) => fs.removeDir(`${root}/l/b/empty`),
    makeDir: (fs) => fs.makeDir(`${root}/l/c/d`),
    lstat: (fs) => fs.lstat(`${root}/l/b/f`),
    stat: (fs) => fs.stat(`${root}/l/b/f`),
    setMode: (fs) => fs.setMode(`${root}/l/b/f`, 0o600),
    realPath: (fs) => fs.realPath(`${root}/l/b/f`),
    readLink: (fs) => fs.readLink(`${root}/l/b/f`),
    list: (fs) => fs.list(`${root}/l`),
    syncFile: (fs) => fs.syncFile(`${root}/l/b/f`),
    syncDir: (fs) => fs.syncDir(`${root}/l`),
    syncNames: (fs) => fs.syncNames(`${root}/l/b/f`, [`${root}/l/b`]),
    syncNamesAsync: (fs) => fs.syncNamesAsync(`${root}/l/b/f`, [`${root}/l/b`]),
  };
  const found = await Promise.all(
    Object.entries(operations).map(async ([name, operation]) => {
      const fs = withinRoot(real.fs, root);
      return [name, await Promise.resolve(fs).then(operation).catch(reasonIn)];
    }),
  );
  assertEquals(found, Object.keys(operations).map((name) => [name, "link"]));
  assertEquals(real.fs.list(`${top}/elsewhere/b`)?.map(({ name }) => name).sort(), ["empty", "f"]);
});

it("withinRoot() neither appends to a link nor removes one as a folder, and lets others be", () => {
  const top = makeTempDir();
  const root = `${top}/w`;
  real.fs.makeDir(`${root}/a`);
  real.fs.createNew(`${top}/f`, new Uint8Array(1));
  makeSymlink(`${top}/f`, `${root}/a/f`);
  makeSymlink(`${top}/gone`, `${root}/a/d`);
  makeSymlink(root, `${top}/alias`);
  const fs = withinRoot(real.fs, root);
  assertEquals(reasonOf(() => fs.append(`${root}/a/f`, new Uint8Array(1))), "link");
  assertEquals(reasonOf(() => fs.removeDir(`${root}/a/d`)), "link");
  assertEquals(reasonOf(() => fs.makeDir(`${root}/a/d/e`)), "link");
  assertEquals(reasonOf(() => fs.makeDir(`${root}/a/f/e`)), "link");
  assertEquals(fs.lstat(`${root}/a/f`)?.kind, "symlink");
  assertEquals(fs.lstat(`${root}/none/at/all`), undefined);
  // A root may be a link, and what is not below it is not checked here.
  assertEquals(withinRoot(real.fs, `${top}/alias`).list(`${top}/alias/a`)?.length, 2);
  assertEquals(fs.list(`${top}/alias/a`)?.length, 2);
  assertEquals(fs.list(`${root}2`), undefined);
});

it("withinRoot() says of a file in a folder's place that it is none", () => {
  const root = makeTempDir();
  real.fs.createNew(`${root}/f`, new Uint8Array(1));
  const fs = withinRoot(real.fs, root);
  assertEquals(reasonOf(() => fs.lstat(`${root}/f/x`)), "not_directory");
  assertEquals(reasonOf(() => fs.list(`${root}/f`)), "not_directory");
});

it("withinRoot() notices a link that is swapped in, in the next call at the latest", async () => {
  for (const deep of ["a", "a/b", "a/b/c"]) {
    const top = makeTempDir();
    const root = `${top}/w`;
    for (const folder of ["w/a/b/c/d", "elsewhere/b/c/d", "elsewhere/c/d", "elsewhere/d"]) {
      real.fs.makeDir(`${top}/${folder}`);
      real.fs.createNew(`${top}/${folder}/f`, new Uint8Array(1));
    }
    const fs = withinRoot(real.fs, root);
    assert_(fs.list(`${root}/${deep}`) !== undefined);
    removeTree(`${root}/${deep}`);
    makeSymlink(`${top}/elsewhere`, `${root}/${deep}`);
    await nextCall();
    assertEquals(reasonOf(() => fs.remove(`${root}/${deep}/d/f`)), "link", deep);
    assertEquals(real.fs.lstat(`${top}/elsewhere/d/f`)?.kind, "file");
  }
});

it("withinRoot() looks at each folder once a call, and at those of instants once a while", async () => {
  const root = makeTempDir();
  const leaf = `${root}/a/b/0000000000000001/0000000000000002`;
  real.fs.makeDir(leaf);
  let looks = 0;
  let time = 1_000;
  const counting = {
    ...real.fs,
    lstat: (path: string) => (looks++, real.fs.lstat(path)),
    stat: (path: string) => (looks++, real.fs.stat(path)),
  };
  const fs = withinRoot(counting, root, false, () => time);
  const looksOf = (body: () => void) => {
    const before = looks;
    body();
    return looks - before;
  };
  const name = `${leaf}/f`;
  for (const folder of [root, `${root}/a`]) setMtime(folder, Date.now() - 60_000);
  assertEquals(looksOf(() => fs.createNew(name, new Uint8Array())), 5);
  assertEquals(looksOf(() => void fs.read(name)), 0);
  assertEquals(looksOf(() => fs.remove(name)), 0);
  await nextCall();
  time++;
  assertEquals(looksOf(() => fs.createNew(name, new Uint8Array())), 2);
  assertEquals(looksOf(() => fs.remove(name)), 1);
  await nextCall();
  time++;
  assertEquals(looksOf(() => void fs.lstat(`${root}/a/b`)), 2);
  assertEquals(looksOf(() => void fs.list(`${root}/a/b`)), 0);
});

it("withinRoot() looks again at a folder when names beside it have changed", async () => {
  const top = makeTempDir();
  const root = `${top}/w`;
  for (const folder of ["w/a/b", "elsewhere/b"]) real.fs.makeDir(`${top}/${folder}`);
  for (const folder of [root, `${root}/a`]) setMtime(folder, Date.now() - 60_000);
  const fs = withinRoot(real.fs, root);
  for (let call = 0; call < 3; call++) {
    assertEquals(fs.list(`${root}/a/b`), []);
    await nextCall();
  }
  real.fs.rename(`${root}/a/b`, `${top}/b`);
  makeSymlink(`${top}/b`, `${root}/a/b`);
  assertEquals(reasonOf(() => fs.list(`${root}/a/b`)), "link");
  real.fs.remove(`${root}/a/b`);
  await nextCall();
  real.fs.rename(`${root}/a`, `${top}/a`);
  makeSymlink(`${top}/elsewhere`, `${root}/a`);
  assertEquals(reasonOf(() => fs.createNew(`${root}/a/b/f`, new Uint8Array())), "link");
});

/** The real machine, whose n-th link is made and reported as taken. */
function losing(at: number): { host: Host; readonly links: number } {
  let links = 0;
  const link = (from: string, to: string) => {
    const isMade = real.fs.link(from, to);
    return ++links === at ? false : isMade;
  };
  const host = Object.create(real, { fs: { value: { ...real.fs, link } } }) as Host;
  return {
    host,
    get links() {
      return links;
    },
  };
}

it("a link that was made and reported as taken counts as made, whatever it decides", async () => {
  let expected: unknown;
  for (let at = 0;; at++) {
    const dir = makeTempDir();
    initWorkspace(real, dir);
    const machine = losing(at);
    const coord = openFilesOn(machine.host, { dir });
    const { tasks, reservations, lanes } = coord;
    const one = await tasks.enqueue({ title: "one", runId: "p" });
    const batch = Array.from({ length: 10 }, (_, n) => ({ title: `${n}`, priority: -1 }));
    await tasks.enqueueAll(batch.map((task) => ({ ...task, runId: "p" })));
    const claim = await tasks.claim({ runId: "a" });
    const beat = await tasks.heartbeat({ id: one.task_id, runId: "a", extension: 600 });
    const done = await tasks.complete({ id: one.task_id, runId: "a" });
    const held = await reservations.reserve({ addresses: ["src"], runId: "a", exclusive: true });
    if (held.status === "conflict") throw new Error(held.error);
    const id = held.reservation_id;
    const kept = await reservations.heartbeat({ id, runId: "a" });
    const over = await reservations.release({ id, runId: "a" });
    const next = await reservations.reserve({ addresses: ["src"], runId: "b", exclusive: true });
    const lease = await lanes.hold({ lane: "api", tree: ["api"], owner: "a" });
    const compacted = await coord.journal.compact();
    const gone = await coord.gc({ execute: true, grace: 0 });
    const answers = {
      ...{ claim: claim.status, beat: beat.status, done: done.status, held: held.status },
      ...{ kept: kept.status, over: over.status, next: next.status, gone: gone.counts },
      ...{ lease: "outcome" in lease && lease.outcome, compacted: compacted.status },
      fence: "fence" in lease && lease.fence,
      pending: (await tasks.list()).pending,
    };
    expected ??= answers;
    assertEquals(answers, expected, `with link ${at}`);
    if (machine.links < at) {
      assert_(at > 12, `there were ${at} links only`);
      return;
    }
  }
});

it("a claim that another agent made is not taken for one's own", async () => {
  const scene = await workspace();
  const link = (from: string, to: string) => real.fs.link(from, to);
  const blind = Object.create(real, { fs: { value: { ...real.fs, link } } }) as Host;
  await scene.coord.tasks.enqueue({ title: "one", runId: "p" });
  const claims = await Promise.all(
    ["a", "b"].map((runId) =>
      openFilesOn(blind, { dir: scene.dir, clock: scene.clock.now }).tasks.claim({ runId })
    ),
  );
  assertEquals(claims.map(({ status }) => status).sort(), ["claimed", "empty"]);
});
