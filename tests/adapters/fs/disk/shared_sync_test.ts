import { SharedSync } from "../../../../src/adapters/fs/disk/shared_sync.ts";
import { initWorkspace } from "../../../../src/adapters/fs/layout.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { HostError, type HostFs } from "../../../../src/ports/host.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import { assert_, assertEquals, assertRejects, it, itIf } from "../../../deps.ts";
import { makeTempDir } from "../../../support/scene/scratch.ts";

const host = await detectHost();

/** A file system that notes how names are synced, and how many syncs run at a time. */
function noted(real: HostFs) {
  const syncs: string[] = [];
  let running = 0;
  let most = 0;
  const fs: HostFs = {
    ...real,
    syncNames: (path, folders) => {
      syncs.push("alone");
      real.syncNames(path, folders);
    },
    syncNamesAsync: async (path, folders) => {
      syncs.push("beside others");
      most = Math.max(most, ++running);
      try {
        await real.syncNamesAsync(path, folders);
      } finally {
        running--;
      }
    },
  };
  return { fs, syncs, most: () => most };
}

it("names() syncs at once for a caller that is alone, and beside the others for several", async () => {
  const folder = makeTempDir();
  const { fs, syncs, most } = noted(host.fs);
  const shared = new SharedSync(fs);
  const paths = ["a", "b", "c"].map((name) => `${folder}/${name}`);
  for (const path of paths) host.fs.createNew(path, new Uint8Array(1));
  await shared.names(`${folder}/a`, folder);
  assertEquals(syncs, ["alone"]);
  await Promise.all(paths.map((path) => shared.names(path, folder)));
  assertEquals([syncs.slice(1), most()], [Array(3).fill("beside others"), 3]);
  await shared.names(`${folder}/b`, folder);
  assertEquals(syncs.at(-1), "alone");
});

it("names() fails for the caller whose file is gone, and for no other", async () => {
  const folder = makeTempDir();
  const shared = new SharedSync(host.fs);
  host.fs.createNew(`${folder}/a`, new Uint8Array(1));
  const [there, gone] = await Promise.allSettled([
    shared.names(`${folder}/a`, folder),
    shared.names(`${folder}/gone`, folder),
  ]);
  assertEquals(there.status, "fulfilled");
  assert_(gone.status === "rejected" && (gone.reason as HostError).reason === "not_found");
  await assertRejects(() => shared.names(`${folder}/gone`, folder), HostError, "Cannot sync");
});

it("complete() of many callers at once shares what the disk has to do", async () => {
  const { path: dir } = initWorkspace(host, makeTempDir());
  const { fs, syncs, most } = noted(host.fs);
  const { tasks } = openFilesOn({ ...host, fs }, { dir });
  await tasks.enqueueAll(Array.from({ length: 32 }, (_, n) => ({ title: `task ${n}` })));
  const ids: string[] = [];
  for (let n = 0; n < 32; n++) {
    const claim = await tasks.claim({ runId: "A" });
    if (claim.status === "claimed") ids.push(claim.task_id);
  }
  syncs.splice(0);
  await Promise.all(ids.map((id) => tasks.complete({ id, runId: "A" })));
  assertEquals(syncs.length, 32);
  assert_(most() > 16, `at most ${most()} of 32 callers synced at a time`);
  assertEquals((await tasks.list()).completed, 32);
});

// Bun hands out digests one by one, and each caller is alone when it comes.
const itTogether = itIf(host.runtime === "deno", "callers come one by one there");

itTogether("enqueue() of many callers at once shares what the disk has to do", async () => {
  const { path: dir } = initWorkspace(host, makeTempDir());
  const { fs, syncs, most } = noted(host.fs);
  const { tasks } = openFilesOn({ ...host, fs }, { dir });
  const titles = Array.from({ length: 64 }, (_, n) => `task ${n}`);
  await Promise.all(titles.map((title) => tasks.enqueue({ title })));
  assertEquals(syncs.length, 64);
  assert_(most() > 16, `at most ${most()} of 64 callers synced at a time`);
  assertEquals((await tasks.list()).pending, 64);
});
