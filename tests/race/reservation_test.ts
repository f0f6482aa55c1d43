import { assert_, assertEquals, it, itIf } from "../deps.ts";
import { isHeavy, sized } from "../support/length.ts";
import { instant } from "../support/race/recorder.ts";
import {
  ON_SERVER,
  removeFolder,
  ReservationRace,
  SIZE,
} from "../support/race/reservation_race.ts";
import { newSpace, noServer } from "../support/postgres.ts";

it("files: reserve() never lets two exclusive reservations of racing processes overlap", async () => {
  assertEquals(await problemsOf(new ReservationRace("reservations")), []);
});

const noPostgres = noServer();

itIf(noPostgres === undefined, noPostgres ?? "")(
  "PostgreSQL: reserve() never lets two exclusive reservations of racing processes overlap",
  async () => {
    const race = new ReservationRace("on PostgreSQL", await newSpace(), ON_SERVER);
    assertEquals(await problemsOf(race), []);
  },
);

/** Lets all processes race to the end. */
async function problemsOf(race: ReservationRace): Promise<string[]> {
  for (let n = 0; n < race.size.workers; n++) race.start();
  const ended = Promise.all(race.children.map((child) => child.ended));
  const problems = await race.watch(ended, () => Promise.resolve());
  problems.push(...await race.problems());
  await race.afterwards();
  return problems;
}

it("reserve() goes on and stays exclusive while processes are killed and index/ and tmp/ removed", async () => {
  const race = new ReservationRace("reservations with kills");
  for (let n = 0; n < SIZE.workers; n++) race.start();
  const doomed = race.children.slice(0, Math.floor(SIZE.workers / 2));
  let left = sized(1, 12, 60);
  let nextKill = instant() + SIZE.startMs + SIZE.periodMs;
  let removed = 0;
  const all = async () => {
    for (const child of race.children) await child.ended; // more are started meanwhile
  };
  const problems = await race.watch(all(), async () => {
    if (instant() < nextKill - SIZE.periodMs / 2) return;
    if (race.random.chance(0.2)) {
      removed++;
      removeFolder(`${race.workspace}/${race.random.pick(["index", "tmp"])}`);
    }
    if (left === 0 || instant() < nextKill) return;
    left--;
    nextKill = instant() + race.random.below(isHeavy() ? 400 : 100);
    const child = doomed.splice(race.random.below(doomed.length), 1)[0];
    child?.kill();
    await child?.ended;
    if (isHeavy()) doomed.push(race.start());
  });
  assertEquals(problems, []);
  assertEquals(await race.problems(), []);
  assert_(removed > 0, "a folder was removed");
  await race.afterwards();
});
