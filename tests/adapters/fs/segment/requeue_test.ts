import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { assertEquals, it } from "../../../deps.ts";
import { openQueue, prepare } from "../../../support/crash/queue_cases.ts";
import { ALL_CASES } from "../../../support/crash/requeue_cases.ts";

const host = await detectHost();

async function failed() {
  const crash = ALL_CASES.find(({ name }) => name === "requeue() of a failed task");
  if (crash === undefined) throw new RangeError("There is no such case");
  const prepared = await prepare(crash);
  const { queue } = openQueue(prepared.workspace, 6);
  const requeue = async () => (await queue.requeue({ ids: [prepared.id], runId: "R" })).tasks[0];
  const layout = new Layout(prepared.workspace);
  const mover = new TaskMover(host, layout, () => {}, { ageMs: -1, bytes: 2 ** 21 });
  return { ...prepared, queue, requeue, move: () => mover.move(8, 1) };
}

it("a failed task that has moved to a segment is refused as archived, and stays as it is", async () => {
  const { queue, requeue, move } = await failed();
  assertEquals(await move(), true);
  assertEquals((await requeue())?.status, "archived");
  assertEquals((await queue.list()).failed, 1);
  assertEquals((await queue.claim({ runId: "B" })).status, "empty");
});

it("a revived task does not move, neither while it lives nor when it has failed again", async () => {
  const { queue, id, requeue, move } = await failed();
  assertEquals((await requeue())?.status, "pending");
  assertEquals(await move(), false);
  await queue.claim({ runId: "B" });
  await queue.fail({ id, runId: "B", error: "again" });
  assertEquals(await move(), false);
  assertEquals((await requeue())?.status, "pending");
  assertEquals((await queue.list()).pending, 1);
});
