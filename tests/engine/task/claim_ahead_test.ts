/** Claims by a clock that is ahead, and of processes whose clock is behind. */
import { openFilesOn } from "../../../src/workspace/open.ts";
import { formatTime } from "../../../src/domain/time.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { assertEquals, assertMatch, it } from "../../deps.ts";
import { workspace } from "../../support/scene/workspace.ts";

const HOUR = 3_600;

/** A workspace with a task claimed for a second while the clock was a number of seconds ahead. */
async function claimedAhead(seconds: number) {
  const scene = await workspace();
  const { task_id: id } = await scene.coord.tasks.enqueue({ title: "t", runId: "p" });
  scene.clock.advance(seconds);
  await scene.open().tasks.claim({ runId: "ahead", claimTtl: 1 });
  scene.clock.advance(-seconds);
  return { scene, id };
}

it("claim() gives away a task that was claimed by a clock two hours ahead, with a warning, and goes on warning", async () => {
  const { scene, id } = await claimedAhead(2 * HOUR);
  assertEquals((await scene.coord.tasks.list()).timed_out, 1);
  const claim = await scene.open().tasks.claim({ runId: "a" });
  assertEquals(claim.status === "claimed" && claim.attempt, 2);
  assertMatch(
    scene.warnings.join("\n"),
    /claim of task sha256:.* was made at .*, which is yet to come/,
  );
  assertEquals((await scene.coord.tasks.complete({ id, runId: "ahead" })).status, "not_holder");
  scene.warnings.length = 0;
  // It comes with a comparison of index and records, at the latest ten seconds after the last one.
  const end = Date.now() + 15_000;
  while (scene.warnings.length === 0 && Date.now() < end) {
    assertEquals((await scene.open().tasks.claim({ runId: "b" })).status, "empty");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertMatch(scene.warnings.join("\n"), /Some process's clock is or was wrong/);
});

it("claim() leaves a claim alone that lies less ahead than clocks may differ", async () => {
  const { scene } = await claimedAhead(HOUR / 4);
  assertEquals((await scene.open().tasks.claim({ runId: "a" })).status, "empty");
  assertEquals((await scene.coord.tasks.list()).claimed, 1);
  assertEquals(scene.warnings, []);
  scene.clock.advance(HOUR / 4 + 1);
  assertEquals((await scene.open().tasks.claim({ runId: "a" })).status, "claimed");
});

it("heartbeat() puts right a claim that was made by a clock ahead", async () => {
  const { scene, id } = await claimedAhead(2 * HOUR);
  const beat = await scene.coord.tasks.heartbeat({ id, runId: "ahead", extension: 60 });
  const until = formatTime(scene.clock.ms + 60_000);
  assertEquals(beat.status === "ok" && beat.extended_expires_at, until);
  assertEquals((await scene.open().tasks.claim({ runId: "a" })).status, "empty");
  scene.clock.advance(60);
  assertEquals((await scene.open().tasks.claim({ runId: "a" })).status, "claimed");
});

it("claim() by a process whose clock is behind the file system's takes nothing that is held", async () => {
  const scene = await workspace();
  await scene.coord.tasks.enqueue({ title: "t", runId: "p" });
  await scene.coord.tasks.claim({ runId: "a" });
  const fs = new Proxy(scene.host.fs, {
    get(target, name: keyof HostFs) {
      if (name !== "lstat") return target[name];
      return (path: string) => {
        const stat = target.lstat(path);
        return stat && { ...stat, mtimeMs: stat.mtimeMs + 3 * HOUR * 1000 };
      };
    },
  });
  const behind = () => scene.clock.ms - 3 * HOUR * 1000;
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  const coord = openFilesOn({ ...scene.host, fs }, { dir: scene.dir, clock: behind, onWarning });
  assertEquals((await coord.tasks.claim({ runId: "b" })).status, "empty");
  assertMatch(warnings.join("\n"), /This process's clock is behind the file system's/);
  assertEquals((await scene.open().tasks.list()).claimed, 1);
});
