/**
 * Notifications of the server, on a connection of its own: one that is busy hears of nothing before its
 * transaction has ended. https://www.postgresql.org/docs/current/sql-notify.html
 *
 * A notification is a hint. When the connection was lost, it is made and the server asked again, and then
 * all look once. A pooler gives each transaction another backend, and what one listens for is lost
 * without a word. It shows in the backend's number, which is not the one that was named at the start; then
 * all look at intervals. https://www.pgbouncer.org/features.html
 *
 * The connection keeps no process alive, and ends with the opening.
 */
import { realTimers } from "../../../async/timers.ts";
import type { PostgresClient } from "../../../deps/postgres.ts";
import { CoordError } from "../../../domain/errors.ts";
import { isGone, stateOf } from "../failures.ts";

/** Milliseconds before the first attempt to connect again, and the most: it is doubled each time. */
const PAUSE_MS = { first: 20, most: 1_000 } as const;

/** Milliseconds between two looks where notification cannot be had. */
const POLL_MS = 500;

/** The first numbers of the locks of those who listen to a space and who write; the second is the space's. */
const LISTENERS = 0x636f6f72;
const WRITERS = LISTENERS + 1;

/**
 * Whether one listens to a space, in SQL; the column has this name. It belongs into the transaction that
 * writes: one who begins to listen later waits for its end before he looks. Writers that ask at the same
 * instant may take each other for one who listens, which costs a notification.
 *
 * @param ns The space's number, in SQL.
 */
export function isHeard(ns: string): string {
  const key = `${LISTENERS}, ${ns}::int`;
  return `CASE WHEN NOT pg_try_advisory_xact_lock_shared(${WRITERS}, ${ns}::int) THEN true
    WHEN pg_try_advisory_lock(${key}) THEN NOT pg_advisory_unlock(${key})
    ELSE true END AS is_heard`;
}

/** The statements by which a connection begins to listen to a space. */
export function listeningTo(ns: number, channel: string): readonly string[] {
  return [
    `SELECT pg_advisory_lock_shared(${LISTENERS}, ${ns})`,
    // Those that write and did not see that lock come to their end.
    `SELECT pg_advisory_lock(${WRITERS}, ${ns}), pg_advisory_unlock(${WRITERS}, ${ns})`,
    `LISTEN ${channel}`,
  ];
}

/** Who listens. */
interface Hearer {
  /** Is given what a notification says; `undefined` when some may have been missed. */
  readonly hear: (message: string | undefined) => void;
  /** Is called once where notification cannot be had; then it is not made to look at intervals. */
  readonly onSilent?: ((error: CoordError) => void) | undefined;
}

export class Listening {
  readonly #hearers = new Set<Hearer>();
  #client: PostgresClient | undefined;
  #silence: CoordError | undefined;
  #isReported = false;
  #isClosed = false;
  #running: Promise<void> | undefined;
  /** Ends a pause. */
  #stop = () => {};
  #onBegun: () => void = () => {};
  /** Resolves when it is known whether notification can be had. */
  readonly begun: Promise<void> = new Promise((resolve) => this.#onBegun = resolve);

  /**
   * @param connect Makes a connection.
   * @param beginning The statements by which that begins to listen.
   * @param report Is called once where notification cannot be had, and all look at intervals.
   */
  constructor(
    readonly connect: () => Promise<PostgresClient>,
    readonly beginning: () => Promise<readonly string[]>,
    readonly report: (message: string) => void,
  ) {}

  add(hearer: Hearer): { close(): void } {
    this.#hearers.add(hearer);
    if (this.#silence !== undefined) hearer.onSilent?.(this.#silence);
    this.#running ??= this.#run();
    return { close: () => this.#remove(hearer) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#hearers.clear();
    this.#stop();
    this.#client?.ref();
    await this.#client?.end().catch(() => {});
  }

  #remove(hearer: Hearer): void {
    this.#hearers.delete(hearer);
    if (this.#hearers.size === 0) this.#stop();
  }

  #hear(message: string | undefined): void {
    for (const { hear } of [...this.#hearers]) hear(message);
  }

  /** Sees to it that all hear while one listens. A connection stays for the next who does. */
  async #run(): Promise<void> {
    for (let pause: number = PAUSE_MS.first; this.#hearers.size > 0 && !this.#isClosed;) {
      if (this.#silence !== undefined) {
        await this.#poll(this.#silence);
        continue;
      }
      try {
        const lost = await this.#begin();
        pause = PAUSE_MS.first;
        await lost;
      } catch {
        // The server does not answer; what the callers ask for themselves says so.
      }
      this.#client = undefined;
      if (this.#hearers.size === 0 || this.#isClosed) break;
      await this.#pause(pause);
      pause = Math.min(2 * pause, PAUSE_MS.most);
    }
    this.#running = undefined;
  }

  /** Begins to hear; the result resolves when the connection is lost. */
  async #begin(): Promise<Promise<void>> {
    const beginning = await this.beginning();
    const client = await this.connect();
    const lost = new Promise<void>((resolve) => {
      client.on("error", () => resolve());
      client.on("end", () => resolve());
    });
    client.on("notification", ({ payload }) => this.#hear(payload));
    const { rows: [row] } = await client.query("SELECT pg_backend_pid() AS pid");
    if (row?.["pid"] !== client.processID) this.#fallSilent("a pooler is between");
    else await inOrder(client, beginning).catch((error) => this.#refused(error));
    if (this.#isClosed || this.#silence !== undefined) await client.end();
    this.#client = client;
    client.unref();
    this.#onBegun();
    this.#hear(undefined);
    return lost;
  }

  /** A copy that only reads takes no listener. */
  #refused(error: unknown): void {
    const state = stateOf(error);
    if (isGone(state)) throw error;
    this.#fallSilent(`it refuses LISTEN (${state})`);
  }

  #fallSilent(why: string): void {
    const error = new CoordError("io_error", `The server cannot notify: ${why}`);
    this.#silence = error;
    for (const { onSilent } of [...this.#hearers]) onSilent?.(error);
  }

  /** Makes all look who do not by themselves. */
  async #poll({ message }: CoordError): Promise<void> {
    const hearers = [...this.#hearers].filter(({ onSilent }) => onSilent === undefined);
    if (hearers.length > 0 && !this.#isReported) {
      this.#isReported = true;
      this.report(`${message}: looking every ${POLL_MS} ms instead`);
    }
    await this.#pause(POLL_MS);
    for (const { hear } of hearers) hear(undefined);
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = realTimers.after(ms, resolve);
      this.#stop = () => {
        cancel();
        resolve();
      };
    });
  }
}

async function inOrder(client: PostgresClient, statements: readonly string[]): Promise<void> {
  for (const each of statements) await client.query(each);
}
