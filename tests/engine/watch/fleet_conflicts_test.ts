/** Conflicts in a fleet's state: against a recount over all that was recorded, and their bounds. */
import type { Fleet } from "../../../mod.ts";
import { openMemoryStore } from "../../../src/adapters/memory/open.ts";
import { MemoryWorkspace } from "../../../src/adapters/memory/workspace.ts";
import { Comparison } from "../../../src/domain/glob/holds/comparison.ts";
import { addressesOfTree } from "../../../src/domain/glob/holds/holds.ts";
import { jsonCopy } from "../../../src/domain/json.ts";
import { heldLease } from "../../../src/domain/lane/held.ts";
import { deadAt, type Lease } from "../../../src/domain/lane/lease.ts";
import { findConflicts, heldReservation } from "../../../src/domain/reservation/conflict.ts";
import { FleetFold } from "../../../src/engine/watch/fleet/fold.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import { newSeed } from "../../support/random.ts";
import { endOf, History, iso, type Recorded, START } from "../../support/scene/hold_history.ts";
import { coordOn } from "../../support/scene/over_store.ts";
import { FakeClock, workspace } from "../../support/scene/workspace.ts";

/** What the rule finds between two, as the later one would have been answered. */
function found(later: Recorded, earlier: Recorded) {
  const { entry, lease } = later;
  const named = entry?.reservation ?? addressesOfTree(lease ?? { tree: [], name_only: true });
  if (earlier.entry !== undefined) {
    return findConflicts(later.runId, named, [earlier.entry]).conflicts;
  }
  const { outlines } = entry === undefined ? heldLease(lease as Lease) : heldReservation(entry);
  const others = earlier.lease === undefined ? [] : [heldLease(earlier.lease)];
  return new Comparison(later.runId, outlines()).conflicts(others).conflicts;
}

/** All pairs that were held at one moment, counted one by one. */
function recount(all: readonly Recorded[], now: number) {
  const counts = { total: 0, minute: 0 };
  const spots = new Map<string, number>();
  for (const [at, later] of all.entries()) {
    for (const earlier of all.slice(0, at)) {
      const [since, end] = [later.since, Math.min(endOf(later), endOf(earlier))];
      if (since >= end) continue;
      const conflicts = found(later, earlier);
      if (conflicts.length === 0) continue;
      if (end > now) counts.total++;
      if (since <= now - 60_000) continue;
      counts.minute++;
      const addresses = conflicts.flatMap((each) => [each.address, each.their_address]);
      for (const each of new Set(addresses)) spots.set(each, (spots.get(each) ?? 0) + 1);
    }
  }
  const hotspots = [...spots].map(([address, count]) => ({ address, count }))
    .sort((a, b) => b.count - a.count || (a.address < b.address ? -1 : 1)).slice(0, 5);
  return { ...counts, hotspots };
}

function stateOf(fold: FleetFold, now: number): Fleet {
  return fold.at(now, (lease) => ({
    ...lease,
    status: (deadAt(lease) ?? Infinity) > now ? "live" : "dead",
    silent_seconds: null,
  }));
}

function counted(fold: FleetFold, now: number) {
  const { conflicts_total: total, conflicts_last_minute: minute, hotspots, conflicts_counted } =
    stateOf(fold, now);
  assertEquals(conflicts_counted, true);
  return { total, minute, hotspots };
}

it("fleet() counts conflicts as a recount over all records does, whenever it is asked", () => {
  const random = newSeed("fleet conflicts");
  let most = 0;
  for (let n = 0; n < sized(40, 400, 10_000); n++) {
    const has = { lanes: random.chance(0.6), gc: random.chance(0.5) };
    const history = new History(random, has);
    const asked = new FleetFold();
    let taken = 0;
    const take = (fold: FleetFold, from = 0) => {
      for (const each of history.stream.slice(from)) if ("kind" in each) fold.apply(each);
    };
    for (let step = 0; step < 50; step++) {
      history.step();
      if (!random.chance(0.2)) continue;
      take(asked, taken);
      taken = history.stream.length;
      assertEquals(counted(asked, history.now), recount(history.all, history.now), "asked");
    }
    const { now } = history;
    take(asked, taken);
    const wanted = recount(history.all, now);
    most = Math.max(most, wanted.minute);
    assertEquals(counted(asked, now), wanted, "at the end");
    const replayed = new FleetFold();
    take(replayed);
    assertEquals(counted(replayed, now), wanted, "replayed at once");
    if (has.lanes || has.gc) continue;
    const newcomer = new FleetFold();
    for (const each of random.chance(0.5) ? history.stream : history.stream.toReversed()) {
      if ("kind" in each && each.kind !== "heartbeat") {
        newcomer.apply({ ...each, type: "snapshot" });
      }
    }
    for (const { entry } of history.all) {
      const { heartbeat } = entry ?? {};
      if (heartbeat === undefined) continue;
      const { reservation_id: id } = heartbeat;
      newcomer.apply({ type: "snapshot", kind: "heartbeat", id, data: jsonCopy(heartbeat) });
    }
    assertEquals(counted(newcomer, now), wanted, "from snapshots");
  }
  assert_(most >= 5, `at most ${most} conflicts in a minute`);
});

async function first(coord: { fleet(options: { once: true }): AsyncIterable<Fleet> }) {
  for await (const fleet of coord.fleet({ once: true })) return fleet;
  throw new Error("there is no state");
}

for (
  const [name, place] of [
    ["files", workspace],
    ["memory", async () => {
      const clock = new FakeClock();
      return {
        clock,
        coord: coordOn(openMemoryStore(new MemoryWorkspace({ clock: clock.now }))),
      };
    }],
  ] as const
) {
  it(`fleet() names the conflicts that reserve() answers with, each once (${name})`, async () => {
    const { coord, clock } = await place();
    const { reservations, lanes } = coord;
    const counts = async () => {
      const { conflicts_total, conflicts_last_minute, conflicts, hotspots } = await first(coord);
      return {
        total: conflicts_total,
        minute: conflicts_last_minute,
        runs: conflicts.map(({ run_ids }) => run_ids.join(" ")),
        hotspots: hotspots.map(({ address, count }) => `${address} ${count}`),
      };
    };
    const none = { total: 0, minute: 0, runs: [], hotspots: [] };
    const mine = { runId: "claude:1", addresses: ["src/api/**"] };
    await reservations.reserve(mine);
    clock.advance(1);
    // A session and its own subagent do not get in each other's way.
    await reservations.reserve({ runId: "claude:1/sub", addresses: ["src/api/**"] });
    clock.advance(1);
    assertEquals(await counts(), none);
    const other = { runId: "b", addresses: ["src/api/a.ts", "docs"] };
    const reserved = await reservations.reserve(other);
    if (reserved.status !== "reserved") throw new Error("it is a notice");
    const met = reserved.conflicts.map(({ run_id }) => run_id).sort();
    const { conflicts } = await first(coord);
    assertEquals(conflicts.map(({ run_ids: [, earlier] }) => earlier).sort(), met);
    assertEquals(conflicts[0]?.addresses, ["src/api/a.ts", "src/api/**"]);
    assertEquals(conflicts[0]?.ids[0], reserved.reservation_id);
    assertEquals(conflicts[0]?.since, reserved.created_at);
    const two = {
      total: 2,
      minute: 2,
      runs: ["b claude:1/sub", "b claude:1"],
      hotspots: ["src/api/** 2", "src/api/a.ts 2"],
    };
    assertEquals(await counts(), two);
    // What goes on is no news.
    await reservations.reserve({ ...mine, renew: true });
    await coord.heartbeat({ id: reserved.reservation_id, runId: "b" });
    assertEquals(await counts(), two);
    // What was refused is not recorded, and is not counted.
    const kept = { addresses: ["src/api"], exclusive: true };
    await reservations.reserve({ ...kept, runId: "c", strict: true });
    assertEquals(await counts(), two);
    clock.advance(30);
    await lanes.acquire({ lane: "docs", owner: "c", tree: ["docs/**"], loopTs: "1" });
    const three = await counts();
    assertEquals([three.total, three.minute, three.runs[0]], [3, 3, "c b"]);
    clock.advance(1);
    await reservations.release({ id: reserved.reservation_id, runId: "b" });
    assertEquals(await counts(), { ...three, total: 0, runs: [] });
    clock.advance(30);
    assertEquals((await counts()).minute, 1);
    clock.advance(30);
    assertEquals(await counts(), none);
  });
}

/** A fold of reservations by as many runs, and its counts. */
function bounded() {
  const fold = new FleetFold();
  const reserve = (n: number, address: string, seconds: number) => {
    const record = {
      reservation_id: `r${n}`,
      run_id: `a${n}`,
      addresses: [address],
      created_at: iso(START + n),
      expires_at: iso(START + seconds * 1_000),
    };
    fold.apply({ type: "added", kind: "reservation", id: `r${n}`, data: record });
  };
  const counts = (seconds: number) => {
    const { conflicts, ...rest } = stateOf(fold, START + seconds * 1_000);
    const { conflicts_total: total, conflicts_last_minute: minute, conflicts_counted } = rest;
    return { total, minute, conflicts_counted, shown: conflicts.length };
  };
  return { reserve, counts };
}

const NONE = { total: 0, minute: 0, conflicts_counted: true, shown: 0 };

it("fleet() compares a new hold with 200 others at most, and says where that was not all", () => {
  const { reserve, counts } = bounded();
  for (let n = 0; n < 250; n++) reserve(n, `src/f${n}.ts`, 100);
  assertEquals(counts(1), NONE);
  reserve(500, "src/**", 40);
  const some = { total: 200, minute: 200, conflicts_counted: false, shown: 100 };
  assertEquals(counts(1), some);
  assertEquals(counts(41), { ...some, total: 0, shown: 0 });
  assertEquals(counts(61), NONE);
});

it("fleet() keeps 2,000 conflicts at most, and says where that was not all", () => {
  const { reserve, counts } = bounded();
  for (let n = 0; n < 60; n++) reserve(n, "README.md", 100);
  const pairs = 60 * 59 / 2;
  assertEquals(counts(1), { total: pairs, minute: pairs, conflicts_counted: true, shown: 100 });
  for (let n = 60; n < 1_000; n++) reserve(n, "README.md", 100);
  const kept = { total: 2_000, minute: 2_000, conflicts_counted: false, shown: 100 };
  assertEquals(counts(2), kept);
  assertEquals(counts(62), { ...kept, minute: 0 });
  assertEquals(counts(162), NONE);
});
