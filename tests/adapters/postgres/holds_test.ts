/** Reservations and lanes, whatever a data base does by default, and whatever comes between two statements. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { openPostgres } from "../../../src/adapters/postgres/open.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { afterEach, assertEquals } from "../../deps.ts";
import {
  closeOpened,
  cuttable,
  itThere,
  newDataBase,
  newSpace,
  opened,
  untilOneWaits,
} from "../../support/postgres.ts";
import { coordOn } from "../../support/scene/over_store.ts";

afterEach(closeOpened);

for (const level of ["read committed", "repeatable read", "serializable"]) {
  itThere(
    `of exclusive reservations, and of leases, at once one is granted where ${level} is the default`,
    async () => {
      const { place } = await newDataBase({ default_transaction_isolation: `'${level}'` });
      const coords = await Promise.all(["a", "b", "c", "d"].map(async (runId) => {
        const store = opened(await openPostgres(place));
        return { runId, coord: coordOn(store) };
      }));
      for (let round = 0; round < 3; round++) {
        const answers = await Promise.all(coords.map(async ({ runId, coord }, n) => {
          const input = { addresses: [n % 2 === 0 ? "src" : "src/**"], runId, exclusive: true };
          return { coord, runId, answer: await coord.reservations.reserve(input) };
        }));
        const granted = answers.flatMap(({ coord, runId, answer }) =>
          answer.status === "conflict" ? [] : [{ coord, runId, id: answer.reservation_id }]
        );
        assertEquals(granted.length, 1);
        for (const { coord, runId, id } of granted) await coord.reservations.release({ id, runId });
        const lane = { lane: "api", tree: ["lib"], loopTs: "1", ttl: 60 };
        const leases = await Promise.all(coords.map(async ({ runId: owner, coord }) => {
          const { status } = await coord.lanes.acquire({ ...lane, owner });
          return { status, coord, owner };
        }));
        const held = leases.filter(({ status }) => status === "acquired");
        assertEquals(held.length, 1);
        for (const { coord, owner } of held) await coord.lanes.release({ lane: "api", owner });
      }
    },
  );
}

itThere(
  "add() decides again where a row was written between its decision and its write",
  async () => {
    const place = placeOf(await newSpace());
    const store = opened(await openPostgres(place));
    const sql = opened(new Connection(place));
    const made = (n: number, endsAt: number) => ({
      reservation_id: `sha256:${String(n).padStart(64, "0")}`,
      run_id: `run-${n}`,
      branch: "main",
      addresses: ["src"],
      operation: "modify",
      exclusive: true,
      created_at: formatTime(endsAt - 60_000),
      expires_at: formatTime(endsAt),
    });
    const decided: number[] = [];
    const placement = (n: number, endsAt: number) => ({
      reservation: made(n, endsAt),
      *overlaps() {
        yield undefined;
        return true;
      },
      admit: (others: readonly unknown[]) => (decided.push(n), others.length === 0),
      excludes: () => true,
    });
    const past = store.clock() - 1_000;
    assertEquals(await store.reservations.add(placement(1, past)), true);
    let adding: Promise<boolean> = Promise.resolve(false);
    await sql.transaction("READ COMMITTED", async (ask) => {
      await ask("UPDATE coord.reservation SET version = version + 1");
      adding = store.reservations.add(placement(2, past + 120_000));
      await untilOneWaits(ask);
    });
    assertEquals(await adding, true);
    assertEquals(decided, [1, 2, 2]);
    const first = await store.reservations.get(made(1, past).reservation_id);
    assertEquals(first?.release?.reason, "expired");
  },
);

itThere("a lease whose append has lost its answer is acquired once", async () => {
  const place = placeOf(await newSpace());
  const wire = opened(await cuttable(place));
  const store = opened(await openPostgres(wire.place));
  const coord = coordOn(store);
  const sql = opened(new Connection(place));
  let acquiring: Promise<{ status: string }> | undefined;
  await sql.transaction("READ COMMITTED", async (ask) => {
    await ask("SELECT FROM coord.space WHERE name = $1 FOR UPDATE", [place.space]);
    const lane = { lane: "api", tree: ["lib"], loopTs: "1", ttl: 60 };
    acquiring = coord.lanes.acquire({ ...lane, owner: "a" });
    await untilOneWaits(ask);
    wire.cut();
  });
  assertEquals((await acquiring)?.status, "acquired");
  const entries = await store.lanes.journal.last(10);
  const { fold } = await store.lanes.journal.read();
  assertEquals([fold.live().length, fold.live()[0]?.fence], [1, 1]);
  assertEquals(entries.every(({ op }) => op === "ACQUIRE"), true, JSON.stringify(entries));
});
