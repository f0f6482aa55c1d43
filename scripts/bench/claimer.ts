/**
 * A process that claims.
 *
 * Usage: claimer.ts drain WORKSPACE START_MS: from that instant on claims until nothing is left, and
 * prints how many it got and when it got the last; claimer.ts wait WORKSPACE: prints the id of each
 * task that it is given while waiting.
 */
import { openWorkspace } from "../../mod.ts";

const [mode = "", dir = "", startMs = "0"] = Deno.args;
const coord = await openWorkspace({ dir });
const runId = `claimer-${Deno.pid}`;

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

if (mode === "drain") {
  await new Promise((resolve) => setTimeout(resolve, Number(startMs) - Date.now()));
  let count = 0;
  let last = Date.now();
  while ((await coord.tasks.claim({ runId })).status === "claimed") {
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
