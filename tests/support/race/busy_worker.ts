/** A process that does a bit of everything: tasks of all kinds, reservations and lanes. */
import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { CoordError } from "../../../src/domain/errors.ts";
import { coordOn } from "../scene/over_store.ts";
import { openStore } from "./stores.ts";

/** What a worker is given. */
export interface BusyOrders {
  readonly store: string;
  readonly runId: string;
  /** How many rounds it works. */
  readonly rounds: number;
  /** Where it writes what it did, a {@link Done} a line. */
  readonly log: string;
}

/** What a call did to a task; `ending` is written before the call, so that it is there if that is killed. */
export interface Done {
  readonly what: "made" | "ending" | "completed";
  readonly id: string;
}

const { store, runId, rounds, log } = JSON.parse(process.argv[2] ?? "") as BusyOrders;
const coord = coordOn(await openStore(store, Date.now, () => {}));
const file = openSync(log, "a");
const note = (what: Done["what"], id: string) =>
  void writeSync(file, `${JSON.stringify({ what, id } satisfies Done)}\n`);

/** What is answered, unless the record that was meant has ended and was removed. */
async function orGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CoordError && error.code === "not_found") return undefined;
    throw error;
  }
}

async function enqueue(title: string, more: object = {}): Promise<string> {
  const { task_id: id } = await coord.tasks.enqueue({ title, runId, ...more });
  note("made", id);
  return id;
}

/** Claims a task and completes it; `false` when there is none. */
async function work(): Promise<boolean> {
  const claim = await coord.tasks.claim({ runId });
  if (claim.status !== "claimed") return false;
  const { task_id: id } = claim;
  await coord.tasks.heartbeat({ id, runId });
  note("ending", id);
  const done = await orGone(coord.tasks.complete({ id, runId }));
  if (done?.status === "completed") note("completed", id);
  return true;
}

for (let round = 0; round < rounds; round++) {
  const title = `${runId} ${round}`;
  const first = await enqueue(title);
  await orGone(enqueue(`${title} after`, { after: [first] }));
  if (round % 5 === 0) {
    const inputs = [{ title: `${title} a`, runId }, { title: `${title} b`, runId }];
    for (const { task_id: id } of await coord.tasks.enqueueAll(inputs)) note("made", id);
  }
  await enqueue(`${title} keyed`, { key: `${runId} ${round % 3}` });
  const addresses = [`src/${runId}/${round}.ts`];
  const held = await coord.reservations.reserve({ addresses, runId, exclusive: round % 2 === 0 });
  await coord.lanes.acquire({ lane: runId, owner: runId });
  await work();
  if ("reservation_id" in held) {
    await coord.reservations.heartbeat({ id: held.reservation_id, runId });
    await orGone(coord.reservations.release({ id: held.reservation_id, runId }));
  }
  await coord.lanes.heartbeat({ lane: runId, owner: runId });
  if (round % 7 === 0) await coord.lanes.release({ lane: runId, owner: runId });
}
while (await work());
