/** `coord.with()`, on a store in memory whose time moves by hand. */
import { CoordError, type WithInput } from "../../../mod.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { answered, pass, timed } from "../../support/fake/timed.ts";

const BOTH = { addresses: ["src/a.ts"], lane: "@x", runId: "a" };

function scene() {
  const { time, open } = timed();
  const coord = open();
  /** What is live now. */
  const live = async () => {
    const { reservations } = await coord.reservations.list();
    const { leases } = await coord.lanes.live();
    return [
      ...reservations.map(({ addresses }) => addresses.join()),
      ...leases.map(({ lane }) => lane),
    ];
  };
  return { time, coord, other: open(), live };
}

it("with() holds addresses and a lane while its function runs, and gives them back", async () => {
  const { coord, live } = scene();
  const answer = await coord.with(BOTH, async ({ reservation, lease }, signal) => {
    assertEquals([reservation?.fence, lease?.fence, signal.aborted], [1, 1, false]);
    return await live();
  });
  assertEquals(answer, { status: "done", result: ["src/a.ts", "@x"] });
  assertEquals(await live(), []);
});

it("with() keeps the holds beyond their TTL", async () => {
  const { time, coord, live } = scene();
  const state = answered(
    time,
    coord.with({ ...BOTH, ttl: 10 }, async () => {
      await new Promise<void>((resolve) => time.timers.after(60_000, resolve));
      return await live();
    }),
  );
  await pass(time, 61);
  assertEquals(state, { answer: { status: "done", result: ["src/a.ts", "@x"] }, after: 60 });
});

it("with() gives all back when its function throws, and throws the same", async () => {
  const { coord, live } = scene();
  const error = new Error("mine");
  const thrown = await coord.with(BOTH, () => Promise.reject(error)).catch((each: unknown) => each);
  assertEquals(thrown, error);
  assertEquals(await live(), []);
});

it("with() answers at once what it cannot get, and holds nothing then", async () => {
  const { coord, other, live } = scene();
  const never = () => Promise.reject(new Error("it ran"));
  await other.lanes.acquire({ lane: "@x", owner: "b" });
  const lane = await coord.with(BOTH, never);
  assertEquals([lane.status, await live()], ["refused", ["@x"]]);
  await other.reservations.reserve({ addresses: ["src"], runId: "b", exclusive: true });
  const addresses = await coord.with(BOTH, never);
  assert_(addresses.status === "conflict");
  assertEquals([addresses.conflicts.length, await live()], [1, ["src", "@x"]]);
});

it("with() waits for addresses and lane together no longer than it was given", async () => {
  const { time, coord, other } = scene();
  await using _lease = await other.lanes.hold({ lane: "@x", owner: "b" });
  const taken = await other.reservations.hold({ addresses: ["src"], runId: "b", exclusive: true });
  const state = answered(time, coord.with({ ...BOTH, wait: 20 }, () => Promise.resolve()));
  await pass(time, 15);
  await taken[Symbol.asyncDispose]();
  await pass(time, 15);
  assertEquals([state.answer?.status, state.after], ["timeout", 20]);
});

it("with() aborts its function when a hold is lost, and reports it whatever that returns", async () => {
  const { time, coord, other, live } = scene();
  let fence = 0;
  const state = answered(
    time,
    coord.with(BOTH, async ({ lease }, signal) => {
      fence = lease?.fence ?? 0;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return "done all the same";
    }),
  );
  await pass(time, 5);
  assertEquals(fence, 1);
  await other.lanes.adopt({ lane: "x", owner: "b" });
  await pass(time, 1);
  assertEquals([state.answer?.status, state.after], ["lost", 5]);
  assertEquals(await live(), ["@x"]);
});

it("with() looks once more whether all was held before it reports success", async () => {
  const { coord, other } = scene();
  const answer = await coord.with(BOTH, async ({ reservation }) => {
    const id = reservation?.reservation.reservation_id ?? "";
    await other.reservations.release({ id, runId: "b", force: true });
  });
  assertEquals(answer.status, "lost");
});

it("with() holds a notice that keeps no agent out", async () => {
  const { coord, other } = scene();
  const input = { addresses: ["src"], runId: "a", notice: true };
  const answer = await coord.with(
    input,
    () => other.reservations.reserve({ addresses: ["src"], runId: "b", exclusive: true }),
  );
  assertEquals(answer.status === "done" && answer.result.status, "reserved");
});

it("with() refuses an input that names nothing, or no agent", async () => {
  const { coord } = scene();
  const problems = async (input: WithInput) => {
    const error = await coord.with(input, () => Promise.resolve()).catch((each: unknown) => each);
    return error instanceof CoordError ? error.message : error;
  };
  assertEquals(
    await problems({ runId: "unknown", notice: true }),
    [
      'runId must name you: two "unknown" agents never count as the same agent',
      "addresses is required, or lane or tree",
      "notice needs addresses",
    ].join("; "),
  );
});
