import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { FsCollector } from "../../../../src/adapters/fs/upkeep/gc.ts";
import { SegmentGc } from "../../../../src/adapters/fs/segment/gc.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { seal } from "../../../../src/adapters/fs/segment/sealing.ts";
import { Segments } from "../../../../src/adapters/fs/segment/segments.ts";
import { Room } from "../../../../src/adapters/fs/disk/gc_room.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { SEGMENT } from "../../../../src/domain/limits.ts";
import { CoordError } from "../../../../src/domain/errors.ts";
import type { Tasks } from "../../../../src/engine/task/tasks.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { CHANGES, faulty, PowerOff } from "../../../support/crash/faulty_fs.ts";
import { openQueue, quickFs, T0 } from "../../../support/crash/queue_cases.ts";
import { mutatedTogether } from "../../../support/explore/mutants.ts";
import { isHeavy } from "../../../support/length.ts";
import { newSeed } from "../../../support/random.ts";
import { answersOf, moveAll, type Mover, moverOf, place } from "../../../support/crash/moving.ts";
import { setMtime } from "../../../support/scene/scratch.ts";

const host = await detectHost();
const random = newSeed("moving");

/** Every operation in the long run, some of them in the short one. */
function stride(): number {
  return isHeavy() ? 1 : 1 + random.below(14);
}

/** Runs `body` before the n-th operation of a file system, which has effect meanwhile. */
function interrupted(at: number, body: () => void) {
  let count = 0;
  let isReached = false;
  const fs = { ...quickFs } as Record<string, unknown>;
  for (const [name, call] of Object.entries(quickFs)) {
    fs[name] = (...given: unknown[]) => {
      if (++count === at) {
        isReached = true;
        body();
      }
      return (call as (...given: unknown[]) => unknown)(...given);
    };
  }
  return { fs: fs as unknown as HostFs, isReached: () => isReached };
}

it("moving, cut off at any operation, changes no answer, and the next move finishes it", async () => {
  for (let at = 1, isHit = true; isHit; at += stride()) {
    for (const torn of isHeavy() ? [false, true] : [random.chance(0.5)]) {
      using scene = await place();
      const { workspace, ids, queue } = scene;
      const before = await answersOf(queue, ids);
      const cut = faulty(quickFs, { kind: "off", at, torn });
      try {
        moveAll(workspace, cut.fs);
      } catch (error) {
        if (!(error instanceof PowerOff)) throw error;
      }
      isHit = cut.hit !== undefined;
      const where = `cut off at ${at}, ${cut.hit}`;
      const fresh = openQueue(workspace, 0);
      assertEquals(await answersOf(fresh.queue, ids), before, where);
      // A seal of a dead process is taken over after a while.
      for (const { name } of host.fs.list(`${workspace}/tasks/segments`) ?? []) {
        if (!name.endsWith(".seal")) continue;
        setMtime(`${workspace}/tasks/segments/${name}`, 1_000);
      }
      moveAll(workspace);
      assertEquals(await answersOf(fresh.queue, ids), before, `${where}, and moved again`);
      const left = (host.fs.list(`${workspace}/claims`) ?? []).map(({ name }) => name);
      assertEquals(left.filter((name) => name.endsWith(".end")), [], where);
      assertEquals(fresh.warnings, [], where);
    }
  }
});

for (const bytes of [0, 2 ** 20]) {
  it(`two processes that move at once, ${bytes ? "and append" : "and seal"}, change no answer`, async () => {
    for (let at = 1, isHit = true; isHit; at += stride()) {
      using scene = await place();
      const { workspace, ids, queue } = scene;
      const before = await answersOf(queue, ids);
      const other = interrupted(at, () => moveAll(workspace, quickFs, bytes));
      moveAll(workspace, other.fs, bytes);
      isHit = other.isReached();
      const fresh = openQueue(workspace, 0);
      assertEquals(await answersOf(fresh.queue, ids), before, `at ${at}`);
      assertEquals(await answersOf(queue, ids), before, `at ${at}, by the first process`);
    }
  });
}

async function isAnswered(workspace: string, ids: readonly string[], before: unknown) {
  try {
    const after = await answersOf(openQueue(workspace, 0).queue, ids);
    return JSON.stringify(after) === JSON.stringify(before);
  } catch (error) {
    if (error instanceof CoordError && error.code === "not_found") return false;
    throw error;
  }
}

/** What is wrong when a process that had read tasks goes on at some moment of a sealing. */
async function lostToSealing(Mover: Mover, goOn: "append" | "remove"): Promise<string | undefined> {
  for (let at = 1, isHit = true; isHit; at++) {
    using scene = await place();
    const { workspace, ids, queue } = scene;
    const before = await answersOf(queue, ids);
    const slow = moverOf(workspace, quickFs, 2 ** 20, Mover);
    const moving = slow.moving(1, 1);
    moving.next();
    let other: () => void = () => moving.next(new Set());
    if (goOn === "remove") {
      // It has its lines, and died or sleeps before it removes the files.
      const cut = faulty(quickFs, { kind: "off", at: 1, torn: false, among: ["remove"] });
      try {
        moveAll(workspace, cut.fs, 2 ** 20, Mover);
      } catch (error) {
        if (!(error instanceof PowerOff)) throw error;
      }
      const lines = [
        ...new Segments(quickFs, new Layout(workspace), () => {})
          .listed([]).loose.lines()?.values() ?? [],
      ];
      other = () => slow.remove(lines);
    }
    const sealing = interrupted(at, other);
    const [log] = new Segments(quickFs, new Layout(workspace), () => {}).names();
    const sealer = moverOf(workspace, sealing.fs, 0, Mover);
    seals(Mover)(sealing.fs, new Layout(workspace), log?.n ?? 0, sealer);
    isHit = sealing.isReached();
    if (!await isAnswered(workspace, ids, before)) return `lost at ${at}`;
  }
  return undefined;
}

/** What is wrong after a crash at some moment of a move. */
async function lostToCrash(Mover: Mover): Promise<string | undefined> {
  for (let at = 1, isHit = true; isHit; at++) {
    using scene = await place();
    const { workspace, ids, queue } = scene;
    const before = await answersOf(queue, ids);
    const cut = faulty(quickFs, { kind: "off", at, torn: false, among: CHANGES });
    try {
      moveAll(workspace, cut.fs, 0, Mover);
    } catch (error) {
      if (!(error instanceof PowerOff)) throw error;
    }
    isHit = cut.hit !== undefined;
    if (!await isAnswered(workspace, ids, before)) return `lost at ${at}`;
  }
  return undefined;
}

const FILES = [
  "src/adapters/fs/segment/mover.ts",
  "src/adapters/fs/segment/sealing.ts",
  "src/adapters/fs/task/claim_files.ts",
];
const sealOf = new Map<Mover, typeof seal>([[TaskMover, seal]]);

function seals(Mover: Mover): typeof seal {
  return sealOf.get(Mover) ?? seal;
}

it("a process that goes on in the middle of a sealing loses nothing", async () => {
  assertEquals(await lostToSealing(TaskMover, "append"), undefined);
  assertEquals(await lostToSealing(TaskMover, "remove"), undefined);
});

const MUTANTS = [
  {
    name: "lines that are believed without a look",
    from: "return last?.n === n && last.hasLog && !last.isSealing && newestOf(last) === 0;",
    to: "return true;",
    find: (Mover: Mover) => lostToSealing(Mover, "append"),
  },
  {
    name: "a sealing without a mark",
    from: "  fs.createNew(`${segments}/${sealName(n)}`, new Uint8Array());\n",
    to: "",
    find: (Mover: Mover) => lostToSealing(Mover, "append"),
  },
  {
    name: "an end that is missing, taken for one that never was",
    from: "return isSame || (this.#claims.hasTask(stem) ? false : undefined);",
    to: "return isSame;",
    find: (Mover: Mover) => lostToSealing(Mover, "remove"),
  },
  {
    name: "claims that go before their definitions",
    from: `for (const { stem } of tasks) this.fs.remove(this.layout.record("task", stem));`,
    to: "for (const { stem } of tasks) this.remove(endName(stem));",
    find: lostToCrash,
  },
  {
    name: "files that go before their lines are there",
    from: "if (lines.length > 0 && !addLines(fs, this.layout, n, lines)) return false;",
    to: "this.#claims.removeTasks(moved);",
    find: lostToCrash,
  },
];

for (const { name, from, to, find } of MUTANTS) {
  it(`${name}: the tests notice`, async () => {
    const [mover, sealing] = await mutatedTogether(FILES, { from, to }) as [
      { TaskMover: Mover },
      { seal: typeof seal },
    ];
    sealOf.set(mover.TaskMover, sealing.seal);
    const found = await find(mover.TaskMover);
    assert_(found !== undefined, name);
    console.log(`${name}: ${found}`);
  });
}

type Call = (queue: Tasks, id: string) => Promise<unknown>;

const CALLS: Record<string, Call> = {
  get: (queue, id) => queue.get(id),
  prefix: (queue, id) => queue.get(id.slice(7, 30)),
  list: (queue) => queue.list({ limit: 3 }),
  "list of a run": (queue) => queue.list({ runId: "A" }),
  "complete again": (queue, id) => queue.complete({ id, runId: "A", result: {} }),
  "complete by another": (queue, id) => queue.complete({ id, runId: "B", result: {} }),
  heartbeat: (queue, id) => queue.heartbeat({ id, runId: "A" }),
  "cancel by force": (queue, id) => queue.cancel({ id, runId: "X", force: true }),
};

for (const [name, call] of Object.entries(CALLS)) {
  for (const bytes of isHeavy() ? [0, 2 ** 20] : [random.pick([0, 2 ** 20])]) {
    it(`${name}, while the task moves${bytes ? "" : " and is sealed"}, answers as before`, async () => {
      for (let at = 1, isHit = true; isHit; at += stride()) {
        using scene = await place();
        const { workspace, ids: [id = ""] } = scene;
        const before = await call(scene.queue, id);
        const moved = interrupted(at, () => moveAll(workspace, quickFs, bytes));
        const answer = await call(openQueue(workspace, 0, moved.fs).queue, id);
        isHit = moved.isReached();
        assertEquals(answer, before, `at ${at}`);
        const { completed, total } = await openQueue(workspace, 0).queue.list();
        assertEquals({ completed, total }, { completed: 3, total: 5 }, `after ${at}`);
      }
    });
  }
}

it("complete(), while the task moves as soon as it has ended, answers with the end", async () => {
  for (let at = 1, isHit = true; isHit; at += stride()) {
    using scene = await place();
    const { workspace, ids } = scene;
    const id = ids[3] ?? "";
    const moved = interrupted(at, () => moveAll(workspace));
    const { queue } = openQueue(workspace, 0, moved.fs);
    const done = await queue.complete({ id, runId: "A", result: { n: 1 } });
    isHit = moved.isReached();
    assertEquals(done.status, "completed", `at ${at}`);
    const { claim } = await openQueue(workspace, 0).queue.get(id);
    assertEquals(claim as unknown, done, `at ${at}`);
    const { completed, total } = await openQueue(workspace, 0).queue.list();
    assertEquals({ completed, total }, { completed: 4, total: 5 }, `after ${at}`);
    const again = await openQueue(workspace, 0).queue.complete({
      id,
      runId: "A",
      result: { n: 1 },
    });
    assertEquals(again, done, `at ${at}, again`);
  }
});

it("move() reads no tasks that are known to be named by a batch, and moves the others", async () => {
  using scene = await place();
  const { workspace, queue } = scene;
  const batch =
    (await queue.enqueueAll(Array.from({ length: 6 }, () => ({ title: "b", runId: "p" }))))
      .map((task) => task.task_id.slice("sha256:".length));
  while ((await queue.claim({ runId: "B" })).status === "claimed");
  for (const id of batch) await queue.complete({ id, runId: "B" });
  const calls: string[] = [];
  const noted = (path: string) => void calls.push(path.slice(workspace.length + 1));
  const fs: HostFs = {
    ...quickFs,
    read: (path) => (noted(path), quickFs.read(path)),
    list: (path) => (noted(path), quickFs.list(path)),
  };
  const mover = moverOf(workspace, fs, 2 ** 20);
  const moved: boolean[] = [];
  for (let n = 0; n < 8; n++) moved.push(await mover.move(1, 1));
  assertEquals(moved.filter((each) => each).length, 3, "those that were added one by one");
  const reads = calls.filter((path) => batch.some((stem) => path === `claims/${stem}.end`));
  assert_(reads.length <= 1, `${reads.length} tasks of the batch were read`);
  // When only those of the batch are left, they are not listed again for a while.
  assertEquals(calls.filter((path) => path === "claims").length, 2);
});

it("move() removes files in slices where it is asked to, and no answer changes between them", async () => {
  using scene = await place();
  const { workspace, ids, queue } = scene;
  for (let n = 0; n < 6; n++) {
    const { task_id: id } = await queue.enqueue({ title: "more", runId: "p", priority: 1 });
    ids.push(id);
    await queue.claim({ runId: "B" });
    await queue.complete({ id, runId: "B" });
  }
  const before = await answersOf(queue, ids);
  const mover = moverOf(workspace, quickFs, 2 ** 20);
  const left: number[] = [];
  do {
    assertEquals(await mover.move(16, 1, -1), true);
    const names = host.fs.list(`${workspace}/claims`) ?? [];
    left.push(names.filter(({ name }) => name.endsWith(".end")).length);
    assertEquals(await answersOf(openQueue(workspace, 0).queue, ids), before);
  } while (mover.isBusy);
  assertEquals(left, [5, 1, 0]);
});

it("gc, cut off at any operation, brings nothing back that it has removed", async () => {
  for (let at = 1, isHit = true; isHit; at += stride()) {
    using scene = await place();
    const { workspace } = scene;
    moveAll(workspace);
    const sweep = (fs: HostFs) => {
      const mover = moverOf(workspace, fs, 0);
      const gc = new SegmentGc(fs, new Layout(workspace), () => {}, new Room(), mover);
      return gc.sweep({ now: Date.now() + 1_000, graceMs: 0, execute: true });
    };
    const cut = faulty(quickFs, { kind: "off", at, torn: true });
    let first: readonly unknown[] = [];
    try {
      first = sweep(cut.fs);
    } catch (error) {
      if (!(error instanceof PowerOff)) throw error;
    }
    isHit = cut.hit !== undefined;
    const { total } = await openQueue(workspace, 0).queue.list();
    const second = sweep(quickFs);
    assertEquals(second.length, total - 2, `cut off at ${at}`);
    if (!isHit) assertEquals([first.length, total], [3, 2]);
    assertEquals((await openQueue(workspace, 0).queue.list()).total, 2);
  }
});

it("gc moves all that has ended, each time", async () => {
  using scene = await place();
  const { workspace, queue } = scene;
  const layout = new Layout(workspace);
  const gc = new FsCollector({ ...host, fs: quickFs }, layout, () => T0, () => {});
  const ends = () =>
    (host.fs.list(layout.folder("claim")) ?? []).map(({ name }) => name)
      .filter((name) => name.endsWith(".end"));
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < SEGMENT.enough; n++) {
      const { task_id: id } = await queue.enqueue({ title: `t${n}`, runId: "p" });
      await queue.cancel({ id, runId: "p" });
    }
    for (const name of ends()) setMtime(`${layout.folder("claim")}/${name}`, 5_000);
    await gc.sweep({ graceMs: 2 * T0, execute: true });
    assertEquals(ends(), [], `round ${round}`);
  }
  const { total, cancelled } = await queue.list();
  assertEquals({ total, cancelled }, {
    total: 5 + 2 * SEGMENT.enough,
    cancelled: 2 * SEGMENT.enough,
  });
});
