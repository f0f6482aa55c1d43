/** A server that is away, in whatever way, is a clear error in time. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { openPostgres } from "../../../src/adapters/postgres/open.ts";
import { type Place, placeOf } from "../../../src/adapters/postgres/place.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { afterEach, assert_, assertEquals, assertMatch } from "../../deps.ts";
import {
  type Broken,
  closeOpened,
  cuttable,
  itThere,
  newSpace,
  opened,
} from "../../support/postgres.ts";
import { badServer, ownServer } from "../../support/postgres_own.ts";
import { runSource } from "../../support/program/from_source.ts";
import { coordOn } from "../../support/scene/over_store.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

type Coord = ReturnType<typeof coordOn>;

afterEach(closeOpened);

/** Milliseconds to connect, with room for a slow machine. */
const LIMIT_MS = 9_000;

/** Why a store cannot be opened. */
async function refusal(place: Place): Promise<string> {
  const [outcome, ms] = await timed(openPostgres(place));
  assert_(ms < LIMIT_MS, `${outcome} took ${ms} ms`);
  return outcome;
}

itThere("a server that closes, resets or says nothing is an error in time", async () => {
  const ways = ["closes", "resets", "says nothing"] as const;
  const refusals = await Promise.all(ways.map(async (way) => {
    const { port } = opened(await badServer(way));
    return await refusal(placeOf(`postgres://u@127.0.0.1:${port}/d?space=x`));
  }));
  assertEquals(refusals, ways.map(() => "io_error unreachable none"));
});

/** How a call goes; how long it took. */
async function timed(call: Promise<unknown>): Promise<[outcome: string, ms: number]> {
  const began = performance.now();
  const error = await call.then(() => undefined, (error) => error);
  if (error !== undefined) assert_(error instanceof CoordError, `it was no CoordError: ${error}`);
  const outcome = error === undefined
    ? "ok"
    : `${error.code} ${error.details.reason} ${error.details.effect}`;
  return [outcome, performance.now() - began];
}

/** Milliseconds that a call takes to fail where a connection breaks, with room for a slow machine. */
const BREAKS: Readonly<Record<Broken, number>> = {
  closes: 10_000 + 9_000,
  resets: 10_000 + 9_000,
  "says nothing": 30_000 + 9_000,
};

/** What becomes of calls whose connection breaks in the middle of an answer. */
async function broken(how: Broken): Promise<Record<string, string>> {
  const place = placeOf(await newSpace());
  const { reservations } = coordOn(opened(await openPostgres(place)));
  const reserved = await reservations.reserve({ addresses: ["lib"], runId: "p" });
  assert_(reserved.status === "reserved");
  const id = reserved.reservation_id;
  const calls = {
    enqueue: ({ tasks }: Coord) => tasks.enqueue({ title: "x", runId: "p" }),
    claim: ({ tasks }: Coord) => tasks.claim({ runId: "p" }),
    reserve: ({ reservations }: Coord) =>
      reservations.reserve({ addresses: ["src"], runId: "p", exclusive: true }),
    release: ({ reservations }: Coord) => reservations.release({ id, runId: "p" }),
  };
  const outcomes = Object.entries(calls).map(async ([name, call]) => {
    const wire = opened(await cuttable(place));
    const coord = coordOn(opened(await openPostgres(wire.place)));
    wire.breaks(how);
    const [outcome, ms] = await timed(call(coord));
    assert_(ms < BREAKS[how], `${name} took ${ms} ms`);
    wire.breaks(undefined);
    assertEquals((await timed(coord.tasks.list()))[0], "ok");
    return [name, outcome];
  });
  return Object.fromEntries(await Promise.all(outcomes));
}

/** Answers before that of a command: that it may connect, and what a process that opens a store asks. */
const TO_OPEN = 2;

/** How a command ends whose server says nothing any more. */
async function commandInSilence() {
  const url = await newSpace();
  let answers = 0;
  const wire = opened(
    await cuttable(placeOf(url), (answer) => ++answers > TO_OPEN ? answer.subarray(0, 0) : answer),
  );
  const store = `postgres://coord@127.0.0.1:${wire.place.port}/postgres?space=${wire.place.space}`;
  const began = performance.now();
  const ended = await runSource(makeTempDir(), {}, "enqueue", "x", "--store", store);
  assert_(performance.now() - began < BREAKS["says nothing"]);
  return ended;
}

itThere("a connection that breaks in the middle of an answer is an error in time", async () => {
  const ways = Object.keys(BREAKS) as Broken[];
  const [{ code, err }, ...found] = await Promise.all([commandInSilence(), ...ways.map(broken)]);
  const outcomes = {
    enqueue: "io_error unreachable unknown",
    claim: "io_error unreachable unknown",
    reserve: "io_error unreachable none",
    release: "io_error unreachable unknown",
  };
  assertEquals(found, ways.map(() => outcomes));
  assertEquals(code, 3);
  assertMatch(err, /the server does not answer/);
});

itThere(
  "a server without a free connection is an error in time, and serves when there is one",
  async () => {
    const settings = ["max_connections=4", "superuser_reserved_connections=0", "max_wal_senders=0"];
    const server = opened(await ownServer({ settings }));
    const place = placeOf(server.url);
    const all = Array.from({ length: 4 }, () => opened(new Connection(place)));
    for (const each of all) await each.read("SELECT 1");
    assertEquals(await refusal(place), "io_error connections none");
    const waiting = opened(new Connection(place));
    const answer = waiting.read("SELECT 1 AS one");
    await all[0]?.close();
    assertEquals(await answer, [{ one: 1 }]);
  },
);
