import { assertEquals, it } from "../../deps.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { workspace } from "../../support/scene/workspace.ts";

/** A workspace in which a little has happened, a second after each other. */
async function eventful() {
  const scene = await workspace();
  const { coord: { tasks, reservations, lanes }, clock } = scene;
  const { task_id: id } = await tasks.enqueue({ title: "one", runId: "p" });
  const after = () => clock.advance(1);
  after();
  await tasks.claim({ runId: "a", claimTtl: 10 });
  after();
  const addresses = ["src/a.ts", "src/b.ts"];
  const { reservation_id } = await reservations.reserve({ addresses, runId: "a" }) as {
    reservation_id: string;
  };
  after();
  await reservations.intent({ addresses: ["src/c.ts"], runId: "b", operation: "modify" });
  after();
  await lanes.acquire({ lane: "api", owner: "b", loopTs: "1", tree: ["api/**"] });
  await lanes.heartbeat({ lane: "api", owner: "b", loopTs: "1" });
  after();
  await reservations.release({ id: reservation_id, runId: "a", reason: "superseded" });
  after();
  await lanes.release({ lane: "api", owner: "b", loopTs: "1" });
  clock.advance(54);
  await tasks.claim({ runId: "b" });
  after();
  await tasks.fail({ id, runId: "b", error: "red" });
  after();
  const { task_id: other } = await tasks.enqueue({ title: "two", runId: "p" });
  after();
  await tasks.cancel({ id: other, runId: "p" });
  return { ...scene, id, other };
}

it("log() says what happened in the order of time, of every kind", async () => {
  const { coord, clock, id, other } = await eventful();
  const { total, limit, truncated, events } = await coord.log();
  const start = clock.ms - 63_000;
  const lines = events.map(({ at, kind, event, run_id, attempt, subject, detail }) =>
    [(Date.parse(at) - start) / 1000, kind, event, run_id, attempt, subject, detail].join(" ")
  );
  assertEquals(lines, [
    "0 task enqueued p  one ",
    "1 task claimed a 1 one ",
    "2 reservation reserved a  src/a.ts, src/b.ts ",
    "3 intent announced b  src/c.ts ",
    "4 lane acquired b   free",
    "5 reservation released a  src/a.ts, src/b.ts superseded",
    "6 lane released b   released by its holder",
    "11 task timed_out a 1 one ",
    "60 task claimed b 2 one ",
    "61 task failed b 2 one red",
    "62 task enqueued p  two ",
    "63 task cancelled p  two ",
  ]);
  assertEquals([total, limit, truncated], [12, 200, false]);
  assertEquals([events[0]?.id, events.at(-1)?.id, events[4]?.id], [id, other, "api"]);
});

it("log() says of a queue that is paused by whom and why, until it is resumed", async () => {
  const { coord, clock } = await workspace();
  await coord.queues.pause({ queues: ["build"], runId: "a", reason: "disk full" });
  clock.advance(1);
  await coord.queues.pause({ queues: ["test"], runId: "b" });
  const { events } = await coord.log({ kind: "queue" });
  const nothing = { subject: null, attempt: null };
  const paused = { ...nothing, kind: "queue", event: "paused" } as const;
  assertEquals(events, [
    { ...paused, at: formatTime(clock.ms - 1000), id: "build", run_id: "a", detail: "disk full" },
    { ...paused, at: formatTime(clock.ms), id: "test", run_id: "b", detail: null },
  ]);
  await coord.queues.resume({ queues: ["build"] });
  assertEquals((await coord.log({ runId: "a" })).total, 0);
});

it("log() takes a time, a run, a kind and a number", async () => {
  const { coord, clock } = await eventful();
  const events = async (input: Parameters<typeof coord.log>[0]) => {
    const log = await coord.log(input);
    return [log.total, log.events.map(({ event }) => event).join(" ")];
  };
  assertEquals(await events({ since: 2 }), [3, "failed enqueued cancelled"]);
  assertEquals(await events({ runId: "b", kind: "lane" }), [2, "acquired released"]);
  assertEquals(await events({ kind: "intent" }), [1, "announced"]);
  assertEquals(await events({ kind: "task", limit: 2 }), [7, "enqueued cancelled"]);
  assertEquals(await events({ limit: 0 }), [12, ""]);
  await coord.reservations.reserve({ addresses: ["x"], runId: "c", ttl: 5 });
  clock.advance(6);
  assertEquals(await events({ runId: "c" }), [2, "reserved expired"]);
});

it("log() keeps who cancelled a task, and that it had expired, when it is put back", async () => {
  const { coord, clock } = await workspace();
  const { tasks } = coord;
  const said = async () =>
    (await coord.log()).events.map(({ event, run_id, subject }) => `${subject} ${event} ${run_id}`);
  const add = async (title: string) => {
    clock.advance(1);
    return (await tasks.enqueue({ title, runId: "p", ttl: 60, priority: title === "held" ? 1 : 0 }))
      .task_id;
  };
  const [held, free, late] = [await add("held"), await add("free"), await add("late")];
  clock.advance(1);
  await tasks.claim({ runId: "me" });
  clock.advance(1);
  await tasks.cancel({ id: held, runId: "boss", force: true });
  await tasks.cancel({ id: free, runId: "boss" });
  clock.advance(60);
  const before = await said();
  assertEquals(before.slice(3), [
    "held claimed me",
    "held cancelled boss",
    "free cancelled boss",
    "late expired null",
  ]);
  clock.advance(1);
  await tasks.requeue({ ids: [held, free, late], runId: "third" });
  const put = ["held requeued third", "free requeued third", "late requeued third"];
  assertEquals(await said(), [...before, ...put]);
  clock.advance(1);
  await tasks.cancel({ id: held, runId: "other" });
  assertEquals(await said(), [...before, ...put, "held cancelled other"]);
  clock.advance(1);
  await tasks.requeue({ ids: [held], runId: "third" });
  assertEquals(await said(), [...before, ...put, "held cancelled other", put[0]]);
});
