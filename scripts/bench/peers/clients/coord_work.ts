/** Work on a queue of coord, whichever store it is in. */
import process from "node:process";
import type { Coord } from "../../../../mod.ts";
import { type Client, now, PAYLOAD, repeat, RESULT } from "./client.ts";

export function workOn(coord: Coord): Client {
  const { tasks } = coord;
  const runId = `worker-${process.pid}`;
  const task = { title: "task", runId, payload: PAYLOAD };
  return {
    enqueue: () => tasks.enqueue(task),
    async fill(count) {
      for (let left = count; left > 0; left -= 1000) {
        await tasks.enqueueAll(Array.from({ length: Math.min(left, 1000) }, () => task));
      }
    },
    work: (until) =>
      repeat(async () => {
        const claim = await tasks.claim({ runId });
        if (claim.status !== "claimed") return false;
        const { status } = await tasks.complete({ id: claim.task_id, runId, result: RESULT });
        if (status !== "completed") throw new Error(`complete answered ${status}`);
      }, until),
    async next() {
      const { status } = await tasks.claim({ runId, wait: 60 });
      if (status !== "claimed") throw new Error(`claim answered ${status}`);
      return now();
    },
    close: () => coord[Symbol.asyncDispose](),
  };
}
