import { assert_, assertEquals, itIf } from "../deps.ts";
import { FsJournal } from "../../src/adapters/fs/lane/journal.ts";
import { FsLanes } from "../../src/adapters/fs/lane/environment.ts";
import { FsMutex } from "../../src/adapters/fs/lane/mutex.ts";
import { NO_HOLDERS } from "../../src/engine/hold/exclusion.ts";
import { LaneJournal } from "../../src/engine/lane/journal.ts";
import { Lanes } from "../../src/engine/lane/lanes.ts";
import { detectHost } from "../../src/host/detect.ts";
import { EMPTY_CHECKOUT } from "../support/fake/names.ts";
import { processesOf } from "../../src/workspace/processes.ts";
import type { LaneOrders } from "../support/race/lane_worker.ts";
import {
  checked,
  goOn,
  isStopped,
  LaneRace,
  ordersFor,
  type RaceSize,
  reportsOf,
  type Wait,
} from "../support/race/lane_race.ts";
import { evidence } from "../support/race/lane_checker.ts";
import { isLinux } from "../support/race/mutex_race.ts";
import { exceeds, stopwatch } from "../support/program/own_time.ts";
import { type Child, sleep, start, until } from "../support/race/processes.ts";
import { isHeavy, isLong, sized } from "../support/length.ts";
import { newSeed } from "../support/random.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const it = itIf(isLinux, "it needs /proc and stop signals");

const SHORT: RaceSize = {
  ...{ workers: 3, rounds: 12, staleMs: 250, speed: 1000 },
  ...{ kills: 1, stops: 1, compaction: 0.4, naps: 0 },
};
/** A mutex whose holds are stale at once, and so keep no process out: the log alone decides. */
const OPEN: RaceSize = { ...SHORT, rounds: sized(8, 60, 200), staleMs: 0, naps: 0.5 };
/** The log compacts itself every 120 entries or so. */
const LONG: RaceSize = {
  ...{ workers: 8, rounds: isLong() ? 500 : 120, staleMs: 400, speed: 1000 },
  ...{ kills: isLong() ? 12 : 5, stops: isLong() ? 16 : 6, compaction: 0, naps: 0 },
};
/** With the stale bound of real life. */
const REAL: RaceSize = {
  ...{ workers: 8, rounds: isLong() ? 150 : 40, staleMs: 30_000, speed: 20 },
  ...{ kills: isLong() ? 8 : 3, stops: 1, compaction: 0.01, naps: 0 },
};

for (const [name, size] of Object.entries(isHeavy() ? { LONG, OPEN, REAL } : { SHORT, OPEN })) {
  it(`request() never grants what overlaps to racing processes that are killed and stopped (${name.toLowerCase()})`, async () => {
    const race = new LaneRace(size, newSeed("lane race"));
    const verdict = await race.run();
    const { problems, entries, grants, voids, evicted, compactions, kills, stops } = verdict;
    const { afterKill, afterStop, broken } = verdict;
    console.log(
      `${entries} entries, ${grants.length} grants, ${voids.length} void, ${broken} torn, ` +
        `${evicted.size} evicted, ${compactions} compactions; others went on ` +
        `${longest(afterKill)} ms after ${kills} kills, ${
          longest(afterStop)
        } ms after ${stops} stops`,
    );
    if (problems.length > 0) console.log(evidence(race.journal, problems));
    assertEquals(problems, []);
    assert_(grants.length >= size.workers * size.rounds, "all leases were granted");
    assert_(compactions > 0 && kills > 0 && stops > 0, "everything happened");
    const late = (waits: readonly Wait[], ms: number) => waits.filter((wait) => exceeds(wait, ms));
    assertEquals(late(afterKill, 2_000), [], "the others waited after a kill");
    assertEquals(late(afterStop, 2_000 + size.staleMs), [], "the others waited after a stop");
  });
}

function longest(waits: readonly Wait[]): string {
  return Math.max(0, ...waits.map(({ wall }) => wall)).toFixed(0);
}

const host = await detectHost();

/** The same journal as a worker's, in this process and with its clock. */
function beside({ journal: path, staleMs, epoch, speed }: LaneOrders) {
  const clock = () => Math.floor(epoch + (Date.now() - epoch) * speed);
  const journal = new FsJournal(
    host,
    path,
    clock,
    () => {},
    new FsMutex(host, `${path}.lock`, staleMs),
  );
  const lanes = new FsLanes(host, journal, undefined);
  const context = { lanes, processes: processesOf(host), clock, warn: () => {} };
  return {
    lanes: new Lanes(context, EMPTY_CHECKOUT, NO_HOLDERS),
    journal: new LaneJournal(context),
  };
}

/** A worker that has come to its mishap, and is stopped there. */
async function stoppedWorker(orders: LaneOrders): Promise<Child> {
  const child = start("race/lane_worker.ts", orders);
  await until("it stops", () => isStopped(child.pid));
  return child;
}

it("request() goes on within 2 s when the writer before was killed in its critical section", async () => {
  for (const how of ["kill", "tear"] as const) {
    const orders = ordersFor(makeTempDir(), { mishaps: [{ before: "appendSynced", nth: 2, how }] });
    const { output } = await start("race/lane_worker.ts", orders).ended;
    const passed = stopwatch();
    assertEquals([reportsOf(orders).map(({ kind }) => kind), output], [["mishap"], ""]);
    const answer = await beside(orders).lanes.acquire({ lane: "x", tree: ["a/x"], owner: "me" });
    assertEquals([answer.status, checked(orders.journal).problems], ["acquired", []]);
    const took = passed();
    assert_(!exceeds(took, 2_000), `it took ${took.wall} ms`);
  }
});

it("acquire() gives the lane of a killed process at once, and to one of those that wait", async () => {
  // The lease is granted and its release about to be written, by a clock that is no faster than ours.
  const mishaps = [{ before: "appendSynced", nth: 3, how: "stop" }] as const;
  const orders = ordersFor(makeTempDir(), { staleMs: 200, speed: 1, mishaps });
  const child = await stoppedWorker(orders);
  const others = new AbortController();
  const { signal } = others;
  const waiting = Array.from({ length: 4 }, (_, n) => {
    const input = { lane: "x", tree: ["a/x"], owner: `w${n + 1}`, wait: 600, lockTimeout: 60 };
    return beside(orders).lanes.acquire({ ...input, signal });
  });
  await sleep(100);
  assertEquals((await beside(orders).lanes.live()).leases.map(({ holder }) => holder), ["w0"]);
  child.kill();
  const passed = stopwatch();
  await child.ended;
  const first = await Promise.any(waiting.map(async (answer) => {
    const got = await answer;
    assert_(got.status === "acquired");
    return got;
  }));
  const took = passed();
  console.log(`the lane of a killed process is another's after ${took.wall.toFixed(0)} ms`);
  assert_(!exceeds(took, 2_500), `it took ${took.wall} ms`);
  assertEquals(first.scavenged.map(({ holder, evidence }) => [holder, evidence.pid_alive]), [
    ["w0", false],
  ]);
  // Another one would get it by now, or never.
  await sleep(1_000);
  others.abort();
  const answers = (await Promise.all(waiting)).map(({ status }) => status);
  assertEquals(answers.toSorted(), ["acquired", "refused", "refused", "refused"]);
  assertEquals(checked(orders.journal).problems, []);
});

it("request() is void when it comes late from a process that was stopped past the stale bound", async () => {
  for (const isCompacted of [false, true]) {
    const mishaps = [{ before: "appendSynced", nth: 1, how: "stop" }] as const;
    const orders = ordersFor(makeTempDir(), { staleMs: 200, mishaps });
    const { lanes, journal } = beside(orders);
    const child = await stoppedWorker(orders);
    const own = { lane: "x", owner: "me" };
    const answer = await lanes.acquire({ ...own, tree: ["a/x"] });
    assertEquals(answer.status, "acquired");
    if (isCompacted) assertEquals((await journal.compact()).status, "compacted");
    goOn(child.pid);
    await until("it is refused", () => reportsOf(orders).some(({ kind }) => kind === "refused"));
    assertEquals((await lanes.live()).leases.map(({ holder }) => holder), ["me"]);
    assertEquals((await lanes.release(own)).status, "released");
    assertEquals((await child.ended).code, 0);
    const { voids, grants, problems } = checked(orders.journal);
    assertEquals(voids.map(({ holder }) => holder), ["w0"]);
    assertEquals([grants.map(({ holder }) => holder), problems], [["me", "w0"], []]);
  }
});

it("release() changes nothing when it comes late from a process whose lease died meanwhile", async () => {
  // The first finds no file, the second writes the ACQUIRE.
  const mishaps = [{ before: "appendSynced", nth: 3, how: "stop" }] as const;
  const orders = ordersFor(makeTempDir(), { staleMs: 200, speed: 1_000, mishaps });
  const { lanes } = beside(orders);
  const child = await stoppedWorker(orders);
  await sleep(350); // its lease is dead after 301
  const answer = await lanes.acquire({ lane: "x", tree: ["a/x"], owner: "me", ttl: 3_600_000 });
  assertEquals(answer.status === "acquired" && answer.scavenged.map(({ holder }) => holder), [
    "w0",
  ]);
  goOn(child.pid);
  assertEquals((await child.ended).code, 0);
  const ends = reportsOf(orders).flatMap((report) =>
    report.kind === "ended" ? [report.status] : []
  );
  assert_(ends.length === 1 && ends[0] !== "released", `its release was answered ${ends}`);
  assertEquals((await lanes.live()).leases.map(({ holder }) => holder), ["me"]);
  const { grants, problems } = checked(orders.journal);
  assertEquals([grants.map(({ holder }) => holder), problems], [["w0", "me"], []]);
});
