import { openWorkspace } from "../../../mod.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { assert_, assertEquals, assertMatch, it } from "../../deps.ts";
import { ReservationBench } from "../../support/fake/reservation_bench.ts";
import { workspace } from "../../support/scene/workspace.ts";

/** A workspace on real time: beats go by timers. */
async function real() {
  const { dir } = await workspace();
  return openWorkspace({ dir });
}

const fired = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });

it("hold() needs a run id that names an agent", async () => {
  const bench = new ReservationBench();
  const error = await bench.reservations.hold({ addresses: ["src"], runId: "unknown" })
    .catch((reason: unknown) => reason);
  assert_(error instanceof CoordError);
  assertEquals(error.code, "bad_args");
});

it("hold() releases at the end of the block, once", async () => {
  const bench = new ReservationBench();
  let id = "";
  {
    await using hold = await bench.reservations.hold({ addresses: ["src"], runId: "a" });
    assert_(hold.status === "held");
    id = hold.reservation.reservation_id;
    assertEquals(hold.lost.aborted, false);
  }
  assertEquals(bench.records.releases.get(id)?.reason, "completed");
  {
    await using hold = await bench.reservations.hold({ addresses: ["src"], runId: "a" });
    assert_(hold.status === "held");
    id = hold.reservation.reservation_id;
    assertEquals((await hold.release("cancelled")).status, "released");
  }
  assertEquals(bench.records.releases.get(id)?.reason, "cancelled");
});

it("hold() answers with the conflicts when it is exclusive and others were first", async () => {
  const bench = new ReservationBench();
  await bench.reserve("b", "src", { exclusive: true });
  await using hold = await bench.reservations.hold({
    addresses: ["src"],
    runId: "a",
    exclusive: true,
  });
  assert_(hold.status === "conflict");
  assertEquals(hold.conflicts.length, 1);
});

it("hold() releases also when its block ends by an error", async () => {
  const bench = new ReservationBench();
  const block = async () => {
    await using _hold = await bench.reservations.hold({ addresses: ["src"], runId: "a" });
    throw new Error("the work failed");
  };
  await block().catch(() => {});
  assertEquals(bench.records.releases.ids.length, 1);
});

it("hold() beats in the background, so that a reservation outlives its time", async () => {
  const coord = await real();
  await using hold = await coord.reservations.hold({
    addresses: ["src"],
    runId: "a",
    exclusive: true,
    ttl: 1,
  });
  assert_(hold.status === "held");
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const other = { addresses: ["src/x"], runId: "b", exclusive: true };
  assertEquals((await coord.reservations.reserve(other)).status, "conflict");
  assertEquals(hold.lost.aborted, false);
});

it("hold() fires its signal when another agent ended the reservation", async () => {
  const coord = await real();
  await using hold = await coord.reservations.hold({ addresses: ["src"], runId: "a", ttl: 1 });
  assert_(hold.status === "held");
  const { reservation_id: id } = hold.reservation;
  await coord.reservations.release({ id, runId: "boss", force: true, reason: "stop" });
  await fired(hold.lost);
  assertMatch(String(hold.lost.reason), /released by "boss" at .*, reason "stop"$/);
  assertEquals((await hold.release()).status, "already_released");
});
