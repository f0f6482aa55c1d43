/** What a fleet's state says may need a person, and of what no other operation speaks. */
import { CoordError, type Fleet } from "../../../mod.ts";
import { openMemoryStore } from "../../../src/adapters/memory/open.ts";
import { MemoryWorkspace } from "../../../src/adapters/memory/workspace.ts";
import type { Lease } from "../../../src/domain/lane/lease.ts";
import { FleetFold } from "../../../src/engine/watch/fleet/fold.ts";
import type { Change } from "../../../src/ports/feed.ts";
import { assertEquals, assertRejects, it, itIf } from "../../deps.ts";
import { isHeavy } from "../../support/length.ts";
import { coordOn } from "../../support/scene/over_store.ts";
import { FakeClock, workspace } from "../../support/scene/workspace.ts";

function scene() {
  const clock = new FakeClock();
  const memory = new MemoryWorkspace({ clock: clock.now });
  const store = openMemoryStore(memory);
  const coord = coordOn(store);
  const state = async (): Promise<Fleet> => {
    for await (const fleet of coord.fleet({ once: true })) return fleet;
    throw new Error("there is no state");
  };
  /** Each alert as `kind subject detail`. */
  const alerts = async () =>
    (await state()).alerts.map(({ kind, subject, detail }) =>
      `${kind} ${subject} ${detail}`.trim()
    );
  return { clock, coord, store, state, alerts };
}

it("fleet() names failures first with their reason, then what they block", async () => {
  const { coord: { tasks }, clock, alerts, state } = scene();
  const { task_id: build } = await tasks.enqueue({ title: "build", runId: "p" });
  await tasks.enqueue({ title: "deploy", runId: "p", after: [build] });
  await tasks.claim({ runId: "a" });
  assertEquals(await alerts(), []);
  await tasks.fail({ id: build, runId: "a", error: "exit 1" });
  assertEquals(await alerts(), ["failed_task build exit 1", `blocked_task deploy ${build}`]);
  clock.advance(3_601);
  assertEquals(await alerts(), [`blocked_task deploy ${build}`]);
  assertEquals((await state()).failures.map(({ title, error, run_id }) => [title, error, run_id]), [
    ["build", "exit 1", "a"],
  ]);
});

it("fleet() names a hold that is about to lapse, then its run as silent no more, then as lost", async () => {
  const { coord: { reservations }, clock, alerts } = scene();
  await reservations.reserve({ addresses: ["src/a.ts"], runId: "a", ttl: 100 });
  clock.advance(49);
  assertEquals(await alerts(), []);
  clock.advance(2);
  assertEquals(await alerts(), ["silent_run a"]);
  clock.advance(25);
  assertEquals(await alerts(), ["lapsing_hold src/a.ts"]);
  clock.advance(25);
  assertEquals(await alerts(), []);
});

it("fleet() names a run that is lost once, and a claim that timed out of one that is not", async () => {
  const { coord: { tasks, reservations }, clock, alerts } = scene();
  await tasks.enqueue({ title: "x", runId: "p" });
  await tasks.claim({ runId: "a", claimTtl: 60 });
  clock.advance(61);
  assertEquals(await alerts(), ["lost_run a x"]);
  await reservations.reserve({ addresses: ["src/a.ts"], runId: "a" });
  assertEquals(await alerts(), ["timed_out_task x"]);
});

it("fleet() names a lane whose holder is gone, unless its run is lost", async () => {
  const { coord: { lanes, reservations }, clock, alerts } = scene();
  await lanes.acquire({ lane: "api", tree: ["api/**"], owner: "a", ttl: 60 });
  clock.advance(50);
  assertEquals(await alerts(), ["silent_run a"]);
  clock.advance(300);
  assertEquals(await alerts(), ["lapsing_hold api"]);
  clock.advance(300);
  assertEquals(await alerts(), ["lost_run a"]);
  await reservations.reserve({ addresses: ["src/a.ts"], runId: "a" });
  assertEquals(await alerts(), ["dead_lane api"]);
});

it("fleet() names what is tried often, what waits for long and a pause with pending tasks", async () => {
  const { coord: { tasks, queues }, clock, alerts } = scene();
  const { task_id: id } = await tasks.enqueue({ title: "flaky", runId: "p", maxAttempts: 4 });
  for (let attempt = 0; attempt < 3; attempt++) {
    await tasks.claim({ runId: "a" });
    await tasks.fail({ id, runId: "a", error: "exit 2" });
  }
  assertEquals(await alerts(), ["retried_task flaky attempt 3: exit 2"]);
  await tasks.claim({ runId: "a", claimTtl: 3_600 });
  assertEquals(await alerts(), ["retried_task flaky attempt 4, the last"]);
  await tasks.complete({ id, runId: "a" });
  await queues.pause({ queues: ["deploys"], runId: "ops", reason: "freeze" });
  assertEquals(await alerts(), []);
  await tasks.enqueue({ title: "deploy", queue: "deploys", runId: "p" });
  await tasks.enqueue({ title: "old", runId: "p" });
  assertEquals(await alerts(), ["paused_queue deploys 1 pending: freeze"]);
  clock.advance(900);
  assertEquals(await alerts(), ["paused_queue deploys 1 pending: freeze", "old_pending old"]);
});

it("fleet() counts what was completed within a minute, and has the oldest pending task", async () => {
  const { coord: { tasks }, clock, state } = scene();
  for (const title of ["one", "two", "three"]) {
    await tasks.enqueue({ title, runId: "p" });
    clock.advance(1);
  }
  for (let task = 0; task < 2; task++) {
    const claimed = await tasks.claim({ runId: "a" });
    if (claimed.status === "claimed") {
      await tasks.complete({ id: claimed.task.task_id, runId: "a" });
    }
  }
  const queue = async () => {
    const [{ completed_last_minute, oldest_pending } = {}] = (await state()).queues;
    return { completed_last_minute, oldest: oldest_pending?.title };
  };
  assertEquals(await queue(), { completed_last_minute: 2, oldest: "three" });
  clock.advance(60);
  assertEquals(await queue(), { completed_last_minute: 0, oldest: "three" });
});

it("fleet() says who waits for whom", async () => {
  const { clock, store, state } = scene();
  const since = new Date(clock.ms).toISOString();
  const record = { run_id: "b", addresses: ["src/a.ts"], waits_for: ["a"], since };
  await store.tickets.take({ ...record, expires_at: new Date(clock.ms + 5_000).toISOString() });
  assertEquals((await state()).waits, [{ ...record, lane: null }]);
  clock.advance(6);
  assertEquals((await state()).waits, []);
});

itIf(isHeavy(), "it ends 700 tasks, only with COORD_HEAVY=1")(
  "fleet() counts ended tasks that have left their files, and shows those that failed",
  async () => {
    const { coord, clock } = await workspace();
    clock.ms = Date.now();
    const { tasks } = coord;
    await tasks.enqueueAll(
      Array.from({ length: 700 }, (_, n) => ({ title: `t${n}`, runId: "p" })),
    );
    for (let n = 0; n < 700; n++) {
      const claimed = await tasks.claim({ runId: "a" });
      if (claimed.status !== "claimed") continue;
      const { task_id: id } = claimed.task;
      if (n % 100 === 0) await tasks.fail({ id, runId: "a", error: "exit 1" });
      else await tasks.complete({ id, runId: "a" });
      clock.advance(0.1);
    }
    const { items: _items, ...listed } = await tasks.list();
    for await (const fleet of coord.fleet({ once: true })) {
      assertEquals(fleet.tasks.completed, listed.completed);
      assertEquals(fleet.tasks.failed, 7);
      assertEquals(fleet.failures.length, 7);
    }
  },
);

it("FleetFold gives what a recorded stream says, and forgets what is removed", () => {
  const id = `sha256:${"a".repeat(64)}`;
  const created_at = "2026-11-21T09:30:00.000Z";
  const expires_at = "2026-11-21T10:30:00.000Z";
  const task = { task_id: id, title: "x", created_at };
  const claim = { task_id: id, claimer_run_id: "a", claimed_at: created_at, expires_at };
  const lease = { lane: "api", loop_ts: "1", holder: "a", acquired_at: created_at, fence: 1 };
  const recorded: readonly Change[] = [
    { type: "snapshot", kind: "claim", id, data: claim },
    { type: "snapshot", kind: "task", id, data: task },
    { type: "added", kind: "lane", id: "api@1", data: { ...lease, op: "acquired" } },
    { type: "added", kind: "lane", id: "spawned:1", data: { op: "spawned", handle: "7" } },
    { type: "added", kind: "task", id: `sha256:${"b".repeat(64)}`, data: { title: 7 } },
  ];
  const fold = new FleetFold();
  for (const change of recorded) fold.apply(change);
  const item = (each: Lease) => ({ ...each, status: "live" as const, silent_seconds: 0 });
  const { runs: { agents: [agent] }, tasks } = fold.at(Date.parse(created_at), item);
  assertEquals([agent?.task?.title, agent?.lanes, tasks.total], ["x", ["api"], 1]);
  for (const change of recorded) fold.apply({ ...change, type: "removed" });
  const after = fold.at(Date.parse(created_at), item);
  assertEquals([after.runs.total, after.tasks.total, after.leases], [0, 0, []]);
});

it("fleet() checks its input before the first state", async () => {
  const states = scene().coord.fleet({ interval: 61 })[Symbol.asyncIterator]();
  await assertRejects(() => states.next(), CoordError, "interval");
});
