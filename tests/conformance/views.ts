/** What people look at is the same over every store: memory is what the others are compared with. */
import { openMemoryStore } from "../../src/adapters/memory/open.ts";
import { MemoryWorkspace } from "../../src/adapters/memory/workspace.ts";
import type { ExportDocument } from "../../src/engine/watch/transfer/export.ts";
import { assertEquals, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

const inMemory: OpenStore = async (clock) => {
  const workspace = new MemoryWorkspace({ clock: clock.now });
  const second = () => openMemoryStore(workspace);
  return await { store: second(), second, clock };
};

/** All that is shown of a workspace in which a little has happened, with names in place of ids. */
async function views(open: OpenStore): Promise<unknown> {
  const { mine, theirs, clock, store } = await scene(open);
  const { tasks, reservations, lanes } = mine;
  const after = () => clock.advance(1);
  const { task_id: id } = await tasks.enqueue({ title: "one", runId: "p", maxAttempts: 2 });
  after();
  await tasks.enqueue({ title: "two", runId: "p", after: [id], priority: 3 });
  await tasks.claim({ runId: "a", claimTtl: 10 });
  await tasks.heartbeat({
    id,
    runId: "a",
    extension: 20,
    note: "reading",
    progress: { done: 1, total: 3 },
  });
  after();
  const held = await reservations.reserve({ addresses: ["src/a.ts"], runId: "a", exclusive: true });
  after();
  await reservations.intent({ addresses: ["src/c.ts"], runId: "b", operation: "modify" });
  const other = await reservations.reserve({ addresses: ["lib"], runId: "b", ttl: 60 });
  after();
  await lanes.acquire({ lane: "api", owner: "b", loopTs: "1", tree: ["api/**"] });
  await lanes.heartbeat({ lane: "api", owner: "b", loopTs: "1" });
  await lanes.halt({ lane: "api", handle: "h", runId: "c", reason: "red" });
  after();
  const { reservation_id } = other as { reservation_id: string };
  await reservations.release({ id: reservation_id, runId: "b", reason: "done" });
  await mine.queues.pause({ queues: ["slow"], runId: "p", reason: "no room" });
  await tasks.enqueue({ title: "three", runId: "p", queue: "slow" });
  after();
  await tasks.fail({ id, runId: "a", error: "red" });
  await tasks.requeue({ ids: [id], runId: "p" });
  await tasks.claim({ runId: "c", claimTtl: 60 });
  after();
  const { metrics } = await theirs.exchange.metrics();
  const titleOf = (each: ExportDocument) => each.kind === "task" ? each.task.title : each.kind;
  const shown = {
    status: await theirs.status(),
    agents: await theirs.agents(),
    log: await theirs.log(),
    task: await theirs.show(id),
    reservation: await theirs.show((held as { reservation_id: string }).reservation_id),
    fleet: await Array.fromAsync(theirs.fleet({ once: true })),
    // How long a journal is, and when gc ran last, each store knows in its own way.
    metrics: metrics.filter(({ name }) => !/journal|gc/.test(name)),
    exported: (await Array.fromAsync(theirs.exchange.export()))
      .sort((a, b) => titleOf(a) < titleOf(b) ? -1 : 1),
  };
  const names = new Map<string, string>();
  const nameOf = (id: string) => {
    const name = names.get(id) ?? `id ${names.size}`;
    names.set(id, name);
    return name;
  };
  const text = JSON.stringify(shown).replaceAll(JSON.stringify(store.location), '"here"');
  return JSON.parse(text.replaceAll(/sha256:[0-9a-f]{64}|[0-9a-f]{32}/g, nameOf));
}

export function viewSuite(name: string, open: OpenStore): void {
  it(`${name}: status, agents, log, show, fleet, metrics and export say the same as over memory`, async () => {
    assertEquals(await views(open), await views(inMemory));
  });
}
