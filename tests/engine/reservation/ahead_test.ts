/** Reservations by a clock that is ahead, and of processes whose clock is behind. */
import type { Coord } from "../../../mod.ts";
import { formatTime } from "../../../src/domain/time.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { openFilesOn } from "../../../src/workspace/open.ts";
import { assert_, assertEquals, assertMatch, it } from "../../deps.ts";
import { workspace } from "../../support/scene/workspace.ts";

const HOUR = 3_600;

function reserve(coord: Coord, runId: string) {
  return coord.reservations.reserve({ addresses: ["src/a"], runId, exclusive: true, ttl: 60 });
}

/** A workspace with a reservation that was made while the clock was a number of seconds ahead. */
async function reservedAhead(seconds: number) {
  const scene = await workspace();
  scene.clock.advance(seconds);
  const made = await reserve(scene.open(), "ahead");
  assert_(made.status === "reserved");
  scene.clock.advance(-seconds);
  return { scene, id: made.reservation_id };
}

it("reserve() is not refused for one that a clock two hours ahead made, and warns", async () => {
  const { scene, id } = await reservedAhead(2 * HOUR);
  assertEquals((await scene.coord.reservations.list()).total, 0);
  assertEquals((await reserve(scene.open(), "a")).status, "reserved");
  assertMatch(
    scene.warnings.join("\n"),
    /Reservation sha256:.* was made at .*, which is yet to come/,
  );
  const beat = await scene.coord.reservations.heartbeat({ id, runId: "ahead" });
  assertEquals(beat.status, "expired");
  assertEquals((await reserve(scene.open(), "b")).status, "conflict");
});

it("reserve() is refused for one that lies less ahead than clocks may differ", async () => {
  const { scene } = await reservedAhead(HOUR / 4);
  assertEquals((await reserve(scene.open(), "a")).status, "conflict");
  assertEquals(scene.warnings, []);
});

it("heartbeat() puts right a reservation that was made by a clock ahead", async () => {
  const { scene, id } = await reservedAhead(2 * HOUR);
  const beat = await scene.coord.reservations.heartbeat({ id, runId: "ahead", extension: 60 });
  const until = formatTime(scene.clock.ms + 60_000);
  assertEquals(beat.status === "ok" && beat.extended_expires_at, until);
  assertEquals((await reserve(scene.open(), "a")).status, "conflict");
  scene.clock.advance(60);
  assertEquals((await reserve(scene.open(), "a")).status, "reserved");
});

it("heartbeat() puts right a heartbeat that was made by a clock ahead", async () => {
  const scene = await workspace();
  const made = await reserve(scene.coord, "a");
  assert_(made.status === "reserved");
  const id = made.reservation_id;
  const stem = id.slice("sha256:".length);
  const [at, end] = [2 * HOUR, 3 * HOUR].map((s) => formatTime(scene.clock.ms + s * 1000));
  scene.host.fs.makeDir(`${scene.path}/heartbeats`);
  scene.write(
    `heartbeats/${stem}.json`,
    JSON.stringify({ run_id: "a", last_beat_at: at, extended_expires_at: end }),
  );
  await scene.coord.reservations.heartbeat({ id, runId: "a", extension: 100 });
  const [item] = (await scene.coord.reservations.list()).reservations;
  assertEquals(item?.expires_at, formatTime(scene.clock.ms + 100_000));
});

it("reserve() by a process whose clock is behind the file system's takes nothing that is held", async () => {
  const scene = await workspace();
  await reserve(scene.coord, "a");
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
  assertEquals((await reserve(coord, "b")).status, "conflict");
  assertMatch(warnings.join("\n"), /This process's clock is behind the file system's/);
});
