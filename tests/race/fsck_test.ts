/** A check, and a repair, while others work: nothing that is on its way is damage, and nothing is lost. */
import type { BusyOrders } from "../support/race/busy_worker.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { start } from "../support/race/processes.ts";
import { newStore, openStore } from "../support/race/stores.ts";
import { coordOn } from "../support/scene/over_store.ts";
import { sized } from "../support/length.ts";

const SIZE = sized({ workers: 1, rounds: 8 }, { workers: 3, rounds: 80 }, {
  workers: 4,
  rounds: 600,
});

it("fsck({ repair }) finds and loses nothing while others work", async () => {
  const store = newStore();
  const coord = coordOn(await openStore(store, Date.now, () => {}));
  let isOver = false;
  const children = Array.from({ length: SIZE.workers }, (_, n) => {
    const orders: BusyOrders = { store, runId: `w${n}`, rounds: SIZE.rounds };
    return start("race/busy_worker.ts", orders);
  });
  const ended = Promise.all(children.map((child) => child.ended)).finally(() => isOver = true);
  let checks = 0;
  for (; !isOver; checks++) {
    const { findings } = await coord.fsck({ repair: true });
    assertEquals(findings, []);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const ends = await ended;
  assertEquals(
    ends.map(({ code }) => code),
    ends.map(() => 0),
    ends.map((end) => end.output).join(),
  );
  const completed = ends.flatMap(({ output }) => JSON.parse(output) as string[]);
  const counts = await coord.tasks.list({ limit: 0 });
  assertEquals(new Set(completed).size, completed.length, "each task was completed once");
  // Those that another worker made last may be left, as its claims came when there were none.
  assertEquals(counts.completed, completed.length);
  assertEquals(counts.completed + counts.pending + counts.blocked, counts.total);
  assertEquals((await coord.journal.verify()).status, "sound");
  assert_(checks > 1, "some checks were made while others worked");
});
