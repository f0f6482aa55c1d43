/** What was acknowledged stays, whatever becomes of the server and of the way to it. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { examinerOf } from "../../../src/adapters/postgres/examine.ts";
import { initPostgres, openPostgres } from "../../../src/adapters/postgres/open.ts";
import { type Place, placeOf } from "../../../src/adapters/postgres/place.ts";
import { Space } from "../../../src/adapters/postgres/space.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import { closeOpened, cuttable, itThere, opened } from "../../support/postgres.ts";
import { itCopies, ownServer } from "../../support/postgres_own.ts";
import { until } from "../../support/race/processes.ts";
import { coordOn } from "../../support/scene/over_store.ts";

afterEach(closeOpened);

const AGENTS = 3;
const TASKS = 3_000;

/** How often a server fails, and how many grants come between. */
const FAILURES = sized(0, 2, 20);
const BETWEEN = sized(0, 20, 100);

/** Agents that claim tasks of a space for long and end some of them, until they are to stop. */
class Fleet {
  /** What was acknowledged. */
  readonly granted: { readonly id: string; readonly runId: string; readonly fence: number }[] = [];
  readonly ended = new Set<string>();
  /** Calls that reject, as the server was away for too long or its answer was lost. */
  failed = 0;
  #isOn = true;
  #work: Promise<unknown> = Promise.resolve();

  async start(place: Place): Promise<void> {
    await initPostgres(place);
    const stores = await Promise.all(
      Array.from({ length: AGENTS }, async () => opened(await openPostgres(place))),
    );
    const agents = stores.map((store, n) => ({ runId: `agent-${n}`, coord: coordOn(store) }));
    const inputs = Array.from({ length: TASKS }, (_, n) => ({ title: `${n}`, runId: "maker" }));
    await agents[0]?.coord.tasks.enqueueAll(inputs);
    this.#work = Promise.all(agents.map(async ({ runId, coord: { tasks } }) => {
      while (this.#isOn) {
        try {
          const claim = await tasks.claim({ runId, claimTtl: 3600 });
          if (claim.status !== "claimed") return;
          const { task_id: id, fence } = claim;
          this.granted.push({ id, runId, fence });
          if (this.granted.length % 2 === 0) continue;
          await tasks.complete({ id, runId, fence });
          this.ended.add(id);
        } catch (error) {
          if (!(error instanceof CoordError) || error.code !== "io_error") throw error;
          this.failed++;
        }
      }
    }));
  }

  /** Waits until there are some grants more. */
  async goesOn(): Promise<void> {
    const from = this.granted.length;
    await until("agents go on", () => this.granted.length >= from + BETWEEN);
  }

  /** Stops, and checks that all that was acknowledged is there. */
  async check(place: Place): Promise<void> {
    this.#isOn = false;
    await this.#work;
    const store = opened(await openPostgres(place));
    assertEquals(new Set(this.granted.map(({ id }) => id)).size, this.granted.length);
    for (const { id, runId, fence } of this.granted) {
      const { claim } = await store.tasks.get(id) ?? {};
      const status = this.ended.has(id) ? "completed" : claim?.status;
      assertEquals(
        [claim?.claimer_run_id, claim?.fence, claim?.attempt, claim?.status],
        [runId, fence, 1, status],
      );
    }
    const { damages } = await store.checker.check({ repair: false, idOf: async () => "" });
    assertEquals(damages.filter(({ class: kind }) => kind !== "altered"), []);
    console.log(`${this.granted.length} grants, ${this.failed} calls failed`);
  }
}

itThere("an acknowledged claim outlives crashes of the server and ended backends", async () => {
  const server = opened(await ownServer({ isDurable: true }));
  const place = placeOf(server.url);
  const fleet = new Fleet();
  await fleet.start(place);
  for (let n = 0; n < FAILURES; n++) {
    await fleet.goesOn();
    const sql = new Connection(place);
    await sql.write(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() " +
        "AND backend_type = 'client backend' AND random() < 0.5",
    );
    await sql.close();
    await fleet.goesOn();
    await server.crash();
    await server.start();
  }
  await fleet.goesOn();
  await fleet.check(place);
});

itThere("another transaction that gets the number of a lost one is not taken for it", async () => {
  const server = opened(await ownServer({ settings: ["wal_writer_delay=10s"] }));
  const place = placeOf(server.url);
  const other = opened(new Connection(place));
  await other.write("CREATE TABLE kept (text text)");
  const wire = opened(await cuttable(place));
  const connection = opened(new Connection(wire.place));
  const insert = "INSERT INTO kept VALUES ('x') RETURNING pg_current_xact_id()::text::int AS xid";
  let calls = 0;
  const call = connection.transaction("READ COMMITTED", async (ask) => {
    const { rows: [row] } = await ask(insert);
    if (++calls > 1) return "again";
    wire.turnTo({ ...place, port: 1 });
    await server.crash();
    await server.start();
    let xid = 0;
    do xid = Number((await other.write(insert)).rows[0]?.["xid"]); while (
      xid < Number(row?.["xid"])
    );
    assertEquals(xid, row?.["xid"], "the log was written before the crash");
    await other.write("DELETE FROM kept");
    setTimeout(() => wire.turnTo(place), 100);
    return "first";
  });
  const outcome = await call.catch((error) => error);
  const kept = (await other.read("SELECT FROM kept")).length;
  if (outcome instanceof CoordError) {
    assertEquals([outcome.details["effect"], kept], ["unknown", 0]);
  } else assertEquals([outcome, kept], ["again", 1]);
});

itCopies(
  "nothing that was acknowledged is lost when a synchronous standby takes over",
  async () => {
    const server = opened(await ownServer());
    const place = placeOf(server.url);
    const wire = opened(await cuttable(place));
    const fleet = new Fleet();
    await initPostgres(place);
    const port = await server.standby();
    await fleet.start(wire.place);
    await fleet.goesOn();
    const store = opened(await openPostgres({ ...place, port }));
    const refused = await store.tasks.add([]).then(() =>
      coordOn(store).tasks.enqueue({ title: "x", runId: "p" })
    )
      .then(() => undefined, (error) => error);
    assert_(refused instanceof CoordError);
    assertEquals([refused.code, refused.details["reason"]], ["io_error", "read_only"]);
    await server.crash();
    await server.promote();
    wire.turnTo({ ...place, port });
    await fleet.goesOn();
    await fleet.check({ ...place, port });
  },
);

itThere("a pooler in transaction mode is as good, but for notifications", async () => {
  const server = opened(await ownServer());
  const place = placeOf(server.url);
  const pooled = { ...place, port: await server.pooler(2) };
  const direct = opened(new Connection(place));
  await direct.write("ALTER DATABASE postgres SET synchronous_commit = off");
  const fleet = new Fleet();
  await fleet.start(pooled);
  const connection = opened(new Connection(pooled));
  const show = "SHOW synchronous_commit";
  assertEquals(await connection.read(show), [{ synchronous_commit: "off" }]);
  const { rows: each } = await connection.write(show);
  const { rows: all } = await connection.transaction("READ COMMITTED", (ask) => ask(show));
  assertEquals([each, all], [[{ synchronous_commit: "on" }], [{ synchronous_commit: "on" }]]);
  for (let n = 0; n < 3; n++) await fleet.goesOn();
  assertEquals(fleet.failed, 0);
  await fleet.check(pooled);
  const { promises } = await examinerOf(new Space(pooled))(undefined);
  const notOk = promises.filter(({ result }) => result !== "ok").map(({ promise }) => promise);
  assertEquals(notOk.filter((name) => name !== "notification"), ["durability"]);
});
