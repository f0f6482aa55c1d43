import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { FsTaskStore } from "../../../../src/adapters/fs/task/store.ts";
import { FsRecordSource } from "../../../../src/adapters/fs/watch/record_source.ts";
import { listingOf, type TaskEntry, type TaskFilter } from "../../../../src/domain/task/listing.ts";
import { stemOfId } from "../../../../src/domain/ids.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { sized } from "../../../support/length.ts";
import { newSeed } from "../../../support/random.ts";
import { setMtime } from "../../../support/scene/scratch.ts";
import { workspace } from "../../../support/scene/workspace.ts";

const QUEUES = ["default", "b", "__proto__"];

/** A workspace whose listings are compared with what reading every task says. */
async function compared() {
  const scene = await workspace();
  const { host, path, clock, warnings, coord } = scene;
  const layout = new Layout(path);
  const ids = new Set<string>();
  let [quiet, namings] = [Date.UTC(2020), 0];
  const onRange: { hook?: ((name: string) => void) | undefined } = {};
  const fs: HostFs = {
    ...host.fs,
    list: (name) => {
      if (name === layout.folder("task")) namings++;
      return host.fs.list(name);
    },
    readRange: (name, ...range) => {
      onRange.hook?.(name);
      return host.fs.readRange(name, ...range);
    },
  };
  const warn = (text: string) => void warnings.push(text);
  const store = () => new FsTaskStore({ ...host, fs }, layout, clock.now, warn);
  return {
    ...scene,
    layout,
    ids,
    store,
    onRange,
    definitions: `${layout.index}/definitions`,
    async add(count: number, input: (n: number) => { priority?: number; queue?: string }) {
      const tasks = Array.from(
        { length: count },
        (_, n) => ({ title: `t${n}`, runId: "p", ...input(n) }),
      );
      for (const { task_id } of await coord.tasks.enqueueAll(tasks)) ids.add(task_id);
    },
    /** As if the last task had come or gone long ago; the next listing notes what there is. */
    async rest() {
      setMtime(layout.folder("task"), quiet += 60_001);
      await store().list({ limit: 0 });
    },
    /** Compares; how often the names of all tasks were listed for that. */
    async compare(filters: readonly TaskFilter[]): Promise<number> {
      const [one, entries] = [store(), [] as TaskEntry[]];
      for (const id of ids) entries.push(await one.get(id) as TaskEntry);
      namings = 0;
      for (const filter of filters) {
        const { oldestPending: oldest, ...expected } = listingOf(entries, filter, clock.ms);
        const { oldestPending, ...found } = await store().list(filter);
        assertEquals(found, expected, JSON.stringify(filter));
        assertEquals(oldestPending?.created_at, oldest?.created_at);
      }
      assertEquals(new FsRecordSource({ ...host, fs }, layout, warn).count("task"), ids.size);
      return namings;
    },
  };
}

it("list() says by its note what reading every task says, through changes and damage", async () => {
  const random = newSeed("counted law");
  const scene = await compared();
  const { coord, clock, host, layout, ids, definitions } = scene;
  const mover = new TaskMover(host, layout, () => {}, { ageMs: -1, bytes: 3_000 });
  const filters = (): TaskFilter[] => [
    { limit: random.below(9) },
    { queue: random.pick(QUEUES), limit: random.below(9) },
    { status: random.pick(["pending", "expired", "completed"] as const), limit: random.below(150) },
    { runId: "a1", limit: 3 },
    { status: "timed_out" },
  ];
  const work = async () => {
    const claim = await coord.tasks.claim({ runId: `a${random.below(2)}`, claimTtl: 20 });
    if (claim.status === "empty") return;
    const held = { id: claim.task_id, runId: claim.claimer_run_id };
    // What is given back is announced in the folder of tasks.
    if (random.chance(0.6)) await coord.tasks.complete(held);
    else if (random.chance(0.1)) await coord.tasks.giveBack(held);
  };
  let unlisted = 0;
  for (let round = 0; round < sized(2, 8, 40); round++) {
    await scene.add(round === 0 ? 150 : random.below(100), () => ({
      priority: random.below(3),
      queue: random.pick(QUEUES),
      ttl: random.pick([5, 60, 600, 86_400]),
    }));
    // A batch keeps its tasks' files until it is settled.
    await coord.gc({ execute: true, grace: 86_400 });
    await scene.rest();
    for (let step = 0; step < sized(4, 8, 12); step++) {
      for (let n = step === 0 ? 0 : random.below(8); n > 0; n--) await work();
      clock.advance(random.below(8));
      if (await scene.compare(filters()) === 0) unlisted++;
      const bytes = host.fs.read(definitions) ?? new Uint8Array();
      const change = random.below(6);
      if (change === 0) await mover.move(8, 1);
      if (change === 1) await scene.add(1 + random.below(3), () => ({ priority: random.below(9) }));
      if (change === 2) {
        const torn = random.chance(0.5)
          ? bytes.fill(0, random.below(bytes.length))
          : bytes.subarray(0, random.below(bytes.length));
        host.fs.remove(definitions);
        host.fs.createNew(definitions, torn);
      }
      if (change === 3) {
        // As a power cut would leave it: the task has its file again, and a line in a log.
        const log = scene.names("tasks/segments").find((name) => name.endsWith(".log"));
        const stem = log && /^\["(\w{64})"/m.exec(scene.read(`tasks/segments/${log}`))?.[1];
        const entry = stem && await scene.store().get(`sha256:${stem}`);
        if (entry) scene.write(`tasks/${stem}.json`, JSON.stringify(entry.task));
      }
      if (random.chance(0.5)) await scene.rest();
    }
  }
  assert_(unlisted > 0, "the note never counted");
  assert_(ids.size >= 150);
  assertEquals(scene.warnings, []);
});

it("list() lists no names of tasks while none comes or goes", async () => {
  const scene = await compared();
  await scene.add(60, (n) => ({ priority: n % 3 }));
  await scene.coord.gc({ execute: true });
  await scene.rest();
  assertEquals(await scene.compare([{ limit: 20 }, { status: "pending" }, {}]), 0);
  await scene.coord.tasks.claim({ runId: "a" });
  assertEquals(await scene.compare([{ limit: 20 }, { status: "claimed" }]), 0);
  await scene.add(1, () => ({ priority: 9 }));
  assert_(await scene.compare([{ limit: 1 }]) > 0);
  assertEquals(scene.warnings, []);
});

for (
  const { name, happens } of [
    {
      name: "a task comes",
      happens: (scene: Awaited<ReturnType<typeof compared>>) => {
        const id = `sha256:${"ab".repeat(32)}`;
        const task = {
          task_id: id,
          title: "late",
          priority: 99,
          created_at: "2026-11-21T09:00:00Z",
        };
        scene.write(`tasks/${stemOfId(id)}.json`, JSON.stringify(task));
        scene.ids.add(id);
      },
    },
    {
      name: "its note is replaced by another",
      happens: (scene: Awaited<ReturnType<typeof compared>>) => {
        // The same lines in another order.
        const [head = "", ...lines] = scene.read("index/definitions").split("\n");
        const text = [head.replace(/"token":"./, '"token":"!'), ...lines.reverse()].join("\n");
        scene.write("index/definitions", text);
      },
    },
  ]
) {
  it(`list() begins again when ${name} while it reads`, async () => {
    const scene = await compared();
    await scene.add(60, (n) => ({ priority: n % 3 }));
    await scene.coord.gc({ execute: true });
    await scene.rest();
    let reads = 0;
    scene.onRange.hook = (path) => {
      if (path === scene.definitions && ++reads === 2) happens(scene);
    };
    const { items, counts } = await scene.store().list({ limit: 3 });
    scene.onRange.hook = undefined;
    const again = await scene.store().list({ limit: 3 });
    assertEquals({ items, counts }, { items: again.items, counts: again.counts });
    await scene.compare([{ limit: 3 }]);
    assertEquals(counts.total, scene.ids.size);
  });
}
