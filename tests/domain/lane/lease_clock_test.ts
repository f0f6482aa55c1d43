import { assert_, assertEquals, it } from "../../deps.ts";
import { checkpointEntry } from "../../../src/domain/journal/checkpoint.ts";
import { LaneState } from "../../../src/domain/journal/fold.ts";
import {
  deadAt,
  deathOf,
  isFresh,
  lastBeat,
  type Lease,
  restUntil,
} from "../../../src/domain/lane/lease.ts";
import { reachedWith } from "../../../src/domain/lane/lease_clock.ts";
import { LANE_GRACE_S } from "../../../src/domain/limits.ts";
import { parseTime } from "../../../src/domain/time.ts";
import type { JournalEntry } from "../../../src/domain/journal/line.ts";
import {
  heartbeatEntry,
  reconcileEntry,
  refuseEntry,
} from "../../../src/domain/journal/entries.ts";
import { randomHistory } from "../../support/scene/lane_histories.ts";
import { acquire, dosReplay, replay, stamp, START } from "../../support/scene/lanes.ts";
import { sized } from "../../support/length.ts";
import { newSeed } from "../../support/random.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const ROUNDS = sized(500, 500, 5_000);

/** A state with one lease, and ways to go on. */
function story(now = START) {
  const state = new LaneState();
  state.apply(acquire(1, { ttl_seconds: 3_000 }, { now }));
  const lease = (): Lease => {
    const [found] = state.leases.ofLane("api");
    assert_(found !== undefined, "api is held");
    return found;
  };
  return {
    state,
    lease,
    beat: (at: number) => state.apply(heartbeatEntry(stamp(state.seq + 1, at), lease())),
    refuse: (at: number, host = "judge", baseSeq = state.seq) =>
      state.apply(refuseEntry(stamp(state.seq + 1, at), {
        ...{ lane: "x", holder: "b", loop_ts: "", host_id: host, reason: "", tree: [] },
        ...{ reason_class: "held", conflicts: [{ lane: "api" }, { lane: 7 }], baseSeq },
      })),
    alive: () => (lastBeat(lease()) ?? NaN) - START,
  };
}

it("reachedWith() never goes back, unless a clock was off by more than a day", () => {
  assertEquals(reachedWith(5, undefined), 5);
  assertEquals(reachedWith(undefined, 5), 5);
  assertEquals(reachedWith(5, 9), 9);
  assertEquals(reachedWith(9, 5), 9);
  assertEquals([reachedWith(0, DAY), reachedWith(0, DAY + 1)], [DAY, 0]);
});

it("apply() lets a lease live from a beat that is behind for as long as its clock has moved", () => {
  const { beat, alive, lease } = story();
  beat(START - HOUR);
  assertEquals([alive(), lease().heartbeat_at], [0, "2026-05-31T23:00:00.000Z"]);
  beat(START - HOUR + 900 * SECOND);
  assertEquals(alive(), 900 * SECOND);
  beat(START - 2 * HOUR);
  assertEquals(alive(), 900 * SECOND, "set back once more");
  beat(START - HOUR);
  assertEquals(alive(), (900 + 3_000) * SECOND, "at most the TTL: its clock was set right");
  beat(START + 2 * HOUR);
  assertEquals([alive(), lease().alive_at], [2 * HOUR, undefined], "nothing of that is left");
});

it("apply() counts a beat that is behind from what others have written", () => {
  const { beat, refuse, alive } = story();
  refuse(START + 1_000 * SECOND);
  beat(START - HOUR);
  assertEquals(alive(), 1_000 * SECOND);
  refuse(START + 3 * DAY);
  beat(START - HOUR + SECOND);
  assertEquals(alive(), 1_001 * SECOND, "but not where it is more than a day ahead");
});

it("apply() notes the first refusal by a machine in whose future a lease is, until it beats", () => {
  const { state, beat, refuse, lease } = story(START + 10 * HOUR);
  refuse(START);
  refuse(START + 5 * SECOND);
  refuse(START + 60 * SECOND, "other");
  refuse(START, "");
  assertEquals(lease().refused_at, {
    judge: "2026-06-01T00:00:00.000Z",
    other: "2026-06-01T00:01:00.000Z",
  });
  refuse(START - HOUR);
  assertEquals(lease().refused_at?.["judge"], "2026-05-31T23:00:00.000Z", "its clock was set back");
  const before = state.seq;
  beat(START + 5 * SECOND);
  assertEquals(lease().refused_at, undefined);
  refuse(START + 6 * SECOND, "judge", before);
  assertEquals(lease().refused_at, undefined, "its decision had not seen the beat");
  refuse(START + 10 * HOUR, "judge");
  assertEquals(lease().refused_at, undefined, "nothing is ahead of that clock");
  const entry = reconcileEntry(stamp(9), lease(), "");
  assertEquals(Object.keys(entry["lease"] ?? {}).filter((key) => key.endsWith("_at")), [
    ...["acquired_at", "heartbeat_at"],
  ]);
});

it("apply() takes neither alive_at nor refused_at from what an entry says of a lease", () => {
  const entry = acquire(1);
  const forged = { alive_at: "2999-01-01T00:00:00.000Z", refused_at: { h: START } };
  const [lease] = replay([
    { ...entry, lease: { ...Object(entry["lease"]), ...forged } } as JournalEntry,
  ]).live();
  assertEquals([lease?.alive_at, lease?.refused_at], [undefined, undefined]);
});

it("deathOf() counts the silence of a lease from the future on one machine alone", () => {
  const { refuse, lease } = story(START + 10 * HOUR);
  refuse(START);
  const over = START + (3_000 + LANE_GRACE_S.default) * SECOND;
  const dead = (now: number, host: string) => deathOf(lease(), now, undefined, host) !== undefined;
  assertEquals([dead(over, "judge"), dead(over + 1, "judge")], [false, true]);
  assertEquals(deathOf(lease(), over + 1, undefined, "judge"), {
    last_beat_at: "2026-06-01T10:00:00.000Z",
    silent_seconds: 3_300,
    ttl_seconds: 3_000,
    grace_seconds: LANE_GRACE_S.default,
    pid_alive: null,
    refused_at: "2026-06-01T00:00:00.000Z",
  });
  assertEquals([dead(over + 1, "other"), dead(over + 1, "")], [false, false]);
  assertEquals([deadAt(lease(), "judge"), deadAt(lease())], [
    ...[over + 1, over + 10 * HOUR + 1],
  ]);
  const right = START + 10 * HOUR + SECOND;
  assertEquals(dead(right, "judge"), false, "its clock was set right, and there is no need of it");
});

it("isFresh() and restUntil() go by the clock of the holder", () => {
  const { beat, lease } = story();
  const fresh = (now: number, within = 60) => isFresh(lease(), START + now * SECOND, within);
  assertEquals([fresh(0), fresh(59), fresh(60), fresh(-1)], [true, true, false, false]);
  assertEquals([fresh(0, 0), fresh(2_999, 9_999), fresh(3_000, 9_999)], [false, true, false]);
  beat(START - HOUR);
  assertEquals([fresh(59), fresh(-3_600), fresh(-3_541)], [false, true, true]);
  assertEquals(restUntil(lease()), START - HOUR + 3_000 * SECOND);
});

it("a heartbeat never shortens a lease, on random histories with clocks that are off", () => {
  const random = newSeed("beats");
  let set = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { lines } = randomHistory(random, 5 + random.below(40), {
      foreign: random.chance(0.5),
    });
    const state = new LaneState();
    for (const line of lines) {
      if (line.kind === "corrupt") {
        state.lose(line);
        continue;
      }
      const before = new Map(state.live().map((lease) => [lease.fence, lease]));
      const { effect, lease } = state.apply(line.entry);
      const known = lease && before.get(lease.fence);
      if (effect !== "renewed" || lease === undefined || known === undefined) continue;
      const [was, is] = [deadAt(known), deadAt(lease)];
      const where = `seed ${random.seed}, round ${round}, entry ${lease.renewed_seq}`;
      assert_(was === undefined || is !== undefined && is >= was, where);
      if (parseTime(lease.heartbeat_at) !== lastBeat(lease)) set++;
    }
    const snapshot = replay([checkpointEntry(state, START)]);
    assertEquals(
      { leases: snapshot.live(), reached: snapshot.reached },
      { leases: state.live(), reached: state.reached },
    );
  }
  assert_(set > 20, `${set} beats of clocks that are behind`);
});

it("the fold shows dos's heartbeats where clocks are off, in every lease that both have", () => {
  const random = newSeed("dos beats");
  for (let round = 0; round < ROUNDS; round++) {
    const { lines } = randomHistory(random, 5 + random.below(40));
    const state = new LaneState();
    // Beats that come too late count for dos, whatever they say; see settlement.ts for the others.
    const entries = lines.flatMap((line) => line.kind === "entry" ? [state.apply(line.entry)] : [])
      .filter(({ entry, effect }) => entry.op !== "HEARTBEAT" || effect === "renewed")
      .map(({ entry }) => entry);
    const theirs = new Map(dosReplay(entries).map((lease) => [lease["lane"], lease]));
    for (const { lane, heartbeat_at } of state.live()) {
      const where = `seed ${random.seed}, round ${round}, lane ${lane}`;
      assertEquals(heartbeat_at, theirs.get(lane)?.["heartbeat_at"], where);
    }
  }
});

it("who beats in time is never dead, whatever happens to its clock, and goes in time after that", () => {
  const random = newSeed("jumping clocks");
  const step = 1_000 * SECOND;
  const allowed = (3_000 + LANE_GRACE_S.default) * SECOND;
  for (let round = 0; round < ROUNDS; round++) {
    let off = 0;
    let now = START;
    const { beat, refuse, lease } = story();
    const dead = (at: number) => deathOf(lease(), at, undefined, "judge") !== undefined;
    const where = () => `seed ${random.seed}, round ${round}, after ${(now - START) / SECOND} s`;
    for (let beats = 0; beats < 30; beats++) {
      if (random.chance(0.2)) off = (random.below(23 * 3_600) - 11 * 3_600) * SECOND;
      if (random.chance(0.03)) off = (random.chance(0.5) ? -1 : 1) * 900 * DAY;
      now += step - 1;
      assert_(!dead(now), where());
      refuse(now);
      beat(++now + off);
      assert_(!dead(now), where());
    }
    refuse(++now);
    const end = deadAt(lease(), "judge") ?? Infinity;
    assert_(dead(end) && end <= now + 2 * allowed + SECOND, where());
  }
});
