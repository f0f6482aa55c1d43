import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { SegmentGc } from "../../../../src/adapters/fs/segment/gc.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { Room } from "../../../../src/adapters/fs/disk/gc_room.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { answersOf, moveAll, type Mover, moverOf, place } from "../../../support/crash/moving.ts";
import { openQueue, quickFs } from "../../../support/crash/queue_cases.ts";
import { mutatedTogether } from "../../../support/explore/mutants.ts";
import { setMtime } from "../../../support/scene/scratch.ts";

const host = await detectHost();

it("move() seals in slices where it is asked to, and no answer changes between them", async () => {
  using scene = await place();
  const { workspace, ids, queue } = scene;
  moveAll(workspace, quickFs, 2 ** 20);
  await queue.complete({ id: ids[3] ?? "", runId: "A" });
  const before = await answersOf(queue, ids);
  const mover = moverOf(workspace, quickFs, 0);
  const names = () =>
    (host.fs.list(`${workspace}/tasks/segments`) ?? []).map(({ name }) => name).sort();
  let slices = 0;
  do {
    slices++;
    assertEquals(await mover.move(2, 1, -1), true);
    assertEquals(await answersOf(openQueue(workspace, 0).queue, ids), before, `slice ${slices}`);
    assertEquals(names().includes("00000001.seal"), mover.isBusy, `slice ${slices}`);
  } while (mover.isBusy);
  assert_(slices > 6, `${slices} slices`);
  assertEquals(names(), ["00000001.1.ndjson"]);
});

/** What comes back when a process sleeps in the middle of a sealing, and others finish it. */
async function broughtBack(Mover: Mover): Promise<string | undefined> {
  for (let slept = 1;; slept++) {
    using scene = await place();
    const { workspace, ids, queue } = scene;
    moveAll(workspace, quickFs, 2 ** 20, Mover);
    await queue.complete({ id: ids[3] ?? "", runId: "A" });
    const mover = moverOf(workspace, quickFs, 0, Mover);
    for (let slice = 0; slice < slept; slice++) await mover.move(2, 1, -1);
    if (!mover.isBusy) return undefined;
    const mark = `${workspace}/tasks/segments/00000001.seal`;
    setMtime(mark, Date.now() - 11_000);
    const awake = Date.now;
    try {
      Date.now = () => awake() + 86_400_000;
      const others = moverOf(workspace, quickFs, 0);
      await others.move(2, 1);
      const gc = new SegmentGc(quickFs, new Layout(workspace), () => {}, new Room(), others);
      gc.sweep({ now: Date.now(), graceMs: 0, execute: true });
      // As `gc` does another day, when there are later segments.
      for (const { name } of quickFs.list(`${workspace}/tasks/segments`) ?? []) {
        quickFs.remove(`${workspace}/tasks/segments/${name}`);
      }
      while (await mover.move(2, 1, -1) && mover.isBusy);
    } finally {
      Date.now = awake;
    }
    const { total } = await openQueue(workspace, 0).queue.list();
    if (total !== 2) return `${total} tasks after slice ${slept}`;
  }
}

it("a process that sleeps in the middle of a sealing brings nothing back", async () => {
  assertEquals(await broughtBack(TaskMover), undefined);
});

it("a sealing that goes on after a sleep: the test notices", async () => {
  const [mover] = await mutatedTogether(["src/adapters/fs/segment/mover.ts"], {
    from: "if (Math.abs(Date.now() - begun.since) > SEALING_MS) return true;",
    to: "",
  }) as [{ TaskMover: Mover }];
  assert_(await broughtBack(mover.TaskMover) !== undefined);
});
