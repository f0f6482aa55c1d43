import { assert_, assertEquals, it } from "../../../deps.ts";
import { compareTasks, orderOf, type TaskRecord } from "../../../../src/domain/task/task.ts";
import { isTimeToMove } from "../../../../src/adapters/fs/segment/names.ts";
import { stemOfId } from "../../../../src/domain/ids.ts";
import { canonicalJson } from "../../../../src/domain/json.ts";
import { formatTime } from "../../../../src/domain/time.ts";
import { removeTree, setMtime } from "../../../support/scene/scratch.ts";
import { workspace } from "../../../support/scene/workspace.ts";
import type { Coord } from "../../../../mod.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { allEntries } from "../../../../src/adapters/fs/disk/time_index.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";

async function claimAll(coord: Coord, queue?: string): Promise<string[]> {
  const ids: string[] = [];
  while (true) {
    const claim = await coord.tasks.claim({ runId: "a", ...(queue && { queue }) });
    if (claim.status === "empty") return ids;
    ids.push(claim.task_id);
  }
}

it("claim() hands out by priority, then creation, then id, over all queues", async () => {
  const scene = await workspace();
  const tasks: TaskRecord[] = [];
  for (let i = 0; i < 60; i++) {
    if (i % 3 === 0) scene.clock.ms += (i % 4) * 20;
    const priority = [0, 5, -3, 1_000_000][i * 7 % 4] ?? 0;
    const queue = ["default", "b", "c"][i * 5 % 3] ?? "";
    tasks.push(
      ...await scene.coord.tasks.enqueueAll([{ title: `t${i}`, priority, queue, runId: "p" }]),
    );
  }
  const sorted = tasks.map(orderOf).sort(compareTasks).map((order) => order.id);
  assertEquals(await claimAll(scene.open()), sorted);
});

it("enqueueAll() keeps its order", async () => {
  const scene = await workspace();
  const inputs = Array.from({ length: 50 }, (_, i) => ({ title: `t${i}`, runId: "p" }));
  const tasks = await scene.coord.tasks.enqueueAll(inputs);
  assertEquals(await claimAll(scene.open()), tasks.map((task) => task.task_id));
});

it("claim() sees a task of higher priority that another process has just added", async () => {
  const scene = await workspace();
  const [mine, theirs] = [scene.open(), scene.open()];
  await theirs.tasks.enqueueAll([{ title: "low 1", runId: "p" }, { title: "low 2", runId: "p" }]);
  await mine.tasks.claim({ runId: "a" });
  for (const priority of [10, 20, 10]) {
    const high = await theirs.tasks.enqueue({ title: "high", priority, runId: "p" });
    const claim = await mine.tasks.claim({ runId: "a" });
    assertEquals(claim.status === "claimed" && claim.task_id, high.task_id);
  }
});

it("claim() keeps to the queue that it is asked for", async () => {
  const scene = await workspace();
  await scene.coord.tasks.enqueue({ title: "x", queue: "x", priority: 9, runId: "p" });
  const task = await scene.coord.tasks.enqueue({ title: "y", queue: "y", runId: "p" });
  assertEquals(await claimAll(scene.coord, "y"), [task.task_id]);
  assertEquals(await scene.coord.tasks.claim({ runId: "a", queue: "z" }), {
    status: "empty",
    queue: "z",
  });
});

it("a task whose holder is silent comes back in its old place", async () => {
  const scene = await workspace();
  const first = await scene.coord.tasks.enqueue({ title: "first", runId: "p" });
  scene.clock.advance(1);
  const second = await scene.coord.tasks.enqueue({ title: "second", runId: "p" });
  await scene.coord.tasks.claim({ runId: "dead", claimTtl: 60 });
  scene.clock.advance(59.999);
  assertEquals((await scene.open().tasks.list()).timed_out, 0);
  scene.clock.advance(0.001);
  assertEquals((await scene.open().tasks.list()).timed_out, 1);
  assertEquals(await claimAll(scene.open()), [first.task_id, second.task_id]);
});

it("a heartbeat moves the timeout, and the old entry of the index changes nothing", async () => {
  const scene = await workspace();
  const { task_id: id } = await scene.coord.tasks.enqueue({ title: "x", runId: "p" });
  await scene.coord.tasks.claim({ runId: "a", claimTtl: 60 });
  scene.clock.advance(30);
  const beat = await scene.coord.tasks.heartbeat({ id, runId: "a", extension: 100 });
  assertEquals(
    beat.status === "ok" && beat.extended_expires_at,
    formatTime(scene.clock.ms + 100_000),
  );
  scene.clock.advance(99);
  assertEquals(await claimAll(scene.open()), []);
  scene.clock.advance(1);
  assertEquals(await claimAll(scene.open()), [id]);
  const late = await scene.open().tasks.complete({ id, runId: "a", fence: 1 });
  assertEquals(late.status, "stale_fence");
});

it("giveBack() makes a task claimable at once, with a later fence", async () => {
  const scene = await workspace();
  const { task_id: id } = await scene.coord.tasks.enqueue({ title: "x", runId: "p" });
  const first = await scene.coord.tasks.claim({ runId: "a" });
  await scene.coord.tasks.giveBack({ id, runId: "a" });
  const second = await scene.open().tasks.claim({ runId: "b" });
  assert_(first.status === "claimed" && second.status === "claimed");
  assertEquals([first.attempt, second.attempt], [1, 2]);
  assert_(second.fence > first.fence);
});

it("an index that is deleted is rebuilt, and nothing is lost or handed out twice", async () => {
  const scene = await workspace();
  const inputs = Array.from({ length: 40 }, (_, i) => ({ title: `t${i}`, runId: "p" }));
  const tasks = await scene.coord.tasks.enqueueAll(inputs);
  const held = await scene.coord.tasks.claim({ runId: "dead", claimTtl: 60 });
  const live = await scene.coord.tasks.claim({ runId: "alive", claimTtl: 3600 });
  const over = await scene.coord.tasks.claim({ runId: "done" });
  assert_(held.status === "claimed" && live.status === "claimed" && over.status === "claimed");
  await scene.coord.tasks.complete({ id: over.task_id, runId: "done" });
  removeTree(`${scene.path}/index`);
  removeTree(`${scene.path}/tmp`);
  scene.clock.advance(61);
  const left = tasks.map((task) => task.task_id)
    .filter((id) => id !== live.task_id && id !== over.task_id);
  assertEquals((await claimAll(scene.open())).sort(), left.sort());
});

it("a task that another tool writes straight into tasks/ is claimed when the index runs dry", async () => {
  const scene = await workspace();
  const own = await scene.coord.tasks.enqueue({ title: "own", runId: "p" });
  const uuid = "0b2e7c5e-7c0f-4d3b-9d55-0f8f7ad4a001";
  const foreign = {
    task_id: uuid,
    title: "from Muse",
    priority: 3,
    queue: "default",
    ttl_seconds: 86_400,
    created_by: "muse",
    created_at: new Date(scene.clock.ms).toISOString().replace("Z", "000+00:00"),
    tags: [],
    payload: {},
    muse_field: [1],
  };
  scene.write(`tasks/${uuid}.json`, JSON.stringify(foreign, undefined, 2));
  assertEquals(await claimAll(scene.coord), [own.task_id, uuid]);
  const later = uuid.replace("0b2e", "fade");
  const again = { ...foreign, task_id: later, title: "later", priority: 99_999_999_999 };
  scene.write(`tasks/${later}.json`, JSON.stringify(again));
  assertEquals(await claimAll(scene.coord), [later], "also right after a dry answer");
  for (const id of [uuid, "FADE7c5e"]) {
    assertEquals((await scene.coord.tasks.complete({ id, runId: "a" })).status, "completed");
  }
});

it("hold() ends a task of another tool by its own kind of id", async () => {
  const scene = await workspace();
  const uuid = "0b2e7c5e-7c0f-4d3b-9d55-0f8f7ad4a001";
  const created_at = formatTime(scene.clock.ms);
  scene.write(`tasks/${uuid}.json`, JSON.stringify({ task_id: uuid, title: "m", created_at }));
  await using hold = await scene.coord.tasks.hold({ runId: "a" });
  assertEquals(hold.status === "held" && (await hold.complete()).status, "completed");
});

it("claim() ends when claims that it cannot explain have instants in the future", async () => {
  const scene = await workspace();
  const inputs = Array.from({ length: 20 }, (_, i) => ({ title: `t${i}`, runId: "p" }));
  for (const { task_id: id } of await scene.coord.tasks.enqueueAll(inputs)) {
    const path = `claims/${id.slice(7)}.json`;
    scene.write(
      path,
      JSON.stringify({
        task_id: id,
        claimer_run_id: "muse",
        claimed_at: formatTime(scene.clock.ms),
        expires_at: formatTime(scene.clock.ms + 3_600_000),
      }),
    );
    setMtime(`${scene.path}/${path}`, Date.now() + 3_600_000);
  }
  assertEquals(await claimAll(scene.open()), []);
});

it("queues have folders of their own, also where names fold and on Windows", async () => {
  const scene = await workspace();
  const ids: Record<string, string> = {};
  for (const queue of ["con", "Con", "CON", "builds", "Builds"]) {
    ids[queue] = (await scene.coord.tasks.enqueue({ title: "x", queue, runId: "p" })).task_id;
  }
  const folders = scene.host.fs.list(`${scene.path}/index/ready`)?.map(({ name }) => name).sort();
  assertEquals(folders, ["+builds", "+c+o+n", "+con", "builds", "con+"].sort());
  for (const [queue, id] of Object.entries(ids)) {
    assertEquals(await claimAll(scene.open(), queue), [id]);
  }
});

it("claim() leaves no folder of a queue that is used up, and an addition makes it again", async () => {
  const scene = await workspace();
  const queues = Array.from({ length: 20 }, (_, i) => `q${i}`);
  await scene.coord.tasks.enqueueAll(
    queues.map((queue) => ({ title: "t", queue, runId: "p", priority: queue.length })),
  );
  assertEquals((await claimAll(scene.open())).length, 20);
  assertEquals(scene.names("index/ready"), []);

  const claimer = scene.open();
  assertEquals(await claimAll(claimer, "q3"), []);
  const again = await scene.coord.tasks.enqueueAll(
    ["q3", "q7"].map((queue) => ({ title: "t", queue, runId: "p" })),
  );
  assertEquals(await claimAll(claimer), again.map((task) => task.task_id));
  assertEquals(await claimAll(claimer, "q3"), []);
  assertEquals(scene.names("index/ready"), []);
});

it("a worker makes a folder for many claims, and none stays after it", async () => {
  const { host, dir, clock, names, coord, open } = await workspace();
  let made = 0;
  const makeDir = (path: string) => {
    if (path.includes("index/due/")) made++;
    host.fs.makeDir(path);
  };
  const { tasks } = openFilesOn({ ...host, fs: { ...host.fs, makeDir } }, {
    dir,
    clock: clock.now,
  });
  await coord.tasks.enqueueAll(Array.from({ length: 20 }, () => ({ title: "t", runId: "p" })));
  for (let n = 0; n < 20; n++) {
    const claim = await tasks.claim({ runId: "a" });
    if (claim.status === "claimed") await tasks.complete({ id: claim.task_id, runId: "a" });
    clock.advance(0.051); // the next claim looks at what is due
  }
  const leaves = Math.ceil(20 * 51 / 128) + 1;
  assert_(made > 0 && made <= leaves, `${made} folders made, at most ${leaves}`);
  assertEquals(await claimAll(open()), []);
  assertEquals(names("index/due"), []);
});

it("claim() finds entries in folders of the spans that 0.1.0 had", async () => {
  const scene = await workspace();
  const ids = (await scene.coord.tasks.enqueueAll(
    Array.from({ length: 3 }, () => ({ title: "t", runId: "p" })),
  )).map((task) => task.task_id);
  /** Moves all entries below a folder to where 0.1.0 had them. */
  const moveBack = (root: string) => {
    for (const { path, ms } of [...allEntries(scene.host.fs, `${scene.path}/${root}`)]) {
      const leaf = path.slice(0, path.lastIndexOf("/"));
      const old = `${leaf.slice(0, leaf.lastIndexOf("/"))}/${
        `${Math.floor(ms / 8)}`.padStart(16, "0")
      }`;
      scene.host.fs.makeDir(old);
      scene.host.fs.rename(path, old + path.slice(path.lastIndexOf("/")));
    }
  };
  moveBack("index/ready/default/0");
  assertEquals(await claimAll(scene.open()), ids);
  moveBack("index/due");
  scene.clock.advance(3_599);
  assertEquals(await claimAll(scene.open()), []);
  scene.clock.advance(2);
  assertEquals((await claimAll(scene.open())).toSorted(), ids.toSorted());
});

it("claim() does not believe an index entry that lies in another queue's place", async () => {
  const scene = await workspace();
  const task = await scene.coord.tasks.enqueue({ title: "x", queue: "a", runId: "p" });
  scene.host.fs.rename(`${scene.path}/index/ready/a`, `${scene.path}/index/ready/b`);
  assertEquals(await claimAll(scene.open(), "b"), []);
  assertEquals(await claimAll(scene.open(), "a"), [task.task_id]);
});

it("a terminal state stays the truth when its view is lost", async () => {
  const scene = await workspace();
  const { task_id: id } = await scene.coord.tasks.enqueue({ title: "x", runId: "p" });
  await scene.coord.tasks.claim({ runId: "a" });
  await scene.coord.tasks.complete({ id, runId: "a" });
  scene.host.fs.remove(`${scene.path}/claims/${id.slice(7)}.json`);
  scene.host.fs.remove(`${scene.path}/index/checked`);
  assertEquals(await claimAll(scene.open()), []);
  assertEquals((await scene.open().tasks.list()).completed, 1);
});

it("a claim that another tool made is respected and can be taken over after its time", async () => {
  const scene = await workspace();
  const { task_id: id } = await scene.coord.tasks.enqueue({ title: "x", runId: "p" });
  const claim = {
    task_id: id,
    claimer_run_id: "muse-7",
    claimed_at: formatTime(scene.clock.ms),
    expires_at: formatTime(scene.clock.ms + 60_000),
    status: "claimed",
    muse_field: "kept",
  };
  scene.write(`claims/${id.slice(7)}.json`, JSON.stringify(claim));
  assertEquals(await claimAll(scene.open()), []);
  scene.clock.advance(61);
  assertEquals(await claimAll(scene.open()), [id]);
  const view = JSON.parse(scene.read(`claims/${id.slice(7)}.json`));
  assertEquals([view.claimer_run_id, view.attempt, view.muse_field], ["a", 2, "kept"]);
});

it("a task that outstays its ttl is expired and not handed out", async () => {
  const scene = await workspace();
  await scene.coord.tasks.enqueue({ title: "x", ttl: 10, runId: "p" });
  scene.clock.advance(10);
  assertEquals(await claimAll(scene.open()), []);
  const { expired, pending } = await scene.open().tasks.list();
  assertEquals([expired, pending], [1, 0]);
});

it("a terminal state leaves one claim file and its end, and no other name", async () => {
  const scene = await workspace();
  const { task_id: id } = await scene.coord.tasks.enqueue({ title: "x", runId: "p" });
  await scene.coord.tasks.claim({ runId: "a", claimTtl: 60 });
  for (let i = 0; i < 3; i++) await scene.coord.tasks.heartbeat({ id, runId: "a" });
  const hex = id.slice(7);
  assertEquals(scene.names("claims"), [`${hex}.2`, `${hex}.3`, `${hex}.4`, `${hex}.json`]);
  await scene.coord.tasks.complete({ id, runId: "a", result: { ok: true } });
  assertEquals(scene.names("claims"), [`${hex}.end`, `${hex}.json`]);
  assertEquals(scene.read(`claims/${hex}.json`), scene.read(`claims/${hex}.end`));
  assertEquals(scene.names("tmp"), []);
});

it("records are canonical JSON on one line, and the id is the hash of the rest", async () => {
  const scene = await workspace();
  const title = "line\u2028 separator";
  const task = await scene.coord.tasks.enqueue({ title, runId: "p", tags: ["b", "a"] });
  const text = scene.read(`tasks/${task.task_id.slice(7)}.json`);
  assertEquals(text.split(/\r\n|[\n\r\u0085\u2028\u2029]/).length, 2);
  const { task_id, ...rest } = JSON.parse(text);
  assertEquals(rest.title, title);
  const bytes = new TextEncoder().encode(canonicalJson(rest));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  assertEquals(task_id, `sha256:${hex}`);
});

it("find() names every task that a prefix fits", async () => {
  const scene = await workspace();
  for (const stem of ["abcdef1", "abcdef2", "abc9991"]) {
    const id = stem.padEnd(64, "0");
    const task = { task_id: `sha256:${id}`, title: stem, created_at: formatTime(scene.clock.ms) };
    scene.write(`tasks/${id}.json`, JSON.stringify(task));
  }
  assertEquals((await scene.coord.tasks.get("abc999")).task.title, "abc9991");
  assertEquals((await scene.coord.tasks.get("sha256:ABCDEF2")).task.title, "abcdef2");
  const error = await scene.coord.tasks.get("abcdef").catch((e) => e);
  assertEquals(error.code, "bad_task_id");
  assertEquals(error.details.candidates.length, 2);
  const none = await scene.coord.tasks.get("ffffff").catch((e) => e);
  assertEquals(none.code, "not_found");
});

it("claim() skips an index entry without a task, and removes it when it is old", async () => {
  const scene = await workspace();
  const task = await scene.coord.tasks.enqueue({ title: "x", runId: "p" });
  let leaf = "index/ready/default/0";
  for (let depth = 0; depth < 3; depth++) leaf += `/${scene.names(leaf)[0]}`;
  const dangling = `${scene.path}/${leaf}/0000000000000001-${"c".repeat(64)}`;
  scene.host.fs.createNew(dangling, new Uint8Array());
  assertEquals(await claimAll(scene.open()), [task.task_id]);
  assert_(scene.host.fs.lstat(dangling) !== undefined, "its task may be on the way");
  setMtime(dangling, Date.now() - 61_000);
  assertEquals(await claimAll(scene.open()), []);
  assertEquals(scene.host.fs.lstat(dangling), undefined);
});

it("complete() looks only once in a while for batches to settle, when none is due", async () => {
  const { host, dir, clock, coord } = await workspace();
  await coord.tasks.enqueueAll(Array.from({ length: 10 }, () => ({ title: "t", runId: "p" })));
  const listed: string[] = [];
  const fs: HostFs = { ...host.fs, list: (path) => (listed.push(path), host.fs.list(path)) };
  const { tasks } = openFilesOn({ ...host, fs }, { dir, clock: clock.now });
  // One that moves ended tasks to a segment looks as well.
  const ids = (await claimAll(coord)).filter((id) => !isTimeToMove(stemOfId(id)));
  const start = performance.now();
  for (const id of ids) await tasks.complete({ id, runId: "a" });
  assertEquals(ids.length > 1, true);
  const looks = listed.filter((path) => path.endsWith("tasks/batches")).length;
  const most = 1 + (performance.now() - start) / 1000;
  assert_(looks >= 1 && looks <= most, `${looks} looks, at most ${most}`);
});
