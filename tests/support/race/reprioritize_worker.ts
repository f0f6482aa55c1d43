/** A process that changes priorities, or claims; the race tests start several. */
import process from "node:process";
import { sleep } from "./processes.ts";
import { openTasks } from "./stores.ts";

/** What a worker is given. */
export interface ReprioritizeOrders {
  readonly store: string;
  readonly runId: string;
  /** The tasks whose priority it changes; without, it claims all that it gets. */
  readonly ids?: readonly string[];
  readonly rounds: number;
  /** When it begins, milliseconds since 1970. */
  readonly from: number;
}

const orders = JSON.parse(process.argv[2] ?? "") as ReprioritizeOrders;
const { store, runId, ids, rounds, from } = orders;
const warn = (message: string) => {
  if (!message.includes("already")) console.log(`warned: ${message}`);
};
const { tasks } = await openTasks(store, Date.now, warn);
await sleep(Math.max(0, from - Date.now()));
const done: string[] = [];
for (let round = 0; round < rounds; round++) {
  if (ids === undefined) {
    const claim = await tasks.claim({ runId });
    if (claim.status === "claimed") done.push(claim.task_id);
  } else {
    for (const id of ids) {
      const priority = (round * 7 + runId.length + done.length) % 4;
      const { tasks: [task] } = await tasks.reprioritize({ ids: [id], runId, priority });
      if (task !== undefined && "was" in task) done.push(id);
    }
  }
}
process.stdout.write(JSON.stringify(done));
