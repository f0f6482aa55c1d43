/** What is wrong with a server is named: a promise that does not hold, and who is in the way. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { examinerOf } from "../../../src/adapters/postgres/examine.ts";
import type { Place } from "../../../src/adapters/postgres/place.ts";
import { Space } from "../../../src/adapters/postgres/space.ts";
import { problemsOf } from "../../../src/adapters/postgres/upkeep/problems.ts";
import { afterEach, assertEquals, assertMatch } from "../../deps.ts";
import { closeOpened, itThere, newDataBase, opened } from "../../support/postgres.ts";
import { sleep } from "../../support/race/processes.ts";

afterEach(closeOpened);

/** The promises that came out otherwise than ok, with what was found. */
async function notOk(place: Place, stop?: AbortSignal): Promise<Record<string, string>> {
  const { promises } = await examinerOf(new Space(place))(stop);
  return Object.fromEntries(
    promises.filter(({ result }) => result !== "ok")
      .map(({ promise, result, found }) => [promise, `${result}: ${found}`]),
  );
}

/** The server of the tests syncs nothing, and the examination says so. */
const SYNCS_NOTHING = { durability: "failed: fsync and full_page_writes are off" };

itThere(
  "the examination tries each promise, finds what the server lacks, and leaves nothing",
  async () => {
    const { place, sql } = await newDataBase();
    assertEquals(await notOk(place), SYNCS_NOTHING);
    assertEquals(await sql.read("SELECT FROM coord.claimer"), []);
    const { promises, problems } = await examinerOf(new Space(place))(undefined);
    const found = Object.fromEntries(promises.map(({ promise, found }) => [promise, found]));
    assertMatch(found["server_version"] ?? "", /^PostgreSQL 1\d$/);
    assertMatch(found["notification"] ?? "", /^after \d+ ms$/);
    assertEquals(problems, []);
  },
);

itThere("the examination that is stopped says what it did not try", async () => {
  const { place } = await newDataBase();
  const all = await notOk(place, AbortSignal.abort());
  assertEquals([...new Set(Object.values(all))], ["not_tried: it was stopped"]);
});

itThere("the examination names a data base that takes no writes", async () => {
  const { place } = await newDataBase({ default_transaction_read_only: "on" });
  const { writable, exclusive_rows } = await notOk(place);
  assertMatch(writable ?? "", /^failed: .*read-only/);
  assertMatch(exclusive_rows ?? "", /^failed: /);
});

itThere("the examination names a schema that is older than the program", async () => {
  const { place, sql } = await newDataBase();
  await sql.write("UPDATE coord.meta SET version = version - 1");
  const { schema } = await notOk(place);
  assertMatch(schema ?? "", /^failed: version \d+, and this program has \d+$/);
  await sql.write("DROP SCHEMA coord CASCADE");
  const without = await notOk(place);
  assertMatch(without["schema"] ?? "", /^failed: .*no schema of this version/);
});

itThere("the examination names who holds an old snapshot, and what it means", async () => {
  const { place, sql } = await newDataBase();
  const bounds = { seconds: 0, transactions: 1_000_000, dead: 1_000_000, spare: 0 };
  const holder = opened(new Connection(place));
  await holder.transaction("REPEATABLE READ, READ ONLY", async (ask) => {
    const { rows: [row] } = await ask("SELECT pg_backend_pid() AS pid");
    const [problem] = await problemsOf(sql, bounds);
    assertMatch(
      problem?.what ?? "",
      new RegExp(
        `^Process ${
          row?.["pid"]
        } of the server \\(user coord, data base d\\w+, program coord, .*open for \\d+ s$`,
      ),
    );
    assertMatch(problem?.means ?? "", /cannot be removed meanwhile/);
  });
  assertEquals(await problemsOf(sql, bounds), []);
  const name = `p${crypto.randomUUID()}`;
  await sql.write("BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION '" + name + "'");
  try {
    const [problem] = await problemsOf(sql, bounds);
    assertMatch(problem?.what ?? "", new RegExp(`^Prepared transaction ${name} of user coord`));
  } finally {
    await sql.write(`ROLLBACK PREPARED '${name}'`);
  }
});

itThere(
  "the examination names who has written and does not end, also in another data base",
  async () => {
    const { sql } = await newDataBase();
    const { sql: other } = await newDataBase();
    const bounds = { seconds: 0, transactions: 1_000_000, dead: 1_000_000, spare: 0 };
    for (const holder of [other, opened(new Connection(sql.place))]) {
      await holder.transaction("READ COMMITTED", async (ask) => {
        // Between two statements it has a number, and no snapshot.
        const { rows: [row] } = await ask("SELECT pg_backend_pid() AS pid");
        const [problem] = await problemsOf(sql, bounds);
        assertMatch(problem?.what ?? "", new RegExp(`^Process ${row?.["pid"]} of the server `));
      });
    }
    assertEquals(await problemsOf(sql, bounds), []);
  },
);

itThere("the examination names dead rows, and connections that run out", async () => {
  const { place, sql } = await newDataBase();
  const bounds = { seconds: 1_000, transactions: 1_000_000, dead: 100, spare: 0 };
  await sql.write("ALTER TABLE coord.claimer SET (autovacuum_enabled = off)");
  await sql.write(
    "INSERT INTO coord.claimer SELECT min(ns), n::text, 0 FROM coord.space, generate_series(1, 300) n GROUP BY n",
  );
  await sql.write("DELETE FROM coord.claimer");
  await sql.close();
  const other = opened(new Connection(place));
  const counted = async () => (await problemsOf(other, bounds))[0]?.what;
  // A backend reports its counts when it ends.
  let what = await counted();
  for (let n = 0; what === undefined && n < 1_000; n++) {
    await sleep(10);
    what = await counted();
  }
  assertEquals(
    what,
    "Table coord.claimer has 300 dead rows and 0 others; autovacuum last cleaned it never",
  );
  const few = await problemsOf(other, { ...bounds, dead: 1_000_000, spare: 1_000_000 });
  assertMatch(few[0]?.what ?? "", /^The server has \d+ of 1000 connections in use$/);
});
