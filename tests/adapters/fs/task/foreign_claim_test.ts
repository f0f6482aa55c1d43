/** Another tool replaces or removes `claims/<hex>.json` and knows nothing of the slots above it. */
import type { Coord } from "../../../../mod.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import type { JsonObject } from "../../../../src/domain/json.ts";
import { formatTime } from "../../../../src/domain/time.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { workspace } from "../../../support/scene/workspace.ts";

type Scene = Awaited<ReturnType<typeof workspace>>;

/** The fields of a claim that another tool knows. */
const KNOWN = ["task_id", "claimer_run_id", "claimed_at", "expires_at", "heartbeat_at", "status"];

/** A task that `a` has claimed for 60 s and kept alive by a number of heartbeats. */
async function claimed(beats: number) {
  const scene = await workspace();
  const task = await scene.coord.tasks.enqueue({ title: "t", runId: "p" });
  const id = task.task_id;
  const stem = id.slice("sha256:".length);
  await scene.coord.tasks.claim({ runId: "a", claimTtl: 60 });
  for (let beat = 0; beat < beats; beat++) {
    scene.clock.advance(1);
    await scene.coord.tasks.heartbeat({ id, runId: "a", extension: 60 });
  }
  const view = (): JsonObject => JSON.parse(scene.read(`claims/${stem}.json`));
  /** Replaces the view by what it shows with changes; of its fields only the known ones stay. */
  const foreign = (
    changes: JsonObject,
    keep: (key: string) => boolean = (key) => KNOWN.includes(key),
  ) => {
    const kept = Object.entries(view()).filter(([key]) => keep(key));
    scene.write(
      `claims/${stem}.json`,
      JSON.stringify({ ...Object.fromEntries(kept), ...changes }, null, 2),
    );
  };
  return { scene, id, stem, view, foreign };
}

/** What all verbs say of a task. */
async function said(scene: Scene, id: string): Promise<JsonObject> {
  const coord = scene.open();
  const [item] = (await coord.tasks.list()).items;
  const { claim } = await coord.tasks.get(id);
  let streamed: unknown;
  for await (const event of coord.watch({ kinds: ["claim"], once: true })) {
    assert_(!JSON.stringify(event).includes("adopted"), JSON.stringify(event));
    streamed = "data" in event ? (event.data as unknown as JsonObject)["status"] : streamed;
  }
  const next = await coord.tasks.claim({ runId: "next" });
  return {
    tasks: item?.status ?? "none",
    get: claim?.status ?? "none",
    watch: streamed as string,
    claim: next.status,
  };
}

const OVER = { tasks: "completed", get: "completed", watch: "completed", claim: "empty" };

for (const beats of [0, 1, 3]) {
  for (const keeps of ["the fields it knows", "all fields"]) {
    it(`claim() and all others honour a foreign completion after ${beats} heartbeats that keeps ${keeps}`, async () => {
      const { scene, id, stem, view, foreign } = await claimed(beats);
      foreign(
        { status: "completed", result: { by: "muse" } },
        keeps === "all fields" ? () => true : undefined,
      );
      assertEquals(await said(scene, id), OVER);
      scene.clock.advance(3_600);
      assertEquals(await said(scene, id), OVER);
      const late = await scene.coord.tasks.complete({ id, runId: "a", result: { by: "coord" } });
      assertEquals(late.status, "terminal");
      // The chain's own marks are in no answer.
      const { claim } = await scene.coord.tasks.get(id);
      assertEquals([claim && "adopted" in claim, claim && "adopted" in late], [false, false]);
      const again = await scene.coord.tasks.complete({ id, runId: "a", result: { by: "muse" } });
      assertEquals(again.status, "completed");
      assertEquals(await said(scene, id), OVER);
      assertEquals(view()["result"], { by: "muse" });
      const left = scene.names("claims").filter((name) => name !== `${stem}.json`);
      assert_(beats === 0 || left.join() === `${stem}.end`, left.join());
    });
  }
}

it("claim() honours a foreign claim of a task that timed out, and counts on", async () => {
  const { scene, id, foreign } = await claimed(2);
  scene.clock.advance(61);
  const now = formatTime(scene.clock.ms);
  const until = formatTime(scene.clock.ms + 60_000);
  foreign({ claimer_run_id: "m", claimed_at: now, heartbeat_at: now, expires_at: until });
  assertEquals(await said(scene, id), {
    tasks: "claimed",
    get: "claimed",
    watch: "claimed",
    claim: "empty",
  });
  const { claim } = await scene.coord.tasks.get(id);
  assertEquals([claim?.claimer_run_id, claim?.attempt], ["m", 2]);
  assertEquals((await scene.coord.tasks.complete({ id, runId: "a" })).status, "not_holder");
  scene.clock.advance(61);
  const next = await scene.open().tasks.claim({ runId: "b" });
  assert_(next.status === "claimed" && next.attempt === 3 && next.fence > 4, JSON.stringify(next));
  assertEquals(
    (await scene.coord.tasks.complete({ id, runId: "b", fence: next.fence })).status,
    "completed",
  );
});

it("heartbeat() follows a foreign heartbeat, and a late foreign one takes nothing from the next holder", async () => {
  const { scene, id, foreign, view, stem } = await claimed(1);
  const mine = scene.read(`claims/${stem}.json`);
  foreign({ expires_at: formatTime(scene.clock.ms + 600_000) });
  scene.clock.advance(300);
  assertEquals((await scene.open().tasks.claim({ runId: "b" })).status, "empty");
  assertEquals((await scene.coord.tasks.heartbeat({ id, runId: "a", extension: 1 })).status, "ok");
  assertEquals(view()["fence"], 1);
  scene.clock.advance(301);
  const next = await scene.open().tasks.claim({ runId: "b" });
  assertEquals(next.status, "claimed");
  const { claim_nonce: _nonce, transition: _transition, ...old } = JSON.parse(mine);
  scene.write(`claims/${stem}.json`, JSON.stringify(old));
  assertEquals((await scene.open().tasks.complete({ id, runId: "a" })).status, "not_holder");
  assertEquals((await scene.open().tasks.complete({ id, runId: "b" })).status, "completed");
});

for (const beats of [0, 2]) {
  it(`claim() takes a foreign removal of the claim after ${beats} heartbeats as given back, each time`, async () => {
    const { scene, id, stem } = await claimed(beats);
    for (const next of ["b", "c", "d"]) {
      scene.host.fs.remove(`${scene.path}/claims/${stem}.json`);
      scene.host.fs.remove(`${scene.path}/index/checked`); // ten seconds have gone by
      assertEquals((await scene.open().tasks.list()).claimed, 0);
      const claim = await scene.open().tasks.claim({ runId: next });
      assertEquals(claim.status === "claimed" && claim.claimer_run_id, next);
      assertEquals((await scene.open().tasks.list()).claimed, 1);
      assertEquals((await scene.open().tasks.claim({ runId: "other" })).status, "empty");
      if (beats === 0) await scene.coord.tasks.heartbeat({ id, runId: next });
    }
    assertEquals((await scene.coord.tasks.complete({ id, runId: "a" })).status, "not_holder");
    assertEquals((await scene.coord.tasks.complete({ id, runId: "d" })).status, "completed");
    assertEquals((await said(scene, id))["tasks"], "completed");
  });
}

it("a foreign claim that coord extended and crashed over is not adopted a second time", async () => {
  const scene = await workspace();
  const task = await scene.coord.tasks.enqueue({ title: "t", runId: "p" });
  const stem = task.task_id.slice("sha256:".length);
  const now = formatTime(scene.clock.ms);
  const foreign = JSON.stringify({
    claimer_run_id: "m",
    claimed_at: now,
    expires_at: formatTime(scene.clock.ms + 60_000),
  });
  scene.write(`claims/${stem}.json`, foreign);
  for (let beat = 1; beat <= 3; beat++) {
    scene.clock.advance(1);
    await scene.coord.tasks.heartbeat({ id: task.task_id, runId: "m" });
    if (beat > 1) continue;
    // As when the process had been killed before it renewed the view, with slot 2 made.
    scene.write(`claims/${stem}.json`, foreign);
    scene.host.fs.remove(`${scene.path}/claims/${stem}.3`);
  }
  const { claim } = await scene.coord.tasks.get(task.task_id);
  assertEquals({ at: claim?.heartbeat_at, attempt: claim?.attempt, fence: claim?.fence }, {
    at: formatTime(scene.clock.ms),
    attempt: 1,
    fence: 1,
  });
  assertEquals(scene.names("claims").length, 4); // the view, what was adopted, two heartbeats
});

/**
 * Runs a call with a foreign completion right before its n-th operation; the names of the
 * operations.
 */
async function interrupted(
  beats: number,
  at: number,
  call: (coord: Coord, id: string) => Promise<unknown>,
) {
  const { scene, id, foreign, stem } = await claimed(beats);
  scene.host.fs.makeDir(`${scene.path}/tmp`);
  const operations: string[] = [];
  let begun = false;
  const fs = new Proxy(scene.host.fs, {
    get(target, name: keyof HostFs) {
      const operation = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        const path = String(args.at(name === "rename" || name === "link" ? 1 : 0));
        // How often the folders on the way are looked at depends on their time stamps.
        const counts = /\.coord\/(claims|tmp)\//.test(path);
        if (begun && counts) {
          const shown = path.replace(stem, "T").replace(/^.*\.coord\//, "");
          operations.push(`${name} ${shown.replace(/[0-9a-f-]{36}/, "U")}`);
          if (operations.length === at) {
            begun = false;
            foreign({ status: "completed", result: { by: "muse" } });
          }
        }
        return operation.apply(target, args);
      };
    },
  });
  const coord = openFilesOn({ ...scene.host, fs }, { dir: scene.dir, clock: scene.clock.now });
  await coord.tasks.get(id);
  begun = true;
  await call(coord, id);
  const hit = !begun;
  begun = false;
  const { claim } = await scene.open().tasks.get(id);
  return { hit, last: operations.at(-1), status: claim?.status, result: claim?.result, scene, id };
}

const CALLS = {
  "heartbeat()": (coord: Coord, id: string) => coord.tasks.heartbeat({ id, runId: "a" }),
  "giveBack()": (coord: Coord, id: string) => coord.tasks.giveBack({ id, runId: "a" }),
  "complete()": (coord: Coord, id: string) => coord.tasks.complete({ id, runId: "a" }),
};

for (const [name, call] of Object.entries(CALLS)) {
  for (const beats of [0, 2]) {
    it(`${name} after ${beats} heartbeats loses a foreign completion only while it renames the view`, async () => {
      const lost: string[] = [];
      let at = 1;
      for (;; at++) {
        const { hit, last, status, scene, id } = await interrupted(beats, at, call);
        if (!hit) break;
        if (status !== "completed") lost.push(last ?? "");
        else assertEquals((await said(scene, id))["tasks"], "completed");
      }
      assert_(at > 8, `${at}`);
      // Before these operations the process has looked at the view, and does not look again.
      const known = name === "complete()" ? [] : ["link tmp/U", "rename claims/T.json"];
      assertEquals(lost, known);
    });
  }
}
