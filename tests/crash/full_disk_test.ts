import { assert_, assertEquals, itIf } from "../deps.ts";
import { openWorkspace } from "../../mod.ts";
import { initWorkspace } from "../../src/adapters/fs/open.ts";
import { detectHost } from "../../src/host/detect.ts";
import { makeTempDir, mountSmallDisk, remountReadOnly } from "../support/scratch.ts";

const host = await detectHost();
const probe = makeTempDir();
const able = mountSmallDisk(probe, 64);
able?.unmount();
const it = itIf(able !== undefined, "mounting a small file system is not allowed here");

function onDisk(kib: number) {
  const dir = makeTempDir();
  const disk = mountSmallDisk(dir, kib);
  if (disk === undefined) throw new Error("it could be mounted a moment ago");
  const { path } = initWorkspace(host, dir);
  return { dir, path, [Symbol.dispose]: () => disk.unmount() };
}

it("a full disk: calls fail with io_error, records are whole or absent, and all goes on after", async () => {
  using disk = onDisk(4096);
  const ballast = `${disk.dir}/ballast`;
  host.fs.createNew(ballast, new Uint8Array(3_000_000));
  const coord = await openWorkspace({ dir: disk.dir });
  const payload = { fill: "x".repeat(8_000) };
  const ids: string[] = [];
  let error: { code?: unknown } | undefined;
  while (error === undefined) {
    await coord.tasks.enqueue({ title: "x", runId: "p", payload })
      .then((task) => ids.push(task.task_id), (reason) => error = reason);
  }
  assertEquals(error.code, "io_error");
  assert_(ids.length > 10);
  const batch = Array.from({ length: 20 }, () => ({ title: "y", runId: "p", payload }));
  const refused = await coord.tasks.enqueueAll(batch).catch((reason) => reason);
  assertEquals(refused.code, "io_error");

  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  const after = await openWorkspace({ dir: disk.dir, onWarning });
  const before = await after.tasks.list();
  assert_(before.total >= ids.length);
  assertEquals(warnings, []);

  host.fs.remove(ballast);
  const left = new Set(ids);
  for (let i = 0; i < before.total; i++) {
    const claim = await after.tasks.claim({ runId: "a" });
    assert_(claim.status === "claimed", "all that is there");
    left.delete(claim.task_id);
    const done = await after.tasks.complete({ id: claim.task_id, runId: "a" });
    assertEquals(done.status, "completed");
  }
  assertEquals([...left], [], "nothing that was answered is lost");
  assertEquals((await after.tasks.claim({ runId: "a" })).status, "empty");
});

it("a full disk: a claim fails with io_error or succeeds, and is never half made", async () => {
  using disk = onDisk(256);
  const coord = await openWorkspace({ dir: disk.dir });
  const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
  const bytes = new Uint8Array(4096);
  const fills: string[] = [];
  try {
    for (let i = 0;; i++) {
      host.fs.createNew(`${disk.dir}/fill${i}`, bytes);
      fills.push(`${disk.dir}/fill${i}`);
    }
  } catch (error) {
    assertEquals((error as { code?: unknown }).code, "no_space");
  }
  const error = await coord.tasks.claim({ runId: "a" }).catch((reason) => reason);
  assertEquals(error.code, "io_error");
  assertEquals((await coord.tasks.list()).pending, 1);
  for (const fill of fills) host.fs.remove(fill);
  const claim = await coord.tasks.claim({ runId: "a" });
  assertEquals(claim.status === "claimed" && [claim.task_id, claim.attempt], [id, 1]);
});

it("a read-only file system: reading works, writing fails with io_error", async () => {
  using disk = onDisk(256);
  const first = await openWorkspace({ dir: disk.dir });
  await first.tasks.enqueue({ title: "x", runId: "p" });
  remountReadOnly(disk.dir);
  const coord = await openWorkspace({ dir: disk.dir });
  assertEquals((await coord.tasks.list()).pending, 1);
  for (
    const call of [
      () => coord.tasks.enqueue({ title: "y", runId: "p" }),
      () => coord.tasks.claim({ runId: "a" }),
    ]
  ) {
    const error = await call().catch((reason) => reason);
    assertEquals(error.code, "io_error");
  }
});
