import type { Coord, ExportDocument, ExportedTask } from "../../../mod.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { openFilesOn } from "../../../src/workspace/open.ts";
import { openMemoryStore } from "../../../src/adapters/memory/open.ts";
import { MemoryWorkspace } from "../../../src/adapters/memory/workspace.ts";
import { assertEquals, assertRejects, it, itIf } from "../../deps.ts";
import { isHeavy, sized } from "../../support/length.ts";
import { newSeed } from "../../support/random.ts";
import { coordOn } from "../../support/scene/over_store.ts";
import { exported, lived } from "../../support/scene/transfer.ts";
import { FakeClock, workspace } from "../../support/scene/workspace.ts";

const host = await detectHost();

/** What a task keeps in another workspace: all but what runs have, and how transitions are counted. */
function kept(documents: readonly ExportDocument[]): object[] {
  return documents.flatMap((document) => {
    if (document.kind === "queue") return document;
    if (document.kind !== "task") return [];
    const { status, task, claim } = document;
    if (claim === null) return { status, task };
    const { transition: _t, revived_after: _r, ...state } = claim;
    const { expires_at: _e, earlier_attempts: _a, uncounted_attempts: _u, ...held } = state;
    return status === "claimed" || status === "timed_out"
      ? { status: "timed_out", task, claim: held }
      : { status, task, claim: state };
  });
}

/** An empty workspace by the same clock. */
async function another(clock: FakeClock, isFiles: boolean): Promise<Coord> {
  if (!isFiles) return coordOn(openMemoryStore(new MemoryWorkspace({ clock: clock.now })));
  return openFilesOn(host, { dir: (await workspace()).dir, clock: clock.now });
}

it("import() of an export() gives the same tasks, and again nothing new", async () => {
  const random = newSeed("transfer");
  for (let round = 0; round < sized(1, 8, 400); round++) {
    const clock = new FakeClock();
    const source = await another(clock, random.chance(0.7));
    await lived({ coord: source, clock }, 60, random);
    const first = await exported(source);
    const ours = first.flatMap((document) => document.kind === "task" ? document : []);
    const isFiles = random.chance(0.7);
    const coord = await another(clock, isFiles);
    const answer = await coord.exchange.import(first);
    assertEquals(answer.status === "imported" && answer.added, ours.length);
    const second = await exported(coord);
    assertEquals(kept(second), kept(first), `seed ${random.seed}, round ${round}`);
    const again = await coord.exchange.import(first.map((document) => JSON.stringify(document)));
    assertEquals(again.status === "imported" && again.unchanged, ours.length);
    assertEquals(await exported(coord), second);
    // What came from an import is a workspace like any other.
    const third = await another(clock, !isFiles);
    await third.exchange.import(second);
    assertEquals(await exported(third), second);
    const counts = async (of: Coord) => (await of.tasks.list({ limit: 1 })).total;
    assertEquals(await counts(coord), ours.length);
  }
});

it("import() has a task that a run had handed out again, and its attempt counts as given back", async () => {
  const { coord, clock } = await workspace();
  await coord.tasks.enqueue({ title: "x", runId: "p", maxAttempts: 2 });
  const had = await coord.tasks.claim({ runId: "a" });
  clock.advance(5);
  const there = await another(clock, true);
  await there.exchange.import(coord.exchange.export());
  const claim = await there.tasks.claim({ runId: "b" });
  if (claim.status !== "claimed" || had.status !== "claimed") throw new Error("it is not claimed");
  assertEquals([claim.attempt, claim.uncounted_attempts], [2, 1]);
  assertEquals(claim.fence > had.fence, true);
  assertEquals(claim.earlier_attempts?.map(({ run_id, end }) => [run_id, end]), [[
    "a",
    "given_back",
  ]]);
});

/** Two workspaces with the same three tasks. */
async function twins() {
  const scene = await workspace();
  const made = await scene.coord.tasks.enqueueAll([
    { title: "one", runId: "p" },
    { title: "two", runId: "p" },
    { title: "three", runId: "p", key: "k" },
  ]);
  const ids = Array.isArray(made) ? made.map(({ task_id }) => task_id) : [];
  const there = await another(scene.clock, true);
  await there.exchange.import(scene.coord.exchange.export());
  scene.clock.advance(1);
  return { ...scene, there, ids };
}

it("import() names all conflicts and writes nothing, skips them, or updates what it can", async () => {
  const { coord, there, ids } = await twins();
  const [one = "", two = "", three = ""] = ids;
  await coord.tasks.reprioritize({ ids: [one], runId: "p", priority: 7 });
  await coord.tasks.cancel({ id: two, runId: "p" });
  await coord.tasks.enqueue({ title: "new", runId: "p" });
  await coord.queues.pause({ queues: ["q"], runId: "p" });
  const documents = await exported(coord);
  const before = await exported(there);
  const refused = await there.exchange.import(documents);
  assertEquals(
    refused.status === "conflict" &&
      Object.fromEntries(refused.conflicts.map(({ task_id, reason }) => [task_id, reason])),
    { [one]: "priority", [two]: "unfinished" },
  );
  assertEquals(await exported(there), before);
  const skipped = await there.exchange.import(documents, { onConflict: "skip" });
  assertEquals(skipped, {
    status: "imported",
    added: 1,
    updated: 0,
    unchanged: 1,
    skipped: 2,
    paused: 1,
    left_out: 0,
  });
  const updated = await there.exchange.import(documents, { onConflict: "update", runId: "p" });
  assertEquals(updated.status === "imported" && [updated.added, updated.updated], [0, 2]);
  const stands = async (id: string) => {
    const shown = await there.show(id);
    return shown.kind === "task" && [shown.status, shown.task.priority];
  };
  assertEquals([await stands(one), await stands(two)], [["pending", 7], ["cancelled", 0]]);
  assertEquals((await stands(three)) === false, false);
});

it("import() keeps what is further on, and never ends a task that an agent has", async () => {
  const { coord, there, ids } = await twins();
  const documents = await exported(coord);
  const { task_id = "" } = await there.tasks.claim({ runId: "a" }) as { task_id?: string };
  await there.tasks.complete({ id: task_id, runId: "a" });
  const answer = await there.exchange.import(documents);
  assertEquals(answer.status === "imported" && answer.unchanged, 3);
  const next = await there.tasks.claim({ runId: "a" }) as { task_id?: string };
  for (const id of ids) await coord.tasks.cancel({ id, runId: "p" });
  const refused = await there.exchange.import(coord.exchange.export(), { onConflict: "update" });
  assertEquals(
    refused.status === "conflict" && new Set<string>(refused.conflicts.map((each) => each.reason)),
    new Set(["ended", "claimed"]),
  );
  assertEquals(
    refused.status === "conflict" &&
      refused.conflicts.find(({ reason }) => reason === "claimed")?.task_id,
    next.task_id,
  );
});

it("import() takes the task that has a key for one that it skips", async () => {
  const { coord, clock } = await workspace();
  const first = await coord.tasks.enqueue({ title: "first", runId: "p", key: "k" });
  await coord.tasks.enqueue({ title: "then", runId: "p", after: ["k"] });
  const there = await another(clock, true);
  const other = await there.tasks.enqueue({ title: "other", runId: "p", key: "k" });
  const documents = await exported(coord);
  const refused = await there.exchange.import(documents);
  assertEquals(
    refused.status === "conflict" && refused.conflicts.map(({ reason }) => reason),
    ["key"],
  );
  await there.exchange.import(documents, { onConflict: "skip" });
  if ("error" in other || "error" in first) throw new Error("it is not enqueued");
  const [then] = (await there.tasks.list({ status: "blocked" })).items;
  assertEquals(then?.after, [other.task_id]);
});

it("import() names every line that is wrong, and writes nothing", async () => {
  const { coord, there } = await twins();
  const [head, task, ...others] = await exported(coord);
  const end = others.at(-1);
  const { task: definition } = task as ExportedTask;
  const tooMuch = { kind: "task", task: { ...definition, payload: { x: "y".repeat(2 ** 20) } } };
  const wrong = async (...lines: readonly (string | object | undefined)[]) => {
    const all = lines.map((line) => line ?? "");
    const error = await assertRejects(() => there.exchange.import(all));
    return (error as Error).message;
  };
  assertEquals(
    await wrong(head, "{", "[]", "", { kind: "new" }, { kind: "task" }, task, task, tooMuch, end),
    "line 2 is not a JSON object; line 3 is not a JSON object; " +
      'line 5 has the unknown kind "new"; line 6 has no task with a valid task_id; ' +
      "line 8 has the task of line 7; line 9 has a record of more than 1048576 bytes",
  );
  const bad = { ...definition, priority: "high", tags: 1 };
  assertEquals(
    await wrong(
      head,
      { kind: "task", task: bad },
      { kind: "task", task: definition, claim: { status: "gone" } },
      { kind: "queue", queue: "a b" },
      { kind: "queue", queue: "a", paused_at: "now" },
      { kind: "queue", queue: "a", paused_at: "2026-11-21T09:30:00Z" },
      end,
      head,
    ),
    "line 2 has a task that has no valid priority, tags; " +
      "line 3 has a claim that has no valid claimer_run_id, status, claimed_at, expires_at; " +
      "line 4 has no valid queue; line 5 has no valid paused_at; line 6 has no valid paused_by; " +
      "line 8 begins another export; line 8 comes after the end of the export; " +
      'the input was cut off: its last line is not of kind "end"',
  );
  assertEquals(
    await wrong(task),
    'line 1 is not the first line of an export: its kind must be "export"',
  );
  assertEquals(await wrong({ ...head, format: 2 }, task), "line 1 has the format 2, known is 1");
  const cut = await wrong(head, task, ...Array(25).fill("x"));
  assertEquals(cut.endsWith("line 21 is not a JSON object; and 6 more"), false);
  assertEquals(/and \d+ more$/.test(cut), true);
  const keyed = (id: string) => ({
    kind: "task",
    task: { ...definition, task_id: `sha256:${id.repeat(64)}`, key: "k" },
  });
  assertEquals(
    await wrong(head, keyed("a"), keyed("b"), end),
    "line 3 has the key of line 2, which is unfinished too",
  );
});

const itHeavy = itIf(isHeavy(), "10,000 tasks, only with COORD_HEAVY=1");

itHeavy("10,000 tasks go out and in within 20 seconds", async () => {
  const scene = await workspace();
  const inputs = Array.from({ length: 10_000 }, (_, n) => ({ title: `task ${n}`, runId: "p" }));
  const begin = performance.now();
  await scene.coord.tasks.enqueueAll(inputs);
  const adding = (performance.now() - begin) / 1000;
  for (let n = 0; n < 200; n++) {
    const claim = await scene.coord.tasks.claim({ runId: "a" });
    if (claim.status === "claimed") {
      await scene.coord.tasks.complete({ id: claim.task_id, runId: "a" });
    }
  }
  const start = performance.now();
  const there = await another(scene.clock, true);
  const answer = await there.exchange.import(scene.coord.exchange.export());
  const seconds = (performance.now() - start) / 1000;
  assertEquals(answer.status === "imported" && answer.added, 10_000);
  assertEquals((await there.tasks.list({ limit: 1 })).completed, 200);
  console.log(`out and in: ${seconds.toFixed(1)} s; adding: ${adding.toFixed(1)} s`);
  // On a machine that others use, adding them takes as much longer.
  assertEquals(
    seconds <= Math.max(20, 4 * adding),
    true,
    `${seconds} s, and ${adding} s to add them`,
  );
});
