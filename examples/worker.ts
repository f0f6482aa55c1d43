/**
 * A worker in TypeScript, on Deno and on Bun: takes tasks from one queue until it is empty.
 *
 * Usage: deno run -A examples/worker.ts QUEUE
 *        bun examples/worker.ts QUEUE
 */
import { openWorkspace } from "../mod.ts"; // in your project: "jsr:@coord/coord", or the URL of mod.ts

const [queue = "default"] = "Deno" in globalThis ? Deno.args : process.argv.slice(2);
const coord = await openWorkspace();

for (;;) {
  // Sends heartbeats while it is held, and gives the task back if this block ends before it does.
  await using hold = await coord.tasks.hold({ runId: "worker", queue, claimTtl: 60 });
  if (hold.status !== "held") break; // nothing to claim
  await work(hold.task.title, hold.lost);
  await hold.complete({ done: true });
}

/** What to do with a task. Stop when `lost` fires: then the task belongs to another worker. */
async function work(title: string, lost: AbortSignal): Promise<void> {
  lost.throwIfAborted();
  console.log(`working on ${title}`);
  await Promise.resolve();
}
