/** The store in PostgreSQL keeps what every store promises of all that it has. */
import { Connection } from "../../src/adapters/postgres/connection.ts";
import { placeOf } from "../../src/adapters/postgres/place.ts";
import { afterEach, assertStringIncludes, it } from "../deps.ts";
import { newSpace, noServer, openSpace, release } from "../support/postgres.ts";
import { sized } from "../support/length.ts";
import type { OpenStore } from "./harness.ts";
import { overtakingSuite } from "./lane.ts";
import { holdConformance, queueConformance, streamConformance } from "./suites.ts";
import { viewSuite } from "./views.ts";

const reason = noServer();
const openings: { close(): Promise<void> }[] = [];

const open: OpenStore = async (clock) => {
  const place = placeOf(await newSpace(clock.now));
  const second = () => {
    const store = openSpace(place, clock.now);
    openings.push(store);
    return store;
  };
  return { store: second(), second, clock };
};

if (reason === undefined) {
  afterEach(async () => {
    for (const each of openings.splice(0)) await each.close();
  });
  it("PostgreSQL: the server is the one that COORD_POSTGRES names", async () => {
    const sql = new Connection(placeOf(await newSpace()));
    openings.push(sql);
    const [row] = await sql.read("SHOW server_version");
    assertStringIncludes(release(), String(row?.["server_version"]));
  });
  queueConformance("PostgreSQL", open, sized(0, 1, 10));
  holdConformance("PostgreSQL", open);
  overtakingSuite("PostgreSQL", open);
  streamConformance("PostgreSQL", open);
  viewSuite("PostgreSQL", open);
} else {
  it.skip(`the store in PostgreSQL keeps what every store promises (skipped: ${reason})`, () => {});
}
