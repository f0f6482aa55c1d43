import type { IntentInput, ReservationInput } from "../../../src/engine/reservation/types.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { assert_, assertEquals, assertMatch, fail, it } from "../../deps.ts";
import { ReservationBench } from "../../support/fake/reservation_bench.ts";

const UUID = "6f1d1c9e-7f0a-4f6e-9a53-0d6a2f3b4c5d";

async function failure(body: Promise<unknown>): Promise<CoordError> {
  const error = await body.then(() => fail("it did not fail"), (reason: unknown) => reason);
  if (error instanceof CoordError) return error;
  throw error;
}

it("reserve() writes a record with the fields that Muse reads, and answers with it", async () => {
  const bench = new ReservationBench();
  const { status, conflicts, conflicts_total, conflicts_counted, ...record } = await bench.reserve(
    "a",
    "src/a.py::f",
    {
      ttl: 60,
      operation: "modify",
    },
  );
  assertEquals([status, conflicts], ["reserved", []]);
  assertEquals([conflicts_total, conflicts_counted], [0, true]);
  assertEquals(bench.records.reservations.get(record.reservation_id), record);
  const { reservation_id, ...rest } = record;
  assertMatch(reservation_id, /^sha256:[0-9a-f]{64}$/);
  assertEquals({ ...rest, nonce: "" }, {
    run_id: "a",
    branch: "trunk",
    addresses: ["src/a.py::f"],
    created_at: bench.iso(0),
    expires_at: bench.iso(60),
    operation: "modify",
    exclusive: false,
    nonce: "",
  });
});

it("reserve() reports each pair of addresses that overlaps, and writes all the same", async () => {
  const bench = new ReservationBench();
  const theirs = await bench.reserve("b", "src/**::*", { operation: "rename", branch: "fix" });
  bench.advance(1);
  const later = await bench.reserve("c", "src/a.py", { addresses: ["docs", "src/a.py"] });
  const { conflicts } = await bench.reserve("a", "", { addresses: ["src/a.py::f", "docs/x.md"] });
  assertEquals(conflicts, [
    {
      kind: "reservation",
      exclusive: false,
      address: "src/a.py::f",
      their_address: "src/**::*",
      reservation_id: theirs.reservation_id,
      run_id: "b",
      branch: "fix",
      operation: "rename",
      expires_at: bench.iso(3600),
    },
    {
      kind: "reservation",
      exclusive: false,
      address: "src/a.py::f",
      their_address: "src/a.py",
      reservation_id: later.reservation_id,
      run_id: "c",
      branch: "trunk",
      operation: null,
      expires_at: bench.iso(3601),
    },
    {
      kind: "reservation",
      exclusive: false,
      address: "docs/x.md",
      their_address: "docs",
      reservation_id: later.reservation_id,
      run_id: "c",
      branch: "trunk",
      operation: null,
      expires_at: bench.iso(3601),
    },
  ]);
  assertEquals(bench.records.reservations.ids.length, 3);
});

it("reserve() does not count the agent's own reservations as conflicts", async () => {
  const bench = new ReservationBench();
  await bench.reserve("a", "src");
  assertEquals((await bench.reserve("a", "src/x", { exclusive: true })).conflicts, []);
});

it("reserve() takes two unknown agents for two, and says so", async () => {
  const bench = new ReservationBench();
  await bench.reservations.reserve({ addresses: ["src"] });
  const second = await bench.reservations.reserve({ addresses: ["src"] });
  assertEquals(second.conflicts.length, 1);
  assertEquals(bench.warnings.length, 2);
  assertMatch(bench.warnings[0] ?? "", /two "unknown" agents never count as the same agent/);
});

it("reserve() writes nothing when an exclusive reservation meets another", async () => {
  const bench = new ReservationBench();
  const { reservation_id } = await bench.reserve("b", "src/{a,b}.py", { exclusive: true });
  const wanted = { addresses: ["docs", "src/a.py::f"], runId: "a", exclusive: true };
  const answer = await bench.reservations.reserve(wanted);
  assert_(answer.status === "conflict");
  assertEquals(answer.conflicts.map((each) => each.kind === "reservation" && each.reservation_id), [
    reservation_id,
  ]);
  assertEquals(
    answer.error,
    'Cannot reserve exclusively: "src/a.py::f" overlaps "src/{a,b}.py" of "b" until ' +
      bench.iso(3600),
  );
  assertEquals(bench.records.reservations.ids.length, 1);
});

it("reserve() names three conflicts in the message of a refusal and counts the rest", async () => {
  const bench = new ReservationBench();
  for (let n = 0; n < 5; n++) await bench.reserve(`b${n}`, `src/${n}`);
  const all = { addresses: ["src"], runId: "a", exclusive: true };
  const answer = await bench.reservations.reserve({ ...all, strict: true });
  assert_(answer.status === "conflict");
  assertEquals(answer.conflicts.length, 5);
  assertEquals(answer.error.split("; ").length, 4);
  assertMatch(answer.error, /; and 2 more$/);
});

it("reserve() counts what it cannot decide in time as a conflict, with a warning", async () => {
  const bench = new ReservationBench();
  const evil = (letter: string) => `${"*a".repeat(200)}*${letter}*${"?".repeat(200)}{,x}`;
  await bench.reserve("b", evil("b"));
  const { conflicts } = await bench.reserve("a", evil("c"));
  assertEquals(conflicts.length, 1);
  assertMatch(
    bench.warnings.join(),
    /^Cannot compare ".{40}…" and ".{40}…" in time: counted as a conflict$/,
  );
});

it("reserve() skips a foreign address that is none", async () => {
  const bench = new ReservationBench();
  bench.foreign(UUID, { addresses: ["/etc/passwd", "src/a.py"] });
  const { conflicts } = await bench.reserve("a", "src");
  assertEquals(conflicts.map((each) => each.their_address), ["src/a.py"]);
});

it("reserve() keeps an address once that is given twice", async () => {
  const bench = new ReservationBench();
  const answer = await bench.reserve("a", "", { addresses: ["src", "docs", "src"] });
  assertEquals(answer.addresses, ["src", "docs"]);
});

it("reserve() reports all that is wrong with its input and with all addresses at once", async () => {
  const bench = new ReservationBench();
  const messages = async (addresses: string[]) => {
    const wrong = { addresses, ttl: 0, operation: "eat" } as unknown as ReservationInput;
    const error = await failure(bench.reservations.reserve(wrong));
    assertEquals(error.code, "bad_args");
    return error.message.split("; ");
  };
  const others = [
    "ttl must be between 1 and 31536000, got 0",
    "operation must be one of rename, move, modify, extract, delete, inline, split, merge",
  ];
  assertEquals(await messages(["/a", "ok", "../b", "[", "a*/../b"]), [
    ...others,
    'addresses "/a" leaves the checkout: it is "/a"',
    'addresses "../b" leaves the checkout: it is "/b"',
    'addresses "[" holds a "[" without its "]"',
    'addresses "a*/../b" must not hold ".."',
  ]);
  assertEquals(await messages(["/a", ""]), ['addresses "" must not be empty', ...others]);
  assertEquals(bench.records.reservations.ids.length, 0);
});

it("heartbeat() moves the end, and never back", async () => {
  const bench = new ReservationBench();
  const { reservation_id: id } = await bench.reserve("a", "src", { ttl: 100 });
  bench.advance(50);
  assertEquals(await bench.reservations.heartbeat({ id, runId: "a", extension: 100 }), {
    status: "ok",
    reservation_id: id,
    run_id: "a",
    last_beat_at: bench.iso(50),
    expires_at: bench.iso(150),
    extended_expires_at: bench.iso(150),
    ttl_extended_seconds: 100,
  });
  const shorter = await bench.reservations.heartbeat({ id, runId: "a", extension: 1 });
  assertEquals(shorter.status === "ok" && shorter.extended_expires_at, bench.iso(150));
  const { conflicts } = await bench.reserve("b", "src");
  assertEquals(conflicts.map((each) => each.expires_at), [bench.iso(150)]);
});

it("heartbeat() shorter than the reservation itself leaves its end where it is", async () => {
  const bench = new ReservationBench();
  const { reservation_id: id } = await bench.reserve("a", "src", { ttl: 100 });
  const beat = await bench.reservations.heartbeat({ id, runId: "a", extension: 1 });
  assertEquals(beat.status === "ok" && beat.extended_expires_at, bench.iso(100));
});

it("heartbeat() brings an expired reservation back", async () => {
  const bench = new ReservationBench();
  const { reservation_id: id } = await bench.reserve("a", "src", { ttl: 10 });
  bench.advance(11);
  assertEquals((await bench.reservations.list()).live, 0);
  assertEquals((await bench.reservations.heartbeat({ id, runId: "a" })).status, "ok");
  assertEquals((await bench.reservations.list()).live, 1);
});

it("heartbeat() and release() are for the agent that reserved", async () => {
  const bench = new ReservationBench();
  const { reservation_id: id } = await bench.reserve("a", "src");
  assertEquals(await bench.reservations.heartbeat({ id, runId: "b" }), {
    status: "not_holder",
    reservation_id: id,
    run_id: "a",
    since: bench.iso(0),
    expires_at: bench.iso(3600),
    error: `Cannot extend reservation ${id}: holder is "a", caller is "b"`,
  });
  assertEquals(await bench.reservations.release({ id, runId: "b" }), {
    status: "not_holder",
    reservation_id: id,
    run_id: "a",
    since: bench.iso(0),
    expires_at: bench.iso(3600),
    error: `Cannot release reservation ${id}: holder is "a", caller is "b"`,
  });
  const forced = await bench.reservations.release({ id, runId: "b", force: true, reason: "dead" });
  assertEquals(forced, {
    status: "released",
    reservation_id: id,
    run_id: "b",
    released_at: bench.iso(0),
    reason: "dead",
  });
});

it("an unknown agent keeps and releases nothing without force", async () => {
  const bench = new ReservationBench();
  const { reservation_id: id } = await bench.reserve("unknown", "src");
  for (const act of ["heartbeat", "release"] as const) {
    const answer = await bench.reservations[act]({ id, runId: "unknown" });
    assertEquals(answer.status, "not_holder");
    assertMatch("error" in answer ? answer.error : "", /never count as the same agent$/);
  }
  const forced = await bench.reservations.release({ id, runId: "unknown", force: true });
  assertEquals(forced.status, "released");
});

it("a released reservation is released once, and beats no more", async () => {
  const bench = new ReservationBench();
  const { reservation_id: id } = await bench.reserve("a", "src");
  assertEquals((await bench.reservations.release({ id, runId: "a" })).status, "released");
  for (const act of ["heartbeat", "release"] as const) {
    const answer = await bench.reservations[act]({ id, runId: "a" });
    assertEquals(answer.status, "already_released");
    assertMatch(
      "error" in answer ? answer.error : "",
      /released by "a" at 2026-11-21T09:30:00.000Z, reason "completed"$/,
    );
  }
});

it("ids are found by a prefix, of Muse's too, and a whole one wins over longer ones", async () => {
  const bench = new ReservationBench();
  bench.foreign(UUID);
  bench.foreign("6f1d1c9e");
  for (const id of [UUID, UUID.slice(0, 12), UUID.toUpperCase()]) {
    const answer = await bench.reservations.heartbeat({ id, runId: "muse" });
    assertEquals("reservation_id" in answer && answer.reservation_id, UUID);
  }
  const short = await bench.reservations.heartbeat({ id: "6f1d1c9e", runId: "muse" });
  assertEquals(short.reservation_id, "6f1d1c9e");
  const error = await failure(bench.reservations.release({ id: "6f1d1c", runId: "muse" }));
  assertEquals(error.code, "bad_id");
  assertEquals(error.details.candidates, ["6f1d1c9e", UUID]);
  const none = await failure(bench.reservations.release({ id: "ffffff", runId: "muse" }));
  assertEquals([none.code, none.message], ["not_found", 'No reservation has the id "ffffff"']);
});

it("list() returns what is live, or all, narrowed as it is asked", async () => {
  const bench = new ReservationBench();
  const old = await bench.reserve("a", "src/old", { ttl: 10 });
  const gone = await bench.reserve("a", "src/gone", { branch: "fix" });
  bench.advance(20);
  await bench.reservations.release({ id: gone.reservation_id, runId: "a" });
  const live = await bench.reserve("b", "src/live");
  await bench.reservations.heartbeat({ id: live.reservation_id, runId: "b", extension: 7200 });
  const ids = async (input: Parameters<typeof bench.reservations.list>[0]) =>
    (await bench.reservations.list(input)).reservations.map((item) => item.reservation_id);
  assertEquals(await ids({}), [live.reservation_id]);
  const all = await bench.reservations.list({ all: true });
  assertEquals(
    all.reservations.map((item) => [item.reservation_id, item.status]).sort(),
    [[old.reservation_id, "expired"], [gone.reservation_id, "released"], [
      live.reservation_id,
      "live",
    ]].sort(),
  );
  assertEquals([all.total, all.live], [3, 1]);
  assertEquals(await ids({ all: true, branch: "fix" }), [gone.reservation_id]);
  assertEquals(await ids({ all: true, runId: "b" }), [live.reservation_id]);
  assertEquals(await ids({ kind: "intent" }), []);
  const [item] = (await bench.reservations.list()).reservations;
  assertEquals(
    [item?.expires_at, item?.last_beat_at, item?.released_at, item?.reason],
    [bench.iso(7220), bench.iso(20), null, null],
  );
});

it("an intent lives as long as its reservation, and without one for an hour", async () => {
  const bench = new ReservationBench();
  const { reservation_id } = await bench.reserve("a", "src", { ttl: 10 });
  const input: IntentInput = { addresses: ["src/a"], operation: "split", runId: "a" };
  const bound = await bench.reservations.intent({
    ...input,
    reservationId: reservation_id.slice(7, 20),
  });
  assertEquals(bound.reservation_id, reservation_id);
  const free = await bench.reservations.intent({ ...input, detail: "two\nlines" });
  const { intent_id: _id, ...rest } = free;
  assertEquals({ ...rest, nonce: "" } as object, {
    reservation_id: null,
    run_id: "a",
    branch: "trunk",
    addresses: ["src/a"],
    operation: "split",
    detail: "two\nlines",
    created_at: bench.iso(0),
    nonce: "",
  });
  const live = async () =>
    (await bench.reservations.list({ kind: "intent" })).intents.map((each) => each.intent_id)
      .sort();
  assertEquals(await live(), [bound.intent_id, free.intent_id].sort());
  bench.advance(10);
  assertEquals(await live(), [free.intent_id]);
  await bench.reservations.heartbeat({ id: reservation_id, runId: "a", extension: 9_000 });
  assertEquals(await live(), [bound.intent_id, free.intent_id].sort());
  bench.advance(3_590);
  assertEquals(await live(), [bound.intent_id]);
  const { intents } = await bench.reservations.list({ all: true });
  assertEquals(intents.map((each) => each.status).sort(), ["ended", "live"]);
});

it("intent() needs its reservation to be there, and warns when it has ended", async () => {
  const bench = new ReservationBench();
  const { reservation_id: id } = await bench.reserve("a", "src", { ttl: 10 });
  bench.advance(10);
  const input: IntentInput = { addresses: ["src"], operation: "move", runId: "a" };
  await bench.reservations.intent({ ...input, reservationId: id });
  assertEquals(bench.warnings, [`Reservation ${id} has ended, and its intents with it`]);
  const error = await failure(bench.reservations.intent({ ...input, reservationId: "ffffff" }));
  assertEquals(error.code, "not_found");
  assertEquals(bench.records.intents.ids.length, 1);
});
