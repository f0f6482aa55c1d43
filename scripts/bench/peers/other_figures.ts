/** What one process of coord does beside its floors, and how soon a task reaches a process that waits. */
import { initWorkspace, openWorkspace } from "../../../mod.ts";
import { pause, startLines, startProgram } from "../children.ts";
import { sized } from "../measure.ts";
import { now } from "./clients/client.ts";
import { COORD } from "./queues/files_and_sqlite.ts";
import { python } from "./queues/python.ts";
import { type Figure, ratioOf, valueOf } from "./report/results.ts";
import { Team } from "./rounds.ts";
import { missing } from "./queues/server.ts";
import type { SyncShim } from "./sync_shim.ts";

const CLAIMER = new URL("../claimer.ts", import.meta.url).pathname;

/** Callers of one process at once. */
const CALLERS = 64;

/** Adding tasks by many callers of one process against one caller, with syncs of 1 ms. */
export async function callersFigure(dir: string, shim: SyncShim): Promise<Figure> {
  shim.delay(0);
  await using running = await COORD.start({ dir, env: shim.env });
  await using team = await Team.start(running.worker, 1, shim.env);
  const ms = sized(1500, 500);
  await team.together("callers", ms, CALLERS); // warm
  shim.delay(1);
  const one: number[] = [];
  const many: number[] = [];
  for (let round = 0; round < sized(7, 3); round++) {
    one.push((await team.together("callers", ms, 1)).rate);
    many.push((await team.together("callers", ms, CALLERS)).rate);
  }
  shim.delay(0);
  return {
    figure: `enqueue by ${CALLERS} callers of one process ÷ one caller, syncs of 1 ms`,
    unit: "tasks/s",
    value: valueOf(many),
    against: valueOf(one),
    ratio: ratioOf(many, one),
    goal: { atLeast: 10 },
  };
}

/** From adding a task to the line of the process that waits for one: coord's wait, and a poll. */
export async function waitFigure(dir: string): Promise<Figure | undefined> {
  if (await missing("python3") !== undefined) return undefined;
  await initWorkspace(dir);
  const { tasks } = await openWorkspace({ dir });
  const folder = `${dir}/polled`;
  await Deno.mkdir(folder);
  await using waiter = startLines(CLAIMER, ["wait", dir]);
  await using poller = startProgram(python("poll_every_second", folder));
  await poller.next();
  await pause(500);
  const waits: number[] = [];
  const polls: number[] = [];
  for (let n = 0; n < sized(20, 8); n++) {
    await pause(Math.random() * 1000); // at no set time within the poller's second
    const added = now();
    await tasks.enqueue({ title: "task", runId: "bench" });
    waits.push(await arrival(waiter) - added);
    const dropped = now();
    await Deno.writeTextFile(`${folder}/${n}.new`, "{}");
    await Deno.rename(`${folder}/${n}.new`, `${folder}/${n}.json`);
    polls.push(await arrival(poller) - dropped);
  }
  return {
    figure: "from adding a task to its claim by a waiting process ÷ a poll every second (Python)",
    unit: "ms",
    value: valueOf(waits),
    against: valueOf(polls),
    ratio: ratioOf(waits, polls),
  };
}

async function arrival(child: { next(): Promise<{ at: number }> }): Promise<number> {
  return performance.timeOrigin + (await child.next()).at;
}

/** A hold taken, or taken and given back, against the files and syncs that it cannot do without. */
export async function holdFigures(dir: string): Promise<Figure[]> {
  await initWorkspace(dir);
  const coord = await openWorkspace({ dir });
  const runId = "bench";
  let n = 0;
  const bytes = new Uint8Array(400).fill(65);
  using log = Deno.openSync(`${dir}/log`, { create: true, append: true });
  const line = () => {
    log.writeSync(bytes);
    log.syncDataSync();
  };
  const reserve = async () => {
    const addresses = [`src/module_${n++}.ts`];
    const { status } = await coord.reservations.reserve({ addresses, runId, exclusive: true });
    if (status !== "reserved") throw new Error(`reserve answered ${status}`);
  };
  /** Its record, its place among all, and a line that is synced. */
  const reserveFloor = () => {
    const path = `${dir}/record${n++}`;
    Deno.writeFileSync(`${path}.new`, bytes, { createNew: true });
    Deno.linkSync(`${path}.new`, `${path}.place`);
    Deno.renameSync(`${path}.new`, path);
    line();
  };
  const lane = async () => {
    const name = `lane-${n++}`;
    const taken = await coord.lanes.acquire({ lane: name, tree: [`${name}/**`], owner: runId });
    if (taken.status !== "acquired") throw new Error(`acquire answered ${taken.status}`);
    await coord.lanes.release({ lane: name, owner: runId });
  };
  /** The mutex as a file, and a line that is synced, for each of both. */
  const laneFloor = () => {
    for (const half of ["acquire", "release"]) {
      const path = `${dir}/${half}${n++}`;
      Deno.writeFileSync(path, bytes, { createNew: true });
      line();
      Deno.removeSync(path);
    }
  };
  return [
    await beside("`reserve --exclusive` ÷ its files and one sync", reserve, reserveFloor),
    await beside("lane acquire + release ÷ their files and two syncs", lane, laneFloor),
  ];
}

async function beside(
  figure: string,
  call: () => Promise<void>,
  floor: () => void,
): Promise<Figure> {
  const values: number[] = [];
  const floors: number[] = [];
  const calls = 5;
  for (let round = 0; round < sized(40, 15); round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) await call();
    const between = performance.now();
    for (let i = 0; i < calls; i++) floor();
    values.push((between - start) / calls);
    floors.push((performance.now() - between) / calls);
  }
  const ratio = ratioOf(values, floors);
  const goal = { atMost: 2 };
  return { figure, unit: "ms", value: valueOf(values), against: valueOf(floors), ratio, goal };
}
