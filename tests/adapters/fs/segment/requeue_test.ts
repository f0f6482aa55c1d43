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

it("a task that has moved to a segment is listed by the priority that it was given last", async () => {
  const { queue, id, move, workspace } = await failed();
  const { task_id: other } = await queue.enqueue({ title: "two", runId: "p", priority: 3 });
  const last = await queue.enqueue({ title: "three", runId: "p" });
  assertEquals((await queue.claim({ runId: "B" })).status, "claimed");
  await queue.complete({ id: other, runId: "B" });
  await queue.reprioritize({ ids: [last.task_id], runId: "R", priority: 7 });
  await queue.cancel({ id: last.task_id, runId: "R" });
  while (await move());
  const fresh = openQueue(workspace, 9).queue;
  const { items } = await fresh.list();
  assertEquals(items.map(({ task_id, priority }) => [task_id, priority]), [
    [last.task_id, 7],
    [other, 3],
    [id, 0],
  ]);
  assertEquals((await fresh.get(last.task_id)).task.priority, 7);
});
