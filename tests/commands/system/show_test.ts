import { main } from "../../../src/cli/main.ts";
import { assertEquals, assertMatch, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { workspace } from "../../support/scene/workspace.ts";

/** A record of each kind in each status that it may have, by that status. */
async function records() {
  const scene = await workspace();
  const { coord: { tasks, reservations, lanes }, clock } = scene;
  const add = async (title: string, more: object = {}) =>
    (await tasks.enqueue({ title, runId: "p", ...more })).task_id;
  const grant = async (queue: string, claimTtl = 3600) => {
    const id = await add(queue, { queue });
    await tasks.claim({ runId: "a", queue, claimTtl });
    return id;
  };
  const reserve = async (path: string, ttl: number) => {
    const reserved = await reservations.reserve({ addresses: [path], runId: "a", ttl });
    return reserved.reservation_id ?? "";
  };
  const lease = async (lane: string) => {
    await lanes.acquire({ lane, owner: "a", loopTs: "1", tree: [`${lane}/**`] });
    return `lane:${lane}`;
  };
  const dead = await lease("dead");
  // The command goes by the time of the machine.
  clock.ms = Date.now() - 300_000;
  const intended = await reservations.intent({ addresses: ["c"], runId: "a", operation: "modify" });
  const pending = await add("pending");
  const found = {
    pending,
    delayed: await add("delayed", { delay: 600 }),
    blocked: await add("blocked", { after: [pending] }),
    expired: await add("expired", { ttl: 1 }),
    cancelled: await add("cancelled"),
    claimed: await grant("claimed"),
    timed_out: await grant("timed_out", 1),
    completed: await grant("completed"),
    failed: await grant("failed"),
    "reservation live": await reserve("live", 600),
    "reservation expired": await reserve("expired", 1),
    "reservation released": await reserve("released", 600),
    "lane live": await lease("live"),
    "lane dead": dead,
    "lane free": await lease("free"),
    "intent": intended.intent_id,
  };
  await tasks.cancel({ id: found.cancelled, runId: "a" });
  await tasks.complete({ id: found.completed, runId: "a" });
  await tasks.fail({ id: found.failed, runId: "a", error: "e" });
  await reservations.release({ id: found["reservation released"], runId: "a" });
  await lanes.release({ lane: "free", owner: "a", loopTs: "1" });
  return { ...scene, found };
}

it("show ends with 0 and shows the record, whatever its status is", async () => {
  const { dir, found } = await records();
  const statuses = new Set<string>();
  for (const [what, id] of Object.entries(found)) {
    for (const more of [[], ["--json"]]) {
      const host = fakeHost({ cwd: dir, args: ["show", id, ...more] });
      assertEquals([await main(host), host.err], [0, ""], what);
      if (more.length === 0) assertMatch(host.out, /^kind +\w+\nstatus +\w+\n|^LANE/, what);
      else {
        const { ok, exit_code, kind, status } = JSON.parse(host.out);
        assertEquals([ok, exit_code], [true, 0], what);
        statuses.add(`${kind} ${status}`);
      }
    }
  }
  assertEquals(statuses.size, Object.keys(found).length, [...statuses].join());
});
