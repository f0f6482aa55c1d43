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
}
