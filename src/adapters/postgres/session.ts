/**
 * A connection to a server, from its beginning to its loss, and what is known of what is behind it.
 *
 * Where the server itself is at the other end, all statements have the same backend. Then its settings are
 * the session's, and it keeps the statements that come often prepared. A pooler gives each transaction to
 * any backend: there each statement comes whole, and each transaction brings its settings.
 */
import { realTimers } from "../../async/timers.ts";
import type { PostgresClient, PostgresResult } from "../../deps/postgres.ts";
import { isGone, NoPassword, stateOf } from "./failures.ts";
import { type Place, tlsOf } from "./place.ts";

/** Milliseconds to connect, all attempts of the first time taken together, and to wait for one answer. */
export const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;

/** Asks one statement. */
export type Ask = (text: string, values?: readonly unknown[]) => Promise<PostgresResult>;

/** What the server keeps a transaction to: one that its process has left in the middle holds up others. */
const LIMITS: Readonly<Record<string, string>> = {
  idle_in_transaction_session_timeout: "5s",
  lock_timeout: "10s",
};
const LOCAL_LIMITS = Object.entries(LIMITS).map(([name, value]) =>
  `SET LOCAL ${name} = '${value}'; `
)
  .join("");
const SESSION = Object.entries({
  ...LIMITS,
  default_transaction_isolation: "read committed",
  // What is asked for has an index in its order. Without statistics the planner would sort all for the first.
  enable_bitmapscan: "off",
}).map(([name, value]) => `set_config('${name}', '${value}', false)`).join(", ");

/**
 * What an acknowledged write needs, whatever the data base sets by default. A pooler gives each transaction
 * to any backend, with its defaults.
 */
const DURABLE = (isLocal: boolean) =>
  "CASE WHEN current_setting('synchronous_commit') = 'off' " +
  `THEN set_config('synchronous_commit', 'on', ${isLocal}) END`;

/**
 * In which history of the server the numbers of transactions mean something: a promotion begins another
 * one, and so does a crash, which forgets the statistics. A reset of them does no harm.
 */
const HISTORY = "CASE WHEN NOT pg_is_in_recovery() THEN " +
  "left(pg_walfile_name(pg_current_wal_lsn()), 8) || " +
  "(SELECT stats_reset::text FROM pg_stat_bgwriter) END AS history";

/** Statements that are kept prepared at most. */
const PREPARED = 100;

/** Milliseconds for which a plan is used: what fits an empty queue does not fit a full one. */
const PLAN_MS = 1_000;

/** What one does is all that the others see of it, or nothing. */
export type Level = "READ COMMITTED" | "REPEATABLE READ, READ ONLY";

/** A process of the server: its number, and when it began. */
export interface Backend {
  readonly pid: unknown;
  readonly since: unknown;
}

export class Session {
  /** Whether a single statement would be less durable than it has to be. */
  isLax = true;
  history: unknown;
  /** Which backend it is, where it is always the same. */
  backend: Backend | undefined;
  /** What came along with the beginning. */
  #answer: PostgresResult | undefined;
  /** When the plans were made. */
  #plannedAt = realTimers.now();
  readonly #names = new Map<string, string>();

  /** Whether the server itself is at the other end. */
  get isDirect(): boolean {
    return this.backend !== undefined;
  }

  private constructor(readonly client: PostgresClient) {}

  /** @param along Is asked in the same message. */
  static async begin(client: PostgresClient, along?: string): Promise<Session> {
    const session = new Session(client);
    const text = `SELECT is_direct, CASE WHEN is_direct THEN ARRAY[${SESSION}, ${
      DURABLE(false)
    }] END,
         current_setting('synchronous_commit') = 'off' AS is_lax, ${HISTORY},
         (SELECT backend_start::text FROM pg_stat_get_activity(pg_backend_pid())) AS since
       FROM (SELECT pg_backend_pid() = ${client.processID ?? 0} AS is_direct OFFSET 0) AS way`;
    const both = along === undefined ? undefined : await client.query(`${text}; ${along}`)
      .catch((error) => {
        if (isGone(stateOf(error))) throw error;
        // Neither has taken effect; the other one's failure is for who asks it.
      });
    const [begun, answer] = [both ?? await client.query(text)].flat();
    session.#answer = answer;
    const [row] = begun?.rows ?? [];
    const { is_direct, is_lax, history, since } = row ?? {};
    session.isLax = is_lax === true;
    session.history = history;
    if (is_direct === true) session.backend = { pid: client.processID, since };
    return session;
  }

  readonly ask: Ask = async (text, values) => {
    if (!this.isDirect || values === undefined || values.length === 0) {
      return await this.client.query(text, values);
    }
    let name = this.#names.get(text);
    if (name === undefined && this.#names.size < PREPARED) {
      name = `coord_${this.#names.size}`;
      this.#names.set(text, name);
    }
    if (name === undefined) return await this.client.query(text, values);
    if (realTimers.now() > this.#plannedAt + PLAN_MS) {
      this.#plannedAt = realTimers.now();
      this.client.query("DISCARD PLANS").catch(() => {});
    }
    return await this.client.query({ name, text, values });
  };

  /** Takes what came along with the beginning, if anything did. */
  answer(): PostgresResult | undefined {
    const answer = this.#answer;
    this.#answer = undefined;
    return answer;
  }

  /** What begins a transaction, and answers with its number where it may write. */
  begin(level: Level): string {
    const number = level === "READ COMMITTED" ? "pg_current_xact_id()::text" : "NULL";
    const [limits, durable] = this.isDirect ? ["", ""] : [LOCAL_LIMITS, `, ${DURABLE(true)}`];
    return `BEGIN ISOLATION LEVEL ${level}; ${limits}SELECT ${number} AS xid${durable}`;
  }

  /** What begins the transaction of a single statement, where it would be too lax by itself. */
  readonly beginDurable = `BEGIN; SELECT ${DURABLE(true)}`;
}

/** Makes one connection, which is lost when it ends or fails. */
export async function connectTo(place: Place): Promise<PostgresClient> {
  const { Client } = await import("../../deps/postgres.ts");
  const { host, port, user, password, database, isPasswordWithheld = false } = place;
  const client = new Client({
    host,
    port,
    user,
    // By itself the client would take one from the environment, for any server.
    password() {
      if (password === undefined) throw new NoPassword(isPasswordWithheld);
      return password;
    },
    database,
    ssl: tlsOf(place),
    application_name: "coord",
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    pipeline: true,
  }, ANSWER_MS);
  // Without a listener an error would end the process.
  client.on("error", () => {});
  await client.connect();
  return client;
}
