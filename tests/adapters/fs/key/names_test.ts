import {
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "../../../support/scene/raw_files.ts";
import { FsCollector } from "../../../../src/adapters/fs/upkeep/gc.ts";
import { keyPlace } from "../../../../src/adapters/fs/key/files.ts";
import { initWorkspace, Layout } from "../../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { FsTaskStore } from "../../../../src/adapters/fs/task/store.ts";
import { CoordError } from "../../../../src/domain/errors.ts";
import { stemOfId } from "../../../../src/domain/ids.ts";
import type { TaskRecord } from "../../../../src/domain/task/task.ts";
import { taskRecord } from "../../../../src/engine/task/new_task.ts";
import { Tasks } from "../../../../src/engine/task/tasks.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { faulty, PowerOff } from "../../../support/crash/faulty_fs.ts";
import { quickFs } from "../../../support/crash/queue_cases.ts";
import { pledging } from "../../../support/crash/requeue_cases.ts";
import { newSeed } from "../../../support/random.ts";
import { isHeavy } from "../../../support/length.ts";
import { makeTempDir, setMtime } from "../../../support/scene/scratch.ts";

const host = await detectHost();
const DAY_S = 86_400;

/** A workspace in which tasks have the key `k`. */
function place() {
  const { path: workspace } = initWorkspace(host, makeTempDir());
  const layout = new Layout(workspace);
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  let ahead = 0;
  const clock = () => Date.now() + ahead * 1000;
  const store = new FsTaskStore(host, layout, clock, warn);
  const tasks = new Tasks({ store: { tasks: store }, clock, warn });
  const { folder } = keyPlace({ key: "k", queue: "default" } as never);
  const names = `${workspace}/keys/${folder}`;
  /** Adds the task, or finds it. */
  const add = async () => {
    const added = await tasks.enqueue({ title: "x", runId: "p", key: "k" });
    assert_("title" in added);
    return added;
  };
  const cancel = async ({ task_id: id }: TaskRecord) => {
    assertEquals((await tasks.cancel({ id, runId: "p" })).status, "cancelled");
  };
  const gc = async (graceMs = 0) => {
    const collector = new FsCollector(host, layout, clock, warn);
    return await collector.sweep({ graceMs, execute: true });
  };
  const mover = new TaskMover(host, layout, warn, { ageMs: -1, bytes: 2 ** 20 });
  /** Puts a task back; the answer or the code of the error, none when it was cut off. */
  const requeue = async ({ task_id: id }: TaskRecord, fs = host.fs) => {
    const cut = new FsTaskStore({ ...host, fs }, layout, clock, warn);
    try {
      const queue = new Tasks({ store: { tasks: cut }, clock, warn });
      return (await queue.requeue({ ids: [id], runId: "r" })).tasks[0]?.status;
    } catch (error) {
      if (error instanceof CoordError) return error.code;
      if (error instanceof PowerOff) return undefined;
      throw error;
    }
  };
  return {
    ...{ workspace, layout, requeue, tasks, store, warnings, names, add, cancel, gc },
    move: () => mover.move(8, 1),
    definition: ({ task_id: id }: TaskRecord) => `${workspace}/tasks/${stemOfId(id)}.json`,
    list: () => readdirSync(names).sort(),
    advance: (seconds: number) => void (ahead += seconds),
    age(name: string) {
      setMtime(`${names}/${name}`, Date.now() - 2 * DAY_S * 1000);
    },
  };
}

it("a key's name is a link of the definition, and an ended task's goes with the next use", async () => {
  const { add, cancel, list, names, definition } = place();
  const first = await add();
  assertEquals(list(), ["default.1"]);
  assertEquals(readFileSync(`${names}/default.1`), readFileSync(definition(first)));
  await cancel(first);
  assertEquals(list(), ["default.1"]);
  const second = await add();
  assertEquals(list(), ["default.2"]);
  assertEquals((await add()).task_id, second.task_id);
});

it("a task whose process died before its definition was made is made by the next call", async () => {
  const { add, tasks, workspace, definition } = place();
  const first = await add();
  rmSync(definition(first));
  rmSync(`${workspace}/index`, { recursive: true });
  const again = await add();
  assertEquals(again, { ...first, created: false });
  const claim = await tasks.claim({ runId: "a" });
  assertEquals(claim.status === "claimed" && claim.task_id, first.task_id);
});

it("a task that is made while another call looks for it has its key", async () => {
  const { add, definition, names, layout } = place();
  const first = await add();
  const path = definition(first);
  for (let at = 1, looks = at; looks >= at; at++) {
    rmSync(path, { force: true });
    looks = 0;
    const lstat = (each: string) => {
      if (each === path && ++looks === at) host.fs.link(`${names}/default.1`, path);
      return host.fs.lstat(each);
    };
    const machine = { ...host, fs: { ...host.fs, lstat } };
    const store = new FsTaskStore(machine, layout, Date.now, () => {});
    const other = await taskRecord({ title: "x", runId: "q", key: "k" }, Date.now(), () => {});
    const added = await store.add([other]);
    assert_(added.kind === "added");
    const answers = added.tasks.map(({ task, isNew }) => [task.task_id, isNew]);
    assertEquals(answers, [[first.task_id, false]]);
  }
});

it("a name that a power cut has torn says nothing, and is followed", async () => {
  const { add, cancel, list, names, gc, age } = place();
  await cancel(await add());
  writeFileSync(`${names}/default.7`, "");
  const next = await add();
  assertEquals([next.created, list()], [true, ["default.8"]]);
  writeFileSync(`${names}/default.9`, `{"task_id":"sha256:`);
  age("default.9");
  await gc();
  assertEquals(list(), ["default.10", "default.9"]);
});

it("a task that moves leaves a tombstone, by which show() finds it, and the next goes above", async () => {
  const { add, cancel, list, move, store, names } = place();
  const first = await add();
  await cancel(first);
  assertEquals(await move(), true);
  assertEquals(list(), ["default.2"]);
  assertEquals(JSON.parse(readFileSync(`${names}/default.2`, "utf-8")), {
    tombstone: 2,
    task_id: first.task_id,
  });
  assertEquals(await store.byKey("k"), [first.task_id]);
  const second = await add();
  assertEquals([second.created, list()], [true, ["default.4"]]);
});

it("gc() keeps a task with a key for a day, then leaves a tombstone for another day", async () => {
  const { add, cancel, list, gc, advance, workspace, age, definition } = place();
  const first = await add();
  await cancel(first);
  await gc();
  assertEquals(readFileSync(definition(first), "utf-8").includes(first.task_id), true);
  advance(DAY_S + 1);
  assertEquals((await gc()).map(({ id }) => id), [first.task_id]);
  assertEquals(list(), ["default.2"]);
  await gc();
  assertEquals(list(), ["default.2"]);
  age("default.2");
  await gc();
  assertEquals(readdirSync(`${workspace}/keys`), []);
  assertEquals([(await add()).created, list()], [true, ["default.1"]]);
});

it("gc() puts a tombstone above one that was lifted and not followed", async () => {
  const { add, cancel, list, gc, names, move, age } = place();
  await cancel(await add());
  await move();
  writeFileSync(`${names}/default.3`, readFileSync(`${names}/default.2`));
  age("default.3");
  await gc();
  assertEquals(list(), ["default.3", "default.4"]);
  assertEquals((await add()).created, true);
  assertEquals(list(), ["default.6"]);
});

it("enqueueAll() pledges its keys, and a pledge of a batch that never was holds nothing", async () => {
  const { tasks, add, names, list, workspace, age, gc } = place();
  const input = { title: "x", runId: "p" };
  const added = await tasks.enqueueAll([{ ...input, key: "k" }, { ...input, key: "l" }]);
  assert_(Array.isArray(added));
  const pledge = JSON.parse(readFileSync(`${names}/default.1`, "utf-8"));
  const stems = added.map(({ task_id: id }) => stemOfId(id));
  assertEquals(Object.values(pledge.tasks).sort(), stems.sort());
  assertEquals((await add()).task_id, added[0]?.task_id);
  writeFileSync(`${names}/default.2`, JSON.stringify({ ...pledge, batch: crypto.randomUUID() }));
  rmSync(`${workspace}/tasks`, { recursive: true });
  age("default.2");
  await gc();
  assertEquals(list(), ["default.2", "default.3"]);
  assertEquals((await add()).created, true);
});

it("a batch that is about to be void makes way, and its writer begins again", async () => {
  const { tasks, workspace, add, names } = place();
  const batches = `${workspace}/tasks/batches`;
  const folder = `${crypto.randomUUID()}.1.new.0.${Date.now()}.free`;
  const [first] = await tasks.enqueueAll([{ title: "x", runId: "p" }, { title: "y", runId: "p" }]);
  assert_(first !== undefined);
  host.fs.makeDir(`${batches}/${folder}`);
  host.fs.makeDir(names);
  const called = `${names.slice(names.lastIndexOf("/") + 1)}/default`;
  const stem = "0".repeat(64);
  const pledge = { batch: folder.slice(0, 36), tasks: { [called]: stem } };
  writeFileSync(`${names}/default.1`, JSON.stringify(pledge));
  assertEquals((await add()).created, true);
  assertEquals(readdirSync(batches).filter((name) => name.startsWith(folder.slice(0, 36))), []);
});

/** A task that was cancelled. */
async function ended() {
  const at = place();
  const first = await at.add();
  await at.cancel(first);
  return { ...at, first };
}

/** A task that was cancelled, and whose revival is pledged; it was cut off before that was made. */
async function pledged() {
  const at = await ended();
  const { first } = at;
  assertEquals(await at.requeue(first, pledging(host.fs)), undefined);
  assertEquals((await at.tasks.get(first.task_id)).claim?.status, "cancelled");
  return at;
}

it("a task that is revived has a pledge as its name, and keeps its key by that", async () => {
  const { add, cancel, list, names, requeue, first } = await pledged();
  assertEquals(await requeue(first), "pending");
  assertEquals(list(), ["default.1", "default.2"]);
  const { revival, task_id } = JSON.parse(readFileSync(`${names}/default.2`, "utf-8"));
  assertEquals([task_id, revival.revived_after, revival.transition], [first.task_id, 1, 2]);
  assertEquals((await add()).task_id, first.task_id);
  await cancel(first);
  const second = await add();
  assertEquals([second.created, list()], [true, ["default.3"]]);
  assertEquals(await requeue(first), "key_conflict");
  assertEquals(list(), ["default.3"]);
});

it("a call that meets the pledge of a process that died revives the task", async () => {
  const { add, tasks, first } = await pledged();
  assertEquals(await add(), { ...first, created: false });
  const [other] = [...(await tasks.list()).items];
  assertEquals([other?.status, other?.task_id], ["pending", first.task_id]);
  assertEquals((await tasks.claim({ runId: "a" })).status, "claimed");
});

it("a batch that meets it revives the task too", async () => {
  const { tasks, first } = await pledged();
  const input = { title: "x", runId: "p" };
  const added = await tasks.enqueueAll([{ ...input, key: "l" }, { ...input, key: "k" }]);
  assert_(Array.isArray(added));
  assertEquals(added.map(({ created }) => created), [true, false]);
  assertEquals(added[1]?.task_id, first.task_id);
  assertEquals((await tasks.list()).pending, 2);
});

it("a pledge of a task that moves or goes holds nothing, and a tombstone takes its place", async () => {
  for (const way of ["move", "gc"] as const) {
    const { add, list, first, requeue, advance, names, ...at } = await pledged();
    if (way === "gc") advance(DAY_S + 1);
    await at[way]();
    assertEquals(list(), ["default.3"]);
    assertEquals(JSON.parse(readFileSync(`${names}/default.3`, "utf-8")).task_id, first.task_id);
    const answer = await requeue(first);
    assertEquals(answer, way === "gc" ? "not_found" : "archived");
    assertEquals((await add()).created, true);
  }
});

it("gc() puts a tombstone above the pledge of a task that is gone", async () => {
  const { list, gc, names, age, advance, add, first } = await pledged();
  const pledge = readFileSync(`${names}/default.2`);
  advance(DAY_S + 1);
  await gc();
  writeFileSync(`${names}/default.4`, pledge);
  age("default.4");
  await gc();
  assertEquals(list(), ["default.4", "default.5"]);
  assertEquals((await add()).task_id === first.task_id, false);
});

it("a task whose end cannot be read is not revived, and a pledge of it holds nothing", async () => {
  for (const start of ["ended", "pledged"] as const) {
    const { add, list, requeue, workspace, first } = start === "pledged"
      ? await pledged()
      : await ended();
    writeFileSync(`${workspace}/claims/${stemOfId(first.task_id)}.end`, "{");
    const names = list();
    assertEquals(await requeue(first), "archived");
    assertEquals(list(), names);
    const { task_id, created } = await add();
    assertEquals([created, task_id === first.task_id], [true, false]);
    assertEquals(await requeue(first), "archived");
  }
});

it("a revival that is cut off anywhere leaves a key that can be had, and a task that can be revived", async () => {
  const random = newSeed("revival cut off");
  for (const next of ["add", "requeue"] as const) {
    const stride = isHeavy() ? 1 : 25 + random.below(5);
    for (let step = random.below(stride) + 1, isCut = true; isCut; step += stride) {
      const { add, cancel, tasks, requeue, warnings } = place();
      const first = await add();
      await cancel(first);
      const fault = faulty(quickFs, { kind: "off", at: step, torn: random.chance(0.5) });
      isCut = await requeue(first, fault.fs) === undefined;
      const unfinished = async () =>
        (await tasks.list()).items.filter(({ status }) => status === "pending");
      if (next === "add") {
        const { task_id, created } = await add();
        assertEquals(created, task_id !== first.task_id);
        assertEquals((await unfinished()).map((item) => item.task_id), [task_id]);
        assertEquals(await requeue(first), created ? "key_conflict" : "pending");
      } else {
        assertEquals(await requeue(first), "pending");
        assertEquals((await unfinished()).map((item) => item.task_id), [first.task_id]);
        assertEquals((await add()).created, false);
      }
      assertEquals((await unfinished()).length, 1);
      assertEquals(warnings.filter((message) => !message.includes("in the queue already")), []);
    }
  }
});
