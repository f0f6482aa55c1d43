/** Checks and repairs while others work: nothing that is on its way is damage, and nothing is lost. */
import type { BusyOrders, Done } from "../support/race/busy_worker.ts";
import { assert_, assertEquals, assertRejects, it, itIf } from "../deps.ts";
import { type Child, sleep, start } from "../support/race/processes.ts";
import { folderOf, newStore } from "../support/race/stores.ts";
import { readFileSync, writeFileSync } from "../support/scene/raw_files.ts";
import { makeTempDir } from "../support/scene/scratch.ts";
import { detectHost } from "../../src/host/detect.ts";
import { openFilesOn } from "../../src/workspace/open.ts";
import type { Coord } from "../../src/engine/coord.ts";
import { isHeavy, sized } from "../support/length.ts";
import { newSeed } from "../support/random.ts";

const SIZE = sized(
  { workers: 1, rounds: 8, kills: 0 },
  { workers: 3, rounds: 24, kills: 4 },
  { workers: 4, rounds: 400, kills: 40 },
);

/** Every how many looks the file system is tried, which takes a second. */
const DOCTOR_EVERY = 8;

const host = await detectHost();

/** What is left of a race. */
interface Raced {
  readonly coord: Coord;
  readonly done: readonly Done[];
}

/**
 * Workers at a workspace of their own; `look` runs again and again until they have ended.
 *
 * @param kills How many workers are killed meanwhile, one after the other.
 */
async function whileWorking(
  look: (coord: Coord, round: number) => Promise<void>,
  { kills = 0, beside = [], rounds = SIZE.rounds }: {
    readonly kills?: number;
    readonly beside?: readonly string[];
    readonly rounds?: number;
  } = {},
): Promise<Raced> {
  const [store, folder] = [newStore(), makeTempDir()];
  const warnings: string[] = [];
  const coord = openFilesOn(host, {
    dir: folderOf(store),
    onWarning: (message) => void warnings.push(message),
  });
  const random = newSeed(`${kills} kills`);
  const logs: string[] = [];
  let isOver = false;
  const work = (rounds: number): Child => {
    const runId = `w${logs.length}`;
    const log = `${folder}/${runId}.ndjson`;
    logs.push(log);
    writeFileSync(log, "");
    const orders: BusyOrders = { store, runId, rounds, log };
    return start("race/busy_worker.ts", orders);
  };
  const doneBy = (log: string): Done[] => {
    const lines = readFileSync(log, "utf-8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Done);
  };
  const killing = async () => {
    for (let n = 0; n < kills && !isOver; n++) {
      const doomed = work(rounds);
      const enough = random.below(40);
      const log = logs.at(-1) ?? "";
      while (!isOver && doneBy(log).length <= enough) await sleep(random.below(10));
      doomed.kill();
      await doomed.ended;
    }
  };
  const workers = Array.from({ length: SIZE.workers }, () => work(rounds));
  const others = beside.map((program) => start(program, { store }));
  const ended = Promise.all(workers.map((child) => child.ended)).finally(() => isOver = true);
  const killed = killing();
  let looks = 0;
  try {
    for (; !isOver; looks++) {
      await look(coord, looks);
      assertEquals(warnings, []);
      await sleep(1);
    }
  } finally {
    isOver = true;
    for (const child of [...workers, ...others]) child.kill();
  }
  await killed;
  for (const { output } of await Promise.all(others.map((child) => child.ended))) {
    assertEquals(output, "");
  }
  const good = workers.map(() => ({ code: 0, output: "" }));
  assertEquals(await ended, good);
  assert_(looks > 1, "it was looked at while others worked");
  const done = logs.flatMap(doneBy);
  const completed = idsOf(done, "completed");
  assertEquals(new Set(completed).size, completed.length, "each task was completed once");
  console.log(`${looks} looks, ${idsOf(done, "made").length} tasks, ${completed.length} completed`);
  return { coord, done };
}

function idsOf(done: readonly Done[], what: Done["what"]): string[] {
  return done.filter((each) => each.what === what).map(({ id }) => id);
}

/** One check, with a repair every other time. */
async function check(coord: Coord, round: number): Promise<void> {
  assertEquals((await coord.fsck({ repair: round % 2 === 0 })).findings, []);
}

it("a record that another process names before it is whole is found by the race", async () => {
  const beside = ["race/careless_worker.ts"];
  // They work until it is found.
  const raced = () => whileWorking(check, { beside, rounds: 100_000 });
  await assertRejects(raced, Error, "tasks/00000000-");
});

it("fsck({ repair }) finds and loses nothing while others work", async () => {
  const { coord, done } = await whileWorking(check);
  const { completed, pending, blocked, total } = await coord.tasks.list({ limit: 0 });
  // Those that another worker made last may be left, as its claims came when there were none.
  assertEquals(completed, idsOf(done, "completed").length);
  assertEquals(completed + pending + blocked, total);
  assertEquals(total, new Set(idsOf(done, "made")).size);
  assertEquals((await coord.journal.verify()).status, "sound");
});

itIf(isHeavy(), "it takes long, only with COORD_HEAVY=1")(
  "fsck(), verify(), log() and doctor() find and lose nothing while others work, die, collect and compact",
  async () => {
    const { coord, done } = await whileWorking(async (coord, round) => {
      await check(coord, round);
      assertEquals((await coord.journal.verify()).problems, []);
      const { events } = await coord.log({ limit: 10_000 });
      assertEquals(events.filter(({ at }) => !(at > "2020")), []);
      if (round % DOCTOR_EVERY > 0) return;
      const { promises } = await coord.doctor();
      const broken = promises.filter(({ result, carries }) => {
        return result === "failed" && carries === "safety";
      });
      assertEquals(broken, []);
    }, { kills: SIZE.kills, beside: ["race/upkeep_worker.ts"] });
    assertEquals((await coord.fsck({})).findings, []);
    const { items } = await coord.tasks.list({ limit: 10_000 });
    const left = new Map(items.map(({ task_id: id, status }) => [id, status]));
    // What is not there any more was ended before, and collected.
    const ending = new Set(idsOf(done, "ending"));
    assertEquals(idsOf(done, "made").filter((id) => !left.has(id) && !ending.has(id)), []);
    const completed = idsOf(done, "completed").map((id) => left.get(id) ?? "completed");
    assertEquals(completed.filter((status) => status !== "completed"), []);
  },
);
