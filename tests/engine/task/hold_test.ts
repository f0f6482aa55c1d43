import { assert_, assertEquals, it } from "../../deps.ts";
import { openWorkspace } from "../../../mod.ts";
import { workspace } from "../../support/scene/workspace.ts";

it("hold() completes its task once, and the end of the block changes nothing more", async () => {
  const scene = await workspace();
  const { task_id: id } = await scene.coord.tasks.enqueue({ title: "x", runId: "p" });
  {
    await using hold = await scene.coord.tasks.hold({ runId: "a" });
    assert_(hold.status === "held");
    assertEquals(hold.task.task_id, id);
    assertEquals([hold.attempt, hold.fence], [1, 1]);
    assertEquals((await hold.complete({ n: 1 })).status, "completed");
  }
  const { claim } = await scene.coord.tasks.get(id);
  assertEquals([claim?.status, claim?.result], ["completed", { n: 1 }]);
});

it("hold() gives its task back when the block ends without an outcome, also by an error", async () => {
  const scene = await workspace();
  const { task_id: id } = await scene.coord.tasks.enqueue({ title: "x", runId: "p" });
  const block = async () => {
    await using _hold = await scene.coord.tasks.hold({ runId: "a" });
    throw new Error("the work failed");
  };
  await block().catch(() => {});
  const next = await scene.open().tasks.claim({ runId: "b" });
  assertEquals(next.status === "claimed" && [next.task_id, next.attempt], [id, 2]);
});

it("hold() is empty when there is no task", async () => {
  const scene = await workspace();
  await using hold = await scene.coord.tasks.hold({ runId: "a" });
  assertEquals({ ...hold, [Symbol.asyncDispose]: undefined }, {
    status: "empty",
    queue: null,
    [Symbol.asyncDispose]: undefined,
  });
});

it("hold() beats in the background, so that a claim outlives its timeout", async () => {
  const scene = await workspace();
  const coord = await openWorkspace({ dir: scene.dir }); // real time: the beats go by timers
  await coord.tasks.enqueue({ title: "x", runId: "p" });
  await using hold = await coord.tasks.hold({ runId: "a", claimTtl: 1 });
  assert_(hold.status === "held");
  const taken = await coord.tasks.claim({ runId: "b", wait: 1.8 });
  assertEquals(taken.status, "empty");
  assertEquals(hold.lost.aborted, false);
  assertEquals((await hold.complete()).status, "completed");
});

it("hold() keeps its claim when an outcome is refused as bad input", async () => {
  const scene = await workspace();
  const coord = await openWorkspace({ dir: scene.dir });
  await coord.tasks.enqueue({ title: "x", runId: "p" });
  await using hold = await coord.tasks.hold({ runId: "a", claimTtl: 1 });
  assert_(hold.status === "held");
  const error = await hold.complete({ big: "x".repeat(70_000) }).catch((reason) => reason);
  assertEquals(error.code, "bad_payload");
  assertEquals((await coord.tasks.claim({ runId: "b", wait: 1.6 })).status, "empty");
  assertEquals((await hold.complete()).status, "completed");
});

it("hold() fires its signal when the claim is lost", async () => {
  const scene = await workspace();
  const coord = await openWorkspace({ dir: scene.dir });
  const { task_id: id } = await coord.tasks.enqueue({ title: "x", runId: "p" });
  await using hold = await coord.tasks.hold({ runId: "a", claimTtl: 1 });
  assert_(hold.status === "held");
  await coord.tasks.cancel({ id, runId: "boss", force: true });
  await new Promise<void>((resolve) => {
    if (hold.lost.aborted) resolve();
    hold.lost.addEventListener("abort", () => resolve());
  });
  assertEquals((await hold.complete()).status, "terminal");
});
