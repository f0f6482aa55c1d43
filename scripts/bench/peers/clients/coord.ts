/** coord, as a library. */
import { openWorkspace } from "../../../../mod.ts";
import { type Connect, PAYLOAD, repeat, RESULT } from "./client.ts";

export const connect: Connect = async ({ dir }) => {
  const { tasks } = await openWorkspace({ dir });
  const runId = `worker-${Deno.pid}`;
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
    close() {},
  };
};
