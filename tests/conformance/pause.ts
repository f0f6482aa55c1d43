/** What every store promises of queues that are paused. */
import { formatTime } from "../../src/domain/time.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { coordOn } from "../support/scene/over_store.ts";
import { type OpenStore, scene } from "./harness.ts";

export function pauseSuite(name: string, open: OpenStore): void {
  async function place() {
    const at = await scene(open);
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    const coord = coordOn(at.store, { warn });
    const { queues } = coord;
    const add = async (title: string, queue = "default", more: { needs?: string[] } = {}) =>
      (await coord.tasks.enqueue({ title, queue, runId: "p", ...more })).task_id;
    const next = async (queue?: string, has?: string[]) => {
      const claim = await at.theirs.tasks.claim({
        runId: "a",
        claimTtl: 60,
        ...(queue && { queue }),
        ...(has && { has }),
      });
      return claim.status === "claimed" ? claim.task.title : claim.paused ?? [];
    };
    return { ...at, coord, queues, add, next, warnings };
  }

  it(`${name}: no task of a paused queue is handed out until it is resumed`, async () => {
    const { add, next, queues, clock, theirs } = await place();
    await add("a1", "a");
    await add("b1", "b");
    await add("a2", "a", { needs: ["gpu"] });
    const paused_at = formatTime(clock.ms);
    assertEquals(await queues.pause({ queues: ["a"], runId: "ops", reason: "freeze" }), {
      status: "paused",
      queues: [
        {
          queue: "a",
          paused_at,
          paused_by: "ops",
          reason: "freeze",
          status: "paused",
          was: "open",
        },
      ],
    });
    assertEquals(await next("a"), ["a"]);
    assertEquals(await next("a", ["gpu"]), ["a"]);
    assertEquals(await next(), "b1");
    assertEquals(await next(undefined, ["gpu"]), ["a"]);
    assertEquals(await next("b"), []);
    assertEquals((await theirs.tasks.list()).pending, 2);
    assertEquals(await queues.resume({ queues: ["a"] }), {
      status: "resumed",
      queues: [{ queue: "a", status: "open", was: "paused" }],
    });
    assertEquals([await next(), await next("a", ["gpu"]), await next()], ["a1", "a2", []]);
  });

  it(`${name}: tasks in hand go on, and tasks can be added, while their queue is paused`, async () => {
    const { add, next, queues, coord, clock } = await place();
    const id = await add("one");
    assertEquals(await next(), "one");
    await queues.pause({ queues: ["default"], runId: "ops" });
    await add("two");
    assertEquals((await coord.tasks.heartbeat({ id, runId: "a" })).status, "ok");
    clock.advance(61);
    assertEquals(await next(), ["default"], "the first has timed out");
    assertEquals((await coord.tasks.complete({ id, runId: "a" })).status, "completed");
    await queues.resume({ queues: ["default"] });
    assertEquals([await next(), await next()], ["two", []]);
  });

  it(`${name}: what is paused already, or is not, stays as it is with a warning`, async () => {
    const { queues, warnings, clock } = await place();
    const first = await queues.pause({ queues: ["a"], runId: "ops", reason: "first" });
    clock.advance(5);
    const again = await queues.pause({ queues: ["a", "Big"], runId: "me", reason: "second" });
    assertEquals(again.queues.map(({ queue, paused_by, was }) => [queue, paused_by, was]), [
      ["a", "ops", "paused"],
      ["Big", "me", "open"],
    ]);
    assertEquals(again.queues[0]?.paused_at, first.queues[0]?.paused_at);
    const back = await queues.resume({ queues: ["a", "b", "Big"] });
    assertEquals(back.queues.map(({ queue, was }) => [queue, was]), [
      ["a", "paused"],
      ["b", "open"],
      ["Big", "paused"],
    ]);
    assertEquals((await queues.resume({ queues: ["a"] })).queues[0]?.was, "open");
    assertEquals(warnings, [
      'Queue "a" is paused already',
      'Queue "b" is not paused',
      'Queue "a" is not paused',
    ]);
  });

  it(`${name}: queues are listed with their counts and pauses, and the status has the paused`, async () => {
    const { queues, add, next, theirs, clock } = await place();
    await add("x", "b");
    await add("y", "b");
    await add("z", "A");
    await next("b");
    await queues.pause({ queues: ["b", "none"], runId: "ops" });
    const paused_at = formatTime(clock.ms);
    const { total, queues: items } = await theirs.queues.list();
    assertEquals(total, 3);
    assertEquals(
      items.map(({ queue, status, pending, claimed, total, paused_by = "" }) =>
        [queue, status, pending, claimed, total, paused_by].join()
      ),
      ["A,open,1,0,1,", "b,paused,1,1,2,ops", "none,paused,0,0,0,ops"],
    );
    assertEquals((await theirs.status()).paused_queues, [
      { queue: "b", paused_at, paused_by: "ops" },
      { queue: "none", paused_at, paused_by: "ops" },
    ]);
  });

  it(`${name}: a claim that waits gets a task as soon as its queue is resumed`, async () => {
    const { queues, add, coord, theirs } = await place();
    await queues.pause({ queues: ["default"], runId: "ops" });
    await add("x");
    const waiting = theirs.tasks.claim({ runId: "a", wait: 600 });
    await add("y", "other");
    const first = await waiting;
    assert_(first.status === "claimed" && first.task.title === "y");
    const again = theirs.tasks.claim({ runId: "a", wait: 600 });
    await coord.queues.resume({ queues: ["default"] });
    const second = await again;
    assert_(second.status === "claimed" && second.task.title === "x");
  });

  it(`${name}: work that drains waits while a queue with tasks is paused, and says so`, async () => {
    const { queues, add, coord } = await place();
    await queues.pause({ queues: ["a"], runId: "ops" });
    await add("x", "a");
    await add("y", "b");
    const seen: unknown[] = [];
    const work = coord.tasks.work({
      runId: "w",
      drain: true,
      onPaused: (names) => {
        seen.push(names);
        if (names.length > 0) void add("z", "b");
      },
    }, async ({ title }) => {
      seen.push(title);
      if (title === "z") await queues.resume({ queues: ["a"] });
    });
    assertEquals((await work).completed, 3);
    assertEquals(seen[0], ["a"]);
    assertEquals(seen.slice(1).map(String).sort(), ["", "x", "y", "z"]);
  });

  it(`${name}: work that drains ends while a queue without tasks is paused`, async () => {
    const { queues, add, coord } = await place();
    await queues.pause({ queues: ["a"], runId: "ops" });
    await add("y", "b");
    const done = await coord.tasks.work({ runId: "w", drain: true }, async () => {});
    assertEquals([done.status, done.completed], ["drained", 1]);
  });
}
