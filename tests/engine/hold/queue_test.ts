/** Who waits is served first come, first served; on a store in memory whose time moves by hand. */
import type { ReservationInput } from "../../../mod.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { answered, ended, pass, timed } from "../../support/fake/timed.ts";

function scene() {
  const { time, open } = timed();
  const coord = open();
  const input = (runId: string, addresses: readonly string[], more: Partial<ReservationInput>) => ({
    addresses,
    runId,
    exclusive: true,
    ...more,
  });
  /** Tries once. */
  const tried = async (runId: string, ...addresses: readonly string[]) => {
    const answer = await coord.reservations.reserve(input(runId, addresses, {}));
    return {
      status: answer.status,
      by: answer.conflicts.map(({ kind, run_id }) => [kind, run_id]),
    };
  };
  /** Holds, until what it returns is called. */
  const held = async (runId: string, ...addresses: readonly string[]) => {
    const answer = await coord.reservations.reserve(input(runId, addresses, {}));
    assert_(answer.status === "reserved", runId);
    return () => coord.reservations.release({ id: answer.reservation_id, runId });
  };
  const waiting = (runId: string, addresses: readonly string[], wait = 600) =>
    answered(time, open().reservations.reserve(input(runId, addresses, { wait })));
  const acquiring = (owner: string, lane: string, tree?: readonly string[], wait = 600) =>
    answered(time, open().lanes.acquire({ owner, lane, wait, ...(tree && { tree }) }));
  return { time, coord, tried, held, waiting, acquiring };
}

it("reserve() with wait serves those that wait in the order in which they came", async () => {
  const { time, coord, held, waiting } = scene();
  const release = await held("z", "src/a.ts");
  const names = ["h", "g", "f", "e", "d", "c", "b", "a"];
  const states = new Map<string, ReturnType<typeof waiting>>();
  for (const name of names) {
    states.set(name, waiting(name, [names.indexOf(name) % 2 === 0 ? "src/**" : "src/a.ts"]));
    await pass(time, 1);
  }
  await release();
  const served: string[] = [];
  while (states.size > 0) {
    await pass(time, 1);
    const granted = [...states].filter(([, { answer }]) => answer !== undefined);
    assertEquals(granted.length, 1);
    for (const [runId, { answer }] of granted) {
      served.push(runId);
      states.delete(runId);
      assert_(answer?.status === "reserved");
      await coord.reservations.release({ id: answer.reservation_id, runId });
    }
  }
  assertEquals(served, names);
  assertEquals(time.armed, 0);
});

it("acquire() with wait and reserve() with wait keep one order", async () => {
  const { time, coord, held, waiting, acquiring } = scene();
  const release = await held("z", "src");
  const lane = acquiring("a", "api", ["src/api"]);
  await pass(time, 1);
  const reservation = waiting("b", ["src/**"]);
  await pass(time, 1);
  const last = acquiring("c", "api", ["src/api"]);
  await pass(time, 1);
  await release();
  await pass(time, 1);
  assertEquals([lane, reservation, last].map((each) => each.answer?.status), [
    "acquired",
    undefined,
    undefined,
  ]);
  await coord.lanes.release({ lane: "api", owner: "a" });
  await pass(time, 1);
  assertEquals([reservation, last].map((each) => each.answer?.status), ["reserved", undefined]);
  assert_(reservation.answer?.status === "reserved");
  await coord.reservations.release({ id: reservation.answer.reservation_id, runId: "b" });
  await pass(time, 1);
  assertEquals(last.answer?.status, "acquired");
});

it("acquire() with wait keeps the order of a lane that is a name alone", async () => {
  const { time, coord, acquiring } = scene();
  await coord.lanes.acquire({ lane: "@x", owner: "z" });
  const states = new Map<string, ReturnType<typeof acquiring>>();
  for (const owner of ["c", "b", "a"]) {
    states.set(owner, acquiring(owner, "@x"));
    await pass(time, 1);
  }
  for (const [owner, next] of [["z", "c"], ["c", "b"], ["b", "a"]] as const) {
    await coord.lanes.release({ lane: "@x", owner });
    const once = await coord.lanes.acquire({ lane: "@x", owner: "d" });
    assert_(once.status === "refused", "a call that does not wait comes after them");
    await pass(time, 1);
    assertEquals(states.get(next)?.answer?.status, "acquired");
  }
});

it("reserve() is refused by an agent that waits for what overlaps, and by no other", async () => {
  const { time, tried, held, waiting } = scene();
  await held("z", "src/a.ts");
  const state = waiting("a", ["src/a.ts", "docs"]);
  await pass(time, 1);
  assertEquals(await tried("b", "docs/x.md"), { status: "conflict", by: [["waiter", "a"]] });
  assertEquals(await tried("b", "lib"), { status: "reserved", by: [] });
  assertEquals(ended(state).status, undefined);
});

it("acquire() is refused by an agent that waits for what overlaps, and says so", async () => {
  const { time, coord, held, waiting } = scene();
  await held("z", "src/a.ts");
  waiting("a", ["src/a.ts", "docs"]);
  await pass(time, 1);
  const answer = await coord.lanes.acquire({ lane: "docs", tree: ["docs"], owner: "b" });
  assert_(answer.status === "refused");
  const { reason_class, conflicts, reason } = answer;
  assertEquals(reason_class, "queued");
  assertEquals(conflicts.map(({ kind, run_id }) => [kind, run_id]), [["waiter", "a"]]);
  assertEquals(/"a" waits for "docs" since/.test(reason), true, reason);
});

it("reserve() of an agent that released does not come before those that wait for it", async () => {
  const { time, tried, held, waiting } = scene();
  const release = await held("z", "src");
  const state = waiting("a", ["src"]);
  await pass(time, 1);
  await release();
  const { by } = await tried("z", "src");
  assertEquals(by.length > 0 && by.every(([, run]) => run === "a"), true);
  await pass(time, 1);
  assertEquals(state.answer?.status, "reserved");
});

it("reserve() of what an agent holds, or takes besides, does not queue behind those that wait for it", async () => {
  const { time, coord, tried, held, waiting } = scene();
  await held("z", "src/a.ts");
  waiting("a", ["src/**"]);
  await pass(time, 1);
  assertEquals((await tried("z", "src/a.ts")).status, "reserved");
  assertEquals((await tried("z", "src/b.ts")).status, "reserved");
  const renewed = await coord.reservations.reserve({
    addresses: ["src/a.ts"],
    runId: "z",
    exclusive: true,
    renew: true,
  });
  assert_(renewed.status === "reserved" && renewed.renewed === true);
});

it("reserve() with wait does not wait for one whose time has run out", async () => {
  const { time, held, waiting } = scene();
  const release = await held("z", "src");
  const dead = waiting("a", ["src"], 4);
  await pass(time, 1);
  const state = waiting("b", ["src"]);
  await pass(time, 6);
  assertEquals(ended(dead), { status: "conflict", after: 4 });
  await release();
  await pass(time, 1);
  assertEquals(ended(state).status, "reserved");
});

it("reserve() with wait is refused at once where it would close a circle, and names it", async () => {
  const { time, coord, held, waiting } = scene();
  await held("a", "x");
  await held("b", "y");
  await coord.lanes.acquire({ lane: "@z", owner: "c" });
  const first = waiting("a", ["y"]);
  await pass(time, 1);
  const second = waiting("b", ["z", "x"]);
  await pass(time, 1);
  assertEquals([first.answer?.status, second.answer?.status], [undefined, "conflict"]);
  assert_(second.answer?.status === "conflict");
  assertEquals(
    second.answer.error,
    'Cannot wait for the addresses: "b" waits for "a" waits for "b"',
  );
});

it("acquire() with wait is refused at once where it would close a circle of three", async () => {
  const { time, coord, held, waiting, acquiring } = scene();
  await held("a", "x");
  await held("b", "y");
  await coord.lanes.acquire({ lane: "@z", owner: "c" });
  waiting("a", ["y"]);
  await pass(time, 1);
  const second = acquiring("b", "@z");
  await pass(time, 1);
  const third = waiting("c", ["x"]);
  await pass(time, 1);
  assertEquals(second.answer, undefined);
  assert_(third.answer?.status === "conflict");
  assertEquals(
    third.answer.error,
    'Cannot wait for the addresses: "c" waits for "a" waits for "b" waits for "c"',
  );
});

it("acquire() with wait sees no circle in a lane that was released and is wanted again", async () => {
  const { time, coord, acquiring } = scene();
  await coord.lanes.acquire({ lane: "@x", owner: "z" });
  const first = acquiring("a", "@x");
  await pass(time, 1);
  const [, second] = await Promise.all([
    coord.lanes.release({ lane: "@x", owner: "z" }),
    acquiring("z", "@x"),
  ]);
  await pass(time, 1);
  assertEquals([first.answer?.status, second.answer], ["acquired", undefined]);
  await coord.lanes.release({ lane: "@x", owner: "a" });
  await pass(time, 1);
  assertEquals(second.answer?.status, "acquired");
});

it("wait() has a turn among those that wait, and keeps it for its run for 10 seconds", async () => {
  const { time, coord, tried, held, waiting } = scene();
  const release = await held("z", "src");
  const first = waiting("a", ["src/a.ts"]);
  await pass(time, 1);
  const second = answered(time, coord.wait({ addresses: ["src"], runId: "b", timeout: 600 }));
  await pass(time, 1);
  const third = waiting("c", ["src/b.ts"]);
  await pass(time, 1);
  await release();
  await pass(time, 1);
  assertEquals([first, second, third].map((each) => each.answer?.status), [
    "reserved",
    undefined,
    undefined,
  ]);
  const [reservation] = (await coord.reservations.list()).reservations;
  await coord.reservations.release({ id: reservation?.reservation_id ?? "", runId: "a" });
  await pass(time, 5);
  assertEquals([second.answer?.status, third.answer], ["done", undefined]);
  assertEquals(await tried("d", "src/c.ts"), { status: "conflict", by: [["waiter", "b"]] });
  assertEquals((await tried("b", "src/d.ts")).status, "reserved");
  await pass(time, 6);
  assertEquals(ended(third).status, "reserved");
});

it("wait() for a lane has a turn, and gives it back when its time has run out", async () => {
  const { time, coord, acquiring } = scene();
  await coord.lanes.acquire({ lane: "@x", owner: "z" });
  const first = answered(time, coord.wait({ lane: "@x", runId: "a", timeout: 8 }));
  await pass(time, 1);
  const second = acquiring("b", "@x");
  await pass(time, 1);
  await coord.lanes.release({ lane: "@x", owner: "z" });
  await pass(time, 1);
  assertEquals([first.answer?.status, second.answer], ["done", undefined]);
  await pass(time, 10);
  assertEquals(second.answer?.status, "acquired");
  const third = answered(time, coord.wait({ lane: "@x", runId: "c", timeout: 3 }));
  await pass(time, 4);
  assertEquals(third.answer?.status, "timeout");
  await coord.lanes.release({ lane: "@x", owner: "b" });
  assertEquals((await coord.lanes.acquire({ lane: "@x", owner: "d" })).status, "acquired");
});

it("wait() is in vain where it would close a circle", async () => {
  const { time, coord, held, waiting } = scene();
  await held("a", "x");
  await held("b", "y");
  waiting("a", ["y"]);
  await pass(time, 1);
  const state = answered(time, coord.wait({ addresses: ["x"], runId: "b", timeout: 600 }));
  await pass(time, 1);
  const { status, error } = state.answer ?? {};
  assertEquals([status, error], [
    "terminal",
    'Cannot wait in vain: "b" waits for "a" waits for "b"',
  ]);
});
