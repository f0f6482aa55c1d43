/** A process that puts tasks back; the race tests start several. */
import process from "node:process";
import { sleep } from "./processes.ts";
import { openTasks } from "./stores.ts";

/** What a worker is given. */
export interface RequeueOrders {
  readonly store: string;
  readonly runId: string;
  readonly ids: readonly string[];
  /** When it begins, milliseconds since 1970. */
  readonly from: number;
}

const { store, runId, ids, from } = JSON.parse(process.argv[2] ?? "") as RequeueOrders;
const warn = (message: string) => {
  if (!message.includes("already")) console.log(`warned: ${message}`);
};
const { tasks } = await openTasks(store, Date.now, warn);
await sleep(Math.max(0, from - Date.now()));
const revived: string[] = [];
for (const id of ids) {
  const { tasks: [task] } = await tasks.requeue({ ids: [id], runId });
  if (task !== undefined && "was" in task && task.was === "failed") revived.push(id);
}
process.stdout.write(JSON.stringify(revived));
