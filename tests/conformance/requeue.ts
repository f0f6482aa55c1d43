/** What every store promises of tasks that are put back into the queue. */
import { formatTime } from "../../src/domain/time.ts";
import type { TaskInput } from "../../src/engine/task/new_task.ts";
import type { TaskRequeueInput } from "../../src/engine/task/requeue.ts";
import { assert_, assertEquals, assertRejects, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

export function requeueSuite(name: string, open: OpenStore): void {
  async function place(input: Omit<Partial<TaskInput>, "key"> = {}) {
    const at = await scene(open);
    const { tasks } = at.mine;
    const { task_id: id } = await tasks.enqueue({ title: "x", runId: "p", ...input });
    const claim = async (runId = "a") => {
      const claim = await at.theirs.tasks.claim({ runId, claimTtl: 60 });
      return claim.status === "claimed" ? claim : undefined;
    };
    const fail = async (error = "no") => {
      assert_(await claim() !== undefined);
      assertEquals((await tasks.fail({ id, runId: "a", error })).status, "failed");
    };
    const requeue = async (input: Partial<TaskRequeueInput> = {}) => {
      const { status, tasks: [task] } = await tasks.requeue({ ids: [id], runId: "r", ...input });
      assert_(task !== undefined);
      assertEquals(status, "error" in task ? "refused" : "requeued");
      return task;
    };
    const status = async () => (await at.theirs.tasks.list()).items[0]?.status;
    return { ...at, id, tasks, claim, fail, requeue, status };
  }

  /** Tasks with the key `k`, of a ttl of 100 seconds. */
  async function keyed() {
    const at = await scene(open);
    const { tasks } = at.mine;
    /** Adds a task with the key, or finds it; its id. */
    const add = async (queue = "default") => {
      const added = await tasks.enqueue({ title: "x", runId: "p", key: "k", ttl: 100, queue });
      assert_("created" in added);
      return added.task_id;
    };
    /** Claims and completes the next task; its id. */
    const next = async () => {
      const claim = await at.theirs.tasks.claim({ runId: "w" });
      assert_(claim.status === "claimed");
      await at.theirs.tasks.complete({ id: claim.task_id, runId: "w" });
      return claim.task_id;
    };
    const requeue = async (id: string) => {
      const { tasks: [task] } = await tasks.requeue({ ids: [id], runId: "a" });
      return [task?.status, ...(task !== undefined && "error" in task ? [task.error] : [])];
    };
    return { ...at, tasks, add, next, requeue };
  }

  it(`${name}: a failed task goes back into the queue with its history`, async () => {
    const { id, clock, claim, fail, requeue, status, theirs } = await place();
    await fail("boom");
    clock.advance(5);
    const at = formatTime(clock.ms);
    assertEquals(await requeue({ reason: "the network is back" }), {
      task_id: id,
      status: "pending",
      was: "failed",
      attempt: 1,
      fence: 1,
      retry_at: at,
    });
    assertEquals(await status(), "pending");
    clock.advance(1);
    const again = await claim("b");
    assert_(again !== undefined && again.attempt === 2 && again.fence > 1);
    assertEquals(again.earlier_attempts?.map(({ run_id, end, error }) => [run_id, end, error]), [
      ["a", "failed", "boom"],
    ]);
    const { requeued_at, requeued_by, requeue_reason, error, ended_at } = again;
    assertEquals({ requeued_at, requeued_by, requeue_reason, error, ended_at }, {
      requeued_at: at,
      requeued_by: "r",
      requeue_reason: "the network is back",
      error: null,
      ended_at: undefined,
    });
    const { events } = await theirs.log({ kind: "task" });
    assertEquals(events.map(({ event, run_id, detail }) => [event, run_id, detail]), [
      ["enqueued", "p", null],
      ["claimed", "a", null],
      ["failed", "a", "boom"],
      ["requeued", "r", "the network is back"],
      ["claimed", "b", null],
    ]);
  });

  it(`${name}: an end after a revival is one as the first, and can be followed again`, async () => {
    const { id, tasks, claim, fail, requeue, status } = await place();
    for (const attempt of [1, 2, 3]) {
      await fail(`e${attempt}`);
      const again = await requeue();
      assertEquals([again.status, again.attempt], ["pending", attempt]);
    }
    assert_(await claim("a") !== undefined);
    assertEquals((await tasks.complete({ id, runId: "a" })).status, "completed");
    assertEquals(await status(), "completed");
    assertEquals((await tasks.complete({ id, runId: "a" })).status, "completed");
    assertEquals(await claim(), undefined);
    assertEquals((await requeue()).status, "terminal");
    assertEquals(await status(), "completed");
  });

  it(`${name}: log() has each time that a task was put back, the first and the last 10`, async () => {
    const { id, tasks, clock, claim, fail, requeue, theirs } = await place();
    const log = async () =>
      (await theirs.log({ kind: "task", limit: 1_000 })).events
        .filter(({ event }) => event === "requeued")
        .map(({ at, run_id, attempt, detail }) => [at, run_id, attempt, detail]);
    const all: unknown[][] = [];
    const put = async (why: string | undefined, runId: string, attempt: number | null) => {
      clock.advance(1);
      await requeue({ runId, ...(why !== undefined && { reason: why }) });
      all.push([formatTime(clock.ms), runId, attempt, why ?? null]);
      clock.advance(1);
    };
    await tasks.cancel({ id, runId: "x" });
    await put("it is needed", "ops", null);
    await claim("w");
    await put(undefined, "w", 1);
    await fail("no");
    await put("the network is back", "ops", 2);
    assertEquals(await log(), all);
    for (let attempt = 3; attempt <= 25; attempt++) {
      await fail();
      await put(`after ${attempt}`, "ops", attempt);
    }
    // Beside the first and the last 10 the newest one is kept; of the attempts the last 10 alone.
    const [[at, runId, _attempt, why] = [], ...last] = all.slice(-11);
    assertEquals(await log(), [...all.slice(0, 10), [at, runId, null, why], ...last]);
    await claim();
    await tasks.complete({ id, runId: "a" });
    assertEquals((await log()).length, 21);
  });

  it(`${name}: a cancelled task and one that never was claimed go back`, async () => {
    const { id, tasks, claim, requeue, status } = await place();
    await tasks.cancel({ id, runId: "x" });
    assertEquals((await requeue()).status, "pending");
    assertEquals(await status(), "pending");
    assertEquals((await claim())?.attempt, 1);
    await tasks.cancel({ id, runId: "x", force: true });
    const back = await requeue();
    assertEquals([back.status, back.attempt], ["pending", 1]);
    assertEquals((await claim("b"))?.attempt, 2);
    assertEquals((await tasks.complete({ id, runId: "a" })).status, "not_holder");
  });

  it(`${name}: the old holder's report is refused after a revival`, async () => {
    const { id, tasks, claim, requeue, status } = await place();
    const { fence = 0 } = await claim() ?? {};
    await tasks.cancel({ id, runId: "x", force: true });
    await requeue();
    for (const given of [undefined, fence]) {
      const answer = await tasks.complete({ id, runId: "a", ...(given && { fence: given }) });
      assertEquals(answer.status, "not_holder");
    }
    assertEquals((await tasks.heartbeat({ id, runId: "a" })).status, "not_holder");
    assert_(await claim("a") !== undefined);
    assertEquals((await tasks.complete({ id, runId: "a", fence })).status, "stale_fence");
    assertEquals(await status(), "claimed");
  });

  it(`${name}: a revived task has all its attempts again, and its backoff begins again`, async () => {
    const { id, tasks, clock, claim, requeue, status } = await place({
      maxAttempts: 2,
      backoff: "10s,x3",
    });
    for (let life = 0; life < 2; life++) {
      await claim();
      const first = await tasks.fail({ id, runId: "a" });
      assert_(first.status === "pending");
      assertEquals(first.retry_at, formatTime(clock.ms + 10_000));
      clock.advance(10);
      await claim();
      assertEquals((await tasks.fail({ id, runId: "a" })).status, "failed");
      assertEquals((await requeue()).status, "pending");
    }
    assertEquals((await claim())?.attempt, 5);
    clock.advance(61);
    assertEquals(await status(), "timed_out");
  });

  it(`${name}: requeue() gives back what the caller has, and that attempt does not count`, async () => {
    const { id, tasks, clock, claim, requeue, status } = await place({ maxAttempts: 1 });
    await claim("r");
    const back = await requeue({ delay: 30 });
    assertEquals([back.status, "was" in back && back.was], ["delayed", "claimed"]);
    assertEquals(await claim(), undefined);
    clock.advance(30);
    assertEquals(await status(), "pending");
    assertEquals((await claim("b"))?.attempt, 2);
    assertEquals((await tasks.fail({ id, runId: "b" })).status, "failed");
  });

  it(`${name}: what another run has is put back by force only, and by its fence`, async () => {
    const { claim, requeue, status } = await place();
    const { fence = 0 } = await claim("other") ?? {};
    const refused = await requeue();
    assert_("run_id" in refused && refused.status === "not_holder");
    assertEquals([refused.run_id, refused.fence], ["other", fence]);
    assertEquals((await requeue({ force: true, fence: fence + 1 })).status, "stale_fence");
    assertEquals(await status(), "claimed");
    assertEquals((await requeue({ force: true, fence })).status, "pending");
  });

  it(`${name}: a task that is in the queue stays as it is`, async () => {
    const { tasks, fail, requeue } = await place({ delay: 0 });
    assertEquals((await requeue({ delay: 99 })).status, "pending");
    await fail();
    const back = await requeue({ delay: 50 });
    const again = await requeue();
    assertEquals(again as unknown, { ...back, was: "delayed" });
    assertEquals((await tasks.list()).delayed, 1);
  });

  it(`${name}: the ttl of a task begins again when it is put back, also of one that has expired`, async () => {
    const { clock, fail, requeue, status, claim } = await place({ ttl: 100 });
    clock.advance(100);
    assertEquals(await status(), "expired");
    const back = await requeue();
    assertEquals([back.status, "was" in back && back.was], ["pending", "expired"]);
    clock.advance(99);
    assertEquals(await status(), "pending");
    await fail();
    clock.advance(500);
    await requeue({ delay: 10 });
    clock.advance(109);
    assertEquals(await status(), "pending");
    clock.advance(1);
    assertEquals([await status(), await claim()], ["expired", undefined]);
    assertEquals((await requeue()).status, "pending");
    assert_(await claim() !== undefined);
  });

  it(`${name}: what waits for a failed task runs when the revived one completes`, async () => {
    const { id, tasks, claim, fail, requeue } = await place();
    const waits = await tasks.enqueue({ title: "next", runId: "p", after: [id] });
    await fail();
    assertEquals(await claim(), undefined);
    await requeue();
    assertEquals((await claim())?.task_id, id);
    assertEquals((await tasks.complete({ id, runId: "a" })).status, "completed");
    assertEquals((await claim())?.task_id, waits.task_id);
  });

  it(`${name}: what was cancelled while it waited for others goes back when they are completed`, async () => {
    const { id, tasks, claim } = await place();
    const waits = await tasks.enqueue({ title: "next", runId: "p", after: [id] });
    await tasks.cancel({ id: waits.task_id, runId: "x" });
    const requeue = async () => {
      const { tasks: [task] } = await tasks.requeue({ ids: [waits.task_id], runId: "r" });
      return [task?.status, task !== undefined && "error" in task];
    };
    assertEquals(await requeue(), ["blocked", true]);
    assertEquals((await claim())?.task_id, id);
    assertEquals(await claim(), undefined);
    assertEquals(await requeue(), ["blocked", true]);
    await tasks.complete({ id, runId: "a" });
    assertEquals(await requeue(), ["pending", false]);
    assertEquals((await claim())?.task_id, waits.task_id);
  });

  it(`${name}: a revived task has its key again, and what waits for it by the key runs`, async () => {
    const { add, next, tasks, requeue } = await keyed();
    const id = await add();
    const waits = await tasks.enqueue({ title: "next", runId: "p", after: ["k"], priority: 9 });
    await tasks.claim({ runId: "a" });
    assertEquals(await requeue(id), ["pending"]);
    await tasks.claim({ runId: "a" });
    await tasks.fail({ id, runId: "a" });
    assertEquals(await requeue(id), ["pending"]);
    assertEquals(await requeue(id), ["pending"]);
    assertEquals(await add(), id);
    assertEquals(await next(), id);
    assertEquals(await next(), waits.task_id);
    assert_(await add() !== id);
    assertEquals(await requeue(id), ["terminal", `Cannot requeue task ${id}: it is completed`]);
  });

  it(`${name}: a task is not revived while another one has its key, and no key is lost by that`, async () => {
    const { add, next, tasks, requeue, clock } = await keyed();
    const [first, elsewhere] = [await add(), await add("other")];
    await tasks.cancel({ id: first, runId: "p" });
    const second = await add();
    const refused = `Cannot requeue task ${first}: task ${second} has its key "k"`;
    assertEquals(await requeue(first), ["key_conflict", refused]);
    assertEquals(await add(), second);
    await tasks.cancel({ id: elsewhere, runId: "p" });
    assertEquals(await requeue(elsewhere), ["pending"]);
    await tasks.cancel({ id: second, runId: "p" });
    assertEquals(await requeue(first), ["pending"]);
    assertEquals((await requeue(second))[0], "key_conflict");
    assertEquals(await add(), first);
    // What has expired makes way for a revival too.
    clock.advance(101);
    assertEquals(await requeue(second), ["pending"]);
    assertEquals(await add(), second);
    assertEquals((await tasks.get(first)).claim?.status, "expired");
    assertEquals(await requeue(first), [
      "key_conflict",
      `Cannot requeue task ${first}: task ${second} has its key "k"`,
    ]);
    assertEquals(await next(), second);
    assertEquals(await requeue(first), ["pending"]);
  });

  it(`${name}: of an addition and revivals of one key at once one gets it`, async () => {
    const { add, tasks, theirs } = await keyed();
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      ids.push(await add());
      await tasks.cancel({ id: ids[n] ?? "", runId: "p" });
    }
    const calls = [
      ...ids.map(async (id, n) => {
        const by = n === 1 ? theirs.tasks : tasks;
        return (await by.requeue({ ids: [id], runId: "p" })).tasks[0]?.status === "pending";
      }),
      add().then((id) => !ids.includes(id)),
    ];
    const won = (await Promise.all(calls)).filter((isMine) => isMine);
    const { pending, total } = await tasks.list();
    assertEquals({ won: won.length, pending }, { won: 1, pending: 1 }, `${total} tasks`);
  });

  it(`${name}: of several ids each has its answer, and none is put back when one names no task`, async () => {
    const { id, tasks, fail, requeue } = await place();
    await fail();
    const other = await tasks.enqueue({ title: "done", runId: "p" });
    await tasks.claim({ runId: "a" });
    await tasks.complete({ id: other.task_id, runId: "a" });
    await assertRejects(
      () => tasks.requeue({ ids: [id, "abcdef", "fedcba"], runId: "r" }),
      Error,
      "abcdef",
    );
    assertEquals((await tasks.list()).failed, 1);
    const answer = await tasks.requeue({ ids: [other.task_id, id, id], runId: "r" });
    assertEquals(answer.status, "refused");
    assertEquals(answer.tasks.map(({ task_id, status }) => [task_id, status]), [
      [other.task_id, "terminal"],
      [id, "pending"],
    ]);
    await assertRejects(() => requeue({ ids: [id, other.task_id], fence: 1 }), Error, "fence");
    await assertRejects(() => requeue({ ids: [] }), Error, "ids");
  });

  it(`${name}: gc takes an ended task or its revival counts, and a revived task stays`, async () => {
    const { id, other, clock, fail, requeue, status } = await place();
    await fail();
    clock.advance(1);
    await requeue();
    const sweep = () => other.gc.sweep({ graceMs: 0, execute: true });
    assertEquals(await sweep(), []);
    assertEquals(await status(), "pending");
    await fail("again");
    clock.advance(1);
    assertEquals((await sweep()).map(({ id, reason }) => [id, reason]), [[id, "failed"]]);
    assertEquals(await status(), undefined);
    assertEquals(await sweep(), []);
    await assertRejects(() => requeue(), Error, "No task");
  });
}
