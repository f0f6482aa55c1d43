/** What every task store promises. */
import { cancel, extend, finish, grant, type TransitionRule } from "../../src/domain/task/claim.ts";
import type { TaskFilter } from "../../src/domain/task/listing.ts";
import { compareTasks, orderOf, type TaskRecord } from "../../src/domain/task/task.ts";
import { formatTime } from "../../src/domain/time.ts";
import { type TaskInput, taskRecord } from "../../src/engine/task/new_task.ts";
import type { TaskStore } from "../../src/ports/tasks.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { until } from "../support/race/processes.ts";
import { type OpenStore, scene } from "./harness.ts";

type Scene = Awaited<ReturnType<typeof scene>>;

const MISSING = `sha256:${"0".repeat(64)}`;

/** A task, not added yet. */
function record({ clock }: Scene, input: Partial<TaskInput> = {}): Promise<TaskRecord> {
  return taskRecord({ title: "x", runId: "p", ...input }, clock.ms, () => {});
}

async function added(place: Scene, input: Partial<TaskInput> = {}): Promise<TaskRecord> {
  const task = await record(place, input);
  await place.store.tasks.add([task]);
  return task;
}

function claim(store: TaskStore, runId: string, queue?: string) {
  const grant = { runId, ttlSeconds: 60, nonce: `n-${runId}` };
  const queues = queue === undefined ? undefined : [queue];
  return store.claimNext({ queues, grant, effort: "thorough" });
}

/** Claims until there is nothing left. */
async function claimAll(store: TaskStore, runId: string, queue?: string) {
  const ids: string[] = [];
  while (true) {
    const entry = await claim(store, runId, queue);
    if (entry === undefined) return ids;
    ids.push(entry.task.task_id);
  }
}

export function taskSuite(name: string, open: OpenStore): void {
  const place = () => scene(open);

  it(`${name}: add() shows tasks whole to every opening`, async () => {
    const at = await place();
    const payload = { list: [1, { two: "\u0000\u2028" }], none: null };
    const tasks = [await record(at, { payload }), await record(at, { tags: ["b", "a"] })];
    await at.store.tasks.add(tasks);
    for (const task of tasks) {
      assertEquals(await at.other.tasks.get(task.task_id), { task, claim: undefined });
    }
    assertEquals(await at.store.tasks.get(MISSING), undefined);
    const ids = (await at.other.tasks.list({})).items.map(({ task }) => task.task_id).sort();
    assertEquals(ids, tasks.map((task) => task.task_id).sort());
  });

  it(`${name}: an answer is a copy, and changing it changes no record`, async () => {
    const at = await place();
    const task = await added(at, { payload: { n: 1 } });
    const got = await at.store.tasks.get(task.task_id);
    assert_(got !== undefined);
    (got.task.payload as Record<string, unknown>)["n"] = 2;
    const { payload } = (await at.store.tasks.get(task.task_id))?.task ?? {};
    assertEquals(payload, { n: 1 });
  });

  it(`${name}: add() of a task that is there changes nothing, also when it has ended`, async () => {
    const at = await place();
    const [task, more] = [await added(at), await record(at, { title: "more" })];
    const { task_id: taskId } = task;
    await claim(at.store.tasks, "a");
    const rule = (now: number) =>
      finish({ taskId, runId: "a", now }, { status: "failed", error: "" });
    await at.store.tasks.apply(taskId, rule);
    const before = await at.store.tasks.get(taskId);
    await at.other.tasks.add([task]);
    await at.other.tasks.add([task, more]);
    assertEquals(await at.store.tasks.get(taskId), before);
    assertEquals(await claimAll(at.other.tasks, "b"), [more.task_id]);
    assertEquals((await at.store.tasks.list({})).counts.total, 2);
  });

  it(`${name}: find() names what begins so, sorted, whatever its case`, async () => {
    const at = await place();
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) ids.push((await added(at, { title: `t${n}` })).task_id);
    ids.sort();
    assertEquals(await at.other.tasks.find("", 100), ids);
    assertEquals(await at.other.tasks.find("", 3), ids.slice(0, 3));
    const [first = ""] = ids;
    assertEquals(await at.other.tasks.find(first.slice(7, 27), 2), [first]);
    assertEquals(await at.other.tasks.find("zz", 2), []);
  });

  it(`${name}: claimNext() gives by priority, creation and id, over all queues or one`, async () => {
    const at = await place();
    const tasks: TaskRecord[] = [];
    for (let n = 0; n < 30; n++) {
      if (n % 3 === 0) at.clock.advance(0.02);
      const priority = [0, 5, -3, 1_000_000][n * 7 % 4] ?? 0;
      const queue = ["default", "b", "C"][n * 5 % 3] ?? "";
      tasks.push(await added(at, { title: `t${n}`, priority, queue }));
    }
    const inOrder = (some: readonly TaskRecord[]) =>
      some.map(orderOf).sort(compareTasks).map(({ id }) => id);
    const [b, rest] = [tasks.filter(({ queue }) => queue === "b"), tasks];
    assertEquals(await claimAll(at.store.tasks, "a", "b"), inOrder(b));
    const left = rest.filter(({ queue }) => queue !== "b");
    assertEquals(await claimAll(at.other.tasks, "a"), inOrder(left));
  });

  it(`${name}: claimNext() writes what grant() says of the state before`, async () => {
    const at = await place();
    const task = await added(at);
    const actor = { task, runId: "a", ttlSeconds: 60, nonce: "n-a" };
    let before: Parameters<TransitionRule>[0];
    for (let turn = 0; turn < 3; turn++) {
      const expected = grant({ ...actor, now: at.clock.ms })(before);
      const entry = await claim(turn % 2 === 0 ? at.store.tasks : at.other.tasks, "a");
      assert_(expected.kind === "write");
      assertEquals(entry, { task, claim: expected.next });
      before = entry?.claim;
      at.clock.advance(60);
    }
  });

  it(`${name}: claimNext() gives each task to one of several that ask at once`, async () => {
    const at = await place();
    for (let n = 0; n < 24; n++) await added(at, { title: `t${n}` });
    const stores = [at.store, at.other, at.second(), at.second()];
    const all = await Promise.all(stores.map(({ tasks }, n) => claimAll(tasks, `a${n}`)));
    const ids = all.flat();
    assertEquals(ids.length, 24);
    assertEquals(new Set(ids).size, 24);
  });

  it(`${name}: claimNext() that is quick finds the tasks that its hints name`, async () => {
    const at = await place();
    const quick = (queue: string, hints: readonly string[]) => {
      const grant = { runId: "a", ttlSeconds: 60, nonce: `n-${queue}` };
      return at.store.tasks.claimNext({ queues: [queue], grant, effort: "quick", hints });
    };
    assertEquals(await quick("a", []), undefined);
    const [a, b] = [await record(at, { queue: "a" }), await record(at, { queue: "b" })];
    await at.other.tasks.add([a]);
    await at.other.tasks.add([b]);
    const hints = [MISSING, a.task_id, b.task_id];
    assertEquals((await quick("a", hints))?.task, a);
    assertEquals(await quick("a", hints), undefined);
    assertEquals((await quick("b", hints))?.task, b);
  });

  it(`${name}: a claim that timed out is given again, in its old place, and no sooner`, async () => {
    const at = await place();
    const first = await added(at);
    at.clock.advance(1);
    const second = await added(at);
    await claim(at.store.tasks, "dead");
    assertEquals(await at.other.tasks.nextTimeout(), at.clock.ms + 60_000);
    at.clock.advance(59.999);
    const wanted = [second.task_id];
    assertEquals(await claimAll(at.other.tasks, "b"), wanted);
    at.clock.advance(0.001);
    assertEquals(await claimAll(at.other.tasks, "b"), [first.task_id]);
  });

  it(`${name}: claimNext() gives no task whose ttl has passed`, async () => {
    const at = await place();
    await added(at, { ttl: 10 });
    at.clock.advance(10);
    assertEquals(await claimAll(at.other.tasks, "a"), []);
  });

  it(`${name}: nextTimeout() is the earliest end of a claim that lies ahead`, async () => {
    const at = await place();
    assertEquals(await at.store.tasks.nextTimeout(), undefined);
    const [first] = [await added(at), await added(at, { title: "y" })];
    await claim(at.store.tasks, "a");
    const end = at.clock.ms + 60_000;
    at.clock.advance(10);
    await claim(at.store.tasks, "b");
    assertEquals(await at.other.tasks.nextTimeout(), end);
    for (const { task, claim } of (await at.store.tasks.list({})).items) {
      const actor = { taskId: task.task_id, runId: claim?.claimer_run_id ?? "" };
      if (claim?.claimer_run_id !== "a") continue;
      await at.store.tasks.apply(
        actor.taskId,
        (now) => finish({ ...actor, now }, { status: "failed", error: "" }),
      );
    }
    assertEquals(await at.other.tasks.nextTimeout(), end + 10_000);
    assert_(first !== undefined);
  });

  it(`${name}: list() counts all, and shows those that match, as they would be handed out`, async () => {
    const at = await place();
    const input = (title: string, queue = "default", priority = 0) => ({ title, queue, priority });
    const expired = await added(at, { ...input("expired"), ttl: 10 });
    const dead = await added(at, input("dead", "b", 9));
    await claim(at.store.tasks, "dead", "b");
    at.clock.advance(60);
    const oldest = await added(at, input("oldest"));
    at.clock.advance(1);
    const first = await added(at, input("first", "c", 5));
    const held = await added(at, input("held", "d"));
    const done = await added(at, input("done", "e"));
    for (const queue of ["d", "e"]) await claim(at.store.tasks, "a", queue);
    await at.store.tasks.apply(
      done.task_id,
      (now) => finish({ taskId: done.task_id, runId: "a", now }, { status: "failed", error: "no" }),
    );
    const list = async (filter: TaskFilter) => {
      const { counts, oldestPending, matched, items } = await at.other.tasks.list(filter);
      assertEquals(counts, {
        total: 6,
        pending: 2,
        claimed: 1,
        timed_out: 1,
        completed: 0,
        failed: 1,
        cancelled: 0,
        expired: 1,
        delayed: 0,
        blocked: 0,
      });
      assertEquals(oldestPending, oldest);
      for (const { task, claim } of items) {
        assertEquals({ task, claim }, await at.store.tasks.get(task.task_id));
      }
      return [matched, ...items.map(({ task, status }) => `${task.title} ${status}`)];
    };
    const [at0, at1, same] = [[expired, dead], [oldest], [first, held, done]];
    const order = [...at0, ...at1, ...same].map(orderOf).sort(compareTasks).map(({ id }) => id);
    const { items } = await at.store.tasks.list({});
    assertEquals(items.map(({ task }) => task.task_id), order);
    assertEquals(await list({ limit: 2 }), [6, "dead timed_out", "first pending"]);
    assertEquals(await list({ status: "pending" }), [2, "first pending", "oldest pending"]);
    assertEquals(await list({ queue: "default" }), [2, "expired expired", "oldest pending"]);
    assertEquals(await list({ runId: "dead" }), [1, "dead timed_out"]);
    assertEquals(await list({ runId: "a", status: "failed", queue: "e" }), [1, "done failed"]);
    assertEquals(await list({ runId: "a", queue: "c" }), [0]);
    const ends = ["failed", "expired"] as const;
    assertEquals(await list({ status: ends }), [2, "expired expired", "done failed"]);
    assertEquals(await list({ runId: "a", limit: 0 }), [2]);
    const { e } = Object.fromEntries((await at.other.tasks.list({ queue: "b" })).queues);
    assertEquals([e?.total, e?.failed, e?.pending], [1, 1, 0]);
  });

  it(`${name}: list() gives each task once from page to page`, async () => {
    const at = await place();
    const tasks = [];
    for (let n = 0; n < 7; n++) {
      tasks.push(await added(at, { title: `t${n}`, priority: n % 3, queue: n % 2 ? "b" : "a" }));
      at.clock.advance(1);
    }
    const ordered = tasks.toSorted((a, b) => compareTasks(orderOf(a), orderOf(b)));
    const [first, , third] = ordered;
    assert_(first !== undefined && third !== undefined);
    let from: TaskFilter["from"];
    const pages: string[][] = [];
    for (let next: string | undefined = first.task_id; next !== undefined;) {
      const page = await at.other.tasks.list({ from, limit: 3 });
      assertEquals(page.matched, 7);
      pages.push(page.items.map(({ task }) => task.title));
      next = page.next;
      const task = next && (await at.store.tasks.get(next))?.task;
      from = task ? orderOf(task) : undefined;
    }
    const titles = ordered.map(({ title }) => title);
    assertEquals(pages, [titles.slice(0, 3), titles.slice(3, 6), titles.slice(6)]);
    // One that matches no more still says where to begin.
    const { task_id: taskId } = third;
    const by = { taskId, runId: "p", force: true, nonce: "n" };
    await at.store.tasks.apply(taskId, (now) => cancel({ ...by, now }));
    const page = await at.other.tasks.list({ status: "pending", from: orderOf(third), limit: 0 });
    assertEquals([page.matched, page.items, page.next], [6, [], ordered[3]?.task_id]);
  });

  it(`${name}: apply() answers what the rule decided`, async () => {
    const at = await place();
    const { task_id: taskId } = await added(at);
    const done = (now: number) =>
      finish({ taskId, runId: "a", now }, { status: "completed", result: { ok: true } });
    assertEquals(await at.store.tasks.apply(MISSING, done), { kind: "missing" });
    const early = await at.store.tasks.apply(taskId, done);
    assertEquals(early.kind === "refused" && early.refusal.status, "not_holder");
    await claim(at.store.tasks, "a");
    const written = await at.other.tasks.apply(taskId, done);
    assert_(written.kind === "written");
    assertEquals([written.claim.status, written.claim.result], ["completed", { ok: true }]);
    const again = await at.store.tasks.apply(taskId, done);
    assert_(again.kind === "kept");
    assertEquals(again.claim, written.claim);
    assertEquals((await at.other.tasks.get(taskId))?.claim, written.claim);
    assertEquals(await claimAll(at.store.tasks, "b"), []);
  });

  it(`${name}: apply() gives its rule the newest state, and the time at which that is read`, async () => {
    const at = await place();
    const { task_id: taskId } = await added(at);
    const granted = await claim(at.store.tasks, "a");
    at.clock.advance(7);
    const given: unknown[] = [];
    await at.other.tasks.apply(taskId, (now) => (current) => {
      given.push([now, current]);
      return extend({ taskId, runId: "b", now })(current);
    });
    assertEquals(given.at(-1), [at.clock.ms, granted?.claim]);
  });

  it(`${name}: apply() puts the transitions of a task in one order`, async () => {
    const at = await place();
    const { task_id: taskId } = await added(at);
    await claim(at.store.tasks, "a");
    const stores = [at.store, at.other, at.second()];
    const numbers: number[] = [];
    await Promise.all(stores.map(async ({ tasks }, n) => {
      for (let turn = 0; turn < 8; turn++) {
        const extensionSeconds = 100 + n + turn;
        const rule = (now: number) => extend({ taskId, runId: "a", now, extensionSeconds });
        const applied = await tasks.apply(taskId, rule);
        assert_(applied.kind === "written");
        numbers.push(applied.claim.transition);
      }
    }));
    assertEquals(numbers.sort((a, b) => a - b), Array.from({ length: 24 }, (_, n) => n + 2));
    const head = (await at.store.tasks.get(taskId))?.claim;
    assertEquals([head?.transition, head?.expires_at], [25, formatTime(at.clock.ms + 109_000)]);
  });

  it(`${name}: of several that end a task at once, one does`, async () => {
    const at = await place();
    const { task_id: taskId } = await added(at);
    await claim(at.store.tasks, "a");
    const stores = [at.store, at.other, at.second(), at.second()];
    const ends = await Promise.all(stores.map(({ tasks }, n) => {
      return tasks.apply(
        taskId,
        (now) => finish({ taskId, runId: "a", now }, { status: "failed", error: `e${n}` }),
      );
    }));
    assertEquals(ends.map(({ kind }) => kind).sort(), ["refused", "refused", "refused", "written"]);
  });

  it(`${name}: onTask() hears of tasks that appear or are announced, until it is closed`, async () => {
    const at = await place();
    const heard: (string | undefined)[] = [];
    const knows = (id: string) => heard.includes(id) || heard.includes(undefined);
    const watch = at.other.tasks.onTask((id) => void heard.push(id));
    const task = await added(at);
    await until("the task is heard of", () => knows(task.task_id));
    heard.length = 0;
    await at.store.tasks.announce(task.task_id);
    await until("the announcement is heard", () => knows(task.task_id));
    watch.close();
    heard.length = 0;
    await at.store.tasks.announce(task.task_id);
    await added(at, { title: "later" });
    assertEquals(heard, []);
  });

  it(`${name}: watchClaim() hears of a change of its claim`, async () => {
    const at = await place();
    const { task_id: taskId } = await added(at);
    await claim(at.store.tasks, "a");
    let hints = 0;
    const watch = at.other.tasks.watchClaim(taskId, () => void hints++, () => {});
    await at.store.tasks.apply(
      taskId,
      (now) => finish({ taskId, runId: "a", now }, { status: "failed", error: "" }),
    );
    await until("the end is heard of", () => hints > 0);
    watch.close();
  });
}
