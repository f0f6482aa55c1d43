/** What every task store promises of claims that ask for queues and for a tag. */
import { compareTasks, orderOf, type TaskRecord, type Wanted } from "../../src/domain/task/task.ts";
import { type TaskInput, taskRecord } from "../../src/engine/task/new_task.ts";
import type { TaskStore } from "../../src/ports/tasks.ts";
import { assertEquals, it } from "../deps.ts";
import { sized } from "../support/length.ts";
import { newSeed, type Random } from "../support/random.ts";
import { type OpenStore, scene } from "./harness.ts";

const QUEUES = ["a", "B", "c"];
const TAGS = ["x", "y", "z", "x y"];
const NEEDS = ["gpu", "net"];

type Scene = Awaited<ReturnType<typeof scene>>;

async function made(at: Scene, input: Partial<TaskInput>): Promise<TaskRecord> {
  return await taskRecord({ title: "t", runId: "p", ...input }, at.clock.ms, () => {});
}

async function claim(store: TaskStore, wanted: Wanted): Promise<TaskRecord | undefined> {
  const grant = { runId: "w", ttlSeconds: 60, nonce: crypto.randomUUID() };
  return (await store.claimNext({ ...wanted, grant, effort: "thorough" }))?.task;
}

/** Some of a list, each at most once. */
function some<T>(from: readonly T[], random: Random): T[] {
  return from.filter(() => random.chance(0.4));
}

function wish(random: Random): Wanted {
  const queues = some(QUEUES, random);
  return {
    queues: queues.length === 0 ? undefined : queues,
    tag: random.chance(0.7) ? random.pick([...TAGS, "none"]) : undefined,
    has: some(NEEDS, random),
  };
}

/** What a claimer may have, by reading. */
function fits(task: TaskRecord, { queues, tag, has = [] }: Wanted): boolean {
  if (queues !== undefined && !queues.includes(task.queue)) return false;
  if (tag !== undefined && !task.tags.includes(tag)) return false;
  return (task.needs ?? []).every((need) => has.includes(need));
}

/** @param rounds How often the search is made. */
export function wantedSuite(name: string, open: OpenStore, rounds = sized(1, 10, 60)): void {
  it(`${name}: claimNext() gives what a filter and a sort of all tasks give first, whatever is asked`, async () => {
    const random = newSeed(`${name}: what is asked`);
    for (let round = 0; round < rounds; round++) {
      const at = await scene(open);
      const left: TaskRecord[] = [];
      let stores = [at.store, at.other];
      const changed = new Map<string, number>();
      const orderNow = (task: TaskRecord) =>
        orderOf({ ...task, priority: changed.get(task.task_id) ?? task.priority });
      for (let step = 0; step < sized(60, 150, 150); step++) {
        // Claimers that meet each other would loosen the order.
        const [claimer, store] = [stores[0] ?? at.store, random.pick(stores)];
        if (random.chance(0.1)) stores = [at.second(), at.second()];
        if (random.chance(0.4)) {
          const inputs = Array.from({ length: random.chance(0.2) ? 3 : 1 }, () => ({
            queue: random.pick(QUEUES),
            tags: some(TAGS, random),
            needs: some(NEEDS, random).slice(1),
            priority: random.below(3),
          }));
          const tasks = await Promise.all(inputs.map((input) => made(at, input)));
          await store.tasks.add(tasks);
          left.push(...tasks);
        } else if (left.length > 0 && random.chance(0.2)) {
          const [{ task_id }, priority] = [random.pick(left), random.below(3)];
          await at.theirs.tasks.reprioritize({ ids: [task_id], priority, runId: "p" });
          changed.set(task_id, priority);
          // What others list may be used for a moment; a new opening has listed nothing.
          stores = [at.second(), at.second()];
        } else {
          const wanted = wish(random);
          const [first] = left.filter((task) => fits(task, wanted))
            .sort((a, b) => compareTasks(orderNow(a), orderNow(b)));
          const text = JSON.stringify(wanted);
          assertEquals(
            await claim(claimer.tasks, wanted),
            first,
            `round ${round}, ${step}: ${text}`,
          );
          if (first !== undefined) left.splice(left.indexOf(first), 1);
        }
        // What came 16 ms later or more is in another folder, so a listing is never out of date.
        at.clock.advance(0.02);
      }
    }
  });

  it(`${name}: claimNext() keeps the order for a run that is alone, also after it took one by a tag`, async () => {
    const at = await scene(open);
    const { tasks } = at.store;
    const add = async (input: Partial<TaskInput>) => {
      at.clock.advance(0.02);
      const task = await made(at, input);
      await tasks.add([task]);
      return task;
    };
    const tagged = await add({ queue: "a", tags: ["x"], priority: 1 });
    const urgent = await add({ queue: "B", priority: 2 });
    const others: TaskRecord[] = [];
    for (let n = 0; n < 8; n++) others.push(await add({ queue: "a", priority: 1 }));
    // With the first of these it has seen what it takes with the second.
    assertEquals((await claim(tasks, {}))?.task_id, urgent.task_id);
    assertEquals((await claim(tasks, { tag: "x" }))?.task_id, tagged.task_id);
    for (const { created_at } of others) {
      assertEquals((await claim(tasks, {}))?.created_at, created_at);
    }
  });

  it(`${name}: claimNext() by a tag gives what was delayed, waited, timed out, and was given back`, async () => {
    const at = await scene(open);
    const { store, other, clock, mine, theirs } = at;
    const tagged = { runId: "p", tags: ["x"] };
    const asked = { runId: "w", tag: "x" };
    const title = async () => (await claim(other.tasks, { tag: "x" }))?.title;
    assertEquals(await title(), undefined);
    await mine.tasks.enqueue({ ...tagged, title: "delayed", delay: 10 });
    const before = await mine.tasks.enqueue({ title: "before", runId: "p", priority: 1 });
    const after = [before.task_id];
    await mine.tasks.enqueue({ ...tagged, title: "waits", after });
    await mine.tasks.enqueueAll([{ ...tagged, title: "keyed", key: "k" }]);
    await mine.tasks.enqueue({ title: "other", runId: "p", tags: ["X"] });
    assertEquals(await title(), "keyed");
    assertEquals(await title(), undefined);
    clock.advance(10);
    assertEquals(await title(), "delayed");
    assertEquals((await mine.tasks.claim({ runId: "w" })).status, "claimed");
    await mine.tasks.complete({ id: before.task_id, runId: "w" });
    assertEquals(await title(), "waits");
    assertEquals(await title(), undefined);
    clock.advance(60);
    const found = [await title(), await title()].sort();
    const back = await theirs.tasks.claim(asked);
    if (back.status !== "claimed") throw new Error(back.status);
    assertEquals([...found, back.task.title].sort(), ["delayed", "keyed", "waits"]);
    assertEquals(await title(), undefined);
    await theirs.tasks.giveBack({ id: back.task_id, runId: "w" });
    assertEquals(await title(), back.task.title);
    assertEquals((await store.tasks.list({ status: "claimed" })).matched, 3);
  });

  it(`${name}: claim() says what it was asked for when there is nothing`, async () => {
    const { mine: { tasks } } = await scene(open);
    const empty = (input: object) => tasks.claim({ runId: "w", ...input });
    assertEquals(await empty({}), { status: "empty", queue: null });
    assertEquals(await empty({ queue: "a" }), { status: "empty", queue: "a" });
    assertEquals(await empty({ queues: ["a"], tag: "x" }), {
      status: "empty",
      queue: "a",
      tag: "x",
    });
    const queues = ["a", "b"];
    assertEquals(await empty({ queues }), { status: "empty", queue: null, queues });
  });

  it(`${name}: claim() waits for a task with its tag in one of its queues, and for no other`, async () => {
    const { mine, theirs } = await scene(open);
    const waiting = theirs.tasks.claim({ runId: "w", queues: ["a", "b"], tag: "x", wait: 60 });
    for (
      const input of [{ queue: "a" }, { queue: "c", tags: ["x"] }, { queue: "b", tags: ["y"] }]
    ) {
      await mine.tasks.enqueue({ title: "not this", runId: "p", ...input });
    }
    await mine.tasks.enqueue({ title: "this", runId: "p", queue: "b", tags: ["y", "x"] });
    const claimed = await waiting;
    assertEquals(claimed.status === "claimed" && claimed.task.title, "this");
    assertEquals((await mine.tasks.list()).pending, 3);
  });
}
