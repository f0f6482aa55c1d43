/** What there is at a place, whatever it is: it also answers where nothing has been made yet. */
import type { Connection } from "../connection.ts";
import { SCHEMA_VERSION } from "../schema.ts";

/** What was found. */
export interface Inspection {
  /** The server's own version. */
  readonly server: string;
  /** Whether it takes no writes, such as a copy of another server. */
  readonly isReadOnly: boolean;
  /** Of the schema; `undefined` where there is none, or the user must not see it. */
  readonly version: number | undefined;
  /** Whether there is a schema. */
  readonly hasSchema: boolean;
  /** Whether the user has all rights that the commands need. */
  readonly mayWrite: boolean;
  /** How many records the space has, by their kind; `undefined` where there is no such space. */
  readonly counts: Readonly<Record<string, number>> | undefined;
}

const SERVER = `
SELECT current_setting('server_version') AS server, pg_is_in_recovery() AS is_copy,
  current_setting('transaction_read_only') = 'on' AS is_read_only,
  to_regnamespace('coord') IS NOT NULL AS has_schema,
  coalesce(has_schema_privilege(to_regnamespace('coord')::oid, 'USAGE'), false) AS may_use`;

/** Tables of which the user lacks a right. */
const LACKING = `
SELECT count(*)::int AS lacking FROM pg_class c
WHERE c.relnamespace = to_regnamespace('coord') AND c.relkind = 'r' AND NOT (
  has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') AND
  has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))`;

const COUNTS = `
SELECT (SELECT count(*)::int FROM coord.task t WHERE t.ns = s.ns) AS tasks,
  (SELECT count(*)::int FROM coord.reservation r WHERE r.ns = s.ns) AS reservations,
  (SELECT count(*)::int FROM coord.intent i WHERE i.ns = s.ns) AS intents,
  (SELECT count(*)::int FROM coord.journal j WHERE j.ns = s.ns) AS journal_entries
FROM coord.space s WHERE s.name = $1`;

export async function inspect(connection: Connection): Promise<Inspection> {
  const [row = {}] = await connection.read(SERVER);
  const found = {
    server: String(row["server"]),
    isReadOnly: row["is_copy"] === true || row["is_read_only"] === true,
    hasSchema: row["has_schema"] === true,
    version: undefined,
    mayWrite: false,
    counts: undefined,
  };
  if (row["may_use"] !== true) return found;
  const lacking = Number((await connection.read(LACKING))[0]?.["lacking"]);
  if (lacking > 0) return found;
  const version = Number((await connection.read("SELECT version FROM coord.meta"))[0]?.["version"]);
  const mayWrite = !found.isReadOnly;
  if (version !== SCHEMA_VERSION) return { ...found, version, mayWrite };
  const [counts] = await connection.read(COUNTS, [connection.place.space]);
  return { ...found, version, mayWrite, counts: counts as Inspection["counts"] };
}
