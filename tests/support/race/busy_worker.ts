/** A process that does a bit of everything: tasks of all kinds, reservations and lanes. */
import process from "node:process";
import { coordOn } from "../scene/over_store.ts";
import { openStore } from "./stores.ts";

/** What a worker is given. */
export interface BusyOrders {
  readonly store: string;
  readonly runId: string;
  /** How many rounds it works. */
  readonly rounds: number;
}

const { store, runId, rounds } = JSON.parse(process.argv[2] ?? "") as BusyOrders;
const coord = coordOn(await openStore(store, Date.now, () => {}));
const completed: string[] = [];
for (let round = 0; round < rounds; round++) {
  const title = `${runId} ${round}`;
  const { task_id: first } = await coord.tasks.enqueue({ title, runId });
  await coord.tasks.enqueue({ title: `${title} after`, runId, after: [first] });
  if (round % 5 === 0) {
    await coord.tasks.enqueueAll([{ title: `${title} a`, runId }, { title: `${title} b`, runId }]);
  }
  await coord.tasks.enqueue({ title: `${title} keyed`, runId, key: `${runId} ${round % 3}` });
  const addresses = [`src/${runId}/${round}.ts`];
  const held = await coord.reservations.reserve({ addresses, runId, exclusive: round % 2 === 0 });
  await coord.lanes.acquire({ lane: runId, owner: runId });
  const claim = await coord.tasks.claim({ runId });
  if (claim.status === "claimed") {
    await coord.tasks.heartbeat({ id: claim.task_id, runId });
    const done = await coord.tasks.complete({ id: claim.task_id, runId });
    if (done.status === "completed") completed.push(claim.task_id);
  }
  if ("reservation_id" in held) {
    await coord.reservations.heartbeat({ id: held.reservation_id, runId });
    await coord.reservations.release({ id: held.reservation_id, runId });
  }
  await coord.lanes.heartbeat({ lane: runId, owner: runId });
  if (round % 7 === 0) await coord.lanes.release({ lane: runId, owner: runId });
}
while (true) {
  const claim = await coord.tasks.claim({ runId });
  if (claim.status !== "claimed") break;
  const done = await coord.tasks.complete({ id: claim.task_id, runId });
  if (done.status === "completed") completed.push(claim.task_id);
}
process.stdout.write(JSON.stringify(completed));
