/** What every store promises of tasks that wait for others. */
import { cancel } from "../../src/domain/task/claim.ts";
import { formatTime } from "../../src/domain/time.ts";
import type { Coord } from "../../src/engine/coord.ts";
import type { TaskInput } from "../../src/engine/task/new_task.ts";
import { assert_, assertEquals, assertRejects, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

export function afterSuite(name: string, open: OpenStore): void {
  async function place() {
    const at = await scene(open);
    const add = async (title: string, input: Omit<Partial<TaskInput>, "key"> = {}) => {
      at.clock.advance(0.001);
      return (await at.mine.tasks.enqueue({ title, runId: "p", ...input })).task_id;
    };
    const claim = async (coord: Coord = at.theirs, runId = "a", queue?: string) => {
      const claim = await coord.tasks.claim({ runId, ...(queue !== undefined && { queue }) });
      return claim.status === "claimed" ? claim.task.title : undefined;
    };
    const complete = async (id: string, coord: Coord = at.theirs) => {
      const { status } = await coord.tasks.complete({ id, runId: "a" });
      return status;
    };
    const cancelIt = async (id: string, force = false) => {
      const { status } = await at.mine.tasks.cancel({ id, runId: "q", force });
      return status;
    };
    const statuses = async (): Promise<Record<string, string>> => {
      const { items } = await at.theirs.tasks.list();
      return Object.fromEntries(items.map(({ title, status }) => [title, status]));
    };
    const shown = async (id: string, coord: Coord = at.theirs) => {
      const shown = await coord.show(id);
      assert_(shown.kind === "task");
      const { status, blocked_by, blocks } = shown;
      return { status, blocked_by, blocks };
    };
    return { ...at, add, claim, complete, cancelIt, statuses, shown };
  }

  it(`${name}: a task is blocked until all that it waits for are completed`, async () => {
    const at = await place();
    const [a, b] = [await at.add("a"), await at.add("b")];
    const c = await at.add("c", { after: [a, b], priority: 9 });
    assertEquals(await at.statuses(), { a: "pending", b: "pending", c: "blocked" });
    const { blocked, pending, total } = await at.theirs.tasks.list();
    assertEquals({ blocked, pending, total }, { blocked: 1, pending: 2, total: 3 });
    assertEquals([await at.claim(), await at.claim(), await at.claim()], ["a", "b", undefined]);
    assertEquals(await at.complete(a), "completed");
    assertEquals(await at.claim(at.mine), undefined);
    assertEquals(await at.statuses(), { a: "completed", b: "claimed", c: "blocked" });
    assertEquals(await at.complete(b), "completed");
    assertEquals(await at.statuses(), { a: "completed", b: "completed", c: "pending" });
    const [item] = (await at.theirs.tasks.list({ status: "pending" })).items;
    assertEquals([item?.claimer_run_id, item?.claimed_at, item?.attempt], [null, null, 0]);
    assertEquals((await at.theirs.tasks.list({ runId: "p" })).items, []);
    const claimed = await at.mine.tasks.claim({ runId: "b" });
    assert_(claimed.status === "claimed");
    assertEquals([claimed.task_id, claimed.attempt, claimed.retry_at], [c, 1, undefined]);
    assertEquals(claimed.earlier_attempts, undefined);
    assertEquals(await at.claim(), undefined);
    assertEquals((await at.mine.tasks.complete({ id: c, runId: "b" })).status, "completed");
  });

  it(`${name}: a task that waits for what is completed already may be claimed at once`, async () => {
    const at = await place();
    const a = await at.add("a");
    await at.claim();
    await at.complete(a);
    await at.add("b", { after: [a] });
    assertEquals(await at.statuses(), { a: "completed", b: "pending" });
    assertEquals(await at.claim(at.mine), "b");
  });

  it(`${name}: show() says what a task waits for, and what waits for it`, async () => {
    const at = await place();
    const [a, b] = [await at.add("a"), await at.add("b")];
    const c = await at.add("c", { after: [b.slice(7, 30), a, b] });
    assertEquals((await at.mine.tasks.get(c)).task.after, [b, a]);
    assertEquals(await at.shown(c), {
      status: "blocked",
      blocked_by: [{ task_id: b, status: "pending" }, { task_id: a, status: "pending" }],
      blocks: [],
    });
    assertEquals(await at.shown(a), { status: "pending", blocked_by: [], blocks: [c] });
    await at.claim();
    await at.complete(a);
    assertEquals((await at.shown(c)).blocked_by, [{ task_id: b, status: "pending" }]);
    await at.claim();
    await at.complete(b);
    assertEquals(await at.shown(c), { status: "pending", blocked_by: [], blocks: [] });
    assertEquals(await at.shown(b), { status: "completed", blocked_by: [], blocks: [] });
  });

  it(`${name}: what a predecessor that was not completed does is as on_failure says`, async () => {
    for (const ending of ["failed", "cancelled", "expired"] as const) {
      const at = await place();
      const a = await at.add("a", ending === "expired" ? { ttl: 10 } : {});
      await at.add("block", { after: [a] });
      await at.add("cancel", { after: [a], onFailure: "cancel" });
      await at.add("run", { after: [a], onFailure: "run" });
      if (ending === "expired") at.clock.advance(10);
      if (ending === "cancelled") await at.cancelIt(a);
      if (ending === "failed") {
        await at.claim();
        await at.theirs.tasks.fail({ id: a, runId: "a" });
      }
      assertEquals(await at.claim(at.mine), "run", ending);
      const late = await at.add("late", { after: [a], onFailure: "cancel" });
      const all = { a: ending, block: "blocked", cancel: "cancelled", run: "claimed" };
      assertEquals(await at.statuses(), { ...all, late: "cancelled" });
      const { claim } = await at.theirs.tasks.get(late);
      assertEquals(claim?.error, `task ${a}: ${ending}`);
      assertEquals(await at.claim(), undefined);
    }
  });

  it(`${name}: a cancelled task cancels those that are to follow it, one after the other`, async () => {
    const at = await place();
    let last = await at.add("t0");
    for (const n of [1, 2, 3]) last = await at.add(`t${n}`, { after: [last], onFailure: "cancel" });
    await at.add("other", { after: [last], onFailure: "run" });
    const first = (await at.mine.tasks.list({ status: "pending" })).items[0]?.task_id ?? "";
    assertEquals(await at.cancelIt(first), "cancelled");
    const gone = { t0: "cancelled", t1: "cancelled", t2: "cancelled", t3: "cancelled" };
    assertEquals(await at.statuses(), { ...gone, other: "pending" });
  });

  it(`${name}: a blocked task can be cancelled, and nothing brings it back`, async () => {
    const at = await place();
    const a = await at.add("a");
    const b = await at.add("b", { after: [a] });
    assertEquals(await at.cancelIt(b), "cancelled");
    assertEquals((await at.shown(a)).blocks, []);
    await at.claim();
    await at.complete(a);
    assertEquals(await at.statuses(), { a: "completed", b: "cancelled" });
    assertEquals(await at.claim(), undefined);
  });

  it(`${name}: a task that was let go can be cancelled by any agent`, async () => {
    const at = await place();
    const a = await at.add("a");
    const b = await at.add("b", { after: [a] });
    await at.claim();
    await at.complete(a);
    assertEquals(await at.complete(b), "not_holder");
    const answer = await at.mine.tasks.cancel({ id: b, runId: "q" });
    assertEquals([answer.status, "claimer_run_id" in answer && answer.claimer_run_id], [
      "cancelled",
      "q",
    ]);
  });

  it(`${name}: no operation moves a blocked task but a cancel`, async () => {
    const at = await place();
    const a = await at.add("a");
    const b = await at.add("b", { after: [a] });
    for (const end of ["complete", "fail", "heartbeat", "giveBack"] as const) {
      assertEquals((await at.mine.tasks[end]({ id: b, runId: "p" })).status, "not_holder");
    }
    const hinted = await at.other.tasks.claimNext({
      grant: { runId: "x", ttlSeconds: 60, nonce: "n" },
      effort: "quick",
      hints: [b],
    });
    assertEquals(hinted?.task.title, "a");
    assertEquals((await at.statuses())["b"], "blocked");
  });

  it(`${name}: a diamond is worked off in its order`, async () => {
    const at = await place();
    const a = await at.add("a");
    const b = await at.add("b", { after: [a] });
    const c = await at.add("c", { after: [a], queue: "other" });
    const d = await at.add("d", { after: [b, c] });
    const ids: Record<string, string> = { a, b, c, d };
    const order: string[] = [];
    for (let title = await at.claim(); title !== undefined; title = await at.claim()) {
      order.push(title);
      assertEquals(await at.complete(ids[title] ?? ""), "completed");
    }
    assertEquals(order, ["a", "b", "c", "d"]);
  });

  it(`${name}: a retried predecessor is waited for until it is completed`, async () => {
    const at = await place();
    const a = await at.add("a", { maxAttempts: 2, backoff: "10s" });
    await at.add("cancel", { after: [a], onFailure: "cancel" });
    await at.add("run", { after: [a], onFailure: "run" });
    await at.claim();
    await at.theirs.tasks.fail({ id: a, runId: "a" });
    assertEquals(await at.statuses(), { a: "delayed", cancel: "blocked", run: "blocked" });
    assertEquals(await at.claim(), undefined);
    at.clock.advance(10);
    assertEquals(await at.claim(), "a");
    await at.complete(a);
    assertEquals(await at.statuses(), { a: "completed", cancel: "pending", run: "pending" });
  });

  it(`${name}: a predecessor whose last attempt timed out has failed`, async () => {
    const at = await place();
    const a = await at.add("a", { maxAttempts: 1 });
    await at.add("cancel", { after: [a], onFailure: "cancel" });
    await at.add("run", { after: [a], onFailure: "run" });
    await at.theirs.tasks.claim({ runId: "a", claimTtl: 60 });
    at.clock.advance(60);
    assertEquals(await at.claim(at.mine), "run");
    assertEquals(await at.statuses(), { a: "failed", cancel: "cancelled", run: "claimed" });
  });

  it(`${name}: a task is let go with its whole ttl, and not before its time`, async () => {
    const at = await place();
    const a = await at.add("a");
    const from = formatTime(at.clock.ms + 100_002);
    await at.add("soon", { after: [a], ttl: 10 });
    await at.add("later", { after: [a], ttl: 10, notBefore: from });
    await at.claim();
    at.clock.advance(50);
    assertEquals(await at.statuses(), { a: "claimed", soon: "blocked", later: "blocked" });
    await at.complete(a);
    assertEquals(await at.statuses(), { a: "completed", soon: "pending", later: "delayed" });
    at.clock.advance(10);
    assertEquals((await at.statuses())["soon"], "expired");
    assertEquals(await at.claim(), undefined);
    assertEquals(await at.other.tasks.nextTimeout(), at.clock.ms + 40_000);
    at.clock.advance(40);
    assertEquals(await at.claim(), "later");
  });

  it(`${name}: nextTimeout() is when what a task waits for expires, if that matters to it`, async () => {
    const at = await place();
    const a = await at.add("a", { ttl: 20, queue: "q" });
    await at.add("block", { after: [a] });
    await at.claim(at.theirs, "a", "none");
    assertEquals(await at.other.tasks.nextTimeout(), undefined);
    const end = at.clock.ms + 19_999;
    await at.add("run", { after: [a], onFailure: "run" });
    await at.claim(at.theirs, "a", "none");
    assertEquals(await at.other.tasks.nextTimeout(), end);
    at.clock.advance(20);
    assertEquals(await at.claim(), "run");
  });

  it(`${name}: gc keeps what a blocked task waits for, and no longer`, async () => {
    const at = await place();
    const [a, b] = [await at.add("a"), await at.add("b", { ttl: 60 })];
    const c = await at.add("c", { after: [a, b] });
    await at.claim();
    await at.complete(a);
    at.clock.advance(600);
    const sweep = async () =>
      (await at.other.gc.sweep({ graceMs: 0, execute: true })).map(({ id }) => id).sort();
    assertEquals(await sweep(), []);
    assertEquals(await at.statuses(), { a: "completed", b: "expired", c: "blocked" });
    assertEquals(await at.cancelIt(c), "cancelled");
    at.clock.advance(1);
    assertEquals(await sweep(), [a, b, c].sort());
  });

  it(`${name}: add() lets a task go whose predecessor was completed and is gone`, async () => {
    const at = await place();
    const a = await at.add("a");
    await at.claim();
    await at.complete(a);
    const { taskRecord } = await import("../../src/engine/task/new_task.ts");
    const task = await taskRecord(
      { title: "b", runId: "p", after: [a] },
      at.clock.ms,
      () => {},
    );
    at.clock.advance(600);
    await at.other.gc.sweep({ graceMs: 0, execute: true });
    await at.store.tasks.add([task], { completed: new Set([a]), standIns: new Map() });
    assertEquals(await at.statuses(), { b: "pending" });
    const lost = await taskRecord(
      { title: "c", runId: "p", after: [a] },
      at.clock.ms,
      () => {},
    );
    await at.store.tasks.add([lost]);
    assertEquals(await at.shown(lost.task_id), {
      status: "blocked",
      blocked_by: [{ task_id: a, status: "gone" }],
      blocks: [],
    });
  });

  it(`${name}: enqueueAll() adds many that wait, and none when one waits for no task`, async () => {
    const at = await place();
    const a = await at.add("a");
    const inputs = [1, 2, 3].map((n) => ({ title: `t${n}`, runId: "p", after: [a] }));
    const wrong = { title: "x", runId: "p", after: [a, "0123456789"] };
    await assertRejects(() => at.mine.tasks.enqueueAll([...inputs, wrong]), Error, "0123456789");
    await assertRejects(
      () => at.mine.tasks.enqueueAll([{ ...wrong, after: [`sha256:${"0".repeat(64)}`] }]),
      Error,
      "No task",
    );
    assertEquals(await at.statuses(), { a: "pending" });
    const added = await at.mine.tasks.enqueueAll(inputs);
    assertEquals((await at.shown(a)).blocks, added.map(({ task_id }) => task_id).sort());
    await at.claim();
    assertEquals((await at.statuses())["t3"], "blocked");
    await at.complete(a);
    const got = [await at.claim(), await at.claim(at.mine), await at.claim(), await at.claim()];
    assertEquals(got, ["t1", "t2", "t3", undefined]);
  });

  it(`${name}: tasks of one batch may wait for each other`, async () => {
    const at = await place();
    const { taskRecord } = await import("../../src/engine/task/new_task.ts");
    const make = (title: string, after?: readonly string[]) =>
      taskRecord({ title, runId: "p", ...(after && { after }) }, at.clock.ms, () => {});
    const a = await make("a");
    const b = await make("b", [a.task_id]);
    const c = await make("c", [a.task_id, b.task_id]);
    await at.store.tasks.add([c, b, a]);
    assertEquals(await at.statuses(), { a: "pending", b: "blocked", c: "blocked" });
    for (const [task, title] of [[a, "a"], [b, "b"], [c, "c"]] as const) {
      assertEquals(await at.claim(), title);
      await at.complete(task.task_id);
    }
  });

  it(`${name}: a waiting claim gets a task as soon as it is let go`, async () => {
    const at = await place();
    const a = await at.add("a");
    await at.claim();
    await at.add("b", { after: [a] });
    const waiting = at.mine.tasks.claim({ runId: "w", wait: 20 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await at.complete(a);
    const claim = await waiting;
    assertEquals(claim.status === "claimed" && claim.task.title, "b");
  });

  it(`${name}: a forced cancel of a claimed predecessor counts as its end`, async () => {
    const at = await place();
    const a = await at.add("a");
    await at.claim();
    await at.add("b", { after: [a], onFailure: "run" });
    const rule = (now: number) => cancel({ taskId: a, runId: "q", now, force: true, nonce: "n" });
    assertEquals((await at.store.tasks.apply(a, rule)).kind, "written");
    assertEquals(await at.claim(), "b");
  });
}
