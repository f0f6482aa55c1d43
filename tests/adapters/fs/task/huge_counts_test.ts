/** Counts that no process has counted: they neither stop nor slow down anything. */
import type { JsonObject } from "../../../../src/domain/json.ts";
import { formatTime } from "../../../../src/domain/time.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { workspace } from "../../../support/scene/workspace.ts";

const HUGE = [
  "1000000000000",
  "281474976710656",
  "281474976710657",
  "9007199254740991",
  "9007199254740992",
  "12345678901234567890",
  "1e300",
  "1e400",
  "-1",
  "-1000000000000",
];

for (const field of ["transition", "attempt", "fence"]) {
  for (const huge of HUGE) {
    it(`no verb is stopped by a claim whose ${field} is ${huge}`, async () => {
      for (const beats of [0, 2]) {
        const scene = await workspace();
        const task = await scene.coord.tasks.enqueue({ title: "t", runId: "p" });
        const id = task.task_id;
        const stem = id.slice("sha256:".length);
        await scene.coord.tasks.claim({ runId: "a", claimTtl: 60 });
        for (let beat = 0; beat < beats; beat++) {
          scene.clock.advance(1);
          await scene.coord.tasks.heartbeat({ id, runId: "a", extension: 60 });
        }
        const view: JsonObject = JSON.parse(scene.read(`claims/${stem}.json`));
        const mark = 4242.5; // stands for the number in the text
        scene.write(
          `claims/${stem}.json`,
          JSON.stringify({ ...view, [field]: mark }).replace("4242.5", huge),
        );
        const started = Date.now();
        const coord = scene.open();
        assertEquals((await coord.tasks.list()).claimed, 1);
        assertEquals((await coord.tasks.heartbeat({ id, runId: "a", extension: 60 })).status, "ok");
        for (let event = 0; event < 2; event++) {
          for await (const _ of scene.open().watch({ once: true }));
        }
        scene.clock.advance(61);
        const fences: number[] = [];
        for (const runId of ["b", "c", "d"]) {
          const claim = await scene.open().tasks.claim({ runId, claimTtl: 1 });
          assert_(claim.status === "claimed", claim.status);
          fences.push(claim.fence);
          scene.clock.advance(2);
        }
        assertEquals(fences, fences.toSorted((a, b) => a - b));
        assertEquals(new Set(fences).size, 3);
        assertEquals((await scene.open().tasks.complete({ id, runId: "d" })).status, "completed");
        assertEquals((await scene.open().tasks.list()).completed, 1);
        assertEquals(scene.names("claims"), [`${stem}.end`, `${stem}.json`]);
        scene.clock.advance(30 * 86_400);
        await scene.coord.gc({ execute: true, grace: 0 });
        assert_(Date.now() - started < 5_000, `${Date.now() - started} ms`);
      }
    });
  }
}

it("no verb is stopped by an end whose transition is huge", async () => {
  const scene = await workspace();
  const task = await scene.coord.tasks.enqueue({ title: "t", runId: "p" });
  const stem = task.task_id.slice("sha256:".length);
  const now = formatTime(scene.clock.ms);
  const end = { claimer_run_id: "a", claimed_at: now, expires_at: now, status: "completed" };
  for (const name of ["json", "2", "3"]) {
    scene.write(
      `claims/${stem}.${name}`,
      JSON.stringify({ ...end, status: "claimed", transition: 1 }),
    );
  }
  scene.write(`claims/${stem}.end`, JSON.stringify({ ...end, transition: 1e12 }));
  const started = Date.now();
  assertEquals((await scene.open().tasks.claim({ runId: "b" })).status, "empty");
  assertEquals(
    (await scene.open().tasks.complete({ id: task.task_id, runId: "b" })).status,
    "terminal",
  );
  assertEquals((await scene.open().tasks.list()).completed, 1);
  assert_(Date.now() - started < 5_000, `${Date.now() - started} ms`);
});

for (const huge of HUGE) {
  it(`no verb is stopped by a heartbeat whose beat is ${huge}`, async () => {
    for (const beats of [0, 2]) {
      const scene = await workspace();
      const { coord } = scene;
      const reserve = (runId: string) =>
        scene.open().reservations.reserve({ addresses: ["a"], runId, exclusive: true, ttl: 60 });
      const first = await reserve("a");
      assert_(first.status === "reserved");
      const id = first.reservation_id;
      const stem = id.slice("sha256:".length);
      for (let beat = 0; beat < beats; beat++) {
        scene.clock.advance(1);
        await coord.reservations.heartbeat({ id, runId: "a", extension: 60 });
      }
      const at = (seconds: number) => formatTime(scene.clock.ms + seconds * 1_000);
      const view = { run_id: "a", last_beat_at: at(0), extended_expires_at: at(60), beat: 4242.5 };
      scene.host.fs.makeDir(`${scene.path}/heartbeats`);
      scene.write(`heartbeats/${stem}.json`, JSON.stringify(view).replace("4242.5", huge));
      const started = Date.now();
      assertEquals((await coord.reservations.list()).reservations.length, 1);
      assertEquals((await reserve("b")).status, "conflict");
      const beat = await coord.reservations.heartbeat({ id, runId: "a", extension: 60 });
      assertEquals(beat.status, "ok");
      // The confirmation, one number more, and the view.
      assertEquals(scene.names("heartbeats").length, beats + 3);
      for await (const _ of scene.open().watch({ once: true }));
      scene.clock.advance(61);
      const next = await reserve("b");
      assert_(next.status === "reserved");
      assertEquals(
        (await coord.reservations.heartbeat({ id, runId: "a" })).status,
        "expired",
      );
      const other = next.reservation_id.slice("sha256:".length);
      scene.write(`heartbeats/${other}.json`, JSON.stringify(view).replace("4242.5", huge));
      assertEquals(
        (await coord.reservations.release({ id: next.reservation_id, runId: "b" })).status,
        "released",
      );
      scene.clock.advance(30 * 86_400);
      await coord.gc({ execute: true, grace: 0 });
      assertEquals(scene.names("heartbeats"), []);
      assert_(Date.now() - started < 5_000, `${Date.now() - started} ms`);
    }
  });
}
