/**
 * A worker of the demonstration: claims tasks until none is left, measures the file that each names,
 * and reports on standard output, a JSON line a step.
 *
 * Usage: worker.ts WORKSPACE CHECKOUT RUN_ID [DWELL_AT]; at task number DWELL_AT it dwells until killed.
 */
import { openWorkspace } from "../../mod.ts";
import { CLAIM_TTL_S, measure } from "./shared.ts";

const [workspace = "", checkout = "", runId = "", dwellAt = "0"] = Deno.args;
const coord = await openWorkspace({ dir: workspace });

function report(step: Record<string, unknown>): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ runId, ...step }) + "\n"));
}

for (let count = 1;; count++) {
  // Tasks of a worker that died come back within the timeout, so no worker leaves before that.
  await using hold = await coord.tasks.hold({
    runId,
    claimTtl: CLAIM_TTL_S,
    wait: CLAIM_TTL_S + 1,
  });
  if (hold.status !== "held") break;
  const { task, attempt, fence } = hold;
  report({ step: "claimed", task: task.task_id, attempt, fence });
  if (count === Number(dwellAt)) await new Promise(() => setInterval(() => {}, 1_000));
  const result = await measure(`${checkout}/${task.payload["path"]}`);
  const answer = await hold.complete({ ...result });
  report({ step: "completed", task: task.task_id, attempt, status: answer.status });
}
