/** What a store asks of the server, and how much that has to read for it. */
import type { Connection } from "../../src/adapters/postgres/connection.ts";
import type { Ask } from "../../src/adapters/postgres/session.ts";
import type { Space } from "../../src/adapters/postgres/space.ts";

/** A statement as the store has sent it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Notes what an opening asks from now on. */
export function noted(space: Space): Statement[] {
  const all: Statement[] = [];
  const { connection } = space;
  const noting = (ask: Ask): Ask => (text, values = []) => {
    all.push({ text, values });
    return ask(text, values);
  };
  const read = connection.read.bind(connection);
  const write = connection.write.bind(connection);
  const repeat = connection.repeat.bind(connection);
  const transaction = connection.transaction.bind(connection);
  connection.read = (text, values = []) => (all.push({ text, values }), read(text, values));
  connection.write = noting(write);
  connection.repeat = noting(repeat);
  const once = connection.once.bind(connection);
  connection.once = (statement, find) => {
    const [text, values = []] = statement;
    all.push({ text, values });
    return once(statement, find);
  };
  connection.transaction = (level, body) => transaction(level, (ask) => body(noting(ask)));
  return all;
}

/** A node of a plan that was carried out. */
interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Bytes of a table that the server rightly reads as a whole: an index would be more to read. */
const SMALL_TABLE = 10 * 8192;

/**
 * How many rows the server reads for one statement; what the statement writes is undone. A table that is
 * small is not counted where it is read as a whole: what is in it, other tests have left.
 */
export async function rowsRead(sql: Connection, { text, values }: Statement): Promise<number> {
  class Undo extends Error {}
  let read = 0;
  try {
    await sql.transaction("READ COMMITTED", async (ask) => {
      const { rows } = await ask(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
      const [{ Plan }] = rows[0]?.["QUERY PLAN"] as [{ Plan: PlanNode }];
      const { rows: small } = await ask(
        `SELECT relname FROM pg_class
         WHERE relnamespace = 'coord'::regnamespace AND pg_relation_size(oid) <= $1`,
        [SMALL_TABLE],
      );
      read = rowsOf(Plan, new Set(small.map(({ relname }) => String(relname))));
      throw new Undo();
    });
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  return read;
}

function rowsOf(node: PlanNode, small: ReadonlySet<string>): number {
  const each = node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0) +
    (node["Rows Removed by Index Recheck"] ?? 0);
  const isWhole = node["Node Type"] === "Seq Scan" && small.has(node["Relation Name"] ?? "");
  const isCounted = /Scan$/.test(node["Node Type"]) && !isWhole;
  const own = isCounted ? each * node["Actual Loops"] : 0;
  return own + (node.Plans ?? []).reduce((sum, plan) => sum + rowsOf(plan, small), 0);
}

/** Adds rows that are like the one in the space, but for what `changes` says in SQL of the number `n`. */
export async function multiply(
  sql: Connection,
  table: string,
  count: number,
  changes: Readonly<Record<string, string>>,
): Promise<void> {
  const changed = Object.entries(changes).map(([name, value]) => `'${name}', ${value}`).join(", ");
  await sql.write(
    `INSERT INTO ${table} SELECT (jsonb_populate_record(t, jsonb_build_object(${changed}))).*
     FROM ${table} t JOIN coord.space s USING (ns), generate_series(1, ${count}) AS n
     WHERE s.name = $1`,
    [sql.place.space],
  );
  await sql.write(`ANALYZE ${table}`);
}
