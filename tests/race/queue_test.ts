import { assert_, assertEquals, it, itIf } from "../deps.ts";
import { compareTasks, orderOf } from "../../src/domain/task/task.ts";
import { foreignTask } from "../support/scene/foreign_task.ts";
import { sleep } from "../support/race/processes.ts";
import { SLACK_MS } from "../support/race/recorder.ts";
import { isHeavy, sized } from "../support/length.ts";
import { Race } from "../support/race/queue_race.ts";
import { isFiles, STORES } from "../support/race/stores.ts";

const SIZE = sized(
  { workers: 3, tasks: 60, rounds: 1, limit: 30 },
  { workers: 8, tasks: 700, rounds: 2, limit: 120 },
  { workers: 8, tasks: 2000, rounds: 10, limit: 120 },
);

/** Where each call goes to a server. */
const ON_SERVER = sized(
  { ...SIZE, rounds: 0 },
  { workers: 4, tasks: 200, rounds: 1, limit: 120 },
  { workers: 8, tasks: 1000, rounds: 4, limit: 240 },
);

/** Waits for the workers and checks all that they did. */
async function assertRight(race: Race): Promise<void> {
  assertEquals(await race.ended(), []);
  assertEquals((await race.verdict()).problems, []);
  const { total, completed, failed, cancelled } = await race.queue.list();
  assertEquals([total, completed + failed + cancelled], [race.tasks.length, race.tasks.length]);
}

for (const { name, make, reason } of STORES) {
  const itHere = itIf(reason === undefined, reason ?? "");
  const size = name === "files" ? SIZE : ON_SERVER;

  itHere(`${name}: claim() and all other moves of racing processes are linearizable`, async () => {
    for (let round = 0; round < size.rounds; round++) {
      const race = await Race.open(`${name}, round ${round}`, await make());
      await race.enqueue(size.tasks / 2);
      race.start(size.tasks, size);
      for (let added = 0; added < size.tasks / 2; added += 10) await race.enqueue(10);
      await assertRight(race);
      if (isFiles(race.url)) assertEquals(race.leftovers(), []);
    }
  });

  itHere(
    `${name}: claim() gives the tasks of killed processes to the others when their time is up`,
    async () => {
      for (let round = 0; round < size.rounds; round++) {
        const race = await Race.open(`${name}, with kills, round ${round}`, await make());
        for (const half of [0.5, 0.5]) await race.enqueue(size.tasks * half);
        // In the long run the claims last 1 to 4 real seconds.
        const isReal = isHeavy() && round === 0 && isFiles(race.url);
        race.start(size.tasks, { ...size, speed: isReal ? 1 : 20 });
        const doomed = race.children.slice(0, 2);
        await race.underWay(size.tasks / 20);
        for (const child of doomed) {
          await sleep(race.random.below(isHeavy() && isFiles(race.url) ? 1000 : 60));
          child.kill();
        }
        for (const child of doomed) assertEquals((await child.ended).code, null);
        await assertRight(race);
      }
    },
  );
}

it("no task is lost or given away twice while index/ and tmp/ are removed all the time", async () => {
  const race = await Race.open("without an index");
  await race.enqueue(SIZE.tasks / 2);
  // The busier the machine, the more of the index is made again for each task.
  race.start(SIZE.tasks, { ...SIZE, strict: false, limit: 5 * SIZE.limit });
  let running = true;
  let removed = 0;
  const ended = Promise.all(race.children.map((child) => child.ended)).then(() => running = false);
  while (running) {
    if (race.tasks.length < SIZE.tasks) await race.enqueue(10);
    race.removeFolder("index");
    if (race.random.chance(0.5)) race.removeFolder("tmp");
    removed++;
    await sleep(race.random.below(10));
  }
  await ended;
  await assertRight(race);
  assert_(removed > 5, `the index was removed only ${removed} times`);
  console.log(`the index was removed ${removed} times`);
});

it("claim() finds the tasks that another tool writes into tasks/ meanwhile", async () => {
  const race = await Race.open("foreign tasks");
  race.start(SIZE.tasks, SIZE);
  for (let written = 0; written < SIZE.tasks; written++) {
    const tags = [[], ["x"], ["y", "x"]][written % 3] ?? [];
    race.tasks.push(foreignTask(race.workspace, written, { tags }));
    if (written % 10 === 0) await sleep(race.random.below(20));
  }
  await assertRight(race);
});

it("claim() of racing processes skips fewer pending tasks than there are processes", async () => {
  const race = await Race.open("in order");
  const count = SIZE.tasks * 5;
  const inputs = Array.from({ length: count }, () => ({ title: "task", runId: "maker" }));
  race.tasks.push(...await race.queue.enqueueAll(inputs));
  race.tasks.sort((a, b) => compareTasks(orderOf(a), orderOf(b)));
  for (let worker = 0; worker < SIZE.workers; worker++) {
    const runId = `worker-${worker}`;
    race.run({ runId, expected: 0, speed: 1, strict: true, limit: 60, drains: true });
  }
  assertEquals(await race.ended(), []);
  const places = new Map(race.tasks.map(({ task_id }, place) => [task_id, place]));
  const claims = race.history().flatMap(({ invoked, returned, outcome }) =>
    outcome?.status === "claimed"
      ? [{ place: places.get(outcome.task_id) ?? -1, invoked, returned }]
      : []
  ).sort((a, b) => a.place - b.place);
  assertEquals(claims.map(({ place }) => place), race.tasks.map((_, place) => place));
  // What was claimed only after a claim had ended was pending all the time before.
  const overtaking = claims.map(({ place, returned }) => ({
    place,
    pending: claims.slice(0, place).filter(({ invoked }) => invoked > returned + SLACK_MS).length,
  }));
  assertEquals(overtaking.filter(({ pending }) => pending >= SIZE.workers), []);
});
