/**
 * A workspace of a given size, whose calls are timed on order: a line that names one is answered by its
 * milliseconds. Each call opens the workspace itself, as a command does, so that it remembers nothing.
 *
 * Usage: worker.ts DIR TASKS finished|pending: of the tasks, 99 of 100 are finished, or none.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { type Coord, openWorkspace } from "../../../mod.ts";
import { scene } from "../scene.ts";

const [parent = "", size = "0", tasksAre = ""] = process.argv.slice(2);
const moved = tasksAre === "finished" ? Math.floor(Number(size) * 0.99) : 0;
const { coord: maker, dir } = await scene(parent, { moved, pending: Number(size) - moved });
const runId = "bench";

async function claimed(coord: Coord): Promise<void> {
  const { status } = await coord.tasks.claim({ runId });
  if (status !== "claimed") throw new Error("the queue ran dry");
}

/** A call, and what is done before it and not timed. */
interface Call {
  readonly run: (coord: Coord) => Promise<unknown>;
  readonly before?: (coord: Coord) => Promise<unknown>;
}

let n = 0;
const calls: Readonly<Record<string, Call>> = {
  "tasks --limit 20": { run: (coord) => coord.tasks.list({ limit: 20 }) },
  "status": { run: (coord) => coord.status() },
  // So that as many wait as before.
  "claim": { run: claimed, before: (coord) => coord.tasks.enqueue({ title: "one more", runId }) },
  "claim on empty": { run: (coord) => coord.tasks.claim({ runId, queue: "none" }) },
  "check": { run: (coord) => coord.check({ addresses: ["src/module_1.ts"], runId }) },
  "reserve": {
    run: (coord) => coord.reservations.reserve({ addresses: [`src/new_${n++}.ts`], runId }),
  },
};

// As it is some minutes later: batches are settled, and what ended lies in segments.
await new Promise((resolve) => setTimeout(resolve, 2_000));
await maker.gc({ execute: true });
console.log(JSON.stringify(Object.keys(calls)));
for await (const name of createInterface({ input: process.stdin })) {
  const call = calls[name];
  await call?.before?.(maker);
  const start = performance.now();
  await call?.run(await openWorkspace({ dir }));
  console.log(performance.now() - start);
}
process.exit(0);
