/** What others do between the steps of an operation. */
import type { Timers } from "../../../src/async/timers.ts";
import { assert_, assertEquals, assertMatch, it } from "../../deps.ts";
import { ReservationBench } from "../../support/fake/reservation_bench.ts";

const UUID = "6f1d1c9e-7f0a-4f6e-9a53-0d6a2f3b4c5d";

it("reserve() decides again when another reservation is added meanwhile", async () => {
  const meet = (exclusive: boolean) =>
    new ReservationBench((store) => ({
      async add(placement) {
        assertEquals(placement.admit([]), true);
        bench.foreign(UUID, { exclusive });
        return await store.add(placement);
      },
    }));
  let bench = meet(true);
  const wanted = { addresses: ["src/a.py"], runId: "a", exclusive: true };
  const refused = await bench.reservations.reserve(wanted);
  assertEquals(refused.status, "conflict");
  bench = meet(false);
  const advised = await bench.reservations.reserve(wanted);
  assert_(advised.status === "reserved");
  assertEquals(
    advised.conflicts.map((each) => each.kind === "reservation" && each.reservation_id),
    [UUID],
  );
});

it("reserve() forgets a conflict that ended before it was decided", async () => {
  const bench = new ReservationBench((store) => ({
    async add(placement) {
      const entry = await store.get(UUID);
      assertEquals(entry !== undefined && placement.admit([entry]), true);
      bench.records.reservations.remove(UUID);
      return await store.add(placement);
    },
  }));
  bench.foreign(UUID);
  const advised = await bench.reserve("a", "src/a.py", { exclusive: true });
  assertEquals(advised.conflicts, []);
});

/** Timers whose time passes as soon as it is waited for. */
function hasty(): Timers {
  let ms = 0;
  return {
    now: () => ms,
    after(delay, body) {
      ms += delay;
      queueMicrotask(body);
      return () => {};
    },
    turn: () => Promise.resolve(),
  };
}

it("reserve() that others overtake for seconds names the one that has it then", async () => {
  const timers = hasty();
  const bench = new ReservationBench((store) => ({
    confirm: async (id) => {
      await store.refuse(id, "b");
      // Only then it is held, and no more looked at before.
      if (timers.now() > 1_000) bench.foreign(UUID, { exclusive: true });
      return undefined;
    },
  }), timers);
  const input = { addresses: ["src/a.py"], runId: "a", exclusive: true };
  const refused = await bench.reservations.reserve(input);
  assert_(refused.status === "conflict");
  assertEquals(refused.conflicts.map((each) => each.run_id), ["muse"]);
  assertMatch(refused.error, /overlaps .* of "muse"/);
});

it("reserve() that others overtake for seconds, and that are gone then, goes on and gets it", async () => {
  const timers = hasty();
  const bench = new ReservationBench((store) => ({
    confirm: async (id) => {
      if (timers.now() > 3_000) return await store.confirm(id);
      await store.refuse(id, "b");
      return undefined;
    },
  }), timers);
  assertEquals((await bench.reserve("a", "src/a.py", { exclusive: true })).status, "reserved");
});

it("heartbeat() and release() that lose against a release say so", async () => {
  let end = () => {};
  const bench = new ReservationBench((store) => ({
    beat: (...given) => (end(), store.beat(...given)),
    release: (...given) => (end(), store.release(...given)),
  }));
  for (const act of ["heartbeat", "release"] as const) {
    const { reservation_id: id } = await bench.reserve("a", "src");
    end = () =>
      bench.records.releases.put(id, {
        reservation_id: id,
        run_id: "b",
        released_at: bench.iso(0),
        reason: "expired",
      });
    const answer = await bench.reservations[act]({ id, runId: "a" });
    assertEquals(answer.status, "already_released");
    assertMatch(
      "error" in answer ? answer.error : "",
      /, reason "expired"$/,
    );
  }
});
