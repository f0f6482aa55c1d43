/** What every store promises of tasks whose priority changes while they are in the queue. */
import { formatTime } from "../../src/domain/time.ts";
import type { TaskInput } from "../../src/engine/task/new_task.ts";
import { assert_, assertEquals, assertRejects, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

export function reprioritizeSuite(name: string, open: OpenStore): void {
  async function place() {
    const at = await scene(open);
    const { tasks } = at.mine;
    const add = async (title: string, input: Omit<Partial<TaskInput>, "key"> = {}) =>
      (await tasks.enqueue({ title, runId: "p", ...input })).task_id;
    const claim = async (runId = "a") => {
      const claim = await at.theirs.tasks.claim({ runId, claimTtl: 60 });
      return claim.status === "claimed" ? claim : undefined;
    };
    const next = async () => (await claim())?.task.title;
    const change = async (id: string, priority: number) => {
      const { status, tasks: [task] } = await tasks.reprioritize({
        ids: [id],
        runId: "r",
        priority,
      });
      assert_(task !== undefined);
      assertEquals(status, "error" in task ? "refused" : "reprioritized");
      return task;
    };
    const titles = async () => (await at.theirs.tasks.list()).items.map(({ title }) => title);
    return { ...at, tasks, add, claim, next, change, titles };
  }

  it(`${name}: a pending task is handed out and shown by its present priority`, async () => {
    const { add, change, claim, next, titles, theirs, clock } = await place();
    await add("one");
    clock.advance(1);
    const id = await add("two");
    clock.advance(1);
    const at = formatTime(clock.ms);
    assertEquals(await change(id, 5), { task_id: id, status: "pending", priority: 5, was: 0 });
    assertEquals(await titles(), ["two", "one"]);
    assertEquals((await theirs.tasks.list({ from: id })).items.length, 2);
    assertEquals((await theirs.tasks.get(id)).task.priority, 5);
    const shown = await theirs.show(id);
    assert_(shown.kind === "task" && shown.status === "pending" && shown.task.priority === 5);
    const claimed = await claim();
    assert_(claimed !== undefined);
    const { task: { title, priority }, attempt, reprioritized_at, reprioritized_by } = claimed;
    assertEquals({ title, priority, attempt, reprioritized_at, reprioritized_by }, {
      title: "two",
      priority: 5,
      attempt: 1,
      reprioritized_at: at,
      reprioritized_by: "r",
    });
    assertEquals(await next(), "one");
    assertEquals(await next(), undefined);
    const { events } = await theirs.log({ kind: "task" });
    assertEquals(
      events.filter(({ event }) => event === "reprioritized")
        .map(({ id, run_id, detail, attempt }) => ({ id, run_id, detail, attempt })),
      [{ id, run_id: "r", detail: "priority 5", attempt: null }],
    );
  });

  it(`${name}: a priority may go up and down, and back to what it was`, async () => {
    const { add, change, next } = await place();
    const [a, b] = [await add("a", { priority: 3 }), await add("b", { priority: 2 })];
    await add("c", { priority: 1 });
    assertEquals((await change(a, 0)).status, "pending");
    assertEquals((await change(b, 9)).status, "pending");
    assertEquals(await change(a, 3), { task_id: a, status: "pending", priority: 3, was: 0 });
    assertEquals(await change(b, 2), { task_id: b, status: "pending", priority: 2, was: 9 });
    assertEquals([await next(), await next(), await next(), await next()], [
      "a",
      "b",
      "c",
      undefined,
    ]);
  });

  it(`${name}: a task that has that priority already stays as it is`, async () => {
    const { add, change, tasks } = await place();
    const id = await add("x", { priority: 4 });
    const same = { task_id: id, status: "pending", priority: 4, was: 4 } as const;
    assertEquals(await change(id, 4), same);
    assertEquals((await tasks.get(id)).claim, null);
    await change(id, 5);
    assertEquals(await change(id, 5), { ...same, priority: 5, was: 5 });
    assertEquals((await tasks.get(id)).claim?.transition, 1);
  });

  it(`${name}: a delayed task stays delayed, and its ttl begins when it did`, async () => {
    const { add, change, next, theirs, clock } = await place();
    await add("now");
    const id = await add("later", { delay: 100, ttl: 50 });
    const after = await change(id, 7);
    assertEquals(after, { task_id: id, status: "delayed", priority: 7, was: 0 });
    assertEquals([await next(), await next()], ["now", undefined]);
    clock.advance(101);
    assertEquals((await theirs.tasks.list({ queue: "default" })).pending, 1);
    clock.advance(48);
    assertEquals([await next(), await next()], ["later", "now"], "the other has timed out");
  });

  it(`${name}: a pending task expires when it would have`, async () => {
    const { add, change, next, clock, tasks } = await place();
    const id = await add("x", { ttl: 100 });
    clock.advance(90);
    await change(id, 1);
    clock.advance(11);
    assertEquals(await next(), undefined);
    assertEquals((await tasks.list()).expired, 1);
    const task = await change(id, 2);
    assertEquals([task.status, "error" in task && task.error], [
      "expired",
      `Cannot reprioritize task ${id}: its ttl has passed`,
    ]);
  });

  it(`${name}: a task that has timed out keeps its history, and its holder its claim`, async () => {
    const { add, change, claim, tasks, clock, next } = await place();
    const id = await add("x");
    await add("y", { priority: 1 });
    assertEquals([await next(), (await claim("b"))?.task.title], ["y", "x"]);
    clock.advance(61);
    assertEquals(await change(id, 2), { task_id: id, status: "timed_out", priority: 2, was: 0 });
    assertEquals((await tasks.heartbeat({ id, runId: "b" })).status, "ok");
    assertEquals(await change(id, 3), {
      status: "taken",
      task_id: id,
      run_id: "b",
      since: formatTime(clock.ms - 61_000),
      expires_at: formatTime(clock.ms + 60_000),
      attempt: 1,
      fence: 1,
      error: `Cannot reprioritize task ${id}: "b" has claimed it`,
    });
    clock.advance(61);
    const again = await claim();
    assertEquals([again?.task.title, again?.task.priority, again?.attempt], ["x", 2, 2]);
    assertEquals(await next(), "y");
  });

  it(`${name}: the priority holds for the next attempts, and after the end`, async () => {
    const { add, change, claim, tasks, theirs, clock } = await place();
    const [low, id] = [await add("low"), await add("x", { maxAttempts: 3, priority: -1 })];
    await change(id, 1);
    assertEquals((await claim())?.task_id, id);
    await tasks.fail({ id, runId: "a", error: "no" });
    assertEquals(await change(id, -2), { task_id: id, status: "pending", priority: -2, was: 1 });
    await change(id, 8);
    clock.advance(1);
    assertEquals((await claim())?.task_id, id);
    assertEquals((await tasks.complete({ id, runId: "a" })).status, "completed");
    assertEquals((await theirs.tasks.list()).items.map(({ priority }) => priority), [8, 0]);
    const task = await change(id, 1);
    assertEquals([task.status, "error" in task && task.error], [
      "terminal",
      `Cannot reprioritize task ${id}: it is completed`,
    ]);
    assertEquals((await claim())?.task_id, low);
  });

  it(`${name}: a blocked task stays blocked, and is handed out by its priority once it is let go`, async () => {
    const { add, change, claim, next, tasks, clock, theirs } = await place();
    const first = await add("first", { priority: 9 });
    const id = await add("second", { after: [first] });
    await add("other", { priority: 1 });
    assertEquals(await change(id, 2), { task_id: id, status: "blocked", priority: 2, was: 0 });
    assertEquals(await change(id, 3), { task_id: id, status: "blocked", priority: 3, was: 2 });
    const shown = await theirs.show(id);
    assert_(shown.kind === "task");
    assertEquals([shown.status, shown.blocked_by.length], ["blocked", 1]);
    const before = await theirs.show(first);
    assertEquals(before.kind === "task" && before.blocks, [id]);
    clock.advance(1);
    assertEquals((await claim())?.task_id, first);
    assertEquals((await claim())?.task.title, "other");
    await tasks.complete({ id: first, runId: "a" });
    const last = await claim();
    assertEquals([last?.task_id, last?.task.priority, last?.attempt], [id, 3, 1]);
    assertEquals(await next(), undefined);
  });

  it(`${name}: a blocked task whose priority was changed can be cancelled, and is not revived early`, async () => {
    const { add, change, tasks, clock } = await place();
    const first = await add("first");
    const id = await add("second", { after: [first] });
    await change(id, 2);
    clock.advance(1);
    const cancelled = await tasks.cancel({ id, runId: "x" });
    assert_(cancelled.status === "cancelled" && "ended_at" in cancelled);
    assertEquals(cancelled.expires_at, cancelled.ended_at);
    assertEquals((await tasks.requeue({ ids: [id], runId: "x" })).tasks[0]?.status, "blocked");
  });

  it(`${name}: a failure of what it waits for ends a blocked task as before`, async () => {
    const { add, change, tasks, next } = await place();
    const first = await add("first");
    const id = await add("second", { after: [first], onFailure: "cancel" });
    await change(id, 2);
    await tasks.cancel({ id: first, runId: "x" });
    const { task, claim } = await tasks.get(id);
    assertEquals([task.priority, claim?.status, claim?.transition], [2, "cancelled", 2]);
    assertEquals(await next(), undefined);
  });

  it(`${name}: gc keeps what a blocked task waits for whose priority was changed`, async () => {
    const { add, change, mine, clock, claim, tasks } = await place();
    const [one, two] = [await add("one", { priority: 2 }), await add("two", { ttl: 1e6 })];
    const id = await add("three", { after: [one, two], ttl: 1e6 });
    await change(id, 1);
    assertEquals((await claim())?.task_id, one);
    await tasks.complete({ id: one, runId: "a" });
    clock.advance(86_400 * 9);
    await mine.gc({ execute: true, grace: 1 });
    assertEquals((await tasks.get(one)).claim?.status, "completed");
    assertEquals((await claim())?.task_id, two);
    await tasks.complete({ id: two, runId: "a" });
    assertEquals((await claim())?.task_id, id);
  });

  it(`${name}: the same key with the same content answers a task whose priority was changed`, async () => {
    const { change, tasks } = await place();
    const input = { title: "nightly", runId: "p", key: "nightly" };
    const added = await tasks.enqueue(input);
    assert_("title" in added);
    await change(added.task_id, 6);
    const again = await tasks.enqueue(input);
    assert_("title" in again);
    assertEquals([again.task_id, again.created], [added.task_id, false]);
    const other = await tasks.enqueue({ ...input, priority: 6 });
    assertEquals("status" in other && other.status, "key_conflict");
  });

  it(`${name}: each of several tasks has its answer, and a bad id changes none`, async () => {
    const { add, tasks, next } = await place();
    const [a, b] = [await add("a", { priority: 1 }), await add("b")];
    assertEquals(await next(), "a");
    const answer = await tasks.reprioritize({ ids: [b, a, b], runId: "r", priority: 5 });
    assertEquals([answer.status, answer.tasks.map(({ status }) => status)], [
      "refused",
      ["pending", "taken"],
    ]);
    assertEquals(
      answer.error,
      `1 of 2 tasks have that priority; Cannot reprioritize task ${a}: "a" has claimed it`,
    );
    await assertRejects(() => tasks.reprioritize({ ids: [b, "abcdef"], runId: "r", priority: 1 }));
    assertEquals((await tasks.get(b)).task.priority, 5);
  });
}
