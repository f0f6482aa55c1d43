/**
 * What is wrong on a server besides promises that do not hold: old snapshots, dead rows, few connections,
 * and standbys that lag behind.
 */
import { CoordError } from "../../../domain/errors.ts";
import type { Problem } from "../../../ports/store.ts";
import type { Connection } from "../connection.ts";
import type { Row } from "../record.ts";

/** From where on something is a problem. */
const BOUNDS = {
  /** A transaction is old: seconds. */
  seconds: 60,
  /** The same where its age is not shown: how many began since. */
  transactions: 10_000,
  /** Dead rows of a table matter, where there are twice as many as others. */
  dead: 10_000,
  /** Connections that are to be left. */
  spare: 5,
};

type Bounds = typeof BOUNDS;

interface Question {
  readonly sql: (bounds: Bounds) => string;
  readonly problem: (row: Row) => Problem;
}

/** Why old snapshots matter. */
const HELD_BACK =
  "Rows that coord has replaced cannot be removed meanwhile, so claims get slower and tables grow; watch reports changes late";

const QUESTIONS: readonly Question[] = [
  {
    sql: (bounds) =>
      `SELECT pid, usename, datname, application_name AS program, host(client_addr) AS client,
        round(extract(epoch FROM clock_timestamp() - xact_start))::int AS seconds,
        transactions
      FROM pg_stat_activity, greatest(age(backend_xmin), age(backend_xid)) AS transactions
      WHERE transactions IS NOT NULL AND pid <> pg_backend_pid()
        AND backend_type IS DISTINCT FROM 'autovacuum worker'
        AND CASE WHEN xact_start IS NULL THEN transactions > ${bounds.transactions}
          ELSE clock_timestamp() - xact_start > interval '${bounds.seconds} seconds' END
      ORDER BY transactions DESC LIMIT 3`,
    problem: (row) => ({
      what: `Process ${row["pid"]} of the server (user ${row["usename"] ?? "unknown"}, data base ` +
        `${row["datname"] ?? "none"}, program ${row["program"] || "unknown"}, from ` +
        `${row["client"] ?? "its own machine"}) keeps a transaction open for ` +
        (row["seconds"] === null ? `${row["transactions"]} transactions` : `${row["seconds"]} s`),
      means: HELD_BACK,
      next: "Have the one who runs that program end its transaction",
    }),
  },
  {
    sql: (bounds) =>
      `SELECT slot_name, active, greatest(age(xmin), age(catalog_xmin)) AS transactions
      FROM pg_replication_slots
      WHERE greatest(age(xmin), age(catalog_xmin)) > ${bounds.transactions}`,
    problem: (row) => ({
      what:
        `Replication slot ${row["slot_name"]} (${row["active"] === true ? "in use" : "unused"}) ` +
        `keeps old rows, of ${row["transactions"]} transactions`,
      means: HELD_BACK,
      next: "Have the one who runs the server look at its replicas, and drop a slot that none uses",
    }),
  },
  {
    sql: (bounds) =>
      `SELECT gid, owner, round(extract(epoch FROM clock_timestamp() - prepared))::int AS seconds
      FROM pg_prepared_xacts WHERE clock_timestamp() - prepared > interval '${bounds.seconds} seconds'`,
    problem: (row) => ({
      what: `Prepared transaction ${row["gid"]} of user ${row["owner"]} is open for ${
        row["seconds"]
      } s`,
      means: HELD_BACK,
      next: "Have its owner commit it or roll it back",
    }),
  },
  {
    sql: (bounds) =>
      `SELECT relname, n_dead_tup AS dead, n_live_tup AS live, last_autovacuum::text AS vacuumed
      FROM pg_stat_user_tables WHERE schemaname = 'coord'
        AND n_dead_tup > ${bounds.dead} AND n_dead_tup > 2 * n_live_tup ORDER BY n_dead_tup DESC`,
    problem: (row) => ({
      what:
        `Table coord.${row["relname"]} has ${row["dead"]} dead rows and ${row["live"]} others; ` +
        `autovacuum last cleaned it ${
          row["vacuumed"] === null ? "never" : `at ${row["vacuumed"]}`
        }`,
      means: "Each search reads past dead rows, so calls get slower",
      next: "See that autovacuum runs, and that no old transaction is in its way",
    }),
  },
  {
    sql: (bounds) =>
      `SELECT * FROM (SELECT current_setting('max_connections')::int AS bound,
        current_setting('superuser_reserved_connections')::int AS reserved,
        (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used
      ) c WHERE bound - reserved - used < ${bounds.spare}`,
    problem: (row) => ({
      what: `The server has ${row["used"]} of ${row["bound"]} connections in use`,
      means: "Each process of coord needs one: without it a call fails after 10 seconds",
      next: "Put a pooler such as PgBouncer between, or raise max_connections",
    }),
  },
  {
    sql: () =>
      `SELECT application_name AS name, host(client_addr) AS client FROM pg_stat_replication
      WHERE sync_state IN ('async', 'potential') AND NOT EXISTS (
        SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))`,
    problem: (row) => ({
      what: `Standby ${row["name"]} (${
        row["client"] ?? "this machine"
      }) copies what was committed later`,
      means: "Where it takes over, grants that were answered may be lost, and fences come twice",
      next: "Name a synchronous standby in synchronous_standby_names, if one is to take over",
    }),
  },
];

/** What a user may not see is left out. */
export async function problemsOf(
  connection: Connection,
  bounds: Bounds = BOUNDS,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { sql, problem } of QUESTIONS) {
    try {
      problems.push(...(await connection.read(sql(bounds))).map(problem));
    } catch (error) {
      if (!(error instanceof CoordError) || error.details["reason"] !== "permission") throw error;
    }
  }
  return problems;
}
