/** What heartbeats of a reservation leave in the workspace. */
import { KEPT_BEATS } from "../../../../src/domain/limits.ts";
import * as chain from "../../../../src/adapters/fs/reservation/chain.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { ReservationFiles } from "../../../../src/adapters/fs/reservation/files.ts";
import type { Coord } from "../../../../mod.ts";
import type { HostFs } from "../../../../src/ports/host.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { filesIn } from "../../../support/crash/reservation_cases.ts";
import { truncate } from "../../../support/crash/power_cut.ts";
import { sized } from "../../../support/length.ts";
import { workspace } from "../../../support/scene/workspace.ts";

const TTL = 60;

/** A workspace with a reservation of `a`, and a way to extend it at once. */
async function reserved(exclusive: boolean) {
  const scene = await workspace();
  const { coord, path } = scene;
  const input = { addresses: ["x"], runId: "a", ttl: TTL };
  const answer = await coord.reservations.reserve({ ...input, exclusive });
  assert_(answer.status === "reserved");
  const { reservation_id: id } = answer;
  /** Extends it a number of times; fails if that is refused. */
  const beat = async (times: number) => {
    for (let n = 0; n < times; n++) {
      const { status } = await coord.reservations.heartbeat({ id, runId: "a" });
      assertEquals(status, "ok");
    }
  };
  const count = () => filesIn(path).length;
  const newest = async () =>
    (await scene.open().reservations.list()).reservations.map(({ expires_at }) => expires_at);
  return { ...scene, id, hex: id.slice(7), beat, count, newest };
}

for (const exclusive of [true, false]) {
  const kind = exclusive ? "an exclusive reservation" : "a notice";
  it(`heartbeats of ${kind} leave 35 files at most, and none after its end`, async () => {
    const { coord, clock, beat, count, id, names, newest } = await reserved(exclusive);
    const before = count();
    let most = 0;
    for (let n = sized(200, 1_000, 20_000); n > 0; n -= 20) {
      clock.advance(1);
      await beat(20);
      most = Math.max(most, count() - before);
    }
    // Those of the last two times that some went, and the view.
    assert_(most > KEPT_BEATS && most <= 2 * KEPT_BEATS + 3, `${most} files of heartbeats`);
    const end = new Date(clock.now() + TTL * 1000).toISOString();
    assertEquals(await newest(), [end]);
    assertEquals((await coord.reservations.release({ id, runId: "a" })).status, "released");
    assertEquals(names("heartbeats").filter((name) => !name.endsWith(".json")), []);
  });
}

/** The slot that a process takes which slept while the reservation was extended, and then all slots. */
async function slept(act: (slow: Coord, id: string) => Promise<unknown>, ahead: number) {
  const { host, dir, path, clock, id, hex, beat, names, newest } = await reserved(true);
  await beat(4);
  const files = new ReservationFiles(host.fs, new Layout(path), () => {});
  const heartbeat = {
    reservation_id: id,
    run_id: "a",
    last_beat_at: new Date(clock.now()).toISOString(),
    extended_expires_at: new Date(clock.now() + 2 * TTL * 1000).toISOString(),
  };
  const slots = () => names("heartbeats").filter((name) => !name.endsWith(".json"));
  const taken: string[] = [];
  const link: HostFs["link"] = (from, to) => {
    if (to.startsWith(`${path}/heartbeats/`) && taken.push(to) === 1) {
      for (let n = 0; n < 3 * KEPT_BEATS; n++) {
        assert_(typeof chain.beat(files, hex, heartbeat, clock.now) === "object");
      }
      assertEquals(slots().includes(`${hex}.6`), false, "it was removed");
    }
    return host.fs.link(from, to);
  };
  const slow = openFilesOn({ ...host, fs: { ...host.fs, link } }, {
    dir,
    clock: () => clock.now() + ahead,
  });
  const answer = await act(slow, id);
  return {
    answer,
    taken: taken.map((to) => to.slice(to.lastIndexOf(".") + 1)),
    slots,
    newest,
    clock,
    hex,
  };
}

it("a heartbeat whose process slept does not take a number that went", async () => {
  const { taken, slots, hex } = await slept(
    (slow, id) => slow.reservations.heartbeat({ id, runId: "a" }),
    0,
  );
  assertEquals(taken, ["6", String(6 + 3 * KEPT_BEATS)]);
  assertEquals(slots().includes(`${hex}.6`), false, "it was taken back");
});

it("a process that slept does not seal a reservation that was extended meanwhile", async () => {
  const { answer, taken, slots, newest, clock, hex } = await slept(
    (slow) => slow.reservations.reserve({ addresses: ["x"], runId: "b", exclusive: true }),
    TTL * 1000,
  );
  assertEquals((answer as { status: string }).status, "conflict");
  assertEquals(taken, ["6"]);
  assertEquals(slots().includes(`${hex}.6`), false, "it was taken back");
  assertEquals(await newest(), [new Date(clock.now() + 2 * TTL * 1000).toISOString()]);
});

it("a reservation of which numbers went is found without its view, and after a power cut", async () => {
  const { path, clock, hex, beat, read, write, open, newest } = await reserved(true);
  await beat(1);
  const old = read(`heartbeats/${hex}.json`);
  clock.advance(1);
  await beat(3 * KEPT_BEATS);
  const end = await newest();
  const other = JSON.stringify({ ...JSON.parse(old), beat: undefined });
  for (const view of [old, other, "", JSON.stringify({ ...JSON.parse(old), beat: 2 ** 53 - 1 })]) {
    write(`heartbeats/${hex}.json`, view);
    assertEquals(await newest(), end);
    // The mark was not on the disk.
    truncate(`${path}/heartbeats/${hex}.2`, 0);
    assertEquals(await newest(), end);
    const { findings } = await open().fsck({ repair: true });
    const files = [`heartbeats/${hex}.2`, ...(view === "" ? [`heartbeats/${hex}.json`] : [])];
    assertEquals(findings.map(({ file }) => file), files);
    assertEquals(await newest(), end);
  }
  await beat(1);
  assertEquals(JSON.parse(read(`heartbeats/${hex}.json`)).beat, 3 + 3 * KEPT_BEATS);
});

it("a heartbeat that a power cut has torn takes nothing from its reservation", async () => {
  const { path, clock, hex, beat, newest } = await reserved(true);
  const ends = [await newest()];
  for (let n = 0; n < 2; n++) {
    clock.advance(10);
    await beat(1);
    ends.push(await newest());
  }
  for (const name of ["json", "3"]) truncate(`${path}/heartbeats/${hex}.${name}`, 0);
  assertEquals(await newest(), ends[1]);
  truncate(`${path}/heartbeats/${hex}.2`, 0);
  assertEquals(await newest(), ends[0]);
  await beat(1);
  assertEquals(await newest(), ends[2]);
});
