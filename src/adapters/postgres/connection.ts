/**
 * One connection to the server, which is made when it is first needed and again after it was lost.
 *
 * Statements have one order: a transaction has the connection to itself. While none is under way the
 * connection keeps no process alive. A statement that the server has refused did nothing, and is tried
 * again where another one was in its way, or the server was about to end. Where the connection was lost
 * before the answer, what only reads is asked again, and what writes rejects: it may have happened.
 */
import { realTimers } from "../../async/timers.ts";
import type { PostgresClient, PostgresResult } from "../../deps/postgres.ts";
import { failure, isGone, isInTheWay, isUnsent, stateOf } from "./failures.ts";
import type { Place } from "./place.ts";

/** Milliseconds to connect, and to wait for one answer. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;
/** Milliseconds after which a call gives up trying. */
const TRYING_MS = 10_000;
/** Milliseconds before the first attempt to connect again; doubled each time. */
const PAUSE_MS = 20;

/** What the server keeps a transaction to: one that its process has left in the middle holds up others. */
const LIMITS =
  "SET LOCAL idle_in_transaction_session_timeout = '5s'; SET LOCAL lock_timeout = '10s'";

/** What an acknowledged write needs, whatever the data base sets by default. */
const DURABLE = "SELECT set_config('synchronous_commit', 'on', false) " +
  "WHERE current_setting('synchronous_commit') = 'off'";

type Rows = PostgresResult["rows"];

/** Asks one statement. */
export type Ask = (text: string, values?: readonly unknown[]) => Promise<PostgresResult>;

/** What one does is all that the others see of it, or nothing. */
type Level = "READ COMMITTED" | "REPEATABLE READ, READ ONLY";

/** Is called with what a notification says; `undefined` when some may have been missed. */
export type Listener = (message: string | undefined) => void;

export class Connection {
  #client: PostgresClient | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #underWay = 0;
  #isClosed = false;
  /** The channels on which the server notifies this connection. */
  #heard = new Set<string>();
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(readonly place: Place) {}

  /** Asks what writes nothing. */
  async read(text: string, values: readonly unknown[] = []): Promise<Rows> {
    return (await this.#inTurn("read", (ask) => ask(text, values))).rows;
  }

  /** Does one statement, which is a transaction of its own. */
  async write(text: string, values: readonly unknown[] = []): Promise<PostgresResult> {
    return await this.#inTurn("write", (ask) => ask(text, values));
  }

  /** Does several statements as one. The body may be called again, and must change nothing else. */
  async transaction<T>(level: Level, body: (ask: Ask) => Promise<T>): Promise<T> {
    return await this.#inTurn(level === "READ COMMITTED" ? "write" : "read", async (ask) => {
      await ask(`BEGIN ISOLATION LEVEL ${level}; ${LIMITS}`);
      try {
        const result = await body(ask);
        await ask("COMMIT");
        return result;
      } catch (error) {
        // Where the connection is lost the server does that.
        await ask("ROLLBACK").catch(() => {});
        throw error;
      }
    });
  }

  /** Sends a hint to those who listen, at some time after this call; it may get lost. */
  hint(channel: string, message: string): void {
    this.write("SELECT pg_notify($1, $2)", [channel, message]).catch(() => {});
  }

  listen(channel: string, body: Listener): { close(): void } {
    const bodies = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, bodies.add(body));
    // What came before the server listens is missed.
    const begin = async () => {
      if (this.#heard.has(channel)) return;
      await this.write(`LISTEN ${channel}`);
      this.#heard.add(channel);
      if (bodies.has(body)) body(undefined);
    };
    begin().catch(() => {});
    return { close: () => void bodies.delete(body) };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listeners.clear();
    await this.#last;
    const client = this.#client;
    this.#client = undefined;
    client?.ref();
    await client?.end().catch(() => {});
  }

  /** Lets `body` ask when all that came before is done, and again while that may help. */
  async #inTurn<T>(kind: "read" | "write", body: (ask: Ask) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new TypeError("This opening of the store is closed");
    const run = async () => {
      this.#underWay++;
      try {
        return await this.#trying(kind, body);
      } finally {
        if (--this.#underWay === 0) this.#client?.unref();
      }
    };
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {});
    return await turn;
  }

  async #trying<T>(kind: "read" | "write", body: (ask: Ask) => Promise<T>): Promise<T> {
    const deadline = realTimers.now() + TRYING_MS;
    for (let pause = PAUSE_MS;; pause *= 2) {
      let isSent = false;
      let failed: unknown;
      try {
        const client = this.#client ?? await this.#connect();
        client.ref();
        return await body(async (text, values) => {
          isSent = true;
          try {
            return await client.query(text, values);
          } catch (error) {
            throw failed = error;
          }
        });
      } catch (error) {
        // What the body has thrown by itself is no failure of the server.
        if (isSent && error !== failed) throw error;
        const state = stateOf(error);
        if (isGone(state)) this.#drop();
        const isDone = state === undefined && isSent && !isUnsent(error) && kind === "write";
        const isWorthIt = isGone(state) || isInTheWay(state);
        if (isDone || !isWorthIt || this.#isClosed || realTimers.now() + pause > deadline) {
          if (state === "23505") throw error;
          throw failure(error, this.place.location, isDone ? "unknown" : "none");
        }
        await new Promise<void>((resolve) => realTimers.after(pause, resolve));
      }
    }
  }

  async #connect(): Promise<PostgresClient> {
    const { Client } = await import("../../deps/postgres.ts");
    const { host, port, user, password, database, tls } = this.place;
    const client = new Client({
      host,
      port,
      user,
      password,
      database,
      ssl: tls === "none" ? false : { rejectUnauthorized: tls === "verified" },
      application_name: "coord",
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    });
    const lost = () => {
      if (this.#client === client) this.#lost();
    };
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", ({ channel, payload }) => {
      for (const body of [...this.#listeners.get(channel) ?? []]) body(payload);
    });
    await client.connect();
    await client.query(DURABLE);
    this.#heard = new Set();
    for (const [channel, bodies] of this.#listeners) {
      if (bodies.size === 0) continue;
      await client.query(`LISTEN ${channel}`);
      this.#heard.add(channel);
    }
    this.#client = client;
    return client;
  }

  /** Listens again when there is something to listen for; then all look once. */
  #lost(): void {
    this.#client = undefined;
    const bodies = [...this.#listeners.values()].flatMap((some) => [...some]);
    if (bodies.length === 0 || this.#isClosed) return;
    this.read("SELECT 1").then(() => bodies.forEach((body) => body(undefined)), () => {});
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.end().catch(() => {});
  }
}
