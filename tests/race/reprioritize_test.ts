import type { ReprioritizeOrders } from "../support/race/reprioritize_worker.ts";
import { assert_, assertEquals, itIf } from "../deps.ts";
import { start } from "../support/race/processes.ts";
import { openTasks, STORES } from "../support/race/stores.ts";
import { sized } from "../support/length.ts";

const SIZE = sized({ pairs: 1, tasks: 8, rounds: 6 }, { pairs: 3, tasks: 60, rounds: 30 }, {
  pairs: 4,
  tasks: 400,
  rounds: 200,
});
const ON_SERVER = { ...SIZE, tasks: SIZE.tasks >> 2 };

for (const { name, make, reason } of STORES) {
  itIf(reason === undefined, reason ?? "")(
    `${name}: reprioritize() against claims of other processes: each task is handed out once, and none is lost`,
    async () => {
      const size = name === "files" ? SIZE : ON_SERVER;
      const store = await make();
      const { tasks } = await openTasks(store);
      const inputs = Array.from({ length: size.tasks }, (_, n) => ({ title: `${n}`, runId: "p" }));
      const ids = (await tasks.enqueueAll(inputs)).map(({ task_id }) => task_id);
      const from = Date.now() + 500;
      const children = Array.from({ length: size.pairs }, (_, n) => [
        { store, runId: `changer${n}`, ids, rounds: size.rounds, from },
        { store, runId: `claimer${n}`, rounds: size.tasks >> 2, from },
      ]).flat().map((orders: ReprioritizeOrders) => start("race/reprioritize_worker.ts", orders));
      const ends = await Promise.all(children.map(({ ended }) => ended));
      assertEquals(ends.map(({ code }) => code), ends.map(() => 0));
      const done = ends.map(({ output }) => JSON.parse(output) as string[]);
      assert_(done.some((changed, n) => n % 2 === 0 && changed.length > 0));
      const claimed = done.filter((_, n) => n % 2 === 1).flat();
      let last = Infinity;
      for (let claim = await tasks.claim({ runId: "b" }); claim.status !== "empty";) {
        assert_(claim.task.priority <= last, "the rest comes by its present priority");
        last = claim.task.priority;
        claimed.push(claim.task_id);
        claim = await tasks.claim({ runId: "b" });
      }
      assertEquals(claimed.sort(), ids.toSorted());
    },
  );
}
