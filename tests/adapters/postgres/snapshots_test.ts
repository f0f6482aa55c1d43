/** What another program sees of reservations in one snapshot of the tables, while agents come and go. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { storeOf } from "../../../src/adapters/postgres/open.ts";
import { recordOf } from "../../../src/adapters/postgres/record.ts";
import { PostgresReservationStore } from "../../../src/adapters/postgres/reservations.ts";
import { Space } from "../../../src/adapters/postgres/space.ts";
import type { ReservationRecord } from "../../../src/domain/reservation/reservation.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import { mutated } from "../../support/explore/mutants.ts";
import { sized } from "../../support/length.ts";
import { closeOpened, itThere, newDataBase, opened } from "../../support/postgres.ts";
import { sleep } from "../../support/race/processes.ts";
import { ADDRESSES, overlap } from "../../support/race/reservation_history.ts";
import { newSeed } from "../../support/random.ts";
import { coordOn } from "../../support/scene/over_store.ts";

afterEach(closeOpened);

const AGENTS = 8;
const READERS = 2;
const ROUNDS = sized(0, 15, 1_000);

/** Exclusive reservations of two agents that are in force in one snapshot, and overlap. */
async function pairIn(sql: Connection): Promise<ReservationRecord[] | undefined> {
  const rows = await sql.transaction("REPEATABLE READ, READ ONLY", async (ask) => {
    await ask("SELECT pg_current_snapshot()");
    const { rows } = await ask(
      `SELECT body FROM coord.reservation
       WHERE is_exclusive AND NOT is_unsettled AND release IS NULL`,
    );
    return rows;
  });
  const held = rows.map((row) => recordOf<ReservationRecord>(row["body"]));
  for (const [n, a] of held.entries()) {
    const b = held.slice(n + 1).find((b) =>
      a.run_id !== b.run_id && overlap(a.addresses, b.addresses)
    );
    if (b !== undefined) return [a, b];
  }
  return undefined;
}

/** Agents reserve, release and let expire, and readers look, until a pair is found or all is done. */
async function race(level: string, Reservations = PostgresReservationStore, rounds = ROUNDS) {
  const random = newSeed(`snapshots at ${level}`);
  const { place } = await newDataBase({ default_transaction_isolation: `'${level}'` });
  let pair: ReservationRecord[] | undefined;
  let isOver = false;
  let snapshots = 0;
  const counts = { reserved: 0, conflict: 0 };
  const readers = Array.from({ length: READERS }, async () => {
    const sql = opened(new Connection(place));
    while (!isOver && pair === undefined) {
      pair ??= await pairIn(sql);
      snapshots++;
    }
  });
  await Promise.all(Array.from({ length: AGENTS }, async (_, n) => {
    const space = opened(new Space(place));
    const { reservations } = coordOn({
      ...storeOf(space),
      reservations: new Reservations(space),
    });
    const runId = `agent-${n}`;
    for (let round = 0; round < rounds && pair === undefined; round++) {
      const addresses = [random.pick(ADDRESSES)];
      const ttl = random.chance(0.1) ? 1 : 600;
      const answer = await reservations.reserve({ addresses, runId, exclusive: true, ttl });
      counts[answer.status]++;
      if (answer.status === "conflict") continue;
      await sleep(random.below(10));
      if (ttl > 1) await reservations.release({ id: answer.reservation_id, runId });
    }
  }));
  isOver = true;
  await Promise.all(readers);
  console.log(`${level}: ${snapshots} snapshots, ${JSON.stringify(counts)}`);
  assert_(counts.reserved > 0 && snapshots > 0);
  return { pair, counts };
}

for (const level of ["read committed", "repeatable read", "serializable"]) {
  itThere(
    `no snapshot has two exclusive reservations that overlap, where ${level} is the default`,
    async () => {
      const { pair, counts } = await race(level);
      assertEquals(pair, undefined);
      assert_(counts.conflict > 0, "there was no race");
    },
  );
}

itThere(
  "a snapshot has two that overlap, where a reservation does not hold the row of the space",
  async () => {
    const { PostgresReservationStore: Faulty } = await mutated(
      "src/adapters/postgres/reservations.ts",
      {
        name: "the row of the space is not held",
        from: 'await ask("SELECT FROM coord.space WHERE ns = $1 FOR NO KEY UPDATE", [ns]);',
        to: "",
      },
    ) as { PostgresReservationStore: typeof PostgresReservationStore };
    const { pair } = await race("read committed", Faulty, Infinity);
    assert_(pair !== undefined);
  },
);
