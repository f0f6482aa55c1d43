/** A process that claims and completes tasks, and looks around each claim whether it should get one. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { openTasks } from "./stores.ts";

/** What a worker is given. */
export interface PauseOrders {
  readonly store: string;
  readonly runId: string;
  /** A file that is there only while the queue is known to be paused; it has the number of the pause. */
  readonly mark: string;
  /** How many tasks there are. */
  readonly tasks: number;
}

const { store, runId, mark, tasks: count } = JSON.parse(process.argv[2] ?? "") as PauseOrders;
const { tasks } = await openTasks(store);
const claimed: string[] = [];
const wrong: string[] = [];
let begun = 0;
while (true) {
  const before = pauseNow();
  const claim = await tasks.claim({ runId });
  const isPaused = before !== undefined && pauseNow() === before;
  if (isPaused) begun++;
  if (claim.status === "claimed") {
    claimed.push(claim.task_id);
    if (isPaused) wrong.push(claim.task_id);
    await tasks.complete({ id: claim.task_id, runId });
  } else if ((await tasks.list({ limit: 0 })).completed >= count) break;
}
process.stdout.write(JSON.stringify({ claimed, wrong, begun }));

/** The number of the pause that holds; `undefined` when none is known to. */
function pauseNow(): string | undefined {
  try {
    return readFileSync(mark, "utf-8");
  } catch {
    return undefined;
  }
}
