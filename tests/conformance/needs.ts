/** What every task store promises of tasks that need something. */
import { type TaskInput, taskRecord } from "../../src/engine/task/new_task.ts";
import { assertEquals, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

export function needsSuite(name: string, open: OpenStore): void {
  it(`${name}: claimNext() gives a task only to a claimer that has all that it needs`, async () => {
    const at = await scene(open);
    const added = async (input: Partial<TaskInput>) => {
      const task = await taskRecord({ title: "x", runId: "p", ...input }, at.clock.ms, () => {});
      await at.store.tasks.add([task]);
    };
    const titles = async (has: readonly string[] | undefined, queue?: string) => {
      const found: string[] = [];
      while (true) {
        const grant = { runId: "a", ttlSeconds: 60, nonce: `${found.length}` };
        const queues = queue === undefined ? undefined : [queue];
        const search = { queues, has, grant, effort: "thorough" } as const;
        const entry = await at.other.tasks.claimNext(search);
        if (entry === undefined) return found;
        found.push(entry.task.title);
      }
    };
    const fill = async () => {
      await added({ title: "both", needs: ["gpu", "docker"], priority: 3 });
      await added({ title: "other both", needs: ["docker", "gpu", "gpu"], queue: "B" });
      await added({ title: "gpu", needs: ["gpu"], priority: 2 });
      await added({ title: "plain" });
      await added({ title: "net", needs: ["net"] });
    };
    await fill();
    assertEquals(await titles(undefined), ["plain"]);
    assertEquals(await titles([], "B"), []);
    assertEquals(await titles(["docker"]), []);
    assertEquals(await titles(["gpu", "net"]), ["gpu", "net"]);
    assertEquals(await titles(["net", "docker", "gpu"], "B"), ["other both"]);
    assertEquals(await titles(["docker", "gpu"]), ["both"]);
    // What timed out needs the same as before.
    at.clock.advance(60);
    assertEquals(await titles(undefined), ["plain"]);
    assertEquals(await titles(["gpu"]), ["gpu"]);
    at.clock.advance(30);
    assertEquals((await at.store.tasks.list({ status: "timed_out" })).matched, 3);
    assertEquals((await titles(["gpu", "docker", "net"])).sort(), ["both", "net", "other both"]);
  });

  it(`${name}: unmetNeeds() names what tasks need that no claimer of the last hour had`, async () => {
    const at = await scene(open);
    const { tasks } = at.mine;
    const unmet = async () =>
      (await at.other.tasks.unmetNeeds()).map(({ queue, needs }) => `${queue} ${needs.join()}`)
        .sort();
    await tasks.enqueue({ title: "any", runId: "p", queue: "q", priority: 1 });
    assertEquals(await unmet(), []);
    for (const [queue, needs] of [["q", ["gpu"]], ["q", ["gpu", "x"]], ["r", ["gpu"]]] as const) {
      await tasks.enqueue({ title: needs.join(), runId: "p", queue, needs });
      await tasks.enqueue({ title: "delayed", runId: "p", queue, needs: ["y"], delay: 7_200 });
    }
    assertEquals(await unmet(), ["q gpu", "q gpu,x", "r gpu"]);
    // Whether it gets a task or none, it is one that may come again.
    await tasks.claim({ runId: "a", queue: "q", has: ["gpu"] });
    await tasks.claim({ runId: "a", queue: "none", has: ["x", "gpu"] });
    assertEquals(await unmet(), ["q gpu,x", "r gpu"]);
    await tasks.claim({ runId: "b", has: ["x", "gpu", "y"], tag: "none" });
    assertEquals(await unmet(), []);
    at.clock.advance(3_601);
    assertEquals(await unmet(), ["q gpu", "q gpu,x", "r gpu"]);
  });
}
