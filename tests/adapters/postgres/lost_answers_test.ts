/** Answers of the server are cut off: what was asked for takes effect once, and the caller is given its result. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { openPostgres } from "../../../src/adapters/postgres/open.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import {
  closeOpened,
  cuttable,
  itThere,
  newSpace,
  opened,
  untilOneWaits,
} from "../../support/postgres.ts";
import { sleep } from "../../support/race/processes.ts";
import { newSeed } from "../../support/random.ts";
import { coordOn } from "../../support/scene/over_store.ts";

afterEach(closeOpened);

const TASKS = sized(0, 100, 3_000);

/** One answer of this many is lost, until an agent has lost a few: a call gives up after ten seconds. */
const EACH = 10;
const IN_A_ROW = 4;
const SPARED = 50;

/** Agents of one workspace whose ways to the server lose answers. */
async function lossy(name: string, count: number) {
  const random = newSeed(name);
  const place = placeOf(await newSpace());
  let lost = 0;
  let isOn = false;
  const agents = await Promise.all(Array.from({ length: count }, async (_, n) => {
    let own = 0;
    let spared = 0;
    const isLost = () => {
      if (!isOn || spared-- > 0 || random.below(EACH) > 0) return false;
      lost++;
      spared = ++own % IN_A_ROW === 0 ? SPARED : 0;
      return true;
    };
    const wire = opened(await cuttable(place, (answer) => isLost() ? undefined : answer));
    const store = opened(await openPostgres(wire.place));
    return { runId: `agent-${n}`, store, coord: coordOn(store) };
  }));
  const sql = opened(new Connection(place));
  return { agents, sql, place, start: () => isOn = true, lost: () => lost };
}

itThere("each task is granted once and ends once, and no grant is lost", async () => {
  const { agents, sql, place, start, lost } = await lossy("lost answers", 4);
  const [first] = agents;
  assert_(first !== undefined);
  start();
  const inputs = Array.from({ length: TASKS }, (_, n) => ({ title: `${n}`, runId: "maker" }));
  await first.coord.tasks.enqueueAll(inputs);
  const done = await Promise.all(agents.map(async ({ runId, coord: { tasks } }) => {
    const answers: object[] = [];
    while (true) {
      const claim = await tasks.claim({ runId, claimTtl: 3600 });
      if (claim.status === "empty") return answers;
      const { task_id: id, fence, attempt } = claim;
      const beat = await tasks.heartbeat({ id, runId, fence });
      const end = await tasks.complete({ id, runId, fence });
      const isWarned = "warning" in end;
      answers.push({ id, attempt, fence, beat: beat.status, end: end.status, isWarned });
    }
  }));
  const rows = await sql.read(
    "SELECT id FROM coord.task JOIN coord.space USING (ns) WHERE is_over AND name = $1",
    [place.space],
  );
  const right = { attempt: 1, fence: 1, beat: "ok", end: "completed", isWarned: false };
  const expected = new Set(rows.map(({ id }) => JSON.stringify({ id, ...right })));
  assertEquals(done.flat().filter((answer) => !expected.delete(JSON.stringify(answer))), []);
  assertEquals([...expected], []);
  assertEquals(rows.length, TASKS);
  console.log(`${lost()} answers were lost`);
  assert_(lost() > TASKS / 10, `${lost()} answers were lost`);
});

itThere("each hold is granted once, released once, and no fence comes twice", async () => {
  const { agents, start, lost } = await lossy("lost answers of holds", 3);
  start();
  let held = 0;
  const fences: number[] = [];
  const rounds = TASKS / 15;
  await Promise.all(agents.map(async ({ runId, coord }) => {
    for (let round = 0; round < rounds; round++) {
      const input = { addresses: ["src"], runId, exclusive: true };
      const answer = await coord.reservations.reserve(input);
      if (answer.status === "reserved") {
        assertEquals(++held, 1);
        fences.push(Number(answer.fence));
        held--;
        const { status } = await coord.reservations.release({ id: answer.reservation_id, runId });
        assertEquals(status, "released");
      }
      const lane = { lane: "api", tree: ["lib"], owner: runId, loopTs: `${round}` };
      const lease = await coord.lanes.acquire({ ...lane, ttl: 600 });
      if (lease.status !== "acquired") continue;
      const { status } = await coord.lanes.release({ lane: "api", owner: runId });
      assertEquals(status, "released");
    }
  }));
  console.log(`${fences.length} holds; ${lost()} answers were lost`);
  assertEquals(new Set(fences).size, fences.length);
  assert_(fences.length > 0 && lost() > rounds);
  const live = await agents[0]?.store.reservations.list(Date.now(), false);
  assertEquals(live, []);
});

itThere("a server that was away for seconds is found at once when it is back", async () => {
  const place = placeOf(await newSpace());
  const wire = opened(await cuttable(place));
  const { tasks } = coordOn(opened(await openPostgres(wire.place)));
  await tasks.enqueue({ title: "before", runId: "p" });
  wire.turnTo({ ...place, port: 1 });
  const adding = tasks.enqueue({ title: "meanwhile", runId: "p" });
  await sleep(5_500);
  wire.turnTo(place);
  const back = performance.now();
  await adding;
  assert_(performance.now() - back < 3_000);
});

itThere("a claim whose commit comes late is found by the one who asked for it", async () => {
  const place = placeOf(await newSpace());
  const wire = opened(await cuttable(place));
  const store = opened(await openPostgres(wire.place));
  const { tasks } = coordOn(store);
  const { task_id: id } = await tasks.enqueue({ title: "x", runId: "p" });
  const sql = opened(new Connection(place));
  // The commit waits for a lock that a trigger of the test takes.
  await sql.write("CREATE TABLE IF NOT EXISTS public.gate ()");
  const body = "BEGIN LOCK TABLE public.gate IN SHARE MODE; RETURN NULL; END";
  await sql.write(
    `CREATE OR REPLACE FUNCTION public.pass() RETURNS trigger LANGUAGE plpgsql AS '${body}'`,
  );
  await sql.write(
    `CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON coord.task DEFERRABLE INITIALLY DEFERRED
     FOR EACH ROW WHEN (NEW.id = '${id}') EXECUTE FUNCTION public.pass()`,
  );
  let claiming: Promise<{ status: string; fence?: number }> | undefined;
  try {
    await sql.transaction("READ COMMITTED", async (ask) => {
      await ask("LOCK TABLE public.gate");
      claiming = tasks.claim({ runId: "a" });
      await untilOneWaits(ask);
      wire.cut();
    });
    const answer = await claiming;
    assertEquals([answer?.status, answer?.fence], ["claimed", 1]);
    assertEquals((await store.tasks.get(id))?.claim?.attempt, 1);
  } finally {
    await sql.write("DROP TRIGGER late ON coord.task");
  }
});
