/** The time at which a claim is granted, and how long it holds by clocks that go wrong. */
import { openFilesOn } from "../../../src/workspace/open.ts";
import type { CoordError } from "../../../src/domain/errors.ts";
import { INSTANT_MS } from "../../../src/domain/limits.ts";
import { formatTime } from "../../../src/domain/time.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { workspace } from "../../support/scene/workspace.ts";

/** A workspace with one task; time passes once, right before the first operation on such a path. */
async function slowed(name: keyof HostFs, path: RegExp, seconds: number) {
  const scene = await workspace();
  const task = await scene.coord.tasks.enqueue({ title: "t", runId: "p" });
  let slept = false;
  const fs = new Proxy(scene.host.fs, {
    get(target, key: keyof HostFs) {
      const operation = target[key] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (key === name && !slept && path.test(String(args.at(name === "link" ? 1 : 0)))) {
          slept = true;
          scene.clock.advance(seconds);
        }
        return operation.apply(target, args);
      };
    },
  });
  const coord = openFilesOn({ ...scene.host, fs }, { dir: scene.dir, clock: scene.clock.now });
  return { scene, coord, id: task.task_id, slept: () => slept };
}

it("claim() holds for its whole time from the grant, however long the search took", async () => {
  const { scene, coord, slept } = await slowed("list", /index\/ready/, 10);
  const claim = await coord.tasks.claim({ runId: "a", claimTtl: 5 });
  assert_(slept() && claim.status === "claimed");
  const { claimed_at, expires_at, attempt } = claim;
  assertEquals({ claimed_at, expires_at, attempt }, {
    claimed_at: formatTime(scene.clock.ms),
    expires_at: formatTime(scene.clock.ms + 5_000),
    attempt: 1,
  });
});

it("claim() answers no claim that timed out between the grant and the answer", async () => {
  const { scene, coord, slept } = await slowed("link", /claims\//, 10);
  const claim = await coord.tasks.claim({ runId: "a", claimTtl: 5 });
  assert_(slept() && claim.status === "claimed");
  assertEquals(claim.expires_at, formatTime(scene.clock.ms + 5_000));
  assertEquals(claim.attempt, 2);
  assertEquals(
    (await scene.open().tasks.complete({ id: claim.task_id, runId: "a" })).status,
    "completed",
  );
});

it("a clock at the end of year 9999 writes nothing that could not be read again", async () => {
  const scene = await workspace();
  const { tasks, reservations } = scene.coord;
  scene.clock.ms = INSTANT_MS.max - 10_000;
  await tasks.enqueue({ title: "t", runId: "p" });
  const none = { code: "io_error" };
  const refusals = [
    await refusal(tasks.claim({ runId: "a", claimTtl: 60 })),
    await refusal(reservations.reserve({ addresses: ["a"], runId: "a", ttl: 60 })),
  ];
  scene.clock.ms = 1e300;
  refusals.push(await refusal(tasks.enqueue({ title: "u", runId: "p" })));
  assertEquals(refusals, [none, none, none]);
  const found = ["tasks", "claims", "reservations"].map((folder) =>
    scene.names(folder).filter((name) => name.endsWith(".json")).length
  );
  assertEquals(found, [1, 0, 0]);
});

it("heartbeat() goes on with an end that another tool put beyond year 9999", async () => {
  const scene = await workspace();
  const { task_id: id } = await scene.coord.tasks.enqueue({ title: "t", runId: "p" });
  const stem = id.slice("sha256:".length);
  const ends = { expires_at: "9999-12-31T23:59:59-12:00" };
  const foreign = { claimer_run_id: "m", claimed_at: formatTime(scene.clock.ms), ...ends };
  scene.write(`claims/${stem}.json`, JSON.stringify(foreign));
  const beat = await scene.coord.tasks.heartbeat({ id, runId: "m" });
  assertEquals(beat.status === "ok" && beat.extended_expires_at, formatTime(INSTANT_MS.max));
  assertEquals((await scene.open().tasks.complete({ id, runId: "m" })).status, "completed");
});

async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    return { code: (error as CoordError).code };
  }
}
