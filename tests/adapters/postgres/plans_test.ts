/** What the store asks of the server stays cheap, however much it keeps. */
import { anchorsOf } from "../../../src/adapters/postgres/anchors.ts";
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { storeOf } from "../../../src/adapters/postgres/open.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { Space } from "../../../src/adapters/postgres/space.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import { closeOpened, itThere, newSpace, opened } from "../../support/postgres.ts";
import { multiply, noted, rowsRead, type Statement } from "../../support/postgres_plans.ts";
import { until } from "../../support/race/processes.ts";
import { coordOn } from "../../support/scene/over_store.ts";

/** Records beside those that matter. */
const MANY = 10_000;
/** Rows that one statement may read. */
const FEW = 40;

afterEach(closeOpened);

/** A store whose statements are noted, and a connection of another program. */
async function scene() {
  const place = placeOf(await newSpace());
  const space = new Space(place);
  const store = storeOf(space);
  opened(store);
  return { store, coord: coordOn(store), asked: noted(space), sql: opened(new Connection(place)) };
}

async function assertFew(sql: Connection, asked: readonly Statement[]): Promise<void> {
  const tables = asked.filter(({ text }) => /coord\.(task|reservation|anchor|wait)\b/.test(text));
  assert_(tables.length > 0, "no statement has asked for records");
  for (const statement of tables) {
    const read = await rowsRead(sql, statement);
    assert_(read <= FEW, `${read} rows are read by ${statement.text}`);
  }
}

itThere("reserving and looking read what is near, and not all reservations", async () => {
  const { coord, asked, sql } = await scene();
  const { reservations } = coord;
  await reservations.reserve({ addresses: ["src/a.ts"], runId: "a", exclusive: true });
  const id = "'sha256:' || encode(sha256(n::text::bytea), 'hex')";
  await multiply(sql, "coord.reservation", MANY, { id, stem: `md5(n::text)` });
  const [near] = anchorsOf(["src"]);
  await multiply(sql, "coord.anchor", MANY, { id, anchor: `'${near?.anchor}z' || n || '/'` });
  await sql.write("ANALYZE coord.reservation");
  const wants = { addresses: ["src/a.ts/**", "lib/**"], runId: "b" };
  for (const exclusive of [false, true]) {
    asked.length = 0;
    const { status } = await reservations.reserve({ ...wants, exclusive });
    assertEquals(status, exclusive ? "conflict" : "reserved");
    await assertFew(sql, asked);
  }
  asked.length = 0;
  const lane = await coord.lanes.acquire({ lane: "a", tree: ["src/a.ts"], owner: "b", ttl: 60 });
  assertEquals(lane.status, "refused");
  await assertFew(sql, asked);
});

itThere("claiming and ending read a task, and not all", async () => {
  const { coord: { tasks }, asked, sql } = await scene();
  for (const title of ["ended", "pending"]) await tasks.enqueue({ title, runId: "p" });
  const first = await tasks.claim({ runId: "a" });
  assert_(first.status === "claimed");
  await tasks.complete({ id: first.task_id, runId: "a" });
  const fresh = "'sha256:' || encode(sha256((n || t.id)::bytea), 'hex')";
  await multiply(sql, "coord.task", MANY, {
    id: fresh,
    stem: `substr(${fresh}, 8)`,
    body: `replace(t.body, t.id, ${fresh})`,
    claim: `replace(t.claim, t.id, ${fresh})`,
  });
  for (const queue of [undefined, "default"]) {
    asked.length = 0;
    const claim = await tasks.claim({ runId: "a", ...(queue && { queue }) });
    assert_(claim.status === "claimed");
    await tasks.complete({ id: claim.task_id, runId: "a", fence: claim.fence });
    await assertFew(sql, asked);
  }
});

itThere(
  "claiming and ending read a task also of a space that the server's statistics do not know",
  async () => {
    const { coord: { tasks }, asked, sql } = await scene();
    await sql.write("ALTER TABLE coord.task SET (autovacuum_enabled = off)");
    try {
      const inputs = Array.from({ length: 1_000 }, (_, n) => ({ title: `${n}`, runId: "p" }));
      await tasks.enqueueAll(inputs);
      for (let n = 0; n < 3; n++) {
        asked.length = 0;
        const claim = await tasks.claim({ runId: "a" });
        assert_(claim.status === "claimed");
        await tasks.complete({ id: claim.task_id, runId: "a", fence: claim.fence });
        await assertFew(sql, asked);
      }
    } finally {
      await sql.write("ALTER TABLE coord.task RESET (autovacuum_enabled)");
    }
  },
);

itThere(
  "finding a task by the beginning of its id reads those that have it, and not all",
  async () => {
    const { store, coord: { tasks }, asked, sql } = await scene();
    const { task_id: id } = await tasks.enqueue({ title: "x", runId: "p" });
    const fresh = "'sha256:' || encode(sha256(n::text::bytea), 'hex')";
    await multiply(sql, "coord.task", MANY, { id: fresh, stem: `substr(${fresh}, 8)` });
    asked.length = 0;
    assertEquals(await store.tasks.find(id.slice(7, 40), 9), [id]);
    await assertFew(sql, asked);
  },
);

itThere("a look of the stream reads what is new, and not all", async () => {
  const { coord, asked, sql } = await scene();
  await coord.tasks.enqueue({ title: "x", runId: "p" });
  const id = "'sha256:' || encode(sha256(n::text::bytea), 'hex')";
  await multiply(sql, "coord.task", MANY / 4, { id, stem: `substr(${id}, 8)` });
  const events: string[] = [];
  const stop = new AbortController();
  const following = (async () => {
    for await (
      const { event_type } of coord.watch({ snapshot: false, synced: true, signal: stop.signal })
    ) {
      events.push(event_type);
    }
  })();
  await until("all is read", () => events.length === 1);
  await coord.tasks.enqueue({ title: "y", runId: "p" });
  await until("it is emitted", () => events.length === 2);
  stop.abort();
  await following;
  const looks = asked.filter(({ text }) => text.includes("pg_current_snapshot()"));
  assertEquals([events, looks.length >= 2], [["synced", "added"], true]);
  await assertFew(sql, looks.slice(1));
});
