import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import type { Coord } from "../../../../mod.ts";
import { assertEquals, it } from "../../../deps.ts";
import { isHeavy } from "../../../support/length.ts";
import { workspace } from "../../../support/scene/workspace.ts";

async function place() {
  const scene = await workspace();
  const limits = { ageMs: -1, bytes: 0 };
  const mover = new TaskMover(scene.host, new Layout(scene.path), () => {}, limits);
  const move = async () => {
    while (await mover.move(16, 1));
  };
  const cursor = `${scene.dir}/cursor`;
  /** What a stream that keeps its position emits, without what does not concern tasks. */
  const emitted = async (coord: Coord) => {
    const events: string[] = [];
    for await (const event of coord.watch({ once: true, cursor })) {
      const { event_type: type, kind, data } = event;
      events.push(`${type} ${kind} ${(data as { status?: string }).status}`);
    }
    return events;
  };
  return { ...scene, move, emitted };
}

it("watch() with a cursor reports the end of a task that has moved meanwhile, once", async () => {
  const { coord, move, emitted } = await place();
  const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
  await coord.tasks.claim({ runId: "a" });
  assertEquals(await emitted(coord), ["snapshot task claimed", "snapshot claim claimed"]);
  await coord.tasks.complete({ id, runId: "a" });
  await move();
  assertEquals(await emitted(coord), ["modified claim completed"]);
  assertEquals(await emitted(coord), []);
});

it("watch() with a cursor reports nothing when a task moves whose end it has reported", async () => {
  const { coord, move, emitted } = await place();
  const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
  await coord.tasks.cancel({ id, runId: "p" });
  await emitted(coord);
  await move();
  assertEquals(await emitted(coord), []);
  assertEquals(await emitted(coord), []);
});

it("watch() with a cursor reports a task that came, ended and moved while none looked", async () => {
  const { coord, move, emitted } = await place();
  await emitted(coord);
  const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
  await coord.tasks.claim({ runId: "a" });
  await coord.tasks.complete({ id, runId: "a" });
  await move();
  assertEquals(await emitted(coord), ["added task pending", "added claim completed"]);
  assertEquals(await emitted(coord), []);
  if (!isHeavy()) return;
  // By now it need not be kept any more.
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  assertEquals(await emitted(coord), []);
  assertEquals(await emitted(coord), []);
});
