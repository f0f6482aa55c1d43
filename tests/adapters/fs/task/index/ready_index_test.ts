import { assertEquals, it } from "../../../../deps.ts";
import { ReadyIndex } from "../../../../../src/adapters/fs/task/index/ready_index.ts";
import { compareTasks, orderOf, type TaskRecord } from "../../../../../src/domain/task/task.ts";
import { stemOfId } from "../../../../../src/domain/ids.ts";
import { newSeed } from "../../../../support/random.ts";
import { workspace } from "../../../../support/scene/workspace.ts";

/** An index of tasks that were made at one go, and their ids in order. */
async function indexOf(inputs: readonly { queue?: string; priority?: number }[]) {
  const scene = await workspace();
  const tasks = await scene.coord.tasks.enqueueAll(
    inputs.map((input) => ({ title: "t", runId: "p", ...input })),
  );
  const ready = new ReadyIndex(scene.host.fs, `${scene.path}/index/ready`);
  const sorted = (records: readonly TaskRecord[]) =>
    records.toSorted((a, b) => compareTasks(orderOf(a), orderOf(b))).map(({ task_id }) =>
      stemOfId(task_id)
    );
  return { scene, ready, ids: sorted(tasks) };
}

/** What claimers take that remove each entry as a claim does, in widths that vary; and the widths. */
function takeAll(
  ready: ReadyIndex,
  scene: Awaited<ReturnType<typeof workspace>>,
  width: () => number,
) {
  const taken: { stem: string; widest: number }[] = [];
  for (let widest = 1;;) {
    const now = width();
    widest = Math.max(now, widest);
    const entry = ready.take({}, now);
    if (entry === undefined) return taken;
    if (scene.host.fs.remove(entry.path)) taken.push({ stem: entry.stem, widest });
  }
}

it("take() gives every entry once, none further from the first than its width", async () => {
  const random = newSeed("take() in widths");
  const { scene, ready, ids } = await indexOf(
    Array.from({ length: 200 }, (_, i) => ({ queue: `q${i % 3}` })),
  );
  const taken = takeAll(ready, scene, () => 1 + random.below(8));
  assertEquals(taken.map(({ stem }) => stem).sort(), ids.toSorted());
  const left = [...ids];
  let furthest = 0;
  for (const { stem } of taken) {
    furthest = Math.max(furthest, ids.indexOf(stem) - ids.indexOf(left[0] ?? ""));
    left.splice(left.indexOf(stem), 1);
  }
  assertEquals(furthest > 0 && furthest < 8, true, `the furthest was ${furthest} places ahead`);
});

it("take() gives them in order to a claimer that is alone, also what was left in line", async () => {
  const { scene, ready, ids } = await indexOf(Array.from({ length: 40 }, () => ({})));
  const first = ready.take({}, 8);
  scene.host.fs.remove(first?.path ?? "");
  const rest = takeAll(ready, scene, () => 1).map(({ stem }) => stem);
  assertEquals(rest, ids.filter((id) => id !== first?.stem));
});

it("take() puts no other priority in line, and gives a higher one that came first", async () => {
  const { scene, ready, ids } = await indexOf(
    Array.from({ length: 12 }, (_, i) => ({ priority: i % 2, queue: `q${i % 4}` })),
  );
  const taken = takeAll(ready, scene, () => 8).map(({ stem }) => stem);
  assertEquals(taken.slice(0, 6).sort(), ids.slice(0, 6).sort());

  await scene.coord.tasks.enqueueAll([{ title: "a", runId: "p" }, { title: "b", runId: "p" }]);
  ready.reset();
  const low = ready.take({}, 8);
  for (const queue of ["q9", "default"]) {
    const high = await scene.coord.tasks.enqueue({ title: "high", runId: "p", priority: 1, queue });
    ready.freshen();
    const entry = ready.take({}, 8);
    assertEquals(entry?.stem, stemOfId(high.task_id));
    scene.host.fs.remove(entry?.path ?? "");
  }
  // On a slow machine those that were removed may have been listed again before.
  let last = ready.take({}, 8);
  while (last !== undefined && scene.host.fs.lstat(last.path) === undefined) {
    last = ready.take({}, 8);
  }
  assertEquals(last?.order.priority, low?.order.priority);
});

it("take() looks at the folder of a queue once a search, however many it gives", async () => {
  const { scene, ids } = await indexOf(Array.from({ length: 40 }, () => ({})));
  const { fs } = scene.host;
  const root = `${scene.path}/index/ready`;
  let looks = 0;
  const lstat = (path: string) => (looks += Number(path === `${root}/default`), fs.lstat(path));
  const ready = new ReadyIndex({ ...fs, lstat }, root);
  for (let search = 1; search <= 2; search++) {
    ready.freshen();
    for (let n = 0; n < 10; n++) ids.splice(ids.indexOf(ready.take({}, 8)?.stem ?? ""), 1);
    assertEquals({ looks, left: ids.length }, { looks: search, left: 40 - 10 * search });
  }
});

it("take() ends at entries that no claim removes", async () => {
  const { ready, ids } = await indexOf(Array.from({ length: 5 }, () => ({})));
  for (const width of [1, 3, 8]) {
    ready.reset();
    ready.freshen();
    const given = new Set<string>();
    let times = 0;
    for (
      let entry = ready.take({}, width);
      entry !== undefined && times < 100;
      times++
    ) {
      given.add(entry.stem);
      entry = ready.take({}, width);
    }
    assertEquals({ given: [...given].sort(), ends: times < 100 }, {
      given: ids.toSorted(),
      ends: true,
    });
  }
});
