/** SQLite: one table, one statement a step, the driver of the runtime that runs this. */
import { type Connect, PAYLOAD, repeat, RESULT } from "./client.ts";

/** What the drivers of Deno and of Bun have in common. */
interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): void;
}

interface Statement {
  get(...values: readonly (string | number)[]): unknown;
  run(...values: readonly (string | number)[]): unknown;
}

async function open(driver: string, path: string): Promise<Database> {
  if (driver === "node:sqlite") return new (await import("node:sqlite")).DatabaseSync(path);
  const { Database }: { Database: new (path: string) => Database } = await import(driver);
  return new Database(path);
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL DEFAULT 'pending',
    priority INTEGER NOT NULL DEFAULT 0,
    payload TEXT NOT NULL,
    holder TEXT,
    expires_at INTEGER,
    result TEXT
  );
  CREATE INDEX IF NOT EXISTS pending ON tasks (priority DESC, id) WHERE state = 'pending';
`;

const CLAIM = `
  UPDATE tasks SET state = 'claimed', holder = ?, expires_at = ?
  WHERE id = (SELECT id FROM tasks WHERE state = 'pending' ORDER BY priority DESC, id LIMIT 1)
  RETURNING id, payload
`;

const COMPLETE = `
  UPDATE tasks SET state = 'completed', result = ? WHERE id = ? AND holder = ? AND state = 'claimed'
`;

export const connect: Connect = async ({ driver = "", path = "", claim = "", complete = "" }) => {
  const db = await open(driver, path);
  db.exec("PRAGMA busy_timeout = 60000");
  db.exec("PRAGMA journal_mode = WAL");
  db.exec(SCHEMA);
  const holder = `worker-${performance.timeOrigin}`;
  const payload = JSON.stringify(PAYLOAD);
  const result = JSON.stringify(RESULT);
  const insert = db.prepare("INSERT INTO tasks (payload) VALUES (?)");
  const claimNext = db.prepare(CLAIM);
  const completeOne = db.prepare(COMPLETE);
  const both = claim === complete;
  db.exec(`PRAGMA synchronous = ${complete}`);
  return {
    enqueue: () => insert.run(payload),
    fill(count) {
      db.exec("BEGIN IMMEDIATE");
      for (let i = 0; i < count; i++) insert.run(payload);
      db.exec("COMMIT");
    },
    work: (until) =>
      repeat(() => {
        if (!both) db.exec(`PRAGMA synchronous = ${claim}`);
        const row = claimNext.get(holder, Date.now() + 300_000) as
          | { id: number }
          | undefined
          | null;
        if (!both) db.exec(`PRAGMA synchronous = ${complete}`);
        if (!row) return false;
        completeOne.run(result, row.id, holder);
      }, until),
    close: () => db.close(),
  };
};
