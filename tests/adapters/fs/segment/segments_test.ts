import { FsCollector } from "../../../../src/adapters/fs/upkeep/gc.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { newestOf } from "../../../../src/adapters/fs/segment/names.ts";
import { Segments } from "../../../../src/adapters/fs/segment/segments.ts";
import type { Coord } from "../../../../mod.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { newSeed, type Random } from "../../../support/random.ts";
import { workspace } from "../../../support/scene/workspace.ts";

/** A workspace whose ended tasks move when a test says so. */
async function place(bytes = 2 ** 30) {
  const scene = await workspace();
  const layout = new Layout(scene.path);
  const warn = (message: string) => void scene.warnings.push(message);
  const mover = new TaskMover(scene.host, layout, warn, { ageMs: -1, bytes });
  const move = async () => {
    while (await mover.move(8, 1));
  };
  const segments = () => new Segments(scene.host.fs, layout, warn);
  const gc = () => new FsCollector(scene.host, layout, scene.clock.now, warn);
  return { ...scene, layout, mover, move, segments, gc };
}

/** Tasks that stand in all ways in which a task may. */
async function everyKind(coord: Coord, random: Random, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const queue = random.pick(["default", "b", "__proto__"]);
    const payload = { text: "ü\u2028\n", n };
    const given = { title: `t${n}`, priority: random.below(3), queue, payload, runId: "p" };
    const { task_id: id } = await coord.tasks.enqueue(given);
    ids.push(id);
    const end = random.below(6);
    if (end === 0) continue;
    if (end === 1) await coord.tasks.cancel({ id, runId: "c" });
    else {
      const claim = await coord.tasks.claim({ runId: `a${random.below(2)}`, queue });
      if (claim.status === "empty") continue;
      const held = { id: claim.task_id, runId: claim.claimer_run_id };
      if (random.chance(0.3)) await coord.tasks.heartbeat({ ...held, note: "half" });
      if (end === 2) await coord.tasks.complete({ ...held, result: { n } });
      if (end === 3) await coord.tasks.fail({ ...held, error: `no ${n}` });
      if (end === 4) await coord.tasks.giveBack(held);
    }
  }
  return ids;
}

it("a task that moved to a segment is answered as it was before", async () => {
  const random = newSeed("segment answers");
  const { coord, open, move, names, warnings, clock } = await place(2_000);
  const ids = await everyKind(coord, random, 80);
  clock.advance(5);
  const answers = async (from: Coord) => {
    const { tasks } = from;
    const filters = [{}, { limit: 7 }, { queue: "b" }, { runId: "a1" }, { status: "failed" }];
    const more = [{ queue: "__proto__", limit: 3 }, { status: "pending", limit: 2 }];
    const lists = [];
    for (const filter of [...filters, ...more]) lists.push(await tasks.list(filter as object));
    const gets = [];
    for (const id of ids) gets.push(await tasks.get(id), await tasks.get(id.slice(7, 27)));
    return { lists, gets, status: await from.status() };
  };
  const before = await answers(coord);
  await move();
  assertEquals(names("claims").filter((name) => name.endsWith(".end")), []);
  assert_(names("tasks/segments").length >= 3, "several are sealed");
  assertEquals(await answers(coord), before, "by the process that was there");
  assertEquals(await answers(open()), before, "by a new one");
  assertEquals(warnings, []);
});

it("apply() to a task in a segment answers by its end", async () => {
  const { coord, open, move } = await place();
  const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
  await coord.tasks.claim({ runId: "a" });
  const done = await coord.tasks.complete({ id, runId: "a", result: { n: 1 } });
  const calls = async ({ tasks }: Coord) => [
    await tasks.complete({ id, runId: "a", result: { n: 1 } }),
    await tasks.complete({ id, runId: "a", result: { n: 2 } }),
    await tasks.complete({ id, runId: "b", result: { n: 1 } }),
    await tasks.fail({ id, runId: "a", error: "no" }),
    await tasks.heartbeat({ id, runId: "a" }),
    await tasks.giveBack({ id, runId: "a" }),
    await tasks.cancel({ id, runId: "x", force: true }),
  ];
  const before = await calls(coord);
  await move();
  assertEquals(await calls(coord), before);
  const after = await calls(open());
  assertEquals(after, before);
  assertEquals(after[0], done);
  assertEquals(await coord.tasks.claim({ runId: "b" }), { status: "empty", queue: null });
});

it("gc removes what has ended from segments", async () => {
  const { coord, move, gc, clock, segments, names } = await place(2_000);
  clock.ms = Date.now() + 10_000;
  const ids: string[] = [];
  for (let n = 0; n < 40; n++) {
    const { task_id } = await coord.tasks.enqueue({ title: `t${n}`, runId: "p" });
    await coord.tasks.cancel({ id: task_id, runId: "p" });
    ids.push(task_id);
  }
  await move();
  const sweep = async (graceMs: number, execute: boolean) =>
    (await gc().sweep({ graceMs, execute })).map(({ id }) => id).sort();
  const total = async () => (await coord.tasks.list()).total;
  assertEquals(await sweep(60_000, true), []);
  assertEquals(await sweep(0, false), [...ids].sort());
  assertEquals(await total(), 40);
  assertEquals(await sweep(0, true), [...ids].sort());
  assertEquals(await sweep(0, true), []);
  assertEquals(await total(), 0);
  for (const each of segments().names()) assertEquals(newestOf(each), 2);
  assertEquals(names("tasks/segments").filter((name) => !name.endsWith(".2.ndjson")), []);
});

it("what another tool ended, or wrote, stays a file", async () => {
  const { coord, move, names, write, read } = await place();
  const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
  await coord.tasks.claim({ runId: "a" });
  const view = JSON.parse(read(`claims/${id.slice(7)}.json`));
  delete view.transition;
  write(`claims/${id.slice(7)}.json`, JSON.stringify({ ...view, status: "completed" }));
  const { task_id: other } = await coord.tasks.enqueue({ title: "y", runId: "p" });
  const definition = JSON.parse(read(`tasks/${other.slice(7)}.json`));
  const { title, ...others } = definition;
  write(`tasks/${other.slice(7)}.json`, JSON.stringify({ ...others, title }));
  await coord.tasks.cancel({ id: other, runId: "p" });
  await coord.tasks.complete({ id, runId: "a" });
  const before = [names("tasks"), names("claims")];
  await move();
  assertEquals([names("tasks").filter((name) => name !== "segments"), names("claims")], before);
});

it("a torn line, and one whose task is there without an end, count for nothing", async () => {
  const { coord, open, move, write, read, path, host, names } = await place();
  const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
  const stem = id.slice(7);
  const definition = read(`tasks/${stem}.json`);
  await coord.tasks.cancel({ id, runId: "p" });
  await move();
  const log = read("tasks/segments/00000001.log");
  // A power cut has taken the end, which was not synced when the line was written.
  write(`tasks/${stem}.json`, definition);
  write("tasks/segments/00000001.log", log + log.slice(0, -20));
  assertEquals((await open().tasks.list()).pending, 1);
  assertEquals((await open().tasks.list()).total, 1);
  const claim = await open().tasks.claim({ runId: "a" });
  assertEquals(claim.status, "claimed");
  const sealing = new TaskMover(host, new Layout(path), () => {}, { ageMs: -1, bytes: 0 });
  await coord.tasks.cancel({
    id: (await coord.tasks.enqueue({ title: "y", runId: "p" })).task_id,
    runId: "p",
  });
  while (await sealing.move(1, 1));
  assertEquals(names("tasks").filter((name) => name === `${stem}.json`), [`${stem}.json`]);
  const { claimed, cancelled, total } = await open().tasks.list();
  assertEquals({ claimed, cancelled, total }, { claimed: 1, cancelled: 1, total: 2 });
});
