/** One opening of a space: what all its stores work with. */
import type { Clock } from "../../domain/time.ts";
import type { CoordError } from "../../domain/errors.ts";
import type { Warn } from "../../ports/warnings.ts";
import { Connection } from "./connection.ts";
import { Listening, listeningTo } from "./feed/listening.ts";
import type { Place } from "./place.ts";
import { findSpace, type FoundSpace } from "./schema.ts";
import { type Ask, connectTo } from "./session.ts";

/** The time by which the rules go. */
export interface SpaceTime {
  /** It, in SQL: milliseconds since 1970 as `float8`. */
  readonly sql: () => string;
  /** What it is by now, as far as it is known. */
  readonly clock: Clock;
}

/** Milliseconds by the server's clock. `now()` would be when the transaction began. */
const SERVER_MS = "floor(extract(epoch FROM clock_timestamp()) * 1000)::float8";

/** Milliseconds for which it is known what time it is at the server. */
const LEAST_MS = 5_000;

export class Space {
  readonly connection: Connection;
  /** How far the server's clock is ahead of this machine's, milliseconds. */
  #ahead = 0;
  /** The same at least, and when that was found. */
  #least = { ahead: -Infinity, at: -Infinity };
  #found: Promise<FoundSpace> | undefined;
  readonly time: SpaceTime;
  /** That of a test. */
  readonly #clock: Clock | undefined;
  /** Where this opening reports what is not as it should be. */
  warn: Warn = () => {};
  readonly #listening: Listening;

  /** @param time Default the server's. */
  constructor(readonly place: Place, time?: SpaceTime) {
    this.#clock = time?.clock;
    this.connection = new Connection(place);
    this.#listening = new Listening(
      () => connectTo(place),
      async () => {
        const ns = await this.ns();
        return listeningTo(ns, channelOf(ns));
      },
      (message) => this.warn(message),
    );
    this.time = time ?? { sql: () => SERVER_MS, clock: () => Date.now() + this.#ahead };
  }

  /** Its number in the tables. */
  async ns(): Promise<number> {
    return (await this.enter()).ns;
  }

  /**
   * Looks once whether it is there, in a schema that this program knows, and how late it is there.
   *
   * @throws {CoordError} `no_workspace` where there is no such space; `io_error`
   */
  async enter(): Promise<FoundSpace> {
    this.#found ??= this.#find();
    try {
      return await this.#found;
    } catch (error) {
      this.#found = undefined;
      throw error;
    }
  }

  async #find(): Promise<FoundSpace> {
    const before = Date.now();
    const found = await findSpace(this.connection, this.time.sql());
    this.note(before, found.now);
    return found;
  }

  /** The time, from the server. What it answers is as old as half of the way there and back. */
  async now(ask: Ask = async (text) => await this.connection.repeat(text)): Promise<number> {
    const before = Date.now();
    const { rows: [row] } = await ask(`SELECT ${this.time.sql()} AS now`);
    const now = Number(row?.["now"]);
    this.note(before, now);
    return now;
  }

  /** Notes what time it was at the server, as it has answered to what was asked at `before`. */
  note(before: number, now: number): void {
    this.#ahead = now - (before + Date.now()) / 2;
    this.noteLeast(now, true);
  }

  /**
   * Notes what time it was at the server, as an answer says that has just come.
   *
   * @param isNew Whether what was known before is worth nothing.
   */
  noteLeast(now: number, isNew = false): void {
    const at = Date.now();
    const ahead = now - at;
    if (isNew || ahead >= this.#least.ahead || at > this.#least.at + LEAST_MS) {
      this.#least = { ahead, at };
    }
  }

  /** A time that the server has passed already, if only just, so far as the two clocks go alike. */
  past(): number {
    return this.#clock?.() ?? Math.floor(Date.now() + this.#least.ahead);
  }

  /** Sends a hint to those who listen: what kind of thing has changed, and which one, else any. */
  hint(kind: Hinted, id?: string): void {
    const message = id === undefined ? kind : `${kind} ${id}`;
    this.ns().then(
      (ns) => this.connection.hint(channelOf(ns), message, kind !== "claim"),
      () => {},
    );
  }

  /** @param body Is called for hints of these kinds; without an id where any may have changed. */
  listen(kind: Hinted, body: (id: string | undefined) => void): { close(): void } {
    return this.#listening.add({
      hear(message = kind) {
        const [heard, id] = /^(\w+)(?: (.*))?$/s.exec(message)?.slice(1) ?? [];
        if (heard === kind) body(id);
      },
    });
  }

  /**
   * The same for hints of any kind.
   *
   * @param onSilent Is called once where notification cannot be had: then the caller looks at intervals.
   * @returns `begun` resolves when that is known.
   */
  listenToAll(
    body: () => void,
    onSilent: (error: CoordError) => void,
  ): { readonly begun: Promise<void>; close(): void } {
    const { close } = this.#listening.add({ hear: body, onSilent });
    return { begun: this.#listening.begun, close };
  }

  /** Ends what this opening keeps between two calls. */
  async close(): Promise<void> {
    await Promise.all([this.connection.close(), this.#listening.close()]);
  }
}

/** What hints are about; `record` is what only the feed gives. */
type Hinted = "task" | "claim" | "reservation" | "ticket" | "lane" | "record";

function channelOf(ns: number): string {
  return `coord_${ns}`;
}
