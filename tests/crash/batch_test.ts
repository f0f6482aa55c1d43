import { FsCollector } from "../../src/adapters/fs/upkeep/gc.ts";
import { initWorkspace, Layout } from "../../src/adapters/fs/layout.ts";
import { FsTaskStore } from "../../src/adapters/fs/task/store.ts";
import { Tasks } from "../../src/engine/task/tasks.ts";
import { detectHost } from "../../src/host/detect.ts";
import { type Host, HostError } from "../../src/ports/host.ts";
import { assert_, assertEquals, it, itIf } from "../deps.ts";
import { openQueue, quickFs, T0, workOff } from "../support/crash/queue_cases.ts";
import { faulty, PowerOff } from "../support/crash/faulty_fs.ts";
import { isStopped, signal, start, until } from "../support/race/processes.ts";
import { sized } from "../support/length.ts";
import { makeTempDir, removeTree, setMtime } from "../support/scene/scratch.ts";
import { workspace as workspaceOf } from "../support/scene/workspace.ts";

const host = await detectHost();
const TITLES = ["a", "b", "c"];
const batch = TITLES.map((title) => ({ title, runId: "maker" }));

function scene(): { workspace: string; batches: string } & Disposable {
  const folder = makeTempDir();
  const { path: workspace } = initWorkspace(host, folder);
  return {
    workspace,
    batches: `${workspace}/tasks/batches`,
    [Symbol.dispose]: () => removeTree(folder),
  };
}

function namesIn(folder: string): string[] {
  return (host.fs.list(folder) ?? []).map(({ name }) => name).sort();
}

/** Makes all batches as old as those that are settled. */
function age(batches: string): void {
  for (const name of namesIn(batches)) setMtime(`${batches}/${name}`, Date.now() - 150_000);
}

/** An opening on a machine of the test's own. */
function openOn(machine: Host, workspace: string) {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const layout = new Layout(workspace);
  const clock = () => T0;
  const tasks = new FsTaskStore(machine, layout, clock, warn);
  const gc = new FsCollector(machine, layout, clock, warn);
  const queue = new Tasks({
    store: { tasks },
    clock,
    warn,
  });
  return { queue, warnings, sweep: () => gc.sweep({ graceMs: 0, execute: true }) };
}

/** A machine for which every other process is dead. */
const alone: Host = { ...host, fs: quickFs, isAlive: () => false };

/** The same machine after a power cut. */
const rebooted: Host = {
  ...alone,
  processIdentity: (pid) => ({ ...host.processIdentity(pid), boot: "another", pid: 1 }),
};

/** A disk on which no more names find room. */
const fullAfterCommit = {
  ...quickFs,
  link: (_: string, path: string): boolean => {
    throw new HostError("no_space", "link", path);
  },
};

/** Claims, completes and removes all there is; the titles. */
async function finishAll({ queue, sweep }: ReturnType<typeof openOn>): Promise<string[]> {
  const titles: string[] = [];
  while (true) {
    const claim = await queue.claim({ runId: "world" });
    if (claim.status === "empty") break;
    titles.push(claim.task.title);
    await queue.complete({ id: claim.task_id, runId: "world" });
  }
  await sweep();
  return titles.sort();
}

/** Stops a process at the n-th operation of a call, finishes all, and lets it go on. */
async function sleepAt(call: "add" | "repair" | "settle", at: number): Promise<boolean> {
  using place = scene();
  const { workspace, batches } = place;
  if (call !== "add") await openQueue(workspace, 0).queue.enqueueAll(batch);
  if (call === "repair") {
    // As if the writer had died right after the batch had its name.
    const [name = ""] = namesIn(batches);
    const parts = name.split(".");
    parts.splice(2, 1, "links");
    parts.splice(5, 1, "free");
    host.fs.rename(`${batches}/${name}`, `${batches}/${parts.join(".")}`);
    for (const file of namesIn(`${workspace}/tasks`)) {
      if (file.endsWith(".json")) host.fs.remove(`${workspace}/tasks/${file}`);
    }
    removeTree(`${workspace}/index`);
  }
  const child = start("batch_sleeper.ts", { workspace, call, at });
  await until("it stops or ends", () => isStopped(child.pid));
  const world = openOn(alone, workspace);
  const first = await finishAll(world);
  const went = signal(child.pid, "SIGCONT");
  const { output } = await child.ended;
  const where = `${call} stopped at operation ${at}`;
  const again = await finishAll(openOn(alone, workspace));
  const twice = again.filter((title) => first.includes(title));
  assertEquals({ where, twice }, { where, twice: [] });
  const { total } = await world.queue.list();
  assertEquals({ where, total, batches: namesIn(batches) }, { where, total: 0, batches: [] });
  // What the sleeper itself claimed, or could not add any more, the world has not seen.
  if (call !== "repair" && output === "done") {
    const seen = [...first, ...again].sort();
    assertEquals({ where, seen }, { where, seen: TITLES });
  }
  return went && output === "done";
}

const linux = itIf(host.os === "linux", "needs /proc");

for (const call of ["add", "repair", "settle"] as const) {
  linux(
    `a finished task stays removed when a process sleeps anywhere in ${call} of its batch`,
    async () => {
      for (let at = 3; at < 60; at += sized(17, 2, 1)) await sleepAt(call, at);
    },
  );
}

it("enqueueAll() cut off anywhere leaves all of its tasks or none, to be listed and claimed", async () => {
  const totals = new Set<number>();
  for (let at = 1;; at++) {
    using place = scene();
    const { workspace } = place;
    const cut = faulty(quickFs, { kind: "off", at, torn: at % 2 === 0 });
    try {
      await openQueue(workspace, 0, cut.fs).queue.enqueueAll(batch);
    } catch (error) {
      if (!(error instanceof PowerOff)) throw error;
    }
    const { total } = await openQueue(workspace, 0).queue.list();
    assert_(total === 0 || total === TITLES.length, `cut off at ${at}: ${total}`);
    assertEquals({ at, problems: await workOff(workspace, total) }, { at, problems: [] });
    totals.add(total);
    if (cut.hit === undefined) break;
  }
  assertEquals([...totals], [0, TITLES.length]);
});

it("enqueueAll() with any operation failing adds all of its tasks or throws and adds none", async () => {
  for (let at = 1;; at++) {
    using place = scene();
    const { workspace } = place;
    const broken = faulty(quickFs, { kind: "error", at, code: "no_space" });
    const { queue } = openQueue(workspace, 0, broken.fs);
    const ids = await queue.enqueueAll(batch)
      .then((tasks) => tasks.map((task) => task.task_id), () => []);
    const { items } = await openQueue(workspace, 0).queue.list();
    const found = items.map((item) => item.task_id);
    assertEquals({ at, found }, { at, found: ids });
    assertEquals({ at, problems: await workOff(workspace, ids.length) }, { at, problems: [] });
    if (broken.hit === undefined) break;
  }
});

it("get(), cancel() and a prefix find a task of a batch that has no file yet", async () => {
  using place = scene();
  const { workspace } = place;
  const { queue, warnings } = openQueue(workspace, 0, fullAfterCommit);
  const [task] = await queue.enqueueAll(batch);
  assertEquals(warnings.length, 1);
  const id = task?.task_id ?? "";
  assertEquals(namesIn(`${workspace}/tasks`), ["batches"]);
  assertEquals((await openQueue(workspace, 0).queue.get(id.slice(7, 20))).task, task);
  const full = openQueue(workspace, 0, fullAfterCommit).queue;
  const error = await full.claim({ runId: "x" }).catch((reason) => reason);
  assertEquals(error.reason, "no_space");
  assertEquals((await full.list()).pending, 3);
  const cancelled = await openQueue(workspace, 0).queue.cancel({ id, runId: "x" });
  assertEquals(cancelled.status, "cancelled");
  assertEquals(await workOff(workspace, 3), []);
});

it("watch() shows the tasks of a batch whose writer died before they had files", async () => {
  const scene = await workspaceOf();
  const full = { ...host, fs: fullAfterCommit };
  const tasks = await openOn(full, scene.path).queue.enqueueAll(batch);
  const seen: string[] = [];
  for await (const event of scene.coord.watch({ once: true })) {
    if (event.kind === "task") seen.push(event.id);
  }
  assertEquals(seen.sort(), tasks.map((task) => task.task_id).sort());
});

it("list() and claim() know all tasks of a batch right after a power cut", async () => {
  using place = scene();
  const { workspace } = place;
  const tasks = await openQueue(workspace, 0).queue.enqueueAll(batch);
  const [one = "", two = ""] = tasks.map(({ task_id }) => `${workspace}/tasks/${task_id.slice(7)}`);
  host.fs.remove(`${one}.json`);
  host.fs.remove(`${two}.json`);
  host.fs.createNew(`${two}.json`, new Uint8Array());
  removeTree(`${workspace}/index`);
  const { queue } = openOn(rebooted, workspace);
  assertEquals((await queue.list()).total, 3);
  const titles = [];
  for (let n = 0; n < 4; n++) {
    const claim = await queue.claim({ runId: "a" });
    titles.push(claim.status === "empty" ? "-" : claim.task.title);
  }
  assertEquals(titles, ["a", "b", "c", "-"]);
});

it("claim() on another machine leaves a batch alone while it finds tasks", async () => {
  using place = scene();
  const { workspace, batches } = place;
  await openQueue(workspace, 0).queue.enqueueAll(batch);
  const [name = ""] = namesIn(batches);
  const [id, turn, state, done, , who] = name.split(".");
  const old = [id, turn, state, done, Date.now() - 150_000, who].join(".");
  host.fs.rename(`${batches}/${name}`, `${batches}/${old}`);
  const elsewhere: Host = {
    ...alone,
    processIdentity: (pid) => ({ ...host.processIdentity(pid), boot: "other", host: "other" }),
  };
  const { queue } = openOn(elsewhere, workspace);
  for (let n = 0; n < 3; n++) {
    assertEquals((await queue.claim({ runId: "a" })).status, "claimed");
    assertEquals(namesIn(batches), [old]);
  }
  assertEquals((await queue.claim({ runId: "a" })).status, "empty");
  assertEquals(namesIn(batches)[0]?.split(".")[2], "linked");
  assert_(namesIn(batches)[0] !== old, "a claim that finds nothing makes sure");
});

it("claim() and list() leave a batch that is due alone, and complete() settles it step by step", async () => {
  using place = scene();
  const { workspace, batches } = place;
  const many = Array.from({ length: 40 }, (_, n) => ({ title: `${n}`, runId: "maker" }));
  await openQueue(workspace, 0).queue.enqueueAll(many);
  age(batches);
  const syncs: string[] = [];
  const fs = {
    ...quickFs,
    syncFile: (path: string) => {
      syncs.push(path);
      quickFs.syncFile(path);
    },
  };
  const slow = { ...host, fs };
  const { queue } = openOn(slow, workspace);
  const before = namesIn(batches);
  const claims = [];
  for (let n = 0; n < 40; n++) claims.push(await queue.claim({ runId: "a" }));
  assertEquals((await queue.claim({ runId: "a" })).status, "empty");
  await queue.list();
  assertEquals({ syncs, batches: namesIn(batches) }, { syncs: [], batches: before });
  for (const claim of claims) {
    if (claim.status === "claimed") await queue.complete({ id: claim.task_id, runId: "a" });
  }
  assertEquals(namesIn(batches), []);
  assertEquals(new Set(syncs).size, 40);
});

it("gc() keeps a damaged line of a batch in quarantine/ before it removes the batch", async () => {
  using place = scene();
  const { workspace, batches } = place;
  await openQueue(workspace, 0).queue.enqueueAll(batch);
  const [name] = namesIn(batches);
  const path = `${batches}/${name}/tasks.ndjson`;
  const text = new TextDecoder().decode(host.fs.read(path));
  const damaged = text.split("\n")[1]?.replace("{", "[") ?? "";
  host.fs.remove(path);
  host.fs.createNew(path, new TextEncoder().encode(text.replace(/\n.*\n/, `\n${damaged}\n`)));
  const { sweep, warnings } = openOn(alone, workspace);
  await sweep();
  const [kept = ""] = namesIn(`${workspace}/quarantine`);
  const content = new TextDecoder().decode(host.fs.read(`${workspace}/quarantine/${kept}`));
  assertEquals({ content, batches: namesIn(batches) }, { content: `${damaged}\n`, batches: [] });
  assertEquals(warnings, [
    `A line of a batch in tasks/batches is no task: kept as quarantine/${kept}`,
  ]);
});

it("gc() settles a batch that was a file of its own", async () => {
  using place = scene();
  const { workspace, batches } = place;
  const [task] = await openQueue(workspace, 0).queue.enqueueAll(batch);
  const [name] = namesIn(batches);
  const id = name?.slice(0, 36);
  host.fs.rename(`${batches}/${name}/tasks.ndjson`, `${batches}/${id}.ndjson`);
  host.fs.removeDir(`${batches}/${name}`);
  host.fs.remove(`${workspace}/tasks/${task?.task_id.slice(7)}.json`);
  await openOn(alone, workspace).sweep();
  assertEquals(namesIn(batches), []);
  assertEquals((await openQueue(workspace, 0).queue.list()).total, 3);
});

it("gc() settles 5,000 tasks without stopping others for longer than a slice", async () => {
  using place = scene();
  const { workspace, batches } = place;
  const many = Array.from({ length: 5_000 }, (_, n) => ({ title: `${n}`, runId: "maker" }));
  await openQueue(workspace, 0).queue.enqueueAll(many);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const start = performance.now();
  await openOn({ ...host, fs: quickFs }, workspace).sweep();
  clearInterval(timer);
  const took = performance.now() - start;
  assert_(ticks >= took / 150, `${ticks} ticks in ${took} ms`);
  assertEquals(namesIn(batches), []);
});
