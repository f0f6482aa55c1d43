/** A statement that a connection asks again is answered as it was the first time. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { connectTo } from "../../../src/adapters/postgres/session.ts";
import { afterEach, assertEquals, assertRejects } from "../../deps.ts";
import { closeOpened, itThere, newSpace, opened } from "../../support/postgres.ts";

afterEach(closeOpened);

const ECHO = `SELECT $1::text AS text, $2::text[] AS texts, $3::float8 AS number,
  $4::boolean AS is_so, $5::int AS int`;

const VALUES: readonly (readonly unknown[])[] = [
  ["plain", ["a"], 1, true, 1],
  ["", [], -0.5, false, 0],
  [null, null, null, null, null],
  [`"'\\ {},\n`, [`"`, "\\", "{", "}", ",", "", " ", "NULL", "null", "\n"], 1.5e300, true, -7],
  ["é😀".repeat(100_000), ["😀", "é".repeat(20_000)], Infinity, true, 2 ** 31 - 1],
  ["short again", ["é"], -Infinity, false, 3],
];

itThere("a statement that is asked again has the same values and the same answers", async () => {
  const sql = opened(new Connection(placeOf(await newSpace())));
  for (const [text, texts, number, isSo, int] of VALUES) {
    const values = [text, texts, number, isSo, int];
    const answer = [{ text, texts, number, is_so: isSo, int }];
    assertEquals(await sql.read(ECHO, values), answer);
    assertEquals(await sql.read(ECHO, values), answer);
  }
});

itThere("a value that would be written in a way of its own is refused", async () => {
  const client = await connectTo(placeOf(await newSpace()));
  const ask = (value: unknown) =>
    client.query({ name: "echo", text: "SELECT $1::text AS text", values: [value] });
  for (const isKnown of [false, true]) {
    for (const value of [{}, new Date(), new Uint8Array(1), [{}]]) {
      await assertRejects(() => ask(value), TypeError, "", `${isKnown}`);
    }
    assertEquals((await ask("x")).rows, [{ text: "x" }]);
  }
  await client.end();
});

itThere(
  "a statement that is asked again says how many rows it changed, and gives all",
  async () => {
    const sql = opened(new Connection(placeOf(await newSpace())));
    await sql.write("CREATE TEMPORARY TABLE counted (n int)");
    for (const count of [3, 0, 5]) {
      const { rowCount, rows } = await sql.write(
        "INSERT INTO counted SELECT generate_series(1, $1::int) RETURNING n",
        [count],
      );
      assertEquals([rowCount, rows.length], [count, count]);
      const { rowCount: gone, rows: none } = await sql.write("DELETE FROM counted WHERE n >= $1", [
        1,
      ]);
      assertEquals([gone, none.length], [count, 0]);
    }
  },
);

itThere("a statement that fails when it is asked again leaves those beside it alone", async () => {
  const sql = opened(new Connection(placeOf(await newSpace())));
  const share = (by: number) => sql.read("SELECT 12 / $1::int AS share", [by]);
  assertEquals(await share(1), [{ share: 12 }]);
  const [two, failed, four] = await Promise.allSettled([share(2), share(0), share(4)]);
  assertEquals([two, four].map((each) => each?.status === "fulfilled" && each.value), [
    [{ share: 6 }],
    [{ share: 3 }],
  ]);
  assertEquals(failed?.status, "rejected");
  await assertRejects(() => share(0), Error, "22012");
  // In a transaction all are on their way at once.
  const answers = await sql.transaction("READ COMMITTED", async (ask) => {
    const all = [2, 3, 4].map((by) => ask("SELECT 12 / $1::int AS share", [by]));
    return (await Promise.all(all)).map(({ rows: [row] }) => row?.["share"]);
  });
  assertEquals(answers, [6, 4, 3]);
});
