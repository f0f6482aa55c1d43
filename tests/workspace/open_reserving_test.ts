import { detectHost } from "../../src/host/detect.ts";
import { initOn, openOn } from "../../src/workspace/open.ts";
import { openReservingOn } from "../../src/workspace/open_reserving.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const host = await detectHost();

it("openReservingOn() reserves where there are no lanes, and is refused by one that comes later", async () => {
  const dir = makeTempDir();
  initOn(host, dir, {});
  const coord = await openOn(host, { dir });
  const reserving = await openReservingOn(host, { dir });
  const reserve = (address: string) =>
    reserving.reserve({ addresses: [address], runId: "A", exclusive: true });
  const first = await reserve("src/a.ts");
  assert_(first.status === "reserved");
  await coord.lanes.acquire({ lane: "lib", tree: ["lib/**"], owner: "B" });
  const { status, conflicts } = await reserve("lib/b.ts");
  assertEquals({ status, lanes: conflicts.map((each) => "lane" in each && each.lane) }, {
    status: "conflict",
    lanes: ["lib"],
  });
  const released = await reserving.release({ id: first.reservation_id, runId: "A" });
  assertEquals(released.status, "released");
});

it("openReservingOn() waits for the end of a lane", async () => {
  const dir = makeTempDir();
  initOn(host, dir, {});
  const coord = await openOn(host, { dir });
  await coord.lanes.acquire({ lane: "lib", tree: ["lib/**"], owner: "B" });
  const reserving = await openReservingOn(host, { dir });
  const waiting = reserving.reserve({
    addresses: ["lib/b.ts"],
    runId: "A",
    exclusive: true,
    wait: 60,
  });
  const started = performance.now();
  setTimeout(() => void coord.lanes.release({ lane: "lib", owner: "B" }), 50);
  assertEquals((await waiting).status, "reserved");
  assert_(performance.now() - started < 4_000, "it was not notified of the release");
});
