/**
 * The records of a workspace in PostgreSQL 13 or later. What it promises is what every store promises, and
 * that a claim which was acknowledged is kept when the server crashes: its holder lives on elsewhere.
 *
 * No command chooses it yet: the stream is to follow.
 */
import type { Store } from "../../ports/store.ts";
import { PostgresCollector } from "./gc.ts";
import type { Place } from "./place.ts";
import { makeSpace, migrate } from "./schema.ts";
import { Space, type SpaceTime } from "./space.ts";
import { PostgresLanes } from "./lanes.ts";
import { PostgresReservationStore } from "./reservations.ts";
import { PostgresTaskStore } from "./task/store.ts";
import { PostgresTickets } from "./tickets.ts";

/** What there is of a store. */
export type PostgresStore = Omit<Store, "feed" | "checker">;

/** Makes the schema and the space where they are not there yet. */
export async function initPostgres(place: Place, time?: SpaceTime): Promise<void> {
  const space = new Space(place, time);
  try {
    await migrate(space.connection);
    await makeSpace(space.connection, space.time.sql());
  } finally {
    await space.connection.close();
  }
}

/** One more opening of a space, by the server's time. */
export async function openPostgres(place: Place): Promise<PostgresStore> {
  const space = new Space(place);
  await space.now();
  return storeOf(space);
}

/** The stores of an opening, which connects when it is first asked for something. */
export function storeOf(space: Space): PostgresStore {
  const tasks = new PostgresTaskStore(space);
  return {
    location: space.place.location,
    tasks,
    reservations: new PostgresReservationStore(space),
    lanes: new PostgresLanes(space),
    tickets: new PostgresTickets(space),
    gc: new PostgresCollector(space, tasks),
    clock: space.time.clock,
    close: () => space.connection.close(),
  };
}
