import { assert_, assertEquals, assertMatch, it } from "../../../deps.ts";
import { BATCH_MS } from "../../../../src/domain/limits.ts";
import { FsTaskStore } from "../../../../src/adapters/fs/task/store.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../../src/adapters/fs/segment/mover.ts";
import { sized } from "../../../support/length.ts";
import { settled, workspace } from "../../../support/scene/workspace.ts";

/** A workspace with a task, and others that wait for it. */
async function place(count: number) {
  const scene = await workspace();
  const { tasks } = scene.coord;
  const { task_id: id } = await tasks.enqueue({ title: "first", runId: "p", priority: -1 });
  const inputs = Array.from({ length: count }, (_, n) => ({ title: `w${n}`, after: [id] }));
  await tasks.enqueueAll(inputs.map((each) => ({ ...each, runId: "p", priority: 9 })));
  const { fs } = scene.host;
  const remove = (folder: string) => {
    for (const { name, isDirectory } of fs.list(folder) ?? []) {
      if (isDirectory) remove(`${folder}/${name}`);
      else fs.remove(`${folder}/${name}`);
    }
    fs.removeDir(folder);
  };
  const claim = async () => {
    const answer = await tasks.claim({ runId: "a" });
    return answer.status === "claimed" ? answer.task.title : answer.status;
  };
  const counts = async () => {
    const { pending, blocked, claimed, completed } = await tasks.list();
    return { pending, blocked, claimed, completed };
  };
  const complete = (runId = "a") => tasks.complete({ id, runId });
  return { ...scene, tasks, id, stem: id.slice(7), remove, claim, counts, complete };
}

it("claim() beside blocked tasks lists and reads none of them", async () => {
  const { tasks, id, clock, path, host, warnings } = await place(sized(300, 2_000, 100_000));
  await tasks.enqueueAll(["p0", "p1"].map((title) => ({ title, runId: "p" })));
  const looks: string[] = [];
  const noted = (name: string) => {
    if (name.includes("/index/after") || /\/tasks\/[0-9a-f]{64}\.json$/.test(name)) {
      looks.push(name);
    }
  };
  const fs = {
    ...host.fs,
    list: (name: string) => (noted(name), host.fs.list(name)),
    read: (name: string) => (noted(name), host.fs.read(name)),
  };
  const warn = (text: string) => void warnings.push(text);
  const claim = async () => {
    looks.length = 0;
    const store = new FsTaskStore({ ...host, fs }, new Layout(path), clock.now, warn);
    const grant = { runId: "a", ttlSeconds: 60, nonce: "n" };
    return (await store.claimNext({ grant, effort: "thorough" }))?.task.title;
  };
  for (const title of ["p0", "p1", "first"]) {
    assertEquals(await claim(), title);
    assert_(looks.length <= 1, looks.join("\n"));
  }
  await settled(host.fs, `${path}/tasks`);
  // A claim that finds nothing compares, and the next one believes it.
  for (let look = 0; look < 2; look++) {
    assertEquals(await claim(), undefined);
    assert_(looks.length <= 10, `${looks.length} looks`);
  }
  assertEquals((await tasks.complete({ id, runId: "a" })).status, "completed");
  // Which of them comes first, the moment says at which each was let go.
  assertMatch(await claim() ?? "", /^w\d+$/);
  assertEquals(warnings, []);
});

it("a blocked task whose entries were removed gets them back, and is let go by the end", async () => {
  const at = await place(3);
  at.remove(`${at.path}/index`);
  assertEquals(await at.claim(), "first");
  assertEquals(at.host.fs.list(`${at.path}/index/after/${at.stem}`)?.length, 3);
  await at.complete();
  assertEquals(await at.counts(), { pending: 3, blocked: 0, claimed: 0, completed: 1 });
  assertEquals(at.host.fs.list(`${at.path}/index/after`), []);
  assertEquals([await at.claim(), await at.claim(), await at.claim()], ["w0", "w1", "w2"]);
});

it("an end that found no entries is followed by the next comparison", async () => {
  const at = await place(2);
  await at.claim();
  at.remove(`${at.path}/index/after`);
  await at.complete();
  assertEquals(await at.counts(), { pending: 0, blocked: 2, claimed: 0, completed: 1 });
  assertEquals([await at.claim(), await at.claim(), await at.claim()], ["w0", "w1", "empty"]);
});

it("a task that waits for one in a segment is let go", async () => {
  const at = await place(1);
  const other = await at.tasks.enqueue({ title: "other", runId: "p" });
  await at.claim();
  await at.tasks.complete({ id: other.task_id, runId: "a" });
  const after = [other.task_id, at.id];
  const both = await at.tasks.enqueue({ title: "both", runId: "p", after, onFailure: "cancel" });
  await at.claim();
  const layout = new Layout(at.path);
  const mover = new TaskMover(at.host, layout, () => {}, { ageMs: -1, bytes: 2 ** 20 });
  while (await mover.move(1, 1));
  assertEquals(at.host.fs.lstat(layout.record("task", other.task_id.slice(7))), undefined);
  at.remove(layout.index);
  await at.complete();
  assertEquals((await at.tasks.get(both.task_id)).task.after, after);
  assertEquals([await at.claim(), await at.claim(), await at.claim()], ["w0", "both", "empty"]);
});

it("another tool's end of a predecessor lets go what waits for it", async () => {
  const at = await place(1);
  await at.claim();
  const path = `${at.path}/claims/${at.stem}.json`;
  const view = JSON.parse(new TextDecoder().decode(at.host.fs.read(path)));
  at.host.fs.remove(path);
  const done = { ...view, transition: 0, status: "completed", result: {} };
  at.host.fs.createNew(path, new TextEncoder().encode(`${JSON.stringify(done)}\n`));
  at.clock.advance(4_000);
  assertEquals([await at.claim(), await at.claim()], ["w0", "empty"]);
});

it("an entry without a task goes when it is old", async () => {
  const at = await place(1);
  const [name = ""] = (at.host.fs.list(`${at.path}/index/after/${at.stem}`) ?? [])
    .map(({ name }) => name);
  at.host.fs.remove(`${at.path}/tasks/${name.slice(0, 64)}.json`);
  await at.claim();
  await at.complete();
  assertEquals(at.host.fs.list(`${at.path}/index/after/${at.stem}`)?.length, 1);
  assertEquals(await at.claim(), "empty");
});

it("tasks that stay blocked are looked at once, and not by each comparison", async () => {
  const at = await place(40);
  await at.claim();
  await at.tasks.fail({ id: at.id, runId: "a" });
  const looks: string[] = [];
  const { fs } = at.host;
  const read = (name: string) => {
    if (name.includes("/tasks/")) looks.push(name);
    return fs.read(name);
  };
  const store = () =>
    new FsTaskStore(
      { ...at.host, fs: { ...fs, read } },
      new Layout(at.path),
      at.clock.now,
      () => {},
    );
  const claim = async () => {
    fs.remove(`${at.path}/index/checked`);
    const grant = { runId: "a", ttlSeconds: 60, nonce: "n" };
    looks.length = 0;
    const entry = await store().claimNext({ grant, effort: "thorough" });
    return { title: entry?.task.title, looks: looks.length };
  };
  assertEquals(await claim(), { title: undefined, looks: 0 });
  // One that comes now, whose maker dies before it has looked, is looked at.
  const run = await at.tasks.enqueue({ title: "run", runId: "p" });
  const record = JSON.stringify({ ...run, title: "late", after: [at.id], on_failure: "run" });
  const late = "f".repeat(64);
  const bytes = record.replace(run.task_id, `sha256:${late}`);
  fs.createNew(`${at.path}/tasks/${late}.json`, new TextEncoder().encode(`${bytes}\n`));
  fs.link(`${at.path}/tasks/${late}.json`, `${at.path}/index/after/${at.stem}/${late}_1`);
  assertEquals((await claim()).title, "run");
  assertEquals((await claim()).title, "late");
});

it("a task waits for one of its batch that has no file yet, and is not cancelled", async () => {
  const { host, path, clock, coord: { tasks } } = await workspace();
  const { taskRecord } = await import("../../../../src/engine/task/new_task.ts");
  const make = (title: string, more: object = {}) =>
    taskRecord({ title, runId: "p", queue: title, ...more }, clock.ms, () => {});
  const first = await make("first");
  const fillers = await Promise.all(Array.from({ length: 20 }, () => make("filler")));
  const last = await make("last", { after: [first.task_id], onFailure: "cancel" });
  // Each file takes more than a slice, so others get their turn in between.
  const link = (from: string, to: string) => {
    const until = performance.now() + 2 * BATCH_MS.slice;
    while (performance.now() < until);
    return host.fs.link(from, to);
  };
  const slow = { ...host, fs: { ...host.fs, link } };
  const adding = new FsTaskStore(slow, new Layout(path), clock.now, () => {})
    .add([last, ...fillers, first]);
  let [isAdded, looks] = [false, 0];
  void adding.then(() => isAdded = true);
  for (; !isAdded; looks++) {
    const search = { queues: ["last"], effort: "thorough" } as const;
    const grant = { runId: "a", ttlSeconds: 60, nonce: "n" };
    const store = new FsTaskStore(host, new Layout(path), clock.now, () => {});
    assertEquals(await store.claimNext({ ...search, grant }), undefined);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert_(looks > 5, `${looks}`);
  assertEquals((await tasks.get(last.task_id)).claim, null);
});
