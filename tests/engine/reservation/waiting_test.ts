/** `reserve()` with `wait`, on a store in memory whose time moves by hand. */
import type { ReservationInput } from "../../../mod.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { answered, ended, pass, timed } from "../../support/fake/timed.ts";

function scene() {
  const { time, open } = timed();
  const { reservations, lanes } = open();
  const reserve = async (runId: string, more: Partial<ReservationInput> = {}) => {
    const input = { addresses: ["src/a.ts"], runId, exclusive: true, ...more };
    const answer = await reservations.reserve(input);
    assert_(answer.status === "reserved");
    return () => reservations.release({ id: answer.reservation_id, runId });
  };
  const waiting = (runId: string, wait: number, more: Partial<ReservationInput> = {}) => {
    const input = { addresses: ["src/**"], runId, exclusive: true, wait, ...more };
    return answered(time, open().reservations.reserve(input));
  };
  return { time, reservations, lanes, reserve, waiting };
}

const NOT_YET = { status: undefined, after: undefined };

it("reserve() with wait is granted when what is in its way is released", async () => {
  const { time, lanes, reserve, waiting } = scene();
  const release = await reserve("b");
  await lanes.acquire({ lane: "@x", owner: "c" });
  const state = waiting("a", 60);
  await pass(time, 10);
  assertEquals(ended(state), NOT_YET);
  await release();
  await pass(time, 0);
  assertEquals(ended(state), { status: "reserved", after: 10 });
  assertEquals(time.armed, 0);
});

it("reserve() with wait is granted when the lane in its way is released", async () => {
  const { time, lanes, waiting } = scene();
  await lanes.acquire({ lane: "api", tree: ["src"], owner: "b" });
  const state = waiting("a", 60);
  await pass(time, 10);
  assertEquals(ended(state), NOT_YET);
  await lanes.release({ lane: "api", owner: "b" });
  await pass(time, 0);
  assertEquals(ended(state), { status: "reserved", after: 10 });
});

it("reserve() with wait is granted when what is in its way expires", async () => {
  const { time, reserve, waiting } = scene();
  await reserve("b", { ttl: 32 });
  const state = waiting("a", 60);
  await pass(time, 40);
  assertEquals(ended(state), { status: "reserved", after: 32 });
});

it("reserve() with wait has its whole TTL from the grant on", async () => {
  const { time, reserve, waiting } = scene();
  await reserve("b", { ttl: 30 });
  const state = waiting("a", 60, { ttl: 100 });
  await pass(time, 40);
  assertEquals(state.answer?.status === "reserved" && state.answer.expires_at, time.iso(130));
});

it("reserve() with wait answers conflict when its time has run out", async () => {
  const { time, reservations, reserve, waiting } = scene();
  await reserve("b");
  const state = waiting("a", 7);
  await pass(time, 10);
  assertEquals(ended(state), { status: "conflict", after: 7 });
  assertEquals(state.answer?.status === "conflict" && state.answer.conflicts[0]?.run_id, "b");
  assertEquals((await reservations.list({ all: true })).total, 1);
  assertEquals(time.armed, 0);
});

it("reserve() with wait and strict waits for notices, too", async () => {
  const { time, reserve, waiting } = scene();
  const release = await reserve("b", { exclusive: false });
  const state = waiting("a", 60, { addresses: ["src/a.ts"] });
  await pass(time, 0);
  assertEquals(ended(state), { status: "reserved", after: 0 });
  const strict = waiting("c", 60, { addresses: ["src/a.ts", "docs"], strict: true });
  await pass(time, 1);
  assertEquals(ended(strict), NOT_YET);
  await release();
  await pass(time, 1);
  assertEquals(ended(strict), NOT_YET);
});

it("reserve() with wait throws the reason of its signal", async () => {
  const { time, reservations, reserve } = scene();
  await reserve("b");
  const stop = new AbortController();
  const input = { addresses: ["src"], runId: "a", exclusive: true, wait: 60 };
  const state = answered(
    time,
    reservations.reserve({ ...input, signal: stop.signal }).catch((reason: unknown) => reason),
  );
  await pass(time, 3);
  stop.abort("enough");
  await pass(time, 0);
  assertEquals(state, { answer: "enough", after: 3 });
  assertEquals([time.armed, (await reservations.list()).total], [0, 1]);
});

it("reserve() with wait gives one address to each of many that wait, one after the other", async () => {
  const { time, reservations, reserve, waiting } = scene();
  const release = await reserve("b");
  const states = Array.from({ length: 8 }, (_, n) => waiting(`a${n}`, 600));
  await pass(time, 1);
  await release();
  const order: number[] = [];
  for (let round = 0; round < states.length; round++) {
    await pass(time, 1);
    const granted = states.flatMap(({ answer }, n) => answer === undefined ? [] : n);
    const [fresh, ...others] = granted.filter((n) => !order.includes(n));
    assert_(fresh !== undefined && others.length === 0, `round ${round}: ${granted.join()}`);
    order.push(fresh);
    const { answer } = states[fresh] ?? {};
    assert_(answer?.status === "reserved");
    await reservations.release({ id: answer.reservation_id, runId: answer.run_id });
  }
});
