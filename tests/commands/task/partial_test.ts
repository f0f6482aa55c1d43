import { main } from "../../../src/cli/main.ts";
import { assertEquals, assertStringIncludes, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { workspace } from "../../support/scene/workspace.ts";

for (const [command, flags] of [["requeue", []], ["reprioritize", ["--priority", "5"]]] as const) {
  it(`${command} of several tasks says on which it acted, and what was refused`, async () => {
    const { dir, clock, coord: { tasks } } = await workspace();
    // The command goes by the time of the machine.
    clock.ms = Date.now();
    const add = async (title: string, priority: number) =>
      (await tasks.enqueue({ title, priority, runId: "p" })).task_id;
    const [held, free] = [await add("held", 1), await add("free", 0)];
    await tasks.claim({ runId: "a" });
    const run = async (...ids: string[]) => {
      const host = fakeHost({ cwd: dir, args: [command, ...ids, "--run-id", "b", ...flags] });
      return { code: await main(host), out: host.out, err: host.err };
    };
    const some = await run(held, free);
    assertEquals(some.code, 1);
    const rows = some.out.trim().split("\n").slice(-2).map((row) => row.split(/ +/).slice(0, 2));
    const refused = command === "requeue" ? "not_holder" : "taken";
    assertEquals(rows, [[held.slice(7, 19), refused], [free.slice(7, 19), "pending"]]);
    assertStringIncludes(some.err, `task ${held}`);
    const none = await run(held);
    assertEquals([none.code, none.out], [1, ""]);
    assertStringIncludes(none.err, `task ${held}`);
  });
}
