import { assert_, assertEquals, it } from "../../deps.ts";
import { openWorkspace } from "../../../mod.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { workspace } from "../../support/scene/workspace.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function scenes() {
  const scene = await workspace();
  return {
    scene,
    mine: await openWorkspace({ dir: scene.dir }),
    theirs: await openWorkspace({ dir: scene.dir }),
  };
}

it("claim() with wait wakes when a task appears", async () => {
  const { mine, theirs } = await scenes();
  const waiting = mine.tasks.claim({ runId: "a", wait: 30 });
  await pause(50);
  const task = await theirs.tasks.enqueue({ title: "x", runId: "p" });
  const claim = await waiting;
  assertEquals(claim.status === "claimed" && claim.task_id, task.task_id);
});

it("claim() with wait wakes when another tool writes a task", async () => {
  const { scene, mine } = await scenes();
  const waiting = mine.tasks.claim({ runId: "a", wait: 30 });
  await pause(50);
  const task = { task_id: "f0e1a2", title: "x", created_at: formatTime(Date.now()) };
  scene.write("tasks/.staged.json", JSON.stringify(task));
  scene.write("tasks/f0e1a2.json", JSON.stringify(task));
  const claim = await waiting;
  assertEquals(claim.status === "claimed" && claim.task_id, "f0e1a2");
});

it("claim() with wait wakes when a task is handed back", async () => {
  const { mine, theirs } = await scenes();
  const { task_id: id } = await theirs.tasks.enqueue({ title: "x", runId: "p" });
  await theirs.tasks.claim({ runId: "b", claimTtl: 3600 });
  const start = performance.now();
  const waiting = mine.tasks.claim({ runId: "a", wait: 30 });
  await pause(50);
  await theirs.tasks.giveBack({ id, runId: "b" });
  const claim = await waiting;
  assertEquals(claim.status === "claimed" && [claim.task_id, claim.attempt], [id, 2]);
  assert_(performance.now() - start < 5000, "at once");
});

it("claim() with wait wakes when a claim times out", async () => {
  const { mine, theirs } = await scenes();
  const task = await theirs.tasks.enqueue({ title: "x", runId: "p" });
  await theirs.tasks.claim({ runId: "dead", claimTtl: 1 });
  const start = performance.now();
  const claim = await mine.tasks.claim({ runId: "a", wait: 30 });
  assertEquals(claim.status === "claimed" && [claim.task_id, claim.attempt], [task.task_id, 2]);
  assert_(performance.now() - start < 3000, "soon after the timeout");
});

it("claim() with wait wakes when a delayed task becomes due, also one that comes meanwhile", async () => {
  const { mine, theirs } = await scenes();
  await theirs.tasks.enqueue({ title: "long after", runId: "p", delay: 3600 });
  const start = performance.now();
  const waiting = mine.tasks.claim({ runId: "a", wait: 30 });
  await pause(20);
  const { task_id } = await theirs.tasks.enqueue({ title: "soon", runId: "p", delay: 0.3 });
  const claim = await waiting;
  assertEquals(claim.status === "claimed" && claim.task_id, task_id);
  const passed = performance.now() - start;
  assert_(passed >= 300 && passed < 3000, `at its time, not ${passed} ms later`);
});

it("claim() with wait ignores other queues and answers empty when the time has passed", async () => {
  const { mine, theirs } = await scenes();
  const waiting = mine.tasks.claim({ runId: "a", queue: "mine", wait: 0.4 });
  await pause(50);
  await theirs.tasks.enqueue({ title: "x", queue: "other", runId: "p" });
  assertEquals(await waiting, { status: "empty", queue: "mine" });
});

it("claim() with wait ends with its signal", async () => {
  const { mine } = await scenes();
  const stop = new AbortController();
  const waiting = mine.tasks.claim({ runId: "a", wait: 3600, signal: stop.signal });
  await pause(30);
  stop.abort();
  assertEquals((await waiting).status, "empty");
});

it("claim() gives each of many tasks to one of many waiting agents", async () => {
  const { scene, theirs } = await scenes();
  const agents = await Promise.all(
    Array.from({ length: 6 }, () => openWorkspace({ dir: scene.dir })),
  );
  const waiting = agents.map((coord, i) => coord.tasks.claim({ runId: `a${i}`, wait: 30 }));
  await pause(50);
  const tasks = [];
  for (let i = 0; i < 6; i++) tasks.push(await theirs.tasks.enqueue({ title: "x", runId: "p" }));
  const claims = await Promise.all(waiting);
  const ids = claims.map((claim) => claim.status === "claimed" ? claim.task_id : "none");
  assertEquals(ids.sort(), tasks.map((task) => task.task_id).sort());
});
