/**
 * A process that claims.
 *
 * Usage: claimer.ts drain WORKSPACE: claims some tasks of the queue `warm`, and once it is started all of
 * `default`; prints how many of these it got and when it got the last. claimer.ts wait WORKSPACE: prints
 * the id of each task that it is given while waiting.
 */
import { openWorkspace } from "../../mod.ts";
import { startInstant } from "./children.ts";

/** Enough for the runtime to compile what is hot; throughput is about what comes after. */
const WARM_TASKS = 300;

const [mode = "", dir = ""] = Deno.args;
const coord = await openWorkspace({ dir });
const runId = `claimer-${Deno.pid}`;

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

if (mode === "drain") {
  for (let i = 0; i < WARM_TASKS; i++) await coord.tasks.claim({ runId, queue: "warm" });
  await startInstant();
  let count = 0;
  let last = Date.now();
  while ((await coord.tasks.claim({ runId, queue: "default" })).status === "claimed") {
    count++;
    last = Date.now();
  }
  print(`${count} ${last}`);
} else {
  while (true) {
    const claim = await coord.tasks.claim({ runId, wait: 60 });
    if (claim.status === "claimed") print(claim.task_id);
  }
}
