import { FsTaskStore } from "../../../../../src/adapters/fs/task/store.ts";
import { Layout } from "../../../../../src/adapters/fs/layout.ts";
import { ReadyPlace } from "../../../../../src/adapters/fs/task/index/ready_place.ts";
import { FirstEntry } from "../../../../../src/adapters/fs/task/index/first_entry.ts";
import { TagIndex } from "../../../../../src/adapters/fs/task/index/tag_index.ts";
import { readParsed } from "../../../../../src/adapters/fs/disk/record_file.ts";
import { Skipping } from "../../../../../src/adapters/fs/disk/unreadable.ts";
import { parseTask, type TaskRecord } from "../../../../../src/domain/task/task.ts";
import { type TaskInput, taskRecord } from "../../../../../src/engine/task/new_task.ts";
import type { HostFs } from "../../../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../../../deps.ts";
import { sized } from "../../../../support/length.ts";
import { setMtime } from "../../../../support/scene/scratch.ts";
import { foreignTask } from "../../../../support/scene/foreign_task.ts";
import { settled, workspace } from "../../../../support/scene/workspace.ts";

type Scene = Awaited<ReturnType<typeof workspace>>;

/** A file system that calls `before` ahead of each operation. */
function watched(fs: HostFs, before: (name: string, path: string) => void): HostFs {
  return new Proxy(fs, {
    get(target, name: keyof HostFs) {
      const operation = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        before(name, String(args[0]));
        return operation.apply(target, args);
      };
    },
  });
}

function storeOn({ host, path, clock }: Scene, fs: HostFs = host.fs): FsTaskStore {
  return new FsTaskStore({ ...host, fs }, new Layout(path), clock.now, () => {});
}

async function title(store: FsTaskStore, tag?: string): Promise<string | undefined> {
  const grant = { runId: "w", ttlSeconds: 60, nonce: crypto.randomUUID() };
  return (await store.claimNext({ tag, grant, effort: "thorough" }))?.task.title;
}

const asked = { runId: "p", tags: ["x"] };

function add(scene: Scene, task: TaskRecord): Promise<unknown> {
  return storeOn(scene).add([task]);
}

function record({ clock }: Scene, input: Partial<TaskInput>): Promise<TaskRecord> {
  return taskRecord({ title: "t", ...asked, ...input }, clock.ms, () => {});
}

/** All names below `index/tagged/` that are no folders and no notes. */
function tagged({ host, path }: Scene): string[] {
  const below = (folder: string): string[] =>
    (host.fs.list(folder) ?? []).flatMap(({ name, isDirectory }) =>
      isDirectory ? below(`${folder}/${name}`) : name === "checked" ? [] : [name]
    );
  return below(`${path}/index/tagged`);
}

it("claim() by a tag reads and lists nothing of other tasks, but once in a workspace", async () => {
  const scene = await workspace();
  const count = sized(300, 2_000, 20_000);
  const inputs = Array.from(
    { length: count },
    (_, n) => ({ title: `t${n}`, runId: "p", tags: n % 100 === 7 ? ["x"] : [`t${n}`] }),
  );
  await scene.coord.tasks.enqueueAll(inputs);
  let looks: string[] = [];
  const fs = watched(scene.host.fs, (name, path) => {
    if (["list", "read", "readRange"].includes(name)) looks.push(path);
  });
  const isOfTasks = (path: string) => /\/tasks(\/[0-9a-f]{64}\.json)?$/.test(path);
  assertEquals(await title(storeOn(scene, fs), "x"), "t7");
  assert_(looks.filter(isOfTasks).length > count, "the first looks at all");
  for (let turn = 1; turn < 3; turn++) {
    looks = [];
    assertEquals(await title(storeOn(scene, fs), "x"), `t${100 * turn + 7}`);
    assert_(looks.filter(isOfTasks).length <= 2, looks.join("\n"));
    assert_(looks.length < 30, looks.join("\n"));
  }
});

it("claim() without a tag looks at no index of tags, but for the entries of what it claims", async () => {
  const scene = await workspace();
  const tags = Array.from({ length: 30 }, (_, n) => `t${n}`);
  const { tasks } = scene.coord;
  for (const tag of tags) assertEquals(await title(storeOn(scene), tag), undefined);
  await tasks.enqueueAll([
    { title: "plain", runId: "p", priority: 2 },
    { title: "few", runId: "p", priority: 1, tags: ["t3", "t4"] },
    ...tags.map((tag) => ({ title: tag, runId: "p", tags: [tag] })),
  ]);
  assertEquals(tagged(scene).length, tags.length + 2);
  const looks: string[] = [];
  const fs = watched(scene.host.fs, (name, path) => {
    if (path.includes("/index/tagged")) looks.push(`${name} ${path}`);
  });
  assertEquals(await title(storeOn(scene, fs)), "plain");
  assertEquals(looks, []);
  assertEquals(await title(storeOn(scene, fs)), "few");
  assert_(looks.every((look) => !look.startsWith("list") && !look.startsWith("read ")));
  assertEquals(tagged(scene).length, tags.length);
});

it("claim() by a tag removes the task from every index, with the folders that this leaves empty", async () => {
  const scene = await workspace();
  const open = () => storeOn(scene);
  for (const tag of ["x", "y"]) assertEquals(await title(open(), tag), undefined);
  await scene.coord.tasks.enqueue({ title: "t", runId: "p", tags: ["y", "x", "z", "x"] });
  assertEquals(tagged(scene).length, 2);
  assertEquals(await title(open(), "x"), "t");
  assertEquals([tagged(scene), scene.names("index/ready")], [[], []]);
});

it("claim() by a tag finds tasks that were there before, also such as another tool has written", async () => {
  const scene = await workspace();
  const { tasks } = scene.coord;
  await tasks.enqueue({ title: "old", runId: "p", tags: ["x"] });
  assertEquals([await title(storeOn(scene), "x"), await title(storeOn(scene), "x")], [
    "old",
    undefined,
  ]);
  const fields = { queue: "default", ttl_seconds: 86_400, tags: ["y", "x"] };
  const hex = "ab".repeat(32);
  const created_at = new Date(scene.clock.ms).toISOString();
  const written = { task_id: `sha256:${hex}`, title: "foreign", created_at, ...fields };
  await settled(scene.host.fs, `${scene.path}/tasks`);
  scene.write(`tasks/${hex}.json`, JSON.stringify(written));
  foreignTask(scene.path, 1); // it has no tags
  assertEquals(await title(storeOn(scene), "x"), "foreign");
  assertEquals(await title(storeOn(scene), "x"), undefined);
});

it("gc removes the index of a tag that was compared a day ago, and a claim builds it again", async () => {
  const scene = await workspace();
  const { tasks } = scene.coord;
  const build = (tag: string) => title(storeOn(scene), tag);
  await tasks.enqueueAll(
    [1, 2, 3].map((n) => ({ title: `t${n}`, runId: "p", tags: ["x", "y"], priority: n })),
  );
  assertEquals(await build("none"), undefined);
  assertEquals([await build("x"), await build("y")], ["t3", "t2"]);
  const marks = scene.names("index/tagged");
  const gc = () => scene.coord.gc({ execute: true });
  await gc();
  assertEquals(scene.names("index/tagged"), marks);
  const [old] = new TagIndex(scene.host.fs, new Layout(scene.path)).rootOf("x").split("/").slice(
    -1,
  );
  setMtime(`${scene.path}/index/tagged/${old}/checked`, Date.now() - 86_500_000);
  // A sweep that died has left one under its other name.
  scene.host.fs.makeDir(`${scene.path}/index/tagged/${old}.old/default/0`);
  await gc();
  assertEquals(scene.names("index/tagged"), marks.filter((mark) => mark !== old));
  await tasks.enqueue({ title: "late", runId: "p", tags: ["x"], priority: 9 });
  assertEquals([await build("x"), await build("x"), await build("x")], ["late", "t1", undefined]);
});

/** Builds the index of a tag as the first claim does, at one go. */
function build({ host: { fs }, path, clock }: Scene, tag: string): void {
  const layout = new Layout(path);
  const first = new FirstEntry(fs, layout);
  const warn = () => {};
  const read = (stem: string) => readParsed(fs, path, `tasks/${stem}.json`, parseTask, warn);
  const place = new ReadyPlace({ fs, layout, warn, first, read }, tag);
  place.open();
  place.check.run(clock.ms, new Skipping(warn), {
    unclaimed(stem) {
      const task = read(stem);
      if (task !== undefined) first.tagged.add(task, false);
      return 0;
    },
    claimed: () => Infinity,
    isOver: () => false,
    ended() {},
  });
}

it("a task that is added while its tag gets an index has its place there, at whatever operation", async () => {
  const additions: Readonly<Record<string, readonly Partial<TaskInput>[]>> = {
    one: [{}],
    "one with a key": [{ key: "k" }],
    many: [{ tags: [] }, {}, { tags: [] }],
  };
  for (const [what, inputs] of Object.entries(additions)) {
    let at = 1;
    for (let count = Infinity; at <= count; at++) {
      const scene = await workspace();
      const tasks = await Promise.all(inputs.map((input) => record(scene, input)));
      count = 0;
      const fs = watched(scene.host.fs, () => {
        if (++count === at) build(scene, "x");
      });
      await storeOn(scene, fs).add(tasks);
      assertEquals(tagged(scene).length, 1, `${what}: before operation ${at} of ${count}`);
    }
    assert_(at > 5, `${at}`);
  }
});

it("claim() that builds the index of its tag keeps the order when a task is added at any operation", async () => {
  let at = 1;
  for (let count = Infinity; at <= count; at++) {
    const scene = await workspace();
    await scene.coord.tasks.enqueueAll([1, 2].map((n) => ({ ...asked, title: `low ${n}` })));
    const high = await record(scene, { title: "high", priority: 1 });
    count = 0;
    let adding: Promise<unknown> = Promise.resolve();
    // All of an addition but its sync happens at once.
    const fs = watched(scene.host.fs, () => void (++count === at && (adding = add(scene, high))));
    const claimed = [await title(storeOn(scene, fs), "x")];
    await adding;
    while (claimed.length < 4) claimed.push(await title(storeOn(scene), "x"));
    const text = `${claimed.join()} before operation ${at} of ${count}`;
    assertEquals(claimed.filter((each) => each !== "high"), ["low 1", "low 2", undefined], text);
    assertEquals(claimed.indexOf("high") < 2, true, text);
  }
  assert_(at > 30, `${at}`);
});
