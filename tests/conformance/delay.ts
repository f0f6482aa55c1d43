/** What every store promises of tasks that may not be claimed yet. */
import { cancel } from "../../src/domain/task/claim.ts";
import { formatTime } from "../../src/domain/time.ts";
import { type TaskInput, taskRecord } from "../../src/engine/task/new_task.ts";
import type { Store } from "../../src/ports/store.ts";
import { assertEquals, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

export function delaySuite(name: string, open: OpenStore): void {
  async function place() {
    const at = await scene(open);
    const add = async (...inputs: Partial<TaskInput>[]) => {
      const all = inputs.map((input) =>
        taskRecord({ title: "x", runId: "p", ...input }, at.clock.ms, () => {})
      );
      const tasks = await Promise.all(all);
      await at.store.tasks.add(tasks);
      return tasks;
    };
    const claim = async (store: Store, runId: string, effort: "thorough" | "quick" = "thorough") =>
      (await store.tasks.claimNext({
        grant: { runId, ttlSeconds: 600, nonce: `n-${runId}` },
        effort,
      }))?.task.title;
    return { ...at, add, claim };
  }

  it(`${name}: a delayed task is counted as such, and given when its time has come`, async () => {
    const { store, other, clock, add, claim } = await place();
    const from = formatTime(clock.ms + 60_000);
    const [task] = await add({ title: "later", notBefore: from, ttl: 10 });
    assertEquals(task?.not_before, from);
    const status = async () => (await other.tasks.list({})).items.map((item) => item.status);
    assertEquals(await status(), ["delayed"]);
    clock.advance(59.999);
    assertEquals(await claim(other, "a"), undefined);
    clock.advance(0.001);
    assertEquals(await status(), ["pending"]);
    assertEquals(await claim(other, "a"), "later");
    assertEquals(await claim(store, "b"), undefined);
  });

  it(`${name}: list() counts many delayed tasks as such until their time`, async () => {
    const { other, clock, add } = await place();
    const delays = Array.from({ length: 300 }, (_, n) => ({ title: `t${n}`, delay: n % 3 * 60 }));
    await add(...delays);
    const counts = async () => {
      const { counts: { pending, delayed, total } } = await other.tasks.list({ limit: 3 });
      return { pending, delayed, total };
    };
    for (let look = 0; look < 2; look++) {
      assertEquals(await counts(), { pending: 100, delayed: 200, total: 300 });
    }
    clock.advance(60);
    assertEquals(await counts(), { pending: 200, delayed: 100, total: 300 });
    clock.advance(60);
    assertEquals(await counts(), { pending: 300, delayed: 0, total: 300 });
    clock.advance(-60);
    assertEquals(await counts(), { pending: 200, delayed: 100, total: 300 });
  });

  it(`${name}: the ttl of a delayed task counts from when it may be claimed`, async () => {
    const { store, clock, add, claim } = await place();
    await add({ delay: 60, ttl: 10 });
    clock.advance(69);
    assertEquals((await store.tasks.list({})).counts.pending, 1);
    clock.advance(1);
    assertEquals((await store.tasks.list({})).counts.expired, 1);
    assertEquals(await claim(store, "a"), undefined);
  });

  it(`${name}: delayed tasks that have become due come in the order of all`, async () => {
    const { store, other, clock, add, claim } = await place();
    await add(
      { title: "low", delay: 5 },
      { title: "high", priority: 9, delay: 30 },
      { title: "never", priority: 99, delay: 90 },
    );
    clock.advance(1);
    await add({ title: "now", priority: 1 });
    assertEquals(await claim(other, "a", "quick"), "now");
    clock.advance(40);
    await add({ title: "new" });
    assertEquals(await claim(store, "b"), "high");
    assertEquals(await claim(other, "c"), "low");
    assertEquals(await claim(store, "d"), "new");
    assertEquals(await claim(other, "e"), undefined);
  });

  it(`${name}: nextTimeout() is when the next delayed task may be claimed`, async () => {
    const { store, other, clock, add, claim } = await place();
    const end = clock.ms + 30_000;
    await add({ title: "second", delay: 50 }, { title: "first", delay: 30 });
    assertEquals(await claim(other, "a"), undefined);
    assertEquals(await other.tasks.nextTimeout(), end);
    clock.advance(30);
    assertEquals(await claim(store, "a", "quick"), "first");
    assertEquals(await store.tasks.nextTimeout(), end + 20_000);
  });

  it(`${name}: a delayed task is given by no hint before its time`, async () => {
    const { store, clock, add } = await place();
    const [task] = await add({ delay: 60 });
    const hinted = (nonce: string) =>
      store.tasks.claimNext({
        grant: { runId: "a", ttlSeconds: 60, nonce },
        effort: "quick",
        hints: [task?.task_id ?? ""],
      });
    assertEquals(await hinted("n1"), undefined);
    clock.advance(60);
    assertEquals((await hinted("n2"))?.task, task);
  });

  it(`${name}: a delayed task that is cancelled is never given`, async () => {
    const { store, other, clock, add, claim } = await place();
    const [task] = await add({ delay: 60 });
    const taskId = task?.task_id ?? "";
    const rule = (now: number) => cancel({ taskId, runId: "p", now, force: false, nonce: "n" });
    assertEquals((await store.tasks.apply(taskId, rule)).kind, "written");
    clock.advance(60);
    assertEquals(await claim(other, "a"), undefined);
  });

  it(`${name}: a clock that was set back delays a task again`, async () => {
    const { store, other, clock, add, claim } = await place();
    await add({ title: "later", delay: 60 });
    await add({ title: "now", priority: 1 });
    clock.advance(60);
    assertEquals(await claim(store, "a"), "now");
    clock.advance(-30);
    assertEquals(await claim(other, "b"), undefined);
    clock.advance(30);
    assertEquals(await claim(other, "b"), "later");
  });
}
