/**
 * A workspace of a given size, whose calls are timed on order: a line that names one is answered by its
 * milliseconds.
 *
 * Usage: size_worker.ts DIR TASKS finished|pending: of the tasks, 99 of 100 are finished first, or none.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { initWorkspace, openWorkspace } from "../../../mod.ts";

const [dir = "", size = "0", tasksAre = ""] = process.argv.slice(2);
await initWorkspace(dir);
const coord = await openWorkspace({ dir });
const runId = "bench";

/** Callers that finish tasks at once while the workspace is made. */
const CALLERS = 16;

async function make(tasks: number): Promise<void> {
  for (let left = tasks; left > 0; left -= 1000) {
    const count = Math.min(left, 1000);
    await coord.tasks.enqueueAll(
      Array.from({ length: count }, (_, i) => ({
        title: `task ${i}`,
        runId,
        payload: { path: `src/module_${i}.ts` },
      })),
    );
    let finish = tasksAre === "finished" ? count - Math.ceil(count / 100) : 0;
    await Promise.all(Array.from({ length: CALLERS }, async () => {
      while (finish-- > 0) {
        const claim = await coord.tasks.claim({ runId });
        if (claim.status !== "claimed") throw new Error("the queue ran dry");
        await coord.tasks.complete({ id: claim.task_id, runId, result: { ok: true } });
      }
    }));
  }
}

let n = 0;
const calls: Readonly<Record<string, () => Promise<unknown>>> = {
  "tasks --limit 20": () => coord.tasks.list({ limit: 20 }),
  "status": () => coord.status(),
  "claim": async () => {
    const { status } = await coord.tasks.claim({ runId });
    if (status !== "claimed") throw new Error("the queue ran dry");
  },
  "claim on empty": () => coord.tasks.claim({ runId, queue: "none" }),
  "check": () => coord.check({ addresses: ["src/module_1.ts"], runId }),
  "reserve": () => coord.reservations.reserve({ addresses: [`src/new_${n++}.ts`], runId }),
};

await make(Number(size));
// As it is some minutes later: batches are settled, and what ended lies in segments.
await new Promise((resolve) => setTimeout(resolve, 2_000));
await coord.gc({ execute: true });
console.log(JSON.stringify(Object.keys(calls)));
for await (const call of createInterface({ input: process.stdin })) {
  const start = performance.now();
  await calls[call]?.();
  console.log(performance.now() - start);
}
process.exit(0);
