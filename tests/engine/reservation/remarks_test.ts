/** What a holder says of its reservation, and how long a heartbeat keeps it. */
import { assertEquals, it } from "../../deps.ts";
import { ReservationBench } from "../../support/fake/reservation_bench.ts";

it("heartbeat() adds what the reservation was made for, and keeps what was said of it", async () => {
  const bench = new ReservationBench();
  const note = "moves the tax rules";
  const { reservation_id: id } = await bench.reserve("a", "src", { ttl: 100, note });
  const beat = async (more: { note?: string; progress?: { done: number; total: number } } = {}) => {
    bench.advance(10);
    const answer = await bench.reservations.heartbeat({ id, runId: "a", ...more });
    if (answer.status !== "ok") throw new Error(answer.error);
    return [answer.expires_at, answer.ttl_extended_seconds, answer.note, answer.progress];
  };
  const progress = { done: 3, total: 10 };
  assertEquals(await beat(), [bench.iso(110), 100, note, undefined]);
  assertEquals(await beat({ progress }), [bench.iso(120), 100, note, progress]);
  assertEquals(await beat({ note: "half" }), [bench.iso(130), 100, "half", progress]);
  const listed = async () =>
    (await bench.reservations.list()).reservations.map((each) => each.note);
  assertEquals(await listed(), ["half"]);
  assertEquals(await beat({ note: "" }), [bench.iso(140), 100, undefined, progress]);
  assertEquals(await listed(), [undefined]);
});
