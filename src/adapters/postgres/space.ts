/** One opening of a space: what all its stores work with. */
import type { Clock } from "../../domain/time.ts";
import { type Ask, Connection } from "./connection.ts";
import type { Place } from "./place.ts";
import { numberOfSpace } from "./schema.ts";

/** The time by which the rules go. */
export interface SpaceTime {
  /** It, in SQL: milliseconds since 1970 as `float8`. */
  readonly sql: () => string;
  /** What it is by now, as far as it is known. */
  readonly clock: Clock;
}

/** Milliseconds by the server's clock. `now()` would be when the transaction began. */
const SERVER_MS = "floor(extract(epoch FROM clock_timestamp()) * 1000)::float8";

export class Space {
  readonly connection: Connection;
  /** How far the server's clock is ahead of this machine's, milliseconds. */
  #ahead = 0;
  #ns: Promise<number> | undefined;
  readonly time: SpaceTime;

  /** @param time Default the server's. */
  constructor(readonly place: Place, time?: SpaceTime) {
    this.connection = new Connection(place);
    this.time = time ?? { sql: () => SERVER_MS, clock: () => Date.now() + this.#ahead };
  }

  /** Its number in the tables. */
  async ns(): Promise<number> {
    this.#ns ??= numberOfSpace(this.connection);
    try {
      return await this.#ns;
    } catch (error) {
      this.#ns = undefined;
      throw error;
    }
  }

  /** The time, from the server. What it answers is as old as half of the way there and back. */
  async now(ask: Ask = async (text) => await this.connection.write(text)): Promise<number> {
    const before = Date.now();
    const { rows: [row] } = await ask(`SELECT ${this.time.sql()} AS now`);
    const now = Number(row?.["now"]);
    this.#ahead = now - (before + Date.now()) / 2;
    return now;
  }

  /** Sends a hint to those who listen: what kind of thing has changed, and which one, else any. */
  hint(kind: Hinted, id?: string): void {
    const message = id === undefined ? kind : `${kind} ${id}`;
    this.ns().then((ns) => this.connection.hint(channelOf(ns), message), () => {});
  }

  /** @param body Is called for hints of these kinds; without an id where any may have changed. */
  listen(kind: Hinted, body: (id: string | undefined) => void): { close(): void } {
    let listening: { close(): void } | undefined;
    let isOpen = true;
    this.ns().then((ns) => {
      if (!isOpen) return;
      listening = this.connection.listen(channelOf(ns), (message = kind) => {
        const [heard = "", id] = /^(\w+)(?: (.*))?$/s.exec(message)?.slice(1) ?? [];
        if (isOpen && heard === kind) body(id);
      });
    }, () => {});
    return {
      close() {
        isOpen = false;
        listening?.close();
      },
    };
  }
}

/** What hints are about. */
type Hinted = "task" | "claim" | "reservation" | "ticket" | "lane";

function channelOf(ns: number): string {
  return `coord_${ns}`;
}
