import { assertEquals, it } from "../../deps.ts";
import { workspace } from "../../support/scene/workspace.ts";

type Scene = Awaited<ReturnType<typeof workspace>>;

/** How each run is doing. */
async function statuses({ coord }: Scene): Promise<Record<string, string>> {
  const { agents } = await coord.agents();
  return Object.fromEntries(agents.map(({ run_id, status }) => [run_id, status]));
}

it("agents() has a line a run: its task, its last beat and note, and what else it holds", async () => {
  const { coord, clock } = await workspace();
  const [first, second] = await coord.tasks.enqueueAll([
    { title: "one", runId: "p" },
    { title: "two", runId: "p", queue: "q" },
  ]);
  await coord.tasks.claim({ runId: "a" });
  clock.advance(1);
  await coord.tasks.claim({ runId: "a" });
  const { reservations, lanes, tasks } = coord;
  await reservations.reserve({ addresses: ["src/a.ts"], runId: "b", note: "wait for me" });
  for (const lane of ["api", "web"]) {
    await lanes.acquire({ lane, owner: "a", loopTs: "1", tree: [`${lane}/**`] });
  }
  clock.advance(1);
  const id = second?.task_id ?? "";
  await tasks.heartbeat({ id, runId: "a", note: "half", progress: { done: 1, total: 2 } });
  const at = (seconds: number) => new Date(clock.ms - seconds * 1000).toISOString();
  assertEquals(await coord.agents(), {
    total: 2,
    working: 2,
    silent: 0,
    stuck: 0,
    lost: 0,
    agents: [
      {
        run_id: "a",
        status: "working",
        task: {
          task_id: id,
          title: "two",
          queue: "q",
          since: at(1),
          expires_at: at(-3600),
          attempt: 1,
        },
        tasks: 2,
        last_beat_at: at(0),
        note: "half",
        progress: { done: 1, total: 2 },
        reservations: 0,
        lanes: ["api", "web"],
      },
      {
        run_id: "b",
        status: "working",
        task: null,
        tasks: 0,
        last_beat_at: at(1),
        note: "wait for me",
        progress: null,
        reservations: 1,
        lanes: [],
      },
    ],
  });
  for (const task of [first, second]) {
    await tasks.complete({ id: task?.task_id ?? "", runId: "a" });
  }
  for (const lane of ["api", "web"]) await lanes.release({ lane, owner: "a", loopTs: "1" });
  assertEquals(await statuses({ coord } as Scene), { b: "working" });
});

it("agents() says who is silent, stuck and lost", async () => {
  const scene = await workspace();
  const { coord: { tasks, reservations }, clock } = scene;
  const claimed = async (runId: string, claimTtl: number) => {
    await tasks.enqueue({ title: runId, runId: "p", ttl: 1_000_000 });
    const claim = await tasks.claim({ runId, claimTtl });
    return claim.status === "claimed" ? claim.task_id : "";
  };
  await claimed("short", 100);
  const [mute, talker] = [await claimed("mute", 600), await claimed("talker", 600)];
  await reservations.reserve({ addresses: ["a"], runId: "idle", ttl: 100_000 });
  clock.advance(50);
  assertEquals((await statuses(scene))["short"], "working");
  clock.advance(0.001);
  assertEquals((await statuses(scene))["short"], "silent");
  for (let n = 0; n < 15; n++) {
    clock.advance(240);
    await tasks.heartbeat({ id: mute, runId: "mute" });
    const word = n === 7 ? { note: "green" } : {};
    await tasks.heartbeat({ id: talker, runId: "talker", ...word });
  }
  assertEquals(await statuses(scene), {
    short: "lost",
    mute: "stuck",
    talker: "working",
    idle: "working",
  });
  // The next to have the task is the one to name.
  await tasks.claim({ runId: "next" });
  assertEquals((await statuses(scene))["short"], undefined);
  clock.advance(60_000);
  assertEquals((await statuses(scene))["idle"], "silent");
});

it("agents() names no run that has given its task back", async () => {
  const scene = await workspace();
  const { tasks } = scene.coord;
  const { task_id: id } = await tasks.enqueue({ title: "t", runId: "p" });
  await tasks.claim({ runId: "a" });
  await tasks.giveBack({ id, runId: "a" });
  assertEquals(await statuses(scene), {});
});
