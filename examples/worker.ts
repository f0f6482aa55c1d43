/**
 * A worker in TypeScript, on Deno and on Bun: takes tasks from one queue until it is empty.
 *
 * Usage: deno run -A examples/worker.ts QUEUE
 *        bun examples/worker.ts QUEUE
 */
import process from "node:process";
import { openWorkspace } from "../mod.ts"; // in your project: the path or the URL of mod.ts

const queue = process.argv[2] ?? "default";
const runId = process.env["COORD_RUN_ID"] ?? `worker-${process.pid}`;
const coord = await openWorkspace();

for (;;) {
  // Sends heartbeats while it is held, and gives the task back if this block ends before it does.
  await using hold = await coord.tasks.hold({ runId, queue, claimTtl: 60 });
  if (hold.status !== "held") break; // nothing to claim
  const result = await work(hold.task.title, hold.lost);
  await hold.complete(result);
}

/** What to do with a task. Stop when `lost` fires: then the task belongs to another worker. */
async function work(title: string, lost: AbortSignal): Promise<{ letters: number }> {
  console.log(`working on ${title}`);
  await Promise.resolve(); // your work; pass `lost` to fetch() and to whatever else can be aborted
  lost.throwIfAborted();
  return { letters: title.length };
}
