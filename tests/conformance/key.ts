/** What every store promises of keys: of the unfinished tasks of a queue one has a given key. */
import type { TaskInput } from "../../src/engine/task/new_task.ts";
import { assert_, assertEquals, assertRejects, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

export function keySuite(name: string, open: OpenStore): void {
  async function place() {
    const at = await scene(open);
    const { tasks } = at.mine;
    const input = { title: "x", runId: "p", key: "k" };
    /** Adds a task with the key; its id, whether it was made, or the refusal. */
    const add = async (more: Partial<TaskInput> = {}, by = tasks) => {
      const added = await by.enqueue({ ...input, ...more });
      return "created" in added ? [added.task_id, added.created] as const : added;
    };
    const added = async (more: Partial<TaskInput> = {}) => {
      const answer = await add(more);
      assert_(Array.isArray(answer));
      assertEquals(answer[1], true);
      return String(answer[0]);
    };
    const claim = async () => {
      const claim = await at.theirs.tasks.claim({ runId: "w", claimTtl: 60 });
      assert_(claim.status === "claimed");
      return claim.task_id;
    };
    const total = async () => (await at.theirs.tasks.list()).total;
    return { ...at, tasks, input, add, added, claim, total };
  }

  it(`${name}: the same key with the same content answers the same task, until it has ended`, async () => {
    const { add, added, claim, theirs, total } = await place();
    const first = await added();
    assertEquals(await add({}, theirs.tasks), [first, false]);
    assertEquals(await claim(), first);
    assertEquals(await add({ runId: "another" }, theirs.tasks), [first, false]);
    assertEquals((await theirs.tasks.complete({ id: first, runId: "w" })).status, "completed");
    const second = await added();
    assert_(second !== first);
    assertEquals(await add({}, theirs.tasks), [second, false]);
    await theirs.tasks.cancel({ id: second, runId: "w" });
    const third = await added();
    assertEquals(await claim(), third);
    await theirs.tasks.fail({ id: third, runId: "w" });
    await added();
    assertEquals(await total(), 4);
  });

  it(`${name}: a task with a key waits for others like any, and what it waits for is its content`, async () => {
    const { add, added, claim, tasks, theirs } = await place();
    const enqueued = async (title: string) =>
      (await tasks.enqueue({ title, runId: "p", queue: "other" })).task_id;
    const [a, b] = [await enqueued("a"), await enqueued("b")];
    const id = await added({ after: [a, b], onFailure: "run" });
    assertEquals(await add({ after: [b, a], onFailure: "run" }, theirs.tasks), [id, false]);
    for (const other of [{}, { after: [a] }, { after: [a, b] }]) {
      const refused = await add(other);
      assert_("status" in refused && refused.status === "key_conflict", JSON.stringify(other));
    }
    assertEquals((await tasks.claim({ runId: "w", queue: "default" })).status, "empty");
    await tasks.cancel({ id: a, runId: "p" });
    await tasks.cancel({ id: b, runId: "p" });
    assertEquals(await claim(), id);
    await theirs.tasks.complete({ id, runId: "w" });
    assert_(await added({ after: [a, b], onFailure: "run" }) !== id);
    assertEquals((await tasks.claim({ runId: "w", queue: "default" })).status, "claimed");
  });

  it(`${name}: a key names the task to wait for, of the same queue if it is unfinished there`, async () => {
    const { tasks, theirs, clock } = await place();
    const enqueued = async (title: string, key: string, queue: string) => {
      clock.advance(1);
      const task = await tasks.enqueue({ title, runId: "p", key, queue });
      assert_("created" in task);
      return task.task_id;
    };
    const ended = await enqueued("ended", "k", "default");
    await tasks.cancel({ id: ended, runId: "p" });
    const own = await enqueued("own", "k", "default");
    const later = await enqueued("later", "k", "other");
    const like = await enqueued("like an id", own.slice(7, 17), "default");
    const after = async (names: string[], queue = "default") =>
      (await theirs.tasks.enqueue({ title: "x", runId: "p", after: names, queue })).after;
    assertEquals(await after(["k", own.slice(7, 17)]), [own]);
    assertEquals(await after(["key:k"], "other"), [later]);
    assertEquals(await after(["k"], "third"), [later]);
    assertEquals(await after([`key:${own.slice(7, 17)}`]), [like]);
    await tasks.cancel({ id: own, runId: "p" });
    await tasks.cancel({ id: later, runId: "p" });
    assertEquals(await after(["k"], "third"), [later]);
    const error = await assertRejects(() => after(["k", "nothing"]));
    assertEquals(error.message, 'No task has the id or the key "nothing"');
  });

  it(`${name}: another content is refused while the task is unfinished`, async () => {
    const { add, added, total } = await place();
    const like = { priority: 3, ttl: 50, payload: { a: 1 }, tags: ["t"], needs: ["n"] };
    const retried = { maxAttempts: 2, backoff: "5s", delay: 10 };
    const id = await added({ ...like, ...retried });
    assertEquals(await add({ ...like, ...retried }), [id, false]);
    const others: Partial<TaskInput>[] = [
      { title: "y" },
      { priority: 4 },
      { ttl: 51 },
      { payload: { a: 2 } },
      { tags: [] },
      { needs: [] },
      { maxAttempts: 3 },
      { backoff: "6s" },
      { delay: 11 },
    ];
    for (const other of others) {
      const refused = await add({ ...like, ...retried, ...other });
      assertEquals(refused, {
        status: "key_conflict",
        key: "k",
        queue: "default",
        task_id: id,
        error: `Cannot enqueue with key "k": task ${id} has it, with other content`,
      });
    }
    assertEquals(await total(), 1);
  });

  it(`${name}: a key is a queue's own, and a delay is the same whenever it begins`, async () => {
    const { add, added, clock, total } = await place();
    const id = await added({ delay: 30 });
    const elsewhere = await added({ queue: "Other" });
    const lower = await added({ queue: "other" });
    clock.advance(5);
    assertEquals(await add({ delay: 30 }), [id, false]);
    assertEquals(await add({ queue: "Other" }), [elsewhere, false]);
    assertEquals(await add({ queue: "other" }), [lower, false]);
    await added({ key: "K" });
    await added({ key: "k".repeat(256) });
    await added({ key: "../é {}/\\:*" });
    assertEquals(await total(), 6);
  });

  it(`${name}: a task that has expired makes way, ends as expired, and can be removed`, async () => {
    const { add, added, clock, tasks, other } = await place();
    const id = await added({ ttl: 10 });
    clock.advance(9);
    assertEquals(await add({ ttl: 10 }), [id, false]);
    clock.advance(2);
    const next = await added({ ttl: 20 });
    const { claim } = await tasks.get(id);
    assertEquals([claim?.status, claim?.attempt, claim?.transition], ["expired", 0, 1]);
    const { expired, pending, total } = await tasks.list();
    assertEquals({ expired, pending, total }, { expired: 1, pending: 1, total: 2 });
    assertEquals((await tasks.cancel({ id, runId: "w" })).status, "terminal");
    assertEquals((await tasks.get(next)).claim, null);
    // Of a file the end is when it was written, by the machine's clock.
    clock.ms = Math.max(clock.ms, Date.now() + 1_000);
    const swept = await other.gc.sweep({ graceMs: 0, execute: true });
    assertEquals(
      swept.map((each) => [each.id, each.reason]).sort(),
      [
        [id, "expired"],
        [next, "expired"],
      ].sort(),
    );
  });

  it(`${name}: a task that waits for its retry keeps its key, and makes way when that expires`, async () => {
    const { add, added, claim, clock, tasks } = await place();
    const like = { ttl: 10, maxAttempts: 2 };
    const id = await added(like);
    await claim();
    await tasks.fail({ id, runId: "w", error: "no" });
    assertEquals(await add(like), [id, false]);
    clock.advance(11);
    await added(like);
    const ended = await tasks.get(id);
    assertEquals([ended.claim?.status, ended.claim?.attempt], ["expired", 1]);
  });

  it(`${name}: a last attempt that timed out makes way, and ends as failed`, async () => {
    const { add, added, claim, clock, tasks } = await place();
    const like = { maxAttempts: 1, ttl: 1_000 };
    const id = await added(like);
    await claim();
    assertEquals(await add(like), [id, false]);
    clock.advance(61);
    await added(like);
    const { claim: ended } = await tasks.get(id);
    assertEquals([ended?.status, ended?.error], ["failed", "timed out"]);
  });

  it(`${name}: enqueueAll() adds each key once, in order, or nothing at all`, async () => {
    const { added, input, tasks, total } = await place();
    const there = await added({ key: "b" });
    const batch = [
      { ...input, key: "a" },
      { title: "plain", runId: "p" },
      { ...input, key: "b" },
      { ...input, key: "a" },
      { ...input, key: "a", queue: "other" },
    ];
    const answers = await tasks.enqueueAll(batch);
    assert_(Array.isArray(answers));
    assertEquals(answers.map(({ created }) => created), [true, undefined, false, false, true]);
    assertEquals(answers[2]?.task_id, there);
    assertEquals(answers[3]?.task_id, answers[0]?.task_id);
    assertEquals(await total(), 4);
    const again = await tasks.enqueueAll(batch);
    assert_(Array.isArray(again));
    assertEquals(again.map(({ created }) => created), [false, undefined, false, false, false]);
    assertEquals(await total(), 5);
    const refused = await tasks.enqueueAll([
      { ...input, key: "new" },
      { title: "plain", runId: "p" },
      { ...input, key: "a", title: "y" },
    ]);
    assertEquals(Array.isArray(refused), false);
    const twice = await tasks.enqueueAll([
      { ...input, key: "new" },
      { ...input, key: "new", title: "y" },
    ]);
    assertEquals(twice, {
      status: "key_conflict",
      key: "new",
      queue: "default",
      error: 'Cannot enqueue with key "new": another task of this call has it, with other content',
    });
    assertEquals(await total(), 5);
    await added({ key: "new" });
  });

  it(`${name}: of any number of calls for one key at once one makes the task`, async () => {
    const { input, tasks, theirs, total } = await place();
    const calls = Array.from({ length: 12 }, (_, n) => {
      const by = n % 2 === 0 ? tasks : theirs.tasks;
      const more = { ...input, key: `other-${n}` };
      return n % 3 === 0 ? by.enqueueAll([more, input]) : by.enqueueAll([input]);
    });
    const answers = (await Promise.all(calls)).map((all) => Array.isArray(all) ? all.at(-1) : all);
    const made = answers.filter((each) => each !== undefined && "created" in each && each.created);
    assertEquals(made.length, 1);
    assertEquals(new Set(answers.map((each) => each?.task_id)).size, 1);
    assertEquals(await total(), 1 + 4);
  });

  it(`${name}: show() finds a task by its key, the unfinished one before the newest`, async () => {
    const { added, mine, theirs, clock } = await place();
    const shown = async (id: string) => {
      const answer = await theirs.show(id);
      return answer.kind === "task" ? [answer.task.task_id, answer.status] : answer.kind;
    };
    const first = await added();
    assertEquals(await shown("key:k"), [first, "pending"]);
    assertEquals(await shown("k"), [first, "pending"]);
    await mine.tasks.cancel({ id: first, runId: "w" });
    assertEquals(await shown("key:k"), [first, "cancelled"]);
    clock.advance(1);
    const second = await added();
    assertEquals(await shown("key:k"), [second, "pending"]);
    const other = await added({ queue: "other" });
    const candidates = await theirs.show("key:k").then(
      () => [],
      ({ details }) => details.candidates,
    );
    assertEquals(candidates.toSorted(), [second, other].sort());
    const missing = await theirs.show("key:nothing").then(() => "", ({ code }) => code);
    assertEquals(missing, "not_found");
  });
}
