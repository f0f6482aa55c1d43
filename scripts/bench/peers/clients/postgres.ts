/** PostgreSQL without a library of queues: one table, one statement a step. */
import process from "node:process";
import { type Connect, PAYLOAD, repeat, RESULT } from "./client.ts";
import { load } from "./packages.ts";

/** What is used of `pg`. */
interface Client {
  connect(): Promise<void>;
  query(query: string | { name: string; text: string; values: unknown[] }): Promise<{
    rows: { id: string }[];
  }>;
  end(): Promise<void>;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tasks (
    id bigserial PRIMARY KEY,
    state text NOT NULL DEFAULT 'pending',
    priority integer NOT NULL DEFAULT 0,
    payload jsonb NOT NULL,
    holder text,
    expires_at timestamptz,
    result jsonb
  );
  CREATE INDEX IF NOT EXISTS pending ON tasks (priority DESC, id) WHERE state = 'pending';
`;

const INSERT = "INSERT INTO tasks (payload) VALUES ($1)";

const CLAIM = `
  UPDATE tasks SET state = 'claimed', holder = $1, expires_at = now() + interval '5 minutes'
  WHERE id = (
    SELECT id FROM tasks WHERE state = 'pending' ORDER BY priority DESC, id
    FOR UPDATE SKIP LOCKED LIMIT 1
  )
  RETURNING id, payload
`;

const COMPLETE = `
  UPDATE tasks SET state = 'completed', result = $1
  WHERE id = $2 AND holder = $3 AND state = 'claimed'
`;

export const connect: Connect = async ({ host }) => {
  const { Client } = await load<{ Client: new (options: object) => Client }>("pg");
  const client = new Client({ host, user: "bench", database: "postgres" });
  await client.connect();
  await client.query(SCHEMA);
  const holder = `worker-${process.pid}`;
  return {
    enqueue: () => client.query({ name: "insert", text: INSERT, values: [PAYLOAD] }),
    async fill(count) {
      const text = `INSERT INTO tasks (payload) SELECT $1::jsonb FROM generate_series(1, ${count})`;
      await client.query({ name: `fill ${count}`, text, values: [PAYLOAD] });
    },
    work: (until) =>
      repeat(async () => {
        const { rows } = await client.query({ name: "claim", text: CLAIM, values: [holder] });
        const id = rows[0]?.id;
        if (id === undefined) return false;
        await client.query({ name: "complete", text: COMPLETE, values: [RESULT, id, holder] });
      }, until),
    close: () => client.end(),
  };
};
