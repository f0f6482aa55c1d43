import { FsTaskStore } from "../../../../src/adapters/fs/task/store.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { listingOf, type TaskEntry, type TaskFilter } from "../../../../src/domain/task/listing.ts";
import { orderOf } from "../../../../src/domain/task/task.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { sized } from "../../../support/length.ts";
import { newSeed } from "../../../support/random.ts";
import { workspace } from "../../../support/scene/workspace.ts";

it("list() says what reading every task says, whatever was noted or has moved", async () => {
  const random = newSeed("listing law");
  const scene = await workspace();
  const { coord, clock, path, host, warnings } = scene;
  const layout = new Layout(path);
  const mover = new TaskMover(host, layout, () => {}, { ageMs: -1, bytes: 3_000 });
  const store = () => new FsTaskStore(host, layout, clock.now, (text) => void warnings.push(text));
  const queues = ["default", "b", "__proto__"];
  const ids: string[] = [];
  for (let round = 0; round < sized(3, 8, 30); round++) {
    const inputs = Array.from({ length: 100 + random.below(60) }, (_, n) => ({
      title: `t${round} ${n}`,
      priority: random.below(3),
      queue: random.pick(queues),
      ttl: random.pick([5, 60, 86_400]),
      runId: "p",
    }));
    for (const { task_id } of await coord.tasks.enqueueAll(inputs)) ids.push(task_id);
    for (let n = 0; n < 12; n++) {
      const claim = await coord.tasks.claim({ runId: `a${random.below(2)}`, claimTtl: 20 });
      if (claim.status === "empty" || random.chance(0.2)) continue;
      const held = { id: claim.task_id, runId: claim.claimer_run_id };
      if (random.chance(0.7)) await coord.tasks.complete(held);
      else await coord.tasks.giveBack(held);
    }
    await coord.tasks.cancel({ id: random.pick(ids), runId: "p", force: true });
    // A batch keeps its tasks' files until it is settled.
    await coord.gc({ execute: true, grace: 86_400 });
    if (round === 0 || random.chance(0.7)) await mover.move(8, 1);
    if (random.chance(0.3)) host.fs.remove(`${layout.index}/definitions`);
    clock.advance(random.below(10));

    const entries: TaskEntry[] = [];
    for (const id of ids) entries.push(await store().get(id) as TaskEntry);
    const filters: TaskFilter[] = [{}, { limit: 0 }, { limit: 5 }, { runId: "a1", limit: 3 }];
    for (const queue of queues) filters.push({ queue, limit: 7 }, { queue, status: "pending" });
    for (const status of ["pending", "expired", "completed", "timed_out"] as const) {
      filters.push({ status }, { status, limit: 2 });
    }
    const from = orderOf((random.pick(entries) as TaskEntry).task);
    for (const limit of [0, 1, 20, undefined]) filters.push({ from, limit });
    filters.push({ from, status: ["completed", "expired"], limit: 3 });
    filters.push({ from, runId: "a0", limit: 2 }, { runId: "a1", limit: 0 });
    for (const filter of filters) {
      const expected = listingOf(entries, filter, clock.ms);
      const { oldestPending, ...found } = await store().list(filter);
      const { oldestPending: oldest, ...others } = expected;
      assertEquals(found, others, JSON.stringify(filter));
      assertEquals(oldestPending?.created_at, oldest?.created_at);
    }
  }
  assert_(scene.names("tasks/segments").length > 0);
  assertEquals(warnings, []);
});

it("list() counts tasks without reading their files, once it has noted them", async () => {
  const { coord, clock, path, host, warnings } = await workspace();
  const inputs = Array.from({ length: 300 }, (_, n) => ({ title: `t${n}`, runId: "p" }));
  await coord.tasks.enqueueAll(inputs);
  let reads = 0;
  const read = (name: string) => {
    if (name.startsWith(`${path}/tasks/`)) reads++;
    return host.fs.read(name);
  };
  const warn = (text: string) => void warnings.push(text);
  const list = async () => {
    const counting = { ...host, fs: { ...host.fs, read } };
    const { counts } = await new FsTaskStore(counting, new Layout(path), clock.now, warn)
      .list({ limit: 2 });
    return counts.pending;
  };
  assertEquals(await list(), 300);
  assert_(reads >= 300, `${reads} reads`);
  reads = 0;
  assertEquals(await list(), 300);
  assert_(reads <= 4, `${reads} reads`);
  assertEquals(warnings, []);
});
