import { assertEquals, assertRejects, it } from "../../deps.ts";
import type { Fleet } from "../../../mod.ts";
import { workspace } from "../../support/scene/workspace.ts";

async function stateOf(states: AsyncIterable<Fleet>): Promise<Fleet> {
  for await (const fleet of states) return fleet;
  throw new Error("there is no state");
}

it("fleet() lists what runs did last: those that go on first, then the newest", async () => {
  const { coord, clock } = await workspace();
  for (const title of ["A", "B", "C"]) {
    await coord.tasks.enqueue({ title, runId: "planner", maxAttempts: 2 });
  }
  const claim = async (runId: string, claimTtl = 3_600) => {
    const claimed = await coord.tasks.claim({ runId, claimTtl });
    if (claimed.status === "empty") throw new Error("there is no task");
    clock.advance(1);
    return { runId, id: claimed.task_id };
  };
  const first = await claim("a1", 10);
  await coord.tasks.complete(await claim("a2"));
  await coord.tasks.fail({ ...await claim("a3"), error: "no" });
  clock.advance(30);
  const second = await claim("a4");
  const listed = async (attempts: number) =>
    ((await stateOf(coord.fleet({ once: true, attempts }))).attempts ?? [])
      .map(({ run_id, attempt, end }) => `${run_id} ${attempt} ${end}`);
  const all = await listed(100);
  // The first task was granted once more, or the third: both are due.
  assertEquals([first.id, all[0]?.endsWith(" null"), second.runId], [first.id, true, "a4"]);
  assertEquals(all.slice(1).sort(), ["a1 1 timed_out", "a2 1 completed", "a3 1 failed"]);
  assertEquals(await listed(2), all.slice(0, 2));
  assertEquals((await stateOf(coord.fleet({ once: true }))).attempts, undefined);
  await assertRejects(async () => void await stateOf(coord.fleet({ attempts: 1_001 })));
});

it("fleet() keeps no more attempts in mind than it lists, but all that go on", async () => {
  const { coord, clock } = await workspace();
  await coord.tasks.enqueueAll(
    Array.from({ length: 20 }, (_, at) => ({ title: `T${at}`, runId: "planner" })),
  );
  await coord.tasks.claim({ runId: "long" });
  for (let at = 1; at < 20; at++) {
    clock.advance(1);
    const claimed = await coord.tasks.claim({ runId: `a${at}` });
    if (claimed.status === "empty") throw new Error("there is no task");
    await coord.tasks.complete({ id: claimed.task_id, runId: `a${at}` });
  }
  const { attempts = [] } = await stateOf(coord.fleet({ once: true, attempts: 3 }));
  assertEquals(attempts.map(({ run_id }) => run_id), ["long", "a19", "a18"]);
});
