import { assert_, assertEquals, it } from "../../deps.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { workspace } from "../../support/scene/workspace.ts";

it("show() has every attempt at a task with its end, and what was said of it", async () => {
  const { coord, clock } = await workspace();
  const { task_id: id } = await coord.tasks.enqueue({ title: "t", runId: "p" });
  const start = clock.ms;
  const at = (seconds: number) => formatTime(start + seconds * 1000);
  const untouched = await coord.show(id);
  assert_(untouched.kind === "task");
  assertEquals([untouched.status, untouched.claim, untouched.attempts], ["pending", null, []]);
  await coord.tasks.claim({ runId: "a", claimTtl: 10 });
  await coord.tasks.heartbeat({ id, runId: "a", note: "half", progress: { done: 1, total: 2 } });
  clock.advance(30);
  await coord.tasks.claim({ runId: "b" });
  clock.advance(1);
  await coord.tasks.giveBack({ id, runId: "b" });
  await coord.tasks.claim({ runId: "c" });
  const held = await coord.show(id.slice(7, 15));
  assert_(held.kind === "task");
  assertEquals([held.status, held.attempts.at(-1)?.end], ["claimed", null]);
  clock.advance(1);
  await coord.tasks.fail({ id, runId: "c", error: "red" });
  const shown = await coord.show(id);
  assert_(shown.kind === "task");
  const said = { note: "half", progress: { done: 1, total: 2 } };
  assertEquals(shown.attempts, [
    {
      attempt: 1,
      fence: 1,
      run_id: "a",
      claimed_at: at(0),
      ended_at: at(10),
      end: "timed_out",
      error: null,
      ...said,
    },
    {
      attempt: 2,
      fence: 3,
      run_id: "b",
      claimed_at: at(30),
      ended_at: at(31),
      end: "given_back",
      error: null,
    },
    {
      attempt: 3,
      fence: 5,
      run_id: "c",
      claimed_at: at(31),
      ended_at: at(32),
      end: "failed",
      error: "red",
    },
  ]);
  assertEquals(shown.notes, [{ attempt: 1, run_id: "a", ...said }]);
  assertEquals([shown.status, shown.claim?.ended_at], ["failed", at(32)]);
  assertEquals("earlier_attempts" in (shown.claim ?? {}), false);
});

it("show() finds reservations, intents and lanes, and says where they stand", async () => {
  const { coord } = await workspace();
  const { reservations, lanes } = coord;
  const addresses = ["src/a.ts"];
  const reserved = await reservations.reserve({ addresses, runId: "a", exclusive: true });
  assert_(reserved.status === "reserved");
  const id = reserved.reservation_id;
  const intent = await reservations.intent({
    addresses,
    runId: "a",
    operation: "modify",
    reservationId: id,
  });
  const live = await coord.show(id);
  assert_(live.kind === "reservation");
  assertEquals([live.status, live.reservation.fence], ["live", reserved.fence]);
  assertEquals((await coord.show(intent.intent_id.slice(7, 20))).status, "live");
  await reservations.release({ id, runId: "a", reason: "cancelled" });
  const ended = await coord.show(id.slice(7, 20));
  assert_(ended.kind === "reservation");
  assertEquals([ended.status, ended.reservation.reason], ["released", "cancelled"]);
  assertEquals((await coord.show(intent.intent_id)).status, "ended");

  for (const lane of ["api", "abc123"]) {
    const grant = await lanes.acquire({ lane, owner: "a", loopTs: "1", tree: [`${lane}/**`] });
    assertEquals(grant.status, "acquired");
    await lanes.heartbeat({ lane, owner: "a", loopTs: "1" });
    const held = await coord.show(lane);
    assert_(held.kind === "lane");
    assertEquals([held.status, held.lane?.holder], ["live", "a"]);
    await lanes.release({ lane, owner: "a", loopTs: "1" });
    const free = await coord.show(`lane:${lane}`);
    assert_(free.kind === "lane");
    assertEquals([free.status, free.lane], ["free", null]);
    assertEquals(free.entries.map(({ op }) => op), ["ACQUIRE", "RELEASE"]);
  }
});

it("show() refuses what names nothing", async () => {
  const { coord } = await workspace();
  const missing = async (id: string) => {
    const error = await coord.show(id).catch((error) => error);
    assert_(error instanceof CoordError);
    return [error.code, error.message];
  };
  assertEquals(await missing("abcdef"), [
    "not_found",
    `No task or reservation or intent has the id "abcdef"`,
  ]);
  assertEquals(await missing("api"), [
    "not_found",
    `Cannot show "api": it is no id, no task has that key, and no lane of that name ever had a lease`,
  ]);
  assertEquals(await missing("lane:api"), [
    "not_found",
    `Cannot show "api": no lane of that name ever had a lease`,
  ]);
  assertEquals(await missing(""), ["bad_id", "id must not be empty"]);
  assertEquals((await missing("lane:")).at(0), "bad_id");
});
