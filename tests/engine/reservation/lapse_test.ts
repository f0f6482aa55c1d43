import type { ReservationConflict } from "../../../src/domain/glob/holds/comparison.ts";
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { stemOfId } from "../../../src/domain/ids.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { assertEquals, it } from "../../deps.ts";
import { openReservations } from "../../support/scene/reservation_files.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

const host = await detectHost();
const T0 = Date.UTC(2026, 10, 21, 9, 30);

function at(second: number): string {
  return formatTime(T0 + second * 1000);
}

/** A workspace whose processes each have a clock of their own, seconds after the start. */
function workspace() {
  const { path } = initWorkspace(host, makeTempDir());
  const process = (second: number, fs: HostFs = host.fs) => {
    const clock = { second };
    const opened = openReservations(path, () => T0 + clock.second * 1000, fs);
    const reserve = async (runId: string, exclusive: boolean, ttl = 10) => {
      const input = { addresses: ["src/a.ts"], runId, exclusive, ttl };
      const answer = await opened.reservations.reserve(input);
      return answer.status === "reserved" ? answer.reservation_id : answer.error;
    };
    const beat = (id: string, extension = 100) =>
      opened.reservations.heartbeat({ id, runId: "a", extension });
    const states = async () => {
      const { reservations } = await opened.reservations.list({ all: true });
      return reservations.map(({ run_id, status }) => `${run_id} ${status}`);
    };
    return { ...opened, clock, reserve, beat, states };
  };
  return { path, process };
}

it("heartbeat() does not bring an exclusive reservation back that has lapsed, and names no holder where there is none", async () => {
  const { process } = workspace();
  const id = await process(0).reserve("a", true);
  const late = process(10);
  assertEquals(await late.beat(id), {
    status: "expired",
    reservation_id: id,
    expires_at: at(10),
    conflicts: [],
    error: `Cannot extend reservation ${id}: it expired at ${at(10)}, and no other agent has it`,
  });
  assertEquals(await late.states(), ["a expired"]);
});

it("heartbeat() does not bring a lapsed exclusive reservation back over another agent's notice", async () => {
  const { process } = workspace();
  const id = await process(0).reserve("a", true);
  const later = process(11);
  const notice = await later.reservations.reserve({ addresses: ["src"], runId: "b" });
  assertEquals(notice.conflicts, []);
  const beat = await later.beat(id);
  assertEquals(beat.status, "expired");
  assertEquals(await later.states(), ["a expired", "b live"]);
});

it("heartbeat() of an exclusive reservation whose place another agent has names that agent", async () => {
  const { process } = workspace();
  const id = await process(0).reserve("a", true);
  const other = await process(12).reserve("b", true, 50);
  const conflict: ReservationConflict = {
    kind: "reservation",
    exclusive: true,
    address: "src/a.ts",
    their_address: "src/a.ts",
    reservation_id: other,
    run_id: "b",
    branch: (await process(13).store.get(other))?.reservation.branch ?? "",
    operation: null,
    expires_at: at(62),
  };
  assertEquals(await process(13).beat(id), {
    status: "expired",
    reservation_id: id,
    expires_at: at(10),
    conflicts: [conflict],
    error: `Cannot extend reservation ${id}: it expired at ${at(10)}, and "b" has ` +
      `"src/a.ts" until ${at(62)}`,
  });
});

it("heartbeat() brings a lapsed notice back: it binds no other agent", async () => {
  const { process } = workspace();
  const id = await process(0).reserve("a", false);
  assertEquals((await process(11).beat(id)).status, "ok");
  assertEquals(await process(11).states(), ["a live"]);
});

it("heartbeat() that was decided in time and written after the end does not count", async () => {
  const { process } = workspace();
  const id = await process(0).reserve("a", true);
  // The process sleeps before its heartbeat has a name.
  const slow = process(9, {
    ...host.fs,
    link(from: string, to: string) {
      if (to.includes("/heartbeats/")) slow.clock.second = 11;
      return host.fs.link(from, to);
    },
  });
  assertEquals((await slow.beat(id)).status, "expired");
  assertEquals(await process(11).states(), ["a released"]);
  assertEquals(/^sha256:/.test(await process(12).reserve("b", true)), true);
});

it("heartbeat() by a process whose clock is behind counts until another agent has taken the place", async () => {
  const { process } = workspace();
  const id = await process(0).reserve("a", true);
  assertEquals((await process(9).beat(id, 5)).status, "ok");
  const other = await process(20).reserve("b", true, 50);
  const behind = await process(8).beat(id);
  assertEquals(behind.status, "expired");
  assertEquals("conflicts" in behind && behind.conflicts?.[0]?.reservation_id, other);
});

it("heartbeat() goes on from what another tool wrote into heartbeats/ in time", async () => {
  const { path, process } = workspace();
  const id = await process(0).reserve("a", true);
  const view = {
    reservation_id: id,
    run_id: "a",
    last_beat_at: at(9),
    extended_expires_at: at(30),
  };
  const name = `${path}/heartbeats/${stemOfId(id)}.json`;
  host.fs.createNew(name, new TextEncoder().encode(JSON.stringify(view)));
  assertEquals((await process(29).beat(id, 10)).status, "ok");
  assertEquals((await process(38).beat(id, 10)).status, "ok");
  assertEquals((await process(48).beat(id, 10)).status, "expired");
});

it("what another tool writes into heartbeats/ does not bring back what was sealed", async () => {
  const { path, process } = workspace();
  const id = await process(0).reserve("a", true);
  await process(20).reserve("b", true, 50);
  const view = {
    reservation_id: id,
    run_id: "a",
    last_beat_at: at(21),
    extended_expires_at: at(90),
  };
  const name = `${path}/heartbeats/${stemOfId(id)}.json`;
  host.fs.createNew(name, new TextEncoder().encode(JSON.stringify(view)));
  assertEquals((await process(22).beat(id)).status, "expired");
  assertEquals(await process(22).states(), ["a released", "b live"]);
});
