/** Exclusive reservations and lanes keep each other out, on every store. */
import { NO_HOLDERS } from "../../src/engine/hold/exclusion.ts";
import { Lanes } from "../../src/engine/lane/lanes.ts";
import { detectHost } from "../../src/host/detect.ts";
import { processesOf } from "../../src/workspace/processes.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { EMPTY_CHECKOUT } from "../support/fake/names.ts";
import { sleep } from "../support/race/processes.ts";
import { type OpenStore, scene } from "./harness.ts";

const host = await detectHost();

/** Two agents on two openings of one workspace. */
async function place(open: OpenStore) {
  const at = await scene(open);
  const { mine, theirs } = at;
  const { lanes, clock } = at.store;
  const context = { lanes, clock, warn: () => {}, processes: processesOf(host) };
  return {
    ...at,
    /** One that never looks at reservations, as a process that dies before. */
    blind: new Lanes(context, EMPTY_CHECKOUT, NO_HOLDERS),
    reserve: (runId: string, address: string, given: object = {}) =>
      mine.reservations.reserve({
        addresses: [address],
        runId,
        exclusive: true,
        ttl: 60,
        ...given,
      }),
    acquire: (owner: string, tree: string, given: object = {}) =>
      theirs.lanes.acquire({
        owner,
        lane: `of ${owner}`,
        tree: [tree],
        loopTs: "1",
        ttl: 60,
        ...given,
      }),
  };
}

/** One agent, a session with two subagents, and who stands in whose way. */
const RUNS = ["x", "y", "claude:s", "claude:s/a", "claude:s/b"];
const KIN = new Set(["x x", "y y", "claude:s claude:s"].concat(
  ["a", "b"].flatMap((agent) => [
    `claude:s claude:s/${agent}`,
    `claude:s/${agent} claude:s`,
    `claude:s/${agent} claude:s/${agent}`,
  ]),
));

export function exclusionSuite(name: string, open: OpenStore): void {
  it(`${name}: a lane is refused where another run's exclusive reservation overlaps`, async () => {
    const { reserve, acquire, theirs, clock } = await place(open);
    const held = await reserve("a", "src/a.ts::f");
    assert_(held.status === "reserved");
    const refused = await acquire("b", "src/**");
    assert_(refused.status === "refused");
    assertEquals(refused.reason_class, "reserved");
    assertEquals([refused.conflicts, refused.conflicts_total], [[{
      kind: "reservation",
      exclusive: true,
      address: "src/**",
      their_address: "src/a.ts::f",
      reservation_id: held.reservation_id,
      run_id: "a",
      branch: "main",
      operation: null,
      expires_at: new Date(clock.ms + 60_000).toISOString(),
    }], 1]);
    assertEquals((await theirs.lanes.live()).leases, []);
    assertEquals((await acquire("b", "docs")).status, "acquired");
    clock.advance(61);
    assertEquals((await acquire("b", "src/**", { lane: "src" })).status, "acquired");
    const { status } = await theirs.reservations.heartbeat({ id: held.reservation_id, runId: "a" });
    assertEquals(status, "expired");
  });

  it(`${name}: an exclusive reservation is refused where another run's lane overlaps`, async () => {
    const { reserve, acquire, mine, clock } = await place(open);
    const lease = await acquire("b", "src/**");
    assert_(lease.status === "acquired");
    const refused = await reserve("a", "src/a.ts::f");
    assert_(refused.status === "conflict");
    const conflict = {
      kind: "lane",
      exclusive: true,
      address: "src/a.ts::f",
      their_address: "src/**",
      lane: "of b",
      fence: lease.fence,
      run_id: "b",
      branch: null,
      operation: null,
      expires_at: lease.expires_at,
    } as const;
    assertEquals([refused.conflicts, refused.conflicts_total], [[conflict], 1]);
    assertEquals((await mine.reservations.list({ all: true })).total, 0, "nothing is written");
    const notice = await reserve("a", "src/a.ts::f", { exclusive: false });
    assertEquals([notice.status, notice.conflicts], ["reserved", [conflict]]);
    assertEquals((await reserve("a", "docs")).status, "reserved");
    // Past its TTL and grace the lease is dead, and makes way.
    clock.advance(361);
    assertEquals((await reserve("a", "src/a.ts::f")).status, "reserved");
    assertEquals((await mine.lanes.live({ all: true })).leases, []);
  });

  it(`${name}: what is released, and a notice and a name alone, keep no lane and no reservation out`, async () => {
    const { reserve, acquire, mine, theirs } = await place(open);
    const held = await reserve("a", "src");
    assert_(held.status === "reserved");
    await mine.reservations.release({ id: held.reservation_id, runId: "a" });
    await reserve("n", "src", { exclusive: false });
    assertEquals((await acquire("b", "src")).status, "acquired");
    await theirs.lanes.release({ lane: "of b", owner: "b" });
    await theirs.lanes.acquire({ lane: "@git/index", owner: "b" });
    const again = await reserve("a", "**");
    assertEquals([again.status, again.conflicts.map(({ run_id }) => run_id)], ["reserved", ["n"]]);
    assertEquals((await theirs.lanes.acquire({ lane: "@db", owner: "b" })).status, "acquired");
  });

  it(`${name}: with strict any overlap refuses an exclusive reservation`, async () => {
    const { reserve } = await place(open);
    await reserve("n", "src", { exclusive: false });
    const refused = await reserve("a", "src/a.ts", { strict: true });
    assertEquals([refused.status, refused.conflicts.map(({ exclusive }) => exclusive)], [
      "conflict",
      [false],
    ]);
    assertEquals((await reserve("a", "docs", { strict: true })).status, "reserved");
  });

  it(`${name}: a run, and a session and its subagents, are not in their own way`, async () => {
    for (const first of RUNS) {
      const { reserve, acquire, mine, theirs } = await place(open);
      await reserve(first, "a");
      await acquire(first, "b", { lane: "first" });
      for (const second of RUNS) {
        const isKin = KIN.has(`${first} ${second}`);
        const lane = await acquire(second, "a");
        const reservation = await reserve(second, "b");
        assertEquals(
          [lane.status, reservation.status],
          isKin ? ["acquired", "reserved"] : ["refused", "conflict"],
          `${first}, then ${second}`,
        );
        // A process of the same name is kept off a lane's tree all the same.
        const other = await acquire(second, "b", { lane: "other" });
        const isOther = isKin && first !== second;
        assertEquals(other.status, isOther ? "acquired" : "refused", `${first}, then ${second}`);
        // The next one meets the first alone.
        await theirs.lanes.release({ lane: `of ${second}`, owner: second });
        await theirs.lanes.release({ lane: "other", owner: second });
        if (reservation.status !== "reserved") continue;
        await mine.reservations.release({ id: reservation.reservation_id, runId: second });
      }
    }
  });

  it(`${name}: a lane that waits sleeps until the reservation in its way ends, or has expired`, async () => {
    const { reserve, acquire, mine, other, clock } = await place(open);
    const held = await reserve("a", "src", { ttl: 3600 });
    assert_(held.status === "reserved");
    let looks = 0;
    const near = other.reservations.near.bind(other.reservations);
    other.reservations.near = (...asked) => {
      looks++;
      return near(...asked);
    };
    const waiting = acquire("b", "src/**", { wait: 60 });
    await sleep(600);
    // Before it waits, as it begins to, once it listens, and once more where a server has to begin that.
    assertEquals(looks <= 4, true, `it looked ${looks} times`);
    const started = performance.now();
    await mine.reservations.release({ id: held.reservation_id, runId: "a" });
    const lease = await waiting;
    assertEquals(lease.status, "acquired");
    assert_(performance.now() - started < 2_000, "the notification woke it");
    assertEquals((await reserve("a", "docs", { ttl: 1 })).status, "reserved");
    const next = acquire("c", "docs", { wait: 60 });
    await sleep(100);
    clock.advance(2);
    assertEquals((await next).status, "acquired");
  });

  it(`${name}: the fence of an exclusive reservation grows with every grant, and a heartbeat knows it`, async () => {
    const { reserve, mine, theirs, clock } = await place(open);
    const fences: number[] = [];
    let id = "";
    for (const [n, runId] of ["a", "b", "c", "d"].entries()) {
      const held = await reserve(runId, "src");
      assert_(held.status === "reserved" && held.fence !== undefined);
      fences.push(held.fence);
      id = held.reservation_id;
      if (n === 3) break;
      // A release, the end of its time, and a removal.
      if (n === 0) await theirs.reservations.release({ id, runId });
      else clock.advance(61);
      if (n === 2) await mine.gc({ execute: true, grace: 0 });
    }
    assertEquals(fences, [...new Set(fences)].sort((a, b) => a - b));
    const fence = fences.at(-1) ?? 0;
    const renewed = await reserve("d", "src", { renew: true });
    assert_(renewed.status === "reserved");
    assertEquals([renewed.reservation_id, renewed.fence], [id, fence]);
    for (const coord of [mine, theirs]) {
      const beat = await coord.heartbeat({ id, runId: "d", fence });
      assertEquals([beat.status, "fence" in beat && beat.fence], ["ok", fence]);
      const stale = await coord.heartbeat({ id, runId: "d", fence: fence - 1 });
      assertEquals(stale, {
        status: "stale_fence",
        reservation_id: id,
        fence,
        error: `Cannot extend reservation ${id}: the fence is ${fence}, the caller's is ${
          fence - 1
        }`,
      });
    }
    const notice = await reserve("d", "docs", { exclusive: false });
    assert_(notice.status === "reserved" && notice.fence === undefined);
    const asked = { id: notice.reservation_id, runId: "d", fence };
    const failure = await mine.heartbeat(asked).catch((error) => error.code);
    assertEquals(failure, "bad_args");
    await using hold = await mine.reservations.hold({
      addresses: ["lib"],
      runId: "d",
      exclusive: true,
    });
    assert_(hold.status === "held" && (hold.fence ?? 0) > fence);
  });

  it(`${name}: the first heartbeat of a lane whose process died before it looked ends it, where a reservation was first`, async () => {
    for (const isAdopted of [false, true]) {
      const { reserve, acquire, blind, theirs, clock, store } = await place(open);
      const lane = { lane: "api", owner: "b", loopTs: "1" };
      const free = await acquire("c", "docs");
      assert_(free.status === "acquired");
      if (isAdopted) {
        // Its own run passed by what the new holder's may not.
        await acquire("a", "src", { lane: "api" });
        await reserve("a", "src/a.ts");
        assertEquals((await blind.adopt(lane)).status, "adopted");
      } else {
        await reserve("a", "src/a.ts");
        assertEquals((await blind.acquire({ ...lane, tree: ["src"] })).status, "acquired");
      }
      assertEquals(await theirs.lanes.heartbeat({ ...lane, coalesceWithin: 60 }), {
        status: "refused",
        lane: "api",
        error: `Cannot keep lane "api": "a" reserved "src/a.ts" exclusively until ${
          new Date(clock.ms + 60_000).toISOString()
        }`,
      });
      assertEquals((await theirs.lanes.heartbeat(lane)).status, "not_holder");
      const beat = await theirs.lanes.heartbeat({ lane: free.lane, owner: "c" });
      assertEquals(beat.status, "ok");
      const { leases } = await theirs.lanes.live();
      assertEquals(leases.map((lease) => lease.lane), ["of c"]);
      assertEquals((await store.reservations.list(clock.ms, false)).length, 1);
    }
  });

  it(`${name}: a lane that was looked at is kept whatever is reserved since`, async () => {
    const { acquire, theirs, store, clock } = await place(open);
    await acquire("b", "src");
    await theirs.lanes.heartbeat({ lane: "of b", owner: "b" });
    // As by a version that does not look at lanes.
    const reservation = {
      reservation_id: `sha256:${"1".repeat(64)}`,
      run_id: "old",
      branch: "main",
      addresses: ["src"],
      created_at: new Date(clock.ms).toISOString(),
      expires_at: new Date(clock.ms + 60_000).toISOString(),
      operation: null,
      exclusive: true,
    };
    await store.reservations.add({
      reservation,
      *overlaps() {
        yield undefined;
        return true;
      },
      admit: () => true,
      excludes: () => true,
    });
    assertEquals((await theirs.lanes.heartbeat({ lane: "of b", owner: "b" })).status, "ok");
  });

  it(`${name}: of a reservation and a lane at once exactly one is granted`, async () => {
    for (let round = 0; round < 20; round++) {
      const { reserve, acquire } = await place(open);
      const [lane, reservation] = await Promise.all([acquire("b", "src"), reserve("a", "src/**")]);
      const granted = [lane.status, reservation.status].filter((status) =>
        status === "acquired" || status === "reserved"
      );
      assertEquals(granted.length, 1, `${lane.status} and ${reservation.status}`);
    }
  });
}
