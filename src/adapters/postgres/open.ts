/**
 * The records of a workspace in PostgreSQL 13 or later. What it promises is what every store promises, and
 * that a claim which was acknowledged is kept when the server crashes: its holder lives on elsewhere.
 */
import type { Store } from "../../ports/store.ts";
import { PostgresFeed } from "./feed/feed.ts";
import { PostgresCollector } from "./upkeep/gc.ts";
import type { Place } from "./place.ts";
import { grantTo, makeSpace, migrate } from "./schema.ts";
import { Space, type SpaceTime } from "./space.ts";
import { PostgresLanes } from "./lanes.ts";
import { PostgresReservationStore } from "./reservations.ts";
import { PostgresTaskStore } from "./task/store.ts";
import { PostgresTickets } from "./tickets.ts";

/** What {@link initPostgres} has made. */
export interface Made {
  /** The version of the schema before; `undefined` where there was none. */
  readonly before: number | undefined;
  /** Whether the space is new. */
  readonly isNew: boolean;
}

/**
 * Makes the schema and the space where they are not there yet.
 *
 * @param how Who may work with the records besides, and the time of tests.
 */
export async function initPostgres(
  place: Place,
  how: { readonly roles?: readonly string[]; readonly time?: SpaceTime | undefined } = {},
): Promise<Made> {
  const { roles = [], time } = how;
  const space = new Space(place, time);
  try {
    const before = await migrate(space.connection);
    const isNew = await makeSpace(space.connection, space.time.sql());
    if (roles.length > 0) await grantTo(space.connection, roles);
    return { before, isNew };
  } finally {
    await space.close();
  }
}

/** One more opening of a space, by the server's time. */
export async function openPostgres(place: Place): Promise<Store> {
  const space = new Space(place);
  await space.enter();
  return storeOf(space);
}

/** The stores of an opening, which connects when it is first asked for something. */
export function storeOf(space: Space): Store {
  const tasks = new PostgresTaskStore(space);
  const lanes = new PostgresLanes(space);
  return {
    location: space.place.location,
    tasks,
    reservations: new PostgresReservationStore(space),
    lanes,
    feed: new PostgresFeed(space, lanes.journal),
    tickets: new PostgresTickets(space),
    gc: new PostgresCollector(space, tasks),
    checker: {
      async check(asked) {
        const { PostgresChecker } = await import("./upkeep/check.ts");
        return new PostgresChecker(space).check(asked);
      },
    },
    clock: space.time.clock,
    close: () => space.close(),
  };
}
