/**
 * The tables. Records are JSON in text, as they were written: `jsonb` would refuse some strings and
 * reorder the rest. What stands beside them is derived, so that an index finds what a rule will decide on;
 * only the adapter writes it, always together with the record.
 *
 * Each step of `STEPS` brings the schema from one version to the next, and never changes once released.
 */
import { CoordError } from "../../domain/errors.ts";
import type { Connection } from "./connection.ts";

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

const STEPS: readonly string[] = [TASKS, HOLDS, LANES];

/** Where a task stands at an instant, in SQL: the last of its starts that has come says it. */
export function statusAt(row: string, now: string): string {
  return `${row}.statuses[width_bucket(${now}, ${row}.starts)]`;
}

/** Brings the schema to the version of this program, if that is newer; of several at once one does it. */
export async function migrate(connection: Connection): Promise<void> {
  await connection.transaction("READ COMMITTED", async (ask) => {
    await ask("SELECT pg_advisory_xact_lock(hashtext('coord.migrate'))");
    const { rows: [found] } = await ask("SELECT to_regclass('coord.meta') IS NOT NULL AS is_there");
    const version = found?.["is_there"] === true
      ? Number((await ask("SELECT version FROM coord.meta")).rows[0]?.["version"])
      : 0;
    for (const step of STEPS.slice(version)) await ask(step);
    if (version < STEPS.length) await ask("UPDATE coord.meta SET version = $1", [STEPS.length]);
  });
}

/** Makes a space, if it is not there. */
export async function makeSpace(connection: Connection, now: string): Promise<void> {
  await connection.write(
    `INSERT INTO coord.space (name, collected_ms) VALUES ($1, ${now}) ON CONFLICT (name) DO NOTHING`,
    [connection.place.space],
  );
}

/** The number of the space. */
export async function numberOfSpace(connection: Connection): Promise<number> {
  const { space, location } = connection.place;
  const [row] = await connection.read("SELECT ns FROM coord.space WHERE name = $1", [space]);
  if (row !== undefined) return Number(row["ns"]);
  throw new CoordError(
    "no_workspace",
    `Cannot open the store ${JSON.stringify(location)}: ` +
      `there is no space ${JSON.stringify(space)}`,
  );
}
