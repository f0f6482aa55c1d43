/** What every task store promises of tasks that ended elsewhere. */
import type { ClaimRecord } from "../../src/domain/task/claim.ts";
import { unclaimed } from "../../src/domain/task/claim.ts";
import { type TaskInput, taskRecord } from "../../src/engine/task/new_task.ts";
import { assertEquals, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

export function restoreSuite(name: string, open: OpenStore): void {
  it(`${name}: restore() keeps tasks that have ended, and no process ever claims them`, async () => {
    const at = await scene(open);
    const task = (input: Partial<TaskInput>) =>
      taskRecord({ title: "x", runId: "p", ...input }, at.clock.ms, () => {});
    const end = (taskId: string, status: ClaimRecord["status"]): ClaimRecord => {
      const first = unclaimed(status, { taskId, runId: "a", now: at.clock.ms });
      return { ...first, ended_at: first.claimed_at };
    };
    const done = await task({ title: "done", tags: ["t"], payload: { "ö": 1e-7, a: [] } });
    const keyed = await task({ title: "again", key: "nightly" });
    const earlier = await task({ title: "before", key: "nightly" });
    const waiting = await task({ title: "waits", after: [done.task_id] });
    await at.store.tasks.add([waiting]);
    const ended = [
      { task: done, claim: end(done.task_id, "completed") },
      { task: earlier, claim: end(earlier.task_id, "failed") },
    ];
    assertEquals(await at.store.tasks.restore(ended), []);
    assertEquals(await at.store.tasks.restore([]), []);
    assertEquals(await at.other.tasks.get(done.task_id), ended[0]);
    assertEquals(await at.other.tasks.get(earlier.task_id), ended[1]);
    const { counts } = await at.other.tasks.list({});
    assertEquals([counts.completed, counts.failed, counts.pending, counts.total], [1, 1, 1, 3]);
    assertEquals((await at.store.tasks.add([keyed])).kind, "added", "an end keeps no key");
    const titles: string[] = [];
    for (let n = 0; n < 4; n++) {
      const grant = { runId: "a", ttlSeconds: 60, nonce: `${n}` };
      const found = await at.other.tasks.claimNext({ grant, effort: "thorough" });
      if (found !== undefined) titles.push(found.task.title);
    }
    assertEquals(titles.sort(), ["again", "waits"]);
    const cancel = await at.other.tasks.apply(done.task_id, () => (current) => ({
      kind: "refuse",
      refusal: { status: "terminal", message: "", claim: current },
    }));
    assertEquals(cancel.kind === "refused" && cancel.refusal.claim?.status, "completed");
  });
}
