/**
 * The tables. Records are JSON in text, as they were written: `jsonb` would refuse some strings and
 * reorder the rest. What stands beside them is derived, so that an index finds what a rule will decide on;
 * only the adapter writes it, always together with the record.
 *
 * Each step of `STEPS` brings the schema from one version to the next, and never changes once released.
 */
import { CoordError } from "../../domain/errors.ts";
import type { Connection } from "./connection.ts";
import type { Ask } from "./session.ts";
import { FEED } from "./feed/schema.ts";

const TASKS = `
CREATE SCHEMA IF NOT EXISTS coord;
CREATE TABLE coord.meta (version int NOT NULL);
INSERT INTO coord.meta VALUES (0);

-- A space keeps the records of one project apart: every key begins with its number.
CREATE TABLE coord.space (
  ns int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  collected_ms float8 NOT NULL
);

CREATE TABLE coord.task (
  ns int NOT NULL REFERENCES coord.space,
  id text COLLATE "C" NOT NULL,
  stem text COLLATE "C" NOT NULL,  -- by which a task is found, in lower case
  body text NOT NULL,
  claim text,                      -- the newest state; none before the first transition
  transition int NOT NULL,         -- its number: what another process has moved has another one
  queue text COLLATE "C" NOT NULL,
  key text COLLATE "C",
  priority bigint NOT NULL,
  created_ms float8 NOT NULL,
  needs text[] NOT NULL,
  tags text[] NOT NULL,
  run text COLLATE "C",
  statuses text[] NOT NULL,        -- where it stands as time goes on,
  starts float8[] NOT NULL,        -- each from its instant on
  ready boolean NOT NULL,          -- may be claimed, by what was known when that was looked at
  due_ms float8,                   -- when to look again
  is_over boolean NOT NULL,
  is_waiting boolean NOT NULL,     -- for other tasks
  written_ms float8 NOT NULL,
  PRIMARY KEY (ns, id)
) WITH (fillfactor = 70);
CREATE INDEX task_stem ON coord.task (ns, stem);
CREATE INDEX task_ready ON coord.task (ns, priority DESC, created_ms, id) WHERE ready;
CREATE INDEX task_ready_in ON coord.task (ns, queue, priority DESC, created_ms, id) WHERE ready;
CREATE INDEX task_due ON coord.task (ns, due_ms) WHERE NOT ready;
CREATE INDEX task_unfinished ON coord.task (ns) WHERE NOT is_over;
CREATE INDEX task_run ON coord.task (ns, run);
CREATE INDEX task_by_key ON coord.task (ns, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX task_key ON coord.task (ns, queue, key) WHERE key IS NOT NULL AND NOT is_over;

-- Which task waits for which.
CREATE TABLE coord.wait (
  ns int NOT NULL,
  predecessor text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  is_timed boolean NOT NULL,       -- whether what waits also has to look at the time
  PRIMARY KEY (ns, predecessor, id),
  FOREIGN KEY (ns, id) REFERENCES coord.task ON DELETE CASCADE
);
CREATE INDEX wait_id ON coord.wait (ns, id);
CREATE INDEX wait_timed ON coord.wait (ns) WHERE is_timed;

CREATE TABLE coord.pause (
  ns int NOT NULL REFERENCES coord.space,
  queue text COLLATE "C" NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (ns, queue)
);

-- What claimers had and asked for, and when they claimed last.
CREATE TABLE coord.claimer (
  ns int NOT NULL REFERENCES coord.space,
  wanted text COLLATE "C" NOT NULL,
  seen_ms float8 NOT NULL,
  PRIMARY KEY (ns, wanted)
);
`;

const HOLDS = `
ALTER TABLE coord.space ADD fence bigint NOT NULL DEFAULT 0, ADD ticket bigint NOT NULL DEFAULT 0;

CREATE TABLE coord.reservation (
  ns int NOT NULL REFERENCES coord.space,
  id text COLLATE "C" NOT NULL,
  stem text COLLATE "C" NOT NULL,
  body text NOT NULL,
  heartbeat text,
  release text,
  version int NOT NULL,            -- how often it was written
  is_exclusive boolean NOT NULL,
  is_unsettled boolean NOT NULL,   -- exclusive, and neither confirmed nor refused yet
  ends_ms float8 NOT NULL,         -- by its own end and its heartbeat
  fence bigint,
  PRIMARY KEY (ns, id)
) WITH (fillfactor = 70);
CREATE INDEX reservation_stem ON coord.reservation (ns, stem);
CREATE INDEX reservation_ends ON coord.reservation (ns, ends_ms) WHERE release IS NULL;
CREATE INDEX reservation_exclusive ON coord.reservation (ns) WHERE release IS NULL AND is_exclusive;

CREATE TABLE coord.intent (
  ns int NOT NULL REFERENCES coord.space,
  id text COLLATE "C" NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (ns, id)
);

CREATE TABLE coord.ticket (
  ns int NOT NULL REFERENCES coord.space,
  number bigint NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (ns, number)
);
`;

const LANES = `
ALTER TABLE coord.space
  ADD journal_start bigint NOT NULL DEFAULT 1,
  ADD journal_end bigint NOT NULL DEFAULT 0;

CREATE TABLE coord.journal (
  ns int NOT NULL REFERENCES coord.space,
  number bigint NOT NULL,
  entry text NOT NULL,
  PRIMARY KEY (ns, number)
);
`;

const ANCHORS = `
-- Where the reservations lie that are not released.
CREATE TABLE coord.anchor (
  ns int NOT NULL,
  id text COLLATE "C" NOT NULL,
  anchor text COLLATE "C" NOT NULL,  -- the literal segments of an address, each hashed
  symbol text COLLATE "C",           -- of an address that names one, hashed
  FOREIGN KEY (ns, id) REFERENCES coord.reservation ON DELETE CASCADE
);
CREATE INDEX anchor_place ON coord.anchor (ns, anchor);
CREATE INDEX anchor_id ON coord.anchor (ns, id);
DROP INDEX coord.reservation_exclusive;
`;

const QUARANTINE = `
-- Rows that a repair has taken out of use, as they were.
CREATE TABLE coord.quarantine (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ns int NOT NULL REFERENCES coord.space,
  place text NOT NULL,
  reason text NOT NULL,
  moved_ms float8 NOT NULL,
  body text NOT NULL
);
`;

const TAXONOMY = `
-- The lanes that the team has set down.
CREATE TABLE coord.taxonomy (
  ns int PRIMARY KEY REFERENCES coord.space,
  body text NOT NULL
);
`;

/**
 * How many tasks each space has would mislead the planner: of a space that it has not met it expects one, and
 * reads all by any index that begins with the space.
 */
const PLANS = "ALTER TABLE coord.task ALTER ns SET STATISTICS 0;\n";

const SUCCESSORS = `
-- The tasks that wait for one. The statement that ends it asks so, and sees what came in before it had the row.
CREATE FUNCTION coord.successors(space int, ended text) RETURNS text[] LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN ARRAY(
    SELECT w.id FROM coord.wait w WHERE w.ns = space AND w.predecessor = ended
      AND (SELECT t.is_waiting FROM coord.task t WHERE t.ns = w.ns AND t.id = w.id)
    ORDER BY w.id);
END $$;
`;

/** A statement that writes `NEWS` itself needs no trigger, which has a function loaded and called. */
const WRITTEN = `
DROP TRIGGER written ON coord.task;
CREATE TRIGGER made BEFORE INSERT ON coord.task
  FOR EACH ROW EXECUTE FUNCTION coord.task_written();
CREATE TRIGGER written BEFORE UPDATE OF claim ON coord.task
  FOR EACH ROW WHEN (NEW.changed = OLD.changed) EXECUTE FUNCTION coord.task_written();
`;

/**
 * Each state of a task is a row of its own, with an entry in every index where it belongs. So each index
 * leaves out what no one looks for in it: an end is in none by its time, and the stem of an id that coord
 * has made is the rest of the key. What is unfinished is ready, or lies in the index by time.
 */
const ENTRIES = `
DROP INDEX coord.task_stem, coord.task_due, coord.task_unfinished;
CREATE INDEX task_stem ON coord.task (ns, stem) WHERE id <> 'sha256:' || stem;
CREATE INDEX task_due ON coord.task (ns, due_ms) WHERE NOT ready AND NOT is_over;
`;

/** The unfinished tasks of the space `$1`, in SQL. */
export const UNFINISHED = `(SELECT * FROM coord.task WHERE ns = $1 AND ready
  UNION ALL SELECT * FROM coord.task WHERE ns = $1 AND NOT ready AND NOT is_over)`;

const STEPS: readonly string[] = [
  ...[TASKS, HOLDS, LANES, ANCHORS, QUARANTINE, TAXONOMY, FEED],
  ...[PLANS, SUCCESSORS, WRITTEN, ENTRIES],
];

/** Where a task stands at an instant, in SQL: the last of its starts that has come says it. */
export function statusAt(row: string, now: string): string {
  return `${row}.statuses[width_bucket(${now}, ${row}.starts)]`;
}

/** The version of the schema that this program knows. */
export const SCHEMA_VERSION = STEPS.length;

/** The version that is there; `undefined` where there is no schema. */
async function versionOf(ask: Ask): Promise<number | undefined> {
  const { rows: [found] } = await ask("SELECT to_regclass('coord.meta') IS NOT NULL AS is_there");
  if (found?.["is_there"] !== true) return undefined;
  return Number((await ask("SELECT version FROM coord.meta")).rows[0]?.["version"]);
}

/**
 * Brings the schema to the version of this program, if that is newer; of several at once one does it. The
 * roles that could use it before can use what is new.
 *
 * @param to The version; an older one is for tests.
 * @returns The version that was there, if any.
 */
export async function migrate(
  connection: Connection,
  to = SCHEMA_VERSION,
): Promise<number | undefined> {
  return await connection.transaction("READ COMMITTED", async (ask) => {
    await ask("SELECT pg_advisory_xact_lock(hashtext('coord.migrate'))");
    const before = await versionOf(ask);
    for (const step of STEPS.slice(before ?? 0, to)) await ask(step);
    if (before !== undefined && before >= to) return before;
    await ask("UPDATE coord.meta SET version = $1", [to]);
    const { rows } = await ask(AGENTS);
    for (const row of rows) for (const grant of grantsTo(String(row["name"]))) await ask(grant);
    return before;
  });
}

/** Roles that may use the schema and are not its owner. */
const AGENTS = `
SELECT r.rolname AS name FROM pg_namespace n, aclexplode(n.nspacl) a JOIN pg_roles r ON r.oid = a.grantee
WHERE n.nspname = 'coord' AND a.privilege_type = 'USAGE' AND a.grantee <> n.nspowner`;

/** What a role needs that works with the records and makes no tables, in SQL. */
export function grantsTo(role: string): readonly string[] {
  const name = `"${role.replaceAll('"', '""')}"`;
  return [
    `GRANT USAGE ON SCHEMA coord TO ${name}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA coord TO ${name}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA coord TO ${name}`,
    `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA coord TO ${name}`,
  ];
}

/** Lets roles work with the records. */
export async function grantTo(connection: Connection, roles: readonly string[]): Promise<void> {
  await connection.transaction("READ COMMITTED", async (ask) => {
    for (const statement of roles.flatMap(grantsTo)) await ask(statement);
  });
}

/** Makes a space; `false` where it is there already. */
export async function makeSpace(connection: Connection, now: string): Promise<boolean> {
  const { rowCount } = await connection.repeat(
    `INSERT INTO coord.space (name, collected_ms) VALUES ($1, ${now}) ON CONFLICT (name) DO NOTHING`,
    [connection.place.space],
  );
  return rowCount === 1;
}

/** A space, as its row says. */
export interface FoundSpace {
  /** Its number in the tables. */
  readonly ns: number;
  /** When ended records were removed last. */
  readonly collectedAt: number;
  readonly now: number;
}

/** @param now The time, in SQL. */
export async function findSpace(connection: Connection, now: string): Promise<FoundSpace> {
  const { space, location } = connection.place;
  // No character of its name means anything in a literal.
  const [row] = await connection.readFirst(
    `SELECT m.version, s.ns, s.collected_ms, ${now} AS now
     FROM coord.meta m LEFT JOIN coord.space s ON s.name = '${space}'`,
  );
  const where = `Cannot open the store ${JSON.stringify(location)}`;
  const version = Number(row?.["version"]);
  if (version !== SCHEMA_VERSION) {
    const next = version < SCHEMA_VERSION ? 'run "coord store migrate"' : "update coord";
    throw new CoordError(
      "io_error",
      `${where}: its schema has version ${version}, and this program knows ${SCHEMA_VERSION}: ${next}`,
      { reason: "schema", location, version, known: SCHEMA_VERSION },
    );
  }
  if (typeof row?.["ns"] === "number") {
    const [ns, collectedAt] = [row["ns"], Number(row["collected_ms"])];
    return { ns, collectedAt, now: Number(row["now"]) };
  }
  throw new CoordError(
    "no_workspace",
    `${where}: there is no space ${JSON.stringify(space)}: run "coord store init"`,
  );
}
