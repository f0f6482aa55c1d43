/** What a schema of an older version has is the same when it was brought up to date. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { initPostgres, openPostgres } from "../../../src/adapters/postgres/open.ts";
import type { Place } from "../../../src/adapters/postgres/place.ts";
import { makeSpace, migrate, SCHEMA_VERSION } from "../../../src/adapters/postgres/schema.ts";
import { COLUMNS, rowOf, waitsOf } from "../../../src/adapters/postgres/task/row.ts";
import { type ClaimRecord, finish, grant } from "../../../src/domain/task/claim.ts";
import type { TaskEntry } from "../../../src/domain/task/listing.ts";
import type { TaskRecord } from "../../../src/domain/task/task.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import { closeOpened, emptyDataBase, itThere, opened } from "../../support/postgres.ts";
import { coordOn } from "../../support/scene/over_store.ts";

afterEach(closeOpened);

/** The first version that a test begins with: before, tables and columns were still to come. */
const FIRST = 10;

function taskOf(name: string, more: Partial<TaskRecord> = {}): TaskRecord {
  return {
    task_id: `sha256:${name.padEnd(64, "0")}`,
    title: name,
    priority: 0,
    queue: "default",
    ttl_seconds: 86_400,
    created_by: "p",
    created_at: formatTime(Date.now() - 60_000),
    tags: [],
    payload: {},
    ...more,
  };
}

/** Its state after a claim at a time. */
function claimed(task: TaskRecord, now: number, ttlSeconds: number): ClaimRecord {
  const decision = grant({ task, now, runId: "a", ttlSeconds, nonce: "n" })(undefined);
  assert_(decision.kind === "write");
  return decision.next;
}

function completed(task: TaskRecord): ClaimRecord {
  const now = Date.now() - 1_000;
  const actor = { taskId: task.task_id, runId: "a", now };
  const decision = finish(actor, { status: "completed", result: {} })(
    claimed(task, now - 1_000, 300),
  );
  assert_(decision.kind === "write");
  return decision.next;
}

/** A task of each kind that an index treats apart. */
function entries(): TaskEntry[] {
  const [over, foreign] = [taskOf("0a"), taskOf("", { task_id: "abCD-12", title: "foreign" })];
  const [late, first] = [taskOf("0c"), taskOf("0d")];
  return [
    { task: over, claim: completed(over) },
    { task: foreign, claim: completed(foreign) },
    { task: late, claim: claimed(late, Date.now() - 20_000, 10) },
    { task: first, claim: undefined },
    { task: taskOf("0e", { after: [first.task_id] }), claim: undefined },
    { task: taskOf("0f", { needs: ["gpu"], priority: -1 }), claim: undefined },
  ];
}

/** Adds tasks as the program of a version did. */
async function add(sql: Connection, all: readonly TaskEntry[]): Promise<void> {
  const names = Object.keys(COLUMNS).join(", ");
  const typed = Object.entries(COLUMNS).map((each) => each.join(" ")).join(", ");
  const now = Date.now();
  const [row] = await sql.read("SELECT ns FROM coord.space");
  await sql.write(
    `INSERT INTO coord.task (ns, ${names}) SELECT $1, ${names} FROM json_to_recordset($2::json) AS r(${typed})`,
    [row?.["ns"], JSON.stringify(all.map((entry) => rowOf(entry, now)))],
  );
  await sql.write(
    `INSERT INTO coord.wait (ns, predecessor, id, is_timed) SELECT $1, predecessor, id, is_timed
     FROM json_to_recordset($2::json) AS r(predecessor text, id text, is_timed boolean)`,
    [row?.["ns"], JSON.stringify(all.flatMap(({ task }) => waitsOf(task)))],
  );
}

/** What is made of a data base whose schema has a version. */
async function begun(version: number): Promise<{ place: Place; sql: Connection }> {
  const place = await emptyDataBase();
  const sql = opened(new Connection(place));
  await migrate(sql, version);
  await makeSpace(sql, "0");
  return { place, sql };
}

for (let version = FIRST; version < SCHEMA_VERSION; version++) {
  itThere(`a queue of version ${version} of the schema goes on when it was migrated`, async () => {
    const { place, sql } = await begun(version);
    await add(sql, entries());
    assertEquals(await initPostgres(place), { before: version, isNew: false });
    const store = opened(await openPostgres(place));
    const { tasks } = coordOn(store);
    const named = async (prefix: string) => await store.tasks.find(prefix, 9);
    assertEquals(await named("ab"), ["abCD-12"]);
    assertEquals(await named("0c"), [taskOf("0c").task_id]);
    assertEquals((await named("")).length, 6);
    assertEquals((await store.tasks.unmetNeeds()).map(({ needs }) => needs), [["gpu"]]);
    const order: string[] = [];
    for (;;) {
      const claim = await tasks.claim({ runId: "b" });
      if (claim.status === "empty") break;
      order.push(claim.task.title);
      await tasks.complete({ id: claim.task_id, runId: "b" });
    }
    assertEquals(order, ["0c", "0d", "0e"]);
    assertEquals((await tasks.list()).completed, 5);
    const { findings } = await coordOn(store).fsck({});
    assertEquals(findings.map(({ reason }) => reason), []);
  });
}
