/** What a fold of a fleet keeps from state to state, against the same computed from everything. */
import type { ClaimRecord } from "../../../src/domain/task/claim.ts";
import type { TaskRecord } from "../../../src/domain/task/task.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { FleetAttempts } from "../../../src/engine/watch/fleet/attempts.ts";
import { FleetCompletions, FleetFailures } from "../../../src/engine/watch/fleet/ends.ts";
import { FleetReservations } from "../../../src/engine/watch/fleet/reservations.ts";
import type { FleetFailure } from "../../../src/engine/watch/fleet/types.ts";
import { isLive, parseReservation } from "../../../src/domain/reservation/reservation.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { newSeed, type Random } from "../../support/random.ts";

const START = Date.parse("2026-11-30T10:00:00.000Z");
const STEPS = 600;

const idOf = (n: number) => `sha256:${String(n).padStart(64, "0")}`;

function failure(task_id: string, at: number): FleetFailure {
  const ended_at = formatTime(at);
  return { task_id, title: "t", queue: "q", run_id: "a", error: null, attempt: 1, ended_at };
}

it("FleetFailures has the newest 50 of all that are there, and the same list until one more comes", () => {
  const random = newSeed("failures");
  const failures = new FleetFailures();
  const all = new Map<string, FleetFailure>();
  for (let step = 0; step < STEPS; step++) {
    const id = idOf(random.below(90));
    if (all.delete(id)) failures.drop(id);
    else {
      const next = failure(id, START + 1_000 * random.below(40));
      all.set(id, next);
      failures.put(next);
    }
    if (random.chance(0.5)) continue;
    const sorted = [...all.values()].sort((a, b) =>
      Date.parse(b.ended_at ?? "") - Date.parse(a.ended_at ?? "") ||
      (a.task_id < b.task_id ? -1 : 1)
    );
    assertEquals(failures.last(), sorted.slice(0, 50));
    assert_(failures.last() === failures.last());
  }
});

it("FleetCompletions counts those of the minute before, and none that lies ahead", () => {
  const random = newSeed("completions");
  const completions = new FleetCompletions();
  const all: { queue: string; at: number }[] = [];
  for (let [step, now] = [0, START]; step < STEPS; step++, now += random.below(2_000)) {
    const done = { queue: random.pick(["a", "b"]), at: now + 1_000 * (random.below(30) - 25) };
    all.push(done);
    completions.put(done.queue, done.at);
    const counted = all.filter(({ at }) => at > now - 60_000 && at <= now);
    const expected = Map.groupBy(counted, ({ queue }) => queue);
    assertEquals(
      [...completions.lastMinute(now)].sort(),
      [...expected].map(([queue, { length }]) => [queue, length]).sort(),
    );
  }
});

function claimOf(random: Random, task_id: string, at: number): ClaimRecord {
  const ended = formatTime(at + 1);
  const earlier = { attempt: 1, fence: 1, run_id: "e", claimed_at: formatTime(at - 9_000) };
  const isSecond = random.chance(0.3);
  return {
    task_id,
    claimer_run_id: random.pick(["a", "b"]),
    claimed_at: formatTime(at),
    expires_at: formatTime(at + 20_000),
    heartbeat_at: formatTime(at),
    claim_nonce: "n",
    attempt: isSecond ? 2 : 1,
    fence: 2,
    transition: 2,
    result: null,
    error: null,
    ...(random.chance(0.5)
      ? { status: "claimed" }
      : { status: random.pick(["completed", "failed"] as const), ended_at: ended }),
    ...(isSecond && {
      earlier_attempts: [{ ...earlier, ended_at: ended, end: "timed_out", error: null }],
    }),
  };
}

it("FleetAttempts lists the same after each change as one that was given all at once", () => {
  const random = newSeed("attempts");
  const limit = 40;
  const attempts = new FleetAttempts(limit);
  const all = new Map<string, [TaskRecord, ClaimRecord]>();
  for (let [step, now] = [0, START]; step < STEPS; step++, now += 1 + random.below(3_000)) {
    const task_id = idOf(random.below(60));
    const task = { task_id, title: "t", queue: "q" } as TaskRecord;
    const claim = claimOf(random, task_id, now);
    all.set(task_id, [task, claim]);
    attempts.put(task, claim);
    if (random.chance(0.3)) continue;
    const whole = new FleetAttempts(limit);
    for (const each of all.values()) whole.put(...each);
    // Attempts of one instant stand in any order.
    const inOrder = (list: ReturnType<FleetAttempts["at"]>) =>
      list.map((each) => [each.end === null, each.claimed_at]);
    assertEquals(inOrder(attempts.at(now)), inOrder(whole.at(now)));
    assert_(attempts.at(now) === attempts.at(now));
  }
});

it("FleetReservations has what is in force, the oldest first, each the same until it changes", () => {
  const random = newSeed("reservations");
  const kept = new FleetReservations();
  const records = new Map<string, Record<string, string | string[]>>();
  const released = new Set<string>();
  for (let [step, now] = [0, START]; step < STEPS; step++, now += random.below(3_000)) {
    const reservation_id = idOf(random.below(30));
    const created_at = formatTime(now + (random.chance(0.1) ? 3_600_000 : 0));
    const expires_at = formatTime(now + 1_000 * random.below(60));
    const record = { reservation_id, run_id: "a", addresses: ["a"], created_at, expires_at };
    if (random.chance(0.5)) {
      records.set(reservation_id, record);
      kept.reservation(reservation_id, record);
    } else if (released.delete(reservation_id)) kept.release(reservation_id, undefined);
    else {
      released.add(reservation_id);
      const end = { reservation_id, run_id: "a", released_at: formatTime(now) };
      kept.release(reservation_id, end);
    }
    const expected = [...records].flatMap(([id, each]) => {
      const reservation = parseReservation(each, id);
      if (typeof reservation === "string" || released.has(id)) return [];
      const isShown = isLive({ reservation, heartbeat: undefined, release: undefined }, now);
      return isShown ? [[reservation.created_at, id]] : [];
    }).sort();
    const found = kept.live(now);
    assertEquals(found.map(({ item }) => [item.created_at, item.reservation_id]), expected);
    assertEquals(found.map(({ item }) => item.status), expected.map(() => "live"));
    assert_(kept.live(now).every(({ item }, at) => item === found[at]?.item));
  }
});
