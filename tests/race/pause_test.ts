import type { PauseOrders } from "../support/race/pause_worker.ts";
import { detectHost } from "../../src/host/detect.ts";
import { assert_, assertEquals, itIf } from "../deps.ts";
import { sleep, start } from "../support/race/processes.ts";
import { openTasks, STORES } from "../support/race/stores.ts";
import { sized } from "../support/length.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const host = await detectHost();

const SIZE = sized({ workers: 2, tasks: 40 }, { workers: 3, tasks: 600 }, {
  workers: 6,
  tasks: 5_000,
});
const ON_SERVER = { ...SIZE, tasks: SIZE.tasks >> 2 };

for (const { name, make, reason } of STORES) {
  itIf(reason === undefined, reason ?? "")(
    `${name}: no claim between a pause() that has answered and its resume() gets a task, of any process`,
    async () => {
      const size = name === "files" ? SIZE : ON_SERVER;
      const store = await make();
      const { tasks, queues } = await openTasks(store);
      const mark = `${makeTempDir()}/paused`;
      const inputs = Array.from({ length: size.tasks }, (_, n) => ({ title: `${n}`, runId: "p" }));
      const ids = (await tasks.enqueueAll(inputs)).map(({ task_id }) => task_id);
      let isOver = false;
      const children = Array.from({ length: size.workers }, (_, n) => {
        const orders: PauseOrders = { store, runId: `w${n}`, mark, tasks: size.tasks };
        return start("race/pause_worker.ts", orders);
      });
      const ended = Promise.all(children.map((child) => child.ended)).finally(() => isOver = true);
      for (let pause = 1; !isOver; pause++) {
        await queues.pause({ queues: ["default"], runId: "ops" });
        host.fs.createNew(mark, Uint8Array.of(pause % 64 + 32));
        await sleep(30);
        host.fs.remove(mark);
        await queues.resume({ queues: ["default"] });
        await sleep(15);
      }
      const ends = await ended;
      assertEquals(ends.map(({ code }) => code), ends.map(() => 0));
      const seen = ends.map(({ output }) =>
        JSON.parse(output) as { claimed: string[]; wrong: string[]; begun: number }
      );
      assertEquals(seen.flatMap(({ wrong }) => wrong), []);
      assert_(seen.some(({ begun }) => begun > 0), "claims began while the queue was paused");
      assertEquals(seen.flatMap(({ claimed }) => claimed).sort(), ids.toSorted());
    },
  );
}
