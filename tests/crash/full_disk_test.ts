import { assert_, assertEquals, itIf } from "../deps.ts";
import { openWorkspace } from "../../mod.ts";
import { initWorkspace } from "../../src/adapters/fs/open.ts";
import { detectHost } from "../../src/host/detect.ts";
import type { HostError } from "../../src/ports/host.ts";
import { sized } from "../support/length.ts";
import { makeTempDir, mountSmallDisk, remountReadOnly } from "../support/scene/scratch.ts";

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
    assertEquals((error as HostError).reason, "no_space");
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

/** Fills a disk to the last block; what it was filled with. */
function fill(dir: string): string[] {
  const fills: string[] = [];
  for (const size of [65_536, 4_096, 1]) {
    for (let i = 0;; i++) {
      const path = `${dir}/fill-${size}-${i}`;
      try {
        host.fs.createNew(path, new Uint8Array(size));
        fills.push(path);
      } catch (error) {
        assertEquals((error as HostError).reason, "no_space");
        break;
      }
    }
  }
  return fills;
}

it("a full disk: gc() frees room without room to write, and claim() of an empty queue is empty", async () => {
  using disk = onDisk(4096);
  const coord = await openWorkspace({ dir: disk.dir });
  await coord.tasks.enqueueAll(Array.from({ length: 50 }, () => ({ title: "x", runId: "p" })));
  for (let i = 0; i < 50; i++) {
    const claim = await coord.tasks.claim({ runId: "a" });
    assert_(claim.status === "claimed");
    await coord.tasks.complete({ id: claim.task_id, runId: "a" });
  }
  await coord.tasks.enqueue({ title: "expires", runId: "p", ttl: 1 });
  for (const agent of ["a", "b"]) {
    const reserved = await coord.reservations.reserve({
      addresses: [`src/${agent}.ts`],
      runId: agent,
    });
    assert_("reservation_id" in reserved);
    await coord.reservations.release({ id: reserved.reservation_id, runId: agent });
  }
  fill(disk.dir);
  const late = await openWorkspace({ dir: disk.dir, clock: () => Date.now() + 60_000 });
  assertEquals(await late.tasks.claim({ runId: "a" }), { status: "empty", queue: null });
  const report = await late.gc({ execute: true, grace: 0 });
  assertEquals(report.counts, { reservation: 2, task: 51 });
  const { total } = await late.tasks.list();
  assertEquals(total, 0);
  await late.tasks.enqueue({ title: "there is room again", runId: "p" });
});

it("a full disk: gc() removes reservations alone, whose removal writes first", async () => {
  for (const isReleased of [true, false]) {
    using disk = onDisk(512);
    const coord = await openWorkspace({ dir: disk.dir });
    for (const runId of ["a", "b", "c"]) {
      const addresses = [`src/${runId}.ts`];
      const reserved = await coord.reservations.reserve({ addresses, runId, ttl: 1 });
      assert_("reservation_id" in reserved);
      const id = reserved.reservation_id;
      if (isReleased) await coord.reservations.release({ id, runId });
    }
    const fills = fill(disk.dir);
    // A seal of one that has only expired takes a block more.
    if (!isReleased) host.fs.remove(fills.at(-1) ?? "");
    const late = await openWorkspace({ dir: disk.dir, clock: () => Date.now() + 60_000 });
    const { counts } = await late.gc({ execute: true, grace: 0 });
    assertEquals({ isReleased, counts }, { isReleased, counts: { reservation: 3 } });
  }
});

/** KiB of a disk. */
const ROOMS: readonly number[] = [256, 4_000, 8_500, 12_000, 20_000, 40_000];

it("a full disk: enqueueAll() of 2,000 adds all of them or none, wherever the room ends", async () => {
  const many = Array.from({ length: 2_000 }, (_, n) => ({ title: `${n}`, runId: "p" }));
  const outcomes = new Set<string>();
  for (const kib of sized([256, 8_500, 40_000], ROOMS, ROOMS)) {
    using disk = onDisk(kib);
    const coord = await openWorkspace({ dir: disk.dir });
    const answer = await coord.tasks.enqueueAll(many)
      .then((tasks) => tasks.length, (error) => error.code);
    const { total } = await (await openWorkspace({ dir: disk.dir })).tasks.list();
    outcomes.add(`${answer}: ${total}`);
  }
  assertEquals([...outcomes].sort(), ["2000: 2000", "io_error: 0"]);
});
