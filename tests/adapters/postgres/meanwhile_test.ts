/** What comes while another one is about to commit. */
import { storeOf } from "../../../src/adapters/postgres/open.ts";
import { connectTo } from "../../../src/adapters/postgres/session.ts";
import { Space } from "../../../src/adapters/postgres/space.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import {
  closeOpened,
  itThere,
  newDataBase,
  opened,
  untilOneWaits,
} from "../../support/postgres.ts";
import { until } from "../../support/race/processes.ts";
import { coordOn } from "../../support/scene/over_store.ts";

afterEach(closeOpened);

/** The lock that a commit waits for. */
const GATE = 7;

/** A claimed task, in a data base where commits of a kind wait for a lock. */
async function scene(of: "INSERT ON coord.wait" | "UPDATE OF claim ON coord.task") {
  const { place, sql } = await newDataBase();
  const agent = () => {
    const space = opened(new Space(place));
    return { space, tasks: coordOn(storeOf(space)).tasks };
  };
  const [one, other] = [agent(), agent()];
  const { task_id: id } = await one.tasks.enqueue({ title: "first", runId: "p" });
  const claim = await one.tasks.claim({ runId: "a" });
  assert_(claim.status === "claimed");
  await other.tasks.list();
  await sql.write(
    `CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS
     'BEGIN PERFORM pg_advisory_xact_lock_shared(${GATE}); RETURN NULL; END'`,
  );
  await sql.write(
    `CREATE CONSTRAINT TRIGGER wait AFTER ${of} DEFERRABLE INITIALLY DEFERRED
     FOR EACH ROW EXECUTE FUNCTION public.wait()`,
  );
  /** Has a call wait in its commit until another one waits too, or is done. */
  const meanwhile = async (first: () => Promise<unknown>, second: () => Promise<unknown>) => {
    let calls: Promise<unknown>[] = [];
    await sql.transaction("READ COMMITTED", async (ask) => {
      await ask(`SELECT pg_advisory_xact_lock(${GATE})`);
      calls = [first()];
      await untilOneWaits(ask);
      const call = second();
      calls.push(call);
      await Promise.race([call, untilOneWaits(ask, 2)]);
    });
    await Promise.all(calls);
  };
  const end = () => one.tasks.complete({ id, runId: "a", fence: claim.fence });
  const add = () => other.tasks.enqueue({ title: "second", runId: "p", after: [id] });
  return { place, one, other, sql, id, meanwhile, end, add };
}

itThere("a task that is added while what it waits for ends may be claimed", async () => {
  const { meanwhile, end, add, sql } = await scene("UPDATE OF claim ON coord.task");
  await meanwhile(end, add);
  assertEquals(await sql.read("SELECT is_waiting FROM coord.task WHERE NOT is_over"), [
    { is_waiting: false },
  ]);
});

itThere(
  "a task that is about to be added while what it waits for ends may be claimed",
  async () => {
    const { meanwhile, end, add, sql } = await scene("INSERT ON coord.wait");
    await meanwhile(add, end);
    assertEquals(await sql.read("SELECT is_waiting FROM coord.task WHERE NOT is_over"), [
      { is_waiting: false },
    ]);
  },
);

itThere("one who begins to listen looks when what was written before is committed", async () => {
  const { meanwhile, end, id, other } = await scene("UPDATE OF claim ON coord.task");
  const looks: unknown[] = [];
  await meanwhile(end, () =>
    new Promise<void>((resolve) => {
      other.space.listen("claim", async () => {
        looks.push((await other.tasks.get(id)).claim?.status);
        resolve();
      });
    }));
  assertEquals(looks[0], "completed");
});

itThere("of what no one listens to there is no notification", async () => {
  const { place, sql } = await newDataBase();
  const space = opened(new Space(place));
  const { tasks } = coordOn(storeOf(space));
  const client = await connectTo(place);
  opened({ close: () => client.end() });
  const said: (string | undefined)[] = [];
  client.on("notification", ({ payload }) => void said.push(payload));
  await client.query(`LISTEN coord_${await space.ns()}`);
  const work = async (last: string) => {
    said.splice(0);
    const { task_id: id } = await tasks.enqueue({ title: "x", runId: "p" });
    const claim = await tasks.claim({ runId: "a" });
    assert_(claim.status === "claimed");
    await tasks.complete({ id, runId: "a", fence: claim.fence });
    space.hint("task", last);
    await until("the last one comes", () => said.includes(`task ${last}`));
    return said.filter((each) => each !== `task ${last}`).map((each) => each?.split(" ")[0]);
  };
  assertEquals(await work("alone"), []);
  let isHeard = false;
  opened(new Space(place)).listen("claim", () => isHeard = true);
  await until("one listens", () => isHeard);
  assertEquals(new Set(await work("heard")), new Set(["task", "claim"]));
  assertEquals(
    await sql.read("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
    [],
  );
});
