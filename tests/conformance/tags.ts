/** What every store promises of listings by tags. */
import { assertEquals, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

export function tagSuite(name: string, open: OpenStore): void {
  it(`${name}: list() shows the tasks with a tag, counts all, and pages through them`, async () => {
    const { mine, theirs } = await scene(open);
    const { tasks } = mine;
    await tasks.enqueueAll(Array.from({ length: 60 }, (_, n) => ({
      title: `t${n}`,
      runId: "p",
      queue: n < 40 ? "a" : "b",
      tags: n % 3 === 0 ? ["x", "three"] : ["x"],
    })));
    const claim = await tasks.claim({ runId: "w", queue: "b" });
    if (claim.status === "claimed") await tasks.complete({ id: claim.task_id, runId: "w" });
    const titles: string[] = [];
    for (let from: string | undefined, more = true; more;) {
      const page = await theirs.tasks.list({ tag: "three", limit: 7, ...(from && { from }) });
      assertEquals([page.total, page.matched], [60, 20]);
      titles.push(...page.items.map(({ title }) => title));
      from = page.next ?? undefined;
      more = from !== undefined;
    }
    assertEquals(titles, Array.from({ length: 20 }, (_, n) => `t${3 * n}`));
    const some = await theirs.tasks.list({ tag: "three", queue: "b", status: "pending", limit: 1 });
    assertEquals([some.matched, some.items[0]?.title], [6, "t42"]);
    assertEquals((await theirs.tasks.list({ tag: "thr" })).matched, 0);
    assertEquals((await theirs.tasks.list({ tag: "x", runId: "w" })).matched, 1);
    assertEquals((await theirs.tasks.list({ tag: "x", runId: "p" })).matched, 0);
  });
}
