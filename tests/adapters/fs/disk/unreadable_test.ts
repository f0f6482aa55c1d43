/** What the machine fails to read is skipped by searches and listings, and decides nothing. */
import { initWorkspace } from "../../../../src/adapters/fs/open.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import {
  type Host,
  HostError,
  type HostErrorReason,
  type HostFs,
} from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { makeTempDir, removeTree, setMtime } from "../../../support/scene/scratch.ts";
import { FakeClock } from "../../../support/scene/workspace.ts";

const real = await detectHost();
const ERRNOS: Partial<Record<HostErrorReason, string>> = { io: "EIO", stale: "ESTALE" };

/** A workspace on a machine that cannot read some files. */
function scene() {
  const dir = makeTempDir();
  const { path } = initWorkspace(real, dir);
  const broken = new Map<string, HostErrorReason>();
  const warnings: string[] = [];
  const clock = new FakeClock();
  const read: HostFs["read"] = (path) => {
    const code = [...broken].find(([name]) => path.endsWith(name))?.[1];
    if (code === undefined) return real.fs.read(path);
    throw new HostError(code, "read", path, { errno: ERRNOS[code] });
  };
  const host = Object.create(real, { fs: { value: { ...real.fs, read } } }) as Host;
  const onWarning = (message: string) => void warnings.push(message);
  const open = () => openFilesOn(host, { dir, clock: clock.now, onWarning });
  return { path, broken, warnings, clock, open, coord: open() };
}

it("claim() skips a task at the head that the disk cannot read, and says which and why", async () => {
  for (const code of ["io", "stale"] as const) {
    const { coord, broken, warnings } = scene();
    const first = await coord.tasks.enqueue({ title: "one", runId: "p", priority: 5 });
    const second = await coord.tasks.enqueue({ title: "two", runId: "p" });
    broken.set(`tasks/${first.task_id.slice(7)}.json`, code);
    const claim = await coord.tasks.claim({ runId: "a" });
    assertEquals(claim.status === "claimed" && claim.task_id, second.task_id);
    assert_(warnings[0]?.includes(`${first.task_id.slice(7)}.json`), warnings[0]);
    assert_(warnings[0]?.includes(`(${ERRNOS[code]}): skipped`), warnings[0]);
    assertEquals((await coord.tasks.claim({ runId: "a" })).status, "empty");
    assertEquals((await coord.tasks.list()).total, 1);
    broken.clear();
    const again = await coord.tasks.claim({ runId: "a" });
    assertEquals(again.status === "claimed" && again.task_id, first.task_id);
  }
});

it("claim() does not hand out a task whose claim cannot be read, with or without the index", async () => {
  for (const code of ["io", "permission"] as const) {
    const { path, coord, broken, clock, open } = scene();
    clock.ms = Date.now();
    const { task_id } = await coord.tasks.enqueue({ title: "one", runId: "p", priority: 5 });
    await coord.tasks.claim({ runId: "a", claimTtl: 60 });
    const name = `claims/${task_id.slice(7)}.json`;
    broken.set(name, code);
    setMtime(`${path}/${name}`, Date.now() - 3_600_000);
    clock.advance(3_600);
    for (const isIndexed of [true, false]) {
      if (!isIndexed) removeTree(`${path}/index`);
      const other = await open().tasks.enqueue({ title: "two", runId: "p" });
      const claim = await open().tasks.claim({ runId: "b" });
      assertEquals(claim.status === "claimed" && claim.task_id, other.task_id);
      const none = await open().tasks.claim({ runId: "b" }).catch((error) => error);
      assertEquals(none.code ?? none.status, code === "io" ? "empty" : "io_error");
    }
    const done = await coord.tasks.complete({ id: task_id, runId: "a" }).catch((e) => e);
    assertEquals(done.code, "io_error");
    broken.clear();
    const back = await open().tasks.claim({ runId: "b" });
    assertEquals(back.status === "claimed" && back.task_id, task_id);
  }
});

it("a claim that is made is answered, though another record cannot be read", async () => {
  const { coord, broken, clock } = scene();
  const { task_id } = await coord.tasks.enqueue({ title: "one", runId: "p" });
  await coord.tasks.claim({ runId: "a", claimTtl: 60 });
  await coord.tasks.enqueue({ title: "two", runId: "p" });
  broken.set(`claims/${task_id.slice(7)}.json`, "io");
  clock.advance(61);
  assertEquals((await coord.tasks.claim({ runId: "b" })).status, "claimed");
});

it("gc() keeps what cannot be read, and list() leaves it out with a warning", async () => {
  const { path, coord, broken, warnings, clock } = scene();
  const held = await coord.reservations.reserve({ addresses: ["src"], runId: "a", ttl: 1 });
  const name = `reservations/${held.reservation_id.slice(7)}.json`;
  broken.set(name, "io");
  clock.advance(1_000_000);
  assertEquals((await coord.gc({ execute: true, grace: 0 })).counts, {});
  assertEquals((await coord.reservations.list({ all: true })).total, 0);
  assert_(warnings[0]?.includes(`${name}"`) && warnings[0].includes("EIO"), warnings[0]);
  assertEquals(real.fs.lstat(`${path}/${name}`)?.kind, "file");
});
