/** What every collector removes, and what it leaves. */
import { INTENT_TTL_S } from "../../src/domain/limits.ts";
import { formatTime } from "../../src/domain/time.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { add, beatOf, record, releaseOf } from "../support/scene/placements.ts";
import { type OpenStore, scene } from "./harness.ts";

export function gcSuite(name: string, open: OpenStore): void {
  const place = () => scene(open);

  it(`${name}: gc removes what has been over for its grace, and nothing else`, async () => {
    const at = await place();
    const { reservations } = at.store;
    const [live, beaten, expired, released] = [
      record(at, { addresses: ["a"], expires_at: formatTime(at.clock.ms + 3_600_000) }),
      record(at, { addresses: ["b"] }),
      record(at, { addresses: ["c"] }),
      record(at, { addresses: ["d"] }),
    ];
    for (const each of [live, beaten, expired, released]) await add(reservations, each);
    await reservations.beat(beaten.reservation_id, () => beatOf(at, beaten, 3_600));
    await reservations.release(releaseOf(at, released));
    at.clock.advance(90);
    const sweep = async (graceMs: number, execute: boolean) => {
      const swept = await at.other.gc.sweep({ graceMs, execute });
      return swept.map(({ id, reason }) => `${reason} ${id}`).sort();
    };
    const over = [`expired ${expired.reservation_id}`, `released ${released.reservation_id}`];
    assertEquals(await sweep(91_000, true), []);
    assertEquals(await sweep(31_000, false), over.slice(1));
    assertEquals(await sweep(0, false), over);
    assertEquals(await sweep(0, true), over);
    assertEquals(await sweep(0, true), []);
    const left = await reservations.list(at.clock.ms, true);
    assertEquals(
      left.map(({ reservation }) => reservation.reservation_id).sort(),
      [live.reservation_id, beaten.reservation_id].sort(),
    );
    assert_(await reservations.get(released.reservation_id) === undefined);
  });

  it(`${name}: gc removes tasks that ended or expired with their claims, and no other`, async () => {
    const at = await place();
    const enqueue = async (title: string, given: object = {}) =>
      (await at.mine.tasks.enqueue({ title, runId: "p", queue: title, ...given })).task_id;
    const claim = (queue: string, claimTtl = 3_600) =>
      at.mine.tasks.claim({ runId: "a", queue, claimTtl });
    const [done, cancelled, expired] = [
      await enqueue("done"),
      await enqueue("cancelled"),
      await enqueue("expired", { ttl: 10 }),
    ];
    const left = [await enqueue("pending"), await enqueue("held"), await enqueue("dead")];
    for (const queue of ["done", "held"]) await claim(queue);
    await claim("dead", 1);
    await at.mine.tasks.complete({ id: done, runId: "a" });
    await at.mine.tasks.cancel({ id: cancelled, runId: "p" });
    at.clock.advance(10);
    const sweep = async (execute: boolean) =>
      (await at.other.gc.sweep({ graceMs: 0, execute }))
        .map(({ kind, id, reason }) => `${kind} ${reason} ${id}`).sort();
    const over = [
      `task cancelled ${cancelled}`,
      `task completed ${done}`,
      `task expired ${expired}`,
    ];
    assertEquals(await sweep(false), over);
    assertEquals((await at.mine.tasks.list()).total, 6);
    assertEquals(await sweep(true), over);
    assertEquals(await sweep(true), []);
    for (const id of [done, cancelled, expired]) {
      assertEquals(await at.store.tasks.get(id), undefined);
    }
    const { items } = await at.store.tasks.list({});
    assertEquals(items.map(({ task }) => task.task_id).sort(), left.sort());
    assertEquals(await at.other.feed.count("claim"), 2);
  });

  it(`${name}: gc removes a task that expired after it had come back, and none that may go on`, async () => {
    const at = await place();
    const { tasks } = at.mine;
    const ids: string[] = [];
    for (const [backoff, ttl] of [["10s", 20], ["60s", 20], ["10s", 3_600]] as const) {
      const retried = { maxAttempts: 3, backoff, ttl };
      const { task_id: id } = await tasks.enqueue({ title: backoff, runId: "p", ...retried });
      await tasks.claim({ runId: "a" });
      await tasks.fail({ id, runId: "a" });
      ids.push(id);
    }
    const sweep = async (graceMs: number, execute: boolean) =>
      (await at.other.gc.sweep({ graceMs, execute })).map(({ id, reason }) => `${reason} ${id}`);
    at.clock.advance(30);
    assertEquals(await sweep(1_000, true), []);
    const over = [`expired ${ids[0]}`];
    assertEquals([await sweep(0, false), await sweep(0, true), await sweep(0, true)], [
      over,
      over,
      [],
    ]);
    const { items } = await at.theirs.tasks.list();
    assertEquals(items.map(({ task_id }) => task_id).sort(), ids.slice(1).sort());
    assertEquals(await at.other.feed.count("claim"), 2);
  });

  it(`${name}: gc knows when it last removed what has ended, in all openings`, async () => {
    const at = await place();
    const known = async () => [await at.store.gc.collectedAt(), await at.other.gc.collectedAt()];
    for (const made of await known()) assert_(made !== undefined && made <= at.clock.ms);
    for (const one of [at.store, at.other]) {
      at.clock.advance(100);
      const { ms } = at.clock;
      await one.gc.sweep({ graceMs: 0, execute: true });
      at.clock.advance(100);
      await one.gc.sweep({ graceMs: 0, execute: false });
      assertEquals(await known(), [ms, ms]);
    }
  });

  it(`${name}: gc keeps failed and cancelled tasks for a grace of their own`, async () => {
    const at = await place();
    const ids: Record<string, string> = {};
    for (const queue of ["completed", "failed", "cancelled"]) {
      const { task_id: id } = await at.mine.tasks.enqueue({ title: queue, runId: "p", queue });
      await at.mine.tasks.claim({ runId: "a", queue });
      ids[queue] = id;
      if (queue === "completed") await at.mine.tasks.complete({ id, runId: "a" });
      if (queue === "failed") await at.mine.tasks.fail({ id, runId: "a" });
      if (queue === "cancelled") await at.mine.tasks.cancel({ id, runId: "a" });
    }
    const sweep = async (graceMs: number, failedGraceMs: number) => {
      const swept = await at.other.gc.sweep({ graceMs, failedGraceMs, execute: true });
      return swept.map(({ id, reason }) => `${reason} ${id}`).sort();
    };
    const long = 1_000 * 86_400 * 3_650;
    assertEquals(await sweep(long, long), []);
    assertEquals(await sweep(long, 0), [
      `cancelled ${ids["cancelled"]}`,
      `failed ${ids["failed"]}`,
    ]);
    assertEquals(await sweep(0, long), [`completed ${ids["completed"]}`]);
    assertEquals(await sweep(0, 0), []);
  });

  it(`${name}: gc removes intents whose reservation is gone, or that are past their time`, async () => {
    const at = await place();
    const { reservations } = at.store;
    const [gone, live] = [record(at), record(at, { expires_at: formatTime(at.clock.ms + 1e9) })];
    for (const each of [gone, live]) await add(reservations, each);
    const intend = async (reservationId?: string) =>
      (await at.mine.reservations.intent({
        addresses: ["src"],
        operation: "rename",
        runId: "a",
        ...(reservationId !== undefined && { reservationId }),
      })).intent_id;
    const [bound, kept, alone] = [
      await intend(gone.reservation_id),
      await intend(live.reservation_id),
      await intend(),
    ];
    at.clock.advance(60);
    const sweep = async () =>
      (await at.other.gc.sweep({ graceMs: 0, execute: true }))
        .map(({ kind, id, reason }) => `${kind} ${reason} ${id}`).sort();
    const left = async () =>
      (await at.store.reservations.listIntents()).map(({ intent_id }) => intent_id).sort();
    assertEquals(await sweep(), [
      `intent ended ${bound}`,
      `reservation expired ${gone.reservation_id}`,
    ]);
    assertEquals(await left(), [kept, alone].sort());
    at.clock.advance(INTENT_TTL_S);
    assertEquals(await sweep(), [`intent ended ${alone}`]);
    assertEquals(await left(), [kept]);
  });
}
