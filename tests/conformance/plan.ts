/** What every store promises of plans: tasks of one call that wait for earlier ones of it by their keys. */
import type { Coord } from "../../src/engine/coord.ts";
import type { TaskInput } from "../../src/engine/task/new_task.ts";
import { assert_, assertEquals, assertRejects, it } from "../deps.ts";
import { sized } from "../support/length.ts";
import { type OpenStore, scene } from "./harness.ts";

const PLAN: readonly TaskInput[] = [
  { title: "a", runId: "p", key: "one" },
  { title: "b", runId: "p", key: "two", after: ["one"] },
  { title: "c", runId: "p", after: ["key:two", "one"], key: "three", onFailure: "cancel" },
];
const added = (answer: Awaited<ReturnType<Coord["tasks"]["enqueueAll"]>>) => {
  assert_(Array.isArray(answer), JSON.stringify(answer));
  return answer.map(({ task_id }) => task_id);
};

export function planSuite(name: string, open: OpenStore): void {
  async function place() {
    const at = await scene(open);
    const claim = async () => {
      const claim = await at.theirs.tasks.claim({ runId: "a" });
      return claim.status === "claimed" ? claim.task.title : undefined;
    };
    const complete = async (id: string) => {
      assertEquals((await at.theirs.tasks.complete({ id, runId: "a" })).status, "completed");
    };
    return { ...at, claim, complete };
  }

  it(`${name}: enqueueAll() takes keys of earlier tasks of the call for those tasks`, async () => {
    const at = await place();
    const [a = "", b = "", c = ""] = added(await at.mine.tasks.enqueueAll(PLAN));
    assertEquals((await at.mine.tasks.get(b)).task.after, [a]);
    assertEquals((await at.mine.tasks.get(c)).task.after, [b, a]);
    for (const [id, title] of [[a, "a"], [b, "b"], [c, "c"]] as const) {
      assertEquals([await at.claim(), await at.claim()], [title, undefined]);
      await at.complete(id);
    }
  });

  it(`${name}: a plan that is sent again answers the same tasks`, async () => {
    const at = await place();
    const ids = added(await at.mine.tasks.enqueueAll(PLAN));
    at.clock.advance(5);
    const again = await at.theirs.tasks.enqueueAll(PLAN);
    assertEquals(added(again), ids);
    assertEquals(Array.isArray(again) && again.map(({ created }) => created), [
      false,
      false,
      false,
    ]);
    const [more] = added(
      await at.theirs.tasks.enqueueAll([...PLAN, { title: "d", after: ["three"] }]),
    )
      .slice(-1);
    assertEquals((await at.mine.tasks.get(more ?? "")).task.after, ids.slice(2));
    assertEquals((await at.mine.tasks.list()).total, 4);
  });

  it(`${name}: of a plan that several send at once there is one`, async () => {
    const at = await place();
    for (let round = 0; round < sized(3, 10, 50); round++) {
      const plan = PLAN.map((each) => ({ ...each, queue: `q${round}` }));
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, n) => (n % 2 ? at.mine : at.theirs).tasks.enqueueAll(plan)),
      );
      assertEquals(new Set(answers.map((answer) => added(answer).join())).size, 1);
      assertEquals((await at.mine.tasks.list({ queue: `q${round}` })).items.length, 3);
    }
  });

  it(`${name}: a key of a plan means the task of its own queue, then the last one before`, async () => {
    const at = await place();
    const [x, , y, z, own] = added(
      await at.mine.tasks.enqueueAll([
        { title: "x", key: "k", queue: "one" },
        { title: "k in two", key: "k", queue: "two" },
        { title: "y", after: ["k"], queue: "one" },
        { title: "z", after: ["k"], queue: "three" },
        { title: "own", key: "k", queue: "three" },
      ]),
    );
    const after = async (id = "") => (await at.mine.tasks.get(id)).task.after;
    const two = (await at.mine.tasks.list({ queue: "two" })).items[0]?.task_id ?? "";
    assertEquals([await after(y), await after(z)], [[x ?? ""], [two]]);
    // What is there already and not finished is nearer than another queue's.
    const [, later] = added(
      await at.mine.tasks.enqueueAll([
        { title: "k in four", key: "k", queue: "four" },
        { title: "later", after: ["k"], queue: "three" },
      ]),
    );
    assertEquals(await after(later), [own ?? ""]);
  });

  it(`${name}: enqueueAll() adds none of a plan that names the key of a later task`, async () => {
    const at = await place();
    const plan = [{ title: "b", after: ["one"] }, { title: "a", key: "one" }];
    await assertRejects(() => at.mine.tasks.enqueueAll(plan), Error, '"one"');
    assertEquals((await at.mine.tasks.list()).total, 0);
  });

  it(`${name}: a plan that contradicts a task with one of its keys is refused as a whole`, async () => {
    const at = await place();
    const ids = added(await at.mine.tasks.enqueueAll(PLAN.slice(0, 2)));
    const other = [
      ...PLAN.slice(0, 1),
      { ...PLAN[1], title: "B", key: "two", after: ["one"] },
      PLAN[2],
    ];
    const answer = await at.theirs.tasks.enqueueAll(other as TaskInput[]);
    assert_(!Array.isArray(answer));
    assertEquals([answer.status, answer.key, answer.task_id], ["key_conflict", "two", ids[1]]);
    assertEquals((await at.mine.tasks.list()).total, 2);
  });
}
