/** Batches of which some tasks are settled, and others not yet. */
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { takeTurn } from "../../../../src/adapters/fs/task/batch_chain.ts";
import { FsBatchFiles } from "../../../../src/adapters/fs/task/batch_files.ts";
import { BatchCollector } from "../../../../src/adapters/fs/task/batch_settling.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { workspace } from "../../../support/scene/workspace.ts";

const warn = () => {};

/** A batch of 20 tasks of which the first is settled. */
async function settledInPart() {
  const scene = await workspace();
  const { coord, host, path } = scene;
  const inputs = Array.from({ length: 20 }, (_, n) => ({ title: `task ${n}`, runId: "p" }));
  const tasks = await coord.tasks.enqueueAll(inputs);
  const layout = new Layout(path);
  const files = new FsBatchFiles(host.fs, layout, warn);
  const [batch] = files.list();
  assert_(batch !== undefined && batch.state === "linked", "there is no batch");
  const [first] = files.lines({ batch });
  const { at, who } = batch;
  const turn = takeTurn(files, batch, "linked", { at, who, done: first?.next ?? 0 });
  assert_(turn !== undefined && turn.batch.done > 0, "nothing is settled");
  return { ...scene, layout, ids: tasks.map(({ task_id }) => task_id) };
}

it("named() has all tasks of a batch of which some are settled", async () => {
  const { host, layout, ids } = await settledInPart();
  const named = await new BatchCollector(host, layout, warn).named(true);
  assertEquals([...named].map((stem) => `sha256:${stem}`).sort(), [...ids].sort());
});

it("a task that ended does not come back when the rest of its batch is settled", async () => {
  const { host, layout, ids, coord } = await settledInPart();
  for (const _ of ids) await coord.tasks.claim({ runId: "a" });
  for (const id of ids) await coord.tasks.complete({ id, runId: "a" });
  await new TaskMover(host, layout, warn).move(ids.length, 1);
  await new BatchCollector(host, layout, warn).settleAll();
  assertEquals((await coord.tasks.claim({ runId: "b" })).status, "empty");
  const { completed, total } = await coord.tasks.list();
  assertEquals([completed, total], [ids.length, ids.length]);
});
