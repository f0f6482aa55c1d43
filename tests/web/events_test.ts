/** The stream of states: a real server, and a reader on a connection of its own. */
import { assertEquals, it } from "../deps.ts";
import { served } from "../support/scene/web.ts";

it("a page gets all it needs, and then what changes", async () => {
  using server = await served();
  const { coord, clock, id } = server;
  using events = server.events();
  const first = [];
  for (let at = 0; at < 4; at++) first.push(await events.next());
  assertEquals(first.map((each) => each?.event), ["hello", "samples", "attempts", "fleet"]);
  const [hello, samples, attempts, fleet] = first.map((each) => each?.data);
  assertEquals([hello.control, hello.run_id], [false, server.run_id]);
  assertEquals(samples.queues, { default: [[clock.ms, 0, 1, 0, 0]] });
  assertEquals([attempts.full, attempts.attempts.length], [true, 1]);
  assertEquals(attempts.attempts[0].ended_at, null);
  const runs = fleet.sections.find(({ title }: { title: string }) => title === "RUNS");
  assertEquals([runs.rows[0].cells[0], runs.count, fleet.runs.total], ["agent-1", 1, 1]);
  await coord.tasks.complete({ id, runId: "agent-1" });
  const ended = (await events.next("attempts"))?.data;
  assertEquals([ended.full, ended.attempts.length], [false, 1]);
  assertEquals([ended.attempts[0].task_id, ended.attempts[0].end], [id, "completed"]);
  const after = (await events.next("change"))?.data;
  assertEquals([after.tasks.completed, after.runs.total, after.without], [1, 0, ["RUNS"]]);
});

it("many changes make few states, and the last of them has all", async () => {
  using server = await served();
  using events = server.events();
  await events.next("fleet");
  const titles = Array.from({ length: 200 }, (_, at) => ({ title: `Task ${at}` }));
  await Promise.all(
    titles.map((task) => server.coord.tasks.enqueue({ ...task, runId: "planner" })),
  );
  let states = 0;
  let pending = 0;
  while (pending < 200) {
    pending = (await events.next("change"))?.data.tasks.pending;
    states++;
  }
  assertEquals([pending, states < 100], [200, true], `${states} states`);
});

it("a page that comes again gets all again, and none is left behind", async () => {
  using server = await served();
  for (let times = 0; times < 3; times++) {
    using events = server.events();
    const first = await events.next();
    assertEquals(first?.event, "hello");
    assertEquals((await events.next("fleet"))?.data.tasks.claimed, 1);
  }
});

it("more than 16 streams are refused, and one that ends makes room", async () => {
  using server = await served();
  const all = Array.from({ length: 16 }, () => server.events());
  await Promise.all(all.map((each) => each.next("fleet")));
  assertEquals((await server.get("/events")).status, 503);
  all[0]?.[Symbol.dispose]();
  // The server hears of it in its own time.
  for (let isIn = false; !isIn;) {
    using again = server.events();
    isIn = await again.next("hello") !== undefined;
  }
  for (const each of all) each[Symbol.dispose]();
});

it("the server ends all streams when it is stopped", async () => {
  using server = await served();
  using events = server.events();
  await events.next("fleet");
  server.end();
  while (await events.next() !== undefined);
  assertEquals((await server.get("/")).status, 0);
});
