import type { RequeueOrders } from "../support/race/requeue_worker.ts";
import { assertEquals, itIf } from "../deps.ts";
import { start } from "../support/race/processes.ts";
import { openTasks, STORES } from "../support/race/stores.ts";
import { sized } from "../support/length.ts";

const SIZE = sized({ workers: 3, tasks: 8 }, { workers: 8, tasks: 100 }, {
  workers: 8,
  tasks: 2_000,
});
const ON_SERVER = { ...SIZE, tasks: SIZE.tasks >> 2 };

for (const { name, make, reason } of STORES) {
  itIf(reason === undefined, reason ?? "")(
    `${name}: requeue() of racing processes revives each task once, and each is handed out once then`,
    async () => {
      const size = name === "files" ? SIZE : ON_SERVER;
      const store = await make();
      const { tasks } = await openTasks(store);
      const ids: string[] = [];
      for (let n = 0; n < size.tasks; n++) {
        const { task_id: id } = await tasks.enqueue({ title: `task ${n}`, runId: "p" });
        await tasks.claim({ runId: "a" });
        await tasks.fail({ id, runId: "a", error: "no" });
        ids.push(id);
      }
      const from = Date.now() + 500;
      const children = Array.from({ length: size.workers }, (_, n) => {
        const orders: RequeueOrders = { store, runId: `w${n}`, ids, from };
        return start("race/requeue_worker.ts", orders);
      });
      const ends = await Promise.all(children.map(({ ended }) => ended));
      assertEquals(ends.map(({ code }) => code), ends.map(() => 0));
      const revived = ends.flatMap(({ output }) => JSON.parse(output) as string[]);
      assertEquals(revived.sort(), ids.toSorted());
      const attempts = new Map<string, number>();
      for (let claim = await tasks.claim({ runId: "b" }); claim.status !== "empty";) {
        assertEquals(attempts.has(claim.task_id), false);
        attempts.set(claim.task_id, claim.attempt);
        claim = await tasks.claim({ runId: "b" });
      }
      assertEquals(attempts, new Map([...attempts.keys()].map((id) => [id, 2])));
      assertEquals([...attempts.keys()].sort(), ids.toSorted());
    },
  );
}
