/** What every store promises of tasks that are handed out again after an attempt that failed. */
import type { ClaimRecord } from "../../src/domain/task/claim.ts";
import { formatTime } from "../../src/domain/time.ts";
import type { TaskInput } from "../../src/engine/task/new_task.ts";
import type { TaskClaimed } from "../../src/engine/task/types.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

export function retrySuite(name: string, open: OpenStore): void {
  async function place(input: Omit<Partial<TaskInput>, "key">) {
    const at = await scene(open);
    const { tasks } = at.mine;
    const { task_id: id } = await tasks.enqueue({ title: "x", runId: "p", ...input });
    const claim = async (runId: string, claimTtl = 60) => {
      const claim = await at.theirs.tasks.claim({ runId, claimTtl });
      return claim.status === "claimed" ? claim : undefined;
    };
    const granted = async (runId: string): Promise<TaskClaimed> => {
      const claimed = await claim(runId);
      assert_(claimed !== undefined);
      return claimed;
    };
    const fail = async (runId: string, error = "no", final = false) => {
      const { status } = await tasks.fail({ id, runId, error, final });
      return status;
    };
    const status = async () => (await at.theirs.tasks.list()).items[0]?.status;
    return { ...at, id, tasks, claim, granted, fail, status };
  }

  it(`${name}: a task fails when as many attempts have failed as it may have`, async () => {
    const { id, clock, tasks, granted, claim, fail } = await place({ maxAttempts: 3 });
    for (const attempt of [1, 2]) {
      assertEquals((await granted("a")).attempt, attempt);
      clock.advance(1);
      const answer = await tasks.fail({ id, runId: "a", error: `e${attempt}` });
      assert_(answer.status === "pending");
      assertEquals([answer.retry_at, answer.error], [formatTime(clock.ms), `e${attempt}`]);
      const [item] = (await tasks.list()).items;
      assertEquals([item?.status, item?.error], ["pending", `e${attempt}`]);
    }
    const last = await granted("b");
    assertEquals([last.attempt, last.error, last.retry_at], [3, null, undefined]);
    assertEquals(last.earlier_attempts?.map(({ end, error }) => [end, error]), [
      ["failed", "e1"],
      ["failed", "e2"],
    ]);
    assertEquals(await fail("b"), "failed");
    assertEquals(await claim("c"), undefined);
  });

  it(`${name}: a backoff grows to its bound, and is waited for`, async () => {
    const at = await place({ maxAttempts: 9, backoff: "10s,x3,max=60s" });
    for (const seconds of [10, 30, 60, 60]) {
      await at.granted("a");
      assertEquals(await at.fail("a"), "pending");
      assertEquals(await at.status(), "delayed");
      assertEquals(await at.claim("b"), undefined);
      assertEquals(await at.other.tasks.nextTimeout(), at.clock.ms + seconds * 1000);
      at.clock.advance(seconds - 0.001);
      assertEquals(await at.claim("b"), undefined);
      at.clock.advance(0.001);
      assertEquals(await at.status(), "pending");
    }
    assertEquals((await at.granted("b")).attempt, 5);
  });

  it(`${name}: what has failed is held by no agent, and the same report says so again`, async () => {
    const { id, tasks, clock, granted, fail } = await place({ maxAttempts: 2, backoff: "10s" });
    const { fence } = await granted("a");
    assertEquals(await fail("a"), "pending");
    assertEquals(await fail("a"), "pending");
    assertEquals(await fail("a", "other"), "not_holder");
    assertEquals((await tasks.complete({ id, runId: "a", fence })).status, "not_holder");
    assertEquals((await tasks.heartbeat({ id, runId: "a" })).status, "not_holder");
    assertEquals((await tasks.giveBack({ id, runId: "a" })).status, "not_holder");
    clock.advance(10);
    const next = await granted("a");
    assert_(next.fence > fence);
    assertEquals((await tasks.fail({ id, runId: "a", fence })).status, "stale_fence");
    assertEquals((await tasks.complete({ id, runId: "a" })).status, "completed");
  });

  it(`${name}: fail() that is final ends a task with attempts left`, async () => {
    const { granted, fail, claim } = await place({ maxAttempts: 5 });
    await granted("a");
    assertEquals(await fail("a", "no", true), "failed");
    assertEquals(await claim("b"), undefined);
  });

  it(`${name}: an attempt that times out counts, and the last one fails its task`, async () => {
    const { clock, granted, claim, status, tasks, id } = await place({ maxAttempts: 2 });
    await granted("a");
    clock.advance(60);
    assertEquals((await granted("b")).attempt, 2);
    clock.advance(60);
    assertEquals(await status(), "timed_out");
    assertEquals(await claim("c"), undefined);
    const { claim: end } = await tasks.get(id);
    assertEquals([end?.status, end?.error, end?.claimer_run_id], ["failed", "timed out", "b"]);
    assertEquals(end?.earlier_attempts?.map((each) => each.end), ["timed_out", "timed_out"]);
    assertEquals((await tasks.complete({ id, runId: "b" })).status, "terminal");
  });

  it(`${name}: a last attempt that timed out has failed for all that wait, cancel or collect`, async () => {
    for (const how of ["cancel", "task", "queue", "gc"]) {
      const { clock, granted, tasks, id, theirs, other } = await place({ maxAttempts: 1 });
      await granted("a");
      const wait = (what: object) => theirs.wait({ runId: "c", timeout: 0, ...what });
      assertEquals((await wait({ tasks: [id] })).status, "timeout");
      clock.advance(60);
      if (how === "cancel") {
        const { status, error } = await theirs.tasks.cancel({ id, runId: "c", force: true });
        assertEquals([status, error], ["terminal", `Cannot cancel task ${id}: it is failed`]);
      } else if (how === "task") {
        const { status, tasks } = await wait({ tasks: [id] });
        assertEquals([status, tasks[0]?.status, tasks[0]?.error], [
          "terminal",
          "failed",
          "timed out",
        ]);
      } else if (how === "queue") {
        assertEquals((await wait({ queueEmpty: "default" })).status, "done");
      } else await other.gc.sweep({ graceMs: 1_000, execute: true });
      const { claim } = await tasks.get(id);
      assertEquals([claim?.status, claim?.error, claim?.claimer_run_id], [
        "failed",
        "timed out",
        "a",
      ]);
    }
  });

  it(`${name}: the holder of a last attempt that timed out may complete it until it has failed`, async () => {
    const { clock, granted, tasks, id } = await place({ maxAttempts: 1 });
    await granted("a");
    clock.advance(60);
    assertEquals((await tasks.complete({ id, runId: "a" })).status, "completed");
  });

  it(`${name}: an attempt that was given back does not count`, async () => {
    const { granted, fail, tasks, id } = await place({ maxAttempts: 2 });
    for (let round = 0; round < 3; round++) {
      await granted("a");
      for (let time = 0; time < 2; time++) await tasks.giveBack({ id, runId: "a" });
    }
    assertEquals((await granted("a")).attempt, 4);
    assertEquals(await fail("a"), "pending");
    await granted("b");
    await tasks.giveBack({ id, runId: "b" });
    const beat = await tasks.heartbeat({ id, runId: "b" });
    assertEquals(beat.status, "ok", "it goes on, and counts");
    assertEquals(await fail("b"), "failed");
  });

  it(`${name}: without a bound a failure is final, and timeouts go on`, async () => {
    const { clock, granted, fail, claim } = await place({});
    for (let attempt = 1; attempt < 5; attempt++) {
      assertEquals((await granted("a")).attempt, attempt);
      clock.advance(60);
    }
    await granted("a");
    assertEquals(await fail("a"), "failed");
    assertEquals(await claim("b"), undefined);
  });

  it(`${name}: the ttl counts from when a task may be claimed again`, async () => {
    const at = await place({ maxAttempts: 3, backoff: "30s", ttl: 100 });
    at.clock.advance(90);
    await at.granted("a");
    await at.fail("a");
    at.clock.advance(129);
    assertEquals(await at.status(), "pending");
    at.clock.advance(1);
    assertEquals(await at.status(), "expired");
    for (let look = 0; look < 2; look++) assertEquals(await at.claim("b"), undefined);
  });

  it(`${name}: any agent may cancel a task that is back in the queue`, async () => {
    const { tasks, id, granted, fail, claim, clock } = await place({
      maxAttempts: 3,
      backoff: "30s",
    });
    await granted("a");
    await fail("a");
    const { status, cancelled_by } = await tasks.cancel({ id, runId: "c" }) as ClaimRecord;
    assertEquals([status, cancelled_by], ["cancelled", "c"]);
    clock.advance(30);
    assertEquals(await claim("b"), undefined);
  });

  it(`${name}: of reports of one attempt at once one is taken, and every attempt is granted once`, async () => {
    const { tasks, id, theirs, granted, mine } = await place({ maxAttempts: 40 });
    for (let round = 1; round <= 5; round++) {
      const { fence } = await granted("a");
      const reports = await Promise.all([
        tasks.fail({ id, runId: "a", fence, error: "1" }),
        theirs.tasks.fail({ id, runId: "a", fence, error: "2" }),
        tasks.fail({ id, runId: "a", fence, error: "3" }),
      ]);
      assertEquals(reports.map(({ status }) => status).sort(), [
        "not_holder",
        "not_holder",
        "pending",
      ]);
      const claims = await Promise.all(
        [mine, theirs, mine].map((one, n) => one.tasks.claim({ runId: `b${n}`, claimTtl: 1 })),
      );
      const won = claims.filter(({ status }) => status === "claimed");
      assertEquals(won.map((claim) => "attempt" in claim && claim.attempt), [2 * round]);
      const { claimer_run_id: runId } = won[0] as TaskClaimed;
      await tasks.fail({ id, runId });
    }
  });
}
