/** A fleet in which something of everything is the matter. */
import type { Fleet } from "../../../mod.ts";
import { openMemoryStore } from "../../../src/adapters/memory/open.ts";
import { MemoryWorkspace } from "../../../src/adapters/memory/workspace.ts";
import { coordOn } from "../../support/scene/over_store.ts";
import { FakeClock } from "../../support/scene/workspace.ts";

/** The state with what another tool may have written into its records. */
function hostile(fleet: Fleet): Fleet {
  return JSON.parse(
    JSON.stringify(fleet)
      .replaceAll("Refactor billing", "Refactor \\u001b[31mbilling\\u001b[2J\\u202e")
      .replaceAll("half of", "half\\u0007 of\\u009b5A")
      .replaceAll("exit code 1", "exit code 1\\nat line 3"),
  );
}

/** Its state, and the moment. */
export async function troubledFleet(): Promise<{ readonly fleet: Fleet; readonly now: number }> {
  const clock = new FakeClock();
  const store = openMemoryStore(new MemoryWorkspace({ clock: clock.now }));
  const coord = coordOn(store);
  const { tasks, reservations, lanes, queues } = coord;
  const started = async (runId: string, title: string, queue = "default", more = {}) => {
    const { task_id: id } = await tasks.enqueue({ title, queue, runId: "planner", ...more });
    clock.advance(1);
    await tasks.claim({ runId, queue, claimTtl: 1_800 });
    return id;
  };
  await started("agent-lost", "Write the migration", "deploys");
  clock.advance(1_700);
  await started("agent-silent", "Move the tests to another runner");
  clock.advance(1_000);
  const build = await started("agent-1", "Build the 税 service 🚀");
  await tasks.enqueue({ title: "Deploy it", runId: "planner", after: [build] });
  await tasks.fail({ id: build, runId: "agent-1", error: "npm test: exit code 1" });
  for (let n = 1; n <= 12; n++) {
    const id = await started("agent-2", `Flaky ${n}`);
    await tasks.fail({ id, runId: "agent-2", error: "timeout" });
  }
  const own = await started("claude-code:3f9a2c71:7d", "Refactor billing");
  const remarks = { note: "half of the tests pass", progress: { done: 3, total: 10 } };
  await tasks.heartbeat({ id: own, runId: "claude-code:3f9a2c71:7d", ...remarks });
  await reservations.reserve({
    addresses: ["src/billing/**", "src/tax.ts"],
    runId: "claude-code:3f9a2c71:7d",
    exclusive: true,
    note: "moves the tax rules",
  });
  clock.advance(1);
  const beside = ["src/tax.ts", "src/api/routes.ts"];
  await reservations.reserve({ addresses: beside, runId: "agent-5", note: "fixes a typo" });
  clock.advance(1);
  await lanes.acquire({ lane: "api", tree: ["src/api/**"], owner: "agent-3", loopTs: "1" });
  await queues.pause({ queues: ["deploys"], runId: "ops", reason: "freeze" });
  await tasks.enqueue({ title: "Deploy to 本番", queue: "deploys", runId: "planner" });
  await store.tickets.take({
    run_id: "agent-4",
    addresses: ["src/tax.ts"],
    waits_for: ["claude-code:3f9a2c71:7d"],
    since: new Date(clock.ms).toISOString(),
    expires_at: new Date(clock.ms + 9_000).toISOString(),
  });
  clock.advance(5);
  for await (const fleet of coord.fleet({ once: true })) {
    return { fleet: hostile(fleet), now: clock.ms };
  }
  throw new Error("there is no state");
}
