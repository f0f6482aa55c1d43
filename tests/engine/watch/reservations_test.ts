/** The stream over the real store of reservations, on real time. */
import { openWorkspace, type WatchEvent } from "../../../mod.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { workspace } from "../../support/scene/workspace.ts";
import { jsonOf } from "../../support/scene/event_data.ts";

/** Milliseconds that a busy machine may take to emit an event. */
const SLACK_MS = 1_000;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it("watch() emits reservations, and their expiry on time, moved by heartbeats", async () => {
  const { dir } = await workspace();
  const coord = await openWorkspace({ dir });
  const { reservations } = coord;
  await reservations.reserve({ addresses: ["z"], runId: "before" });
  const emitted: { event: WatchEvent; at: number }[] = [];
  const started = Promise.withResolvers<void>();
  const watching = (async () => {
    for await (const event of coord.watch({ timeout: 2.5 })) {
      emitted.push({ event, at: Date.now() });
      started.resolve();
    }
  })();
  await started.promise;
  await sleep(50);
  const reserve = async (runId: string, exclusive = false) => {
    const answer = await reservations.reserve({ addresses: [runId], runId, ttl: 1, exclusive });
    assert_(answer.status === "reserved");
    return answer;
  };
  const short = await reserve("short");
  const kept = await reserve("kept");
  const own = await reserve("own", true);
  const ended = await reserve("ended");
  await reservations.release({ id: ended.reservation_id, runId: "ended" });
  const { reservation_id: reservationId } = kept;
  await reservations.intent({
    addresses: ["kept"],
    operation: "move",
    runId: "kept",
    reservationId,
  });
  await sleep(300);
  const ends = new Map([[short.reservation_id, short.expires_at]]);
  for (const { reservation_id: id, run_id: runId } of [kept, own]) {
    const beat = await reservations.heartbeat({ id, runId, extension: 1 });
    assert_(beat.status === "ok");
    ends.set(id, beat.extended_expires_at);
  }
  await watching;
  const lines = emitted.map(({ event }) =>
    `${event.event_type} ${event.kind} ${jsonOf(event).run_id}`
  );
  assertEquals(lines.toSorted(), [
    "added heartbeat kept",
    "added heartbeat own",
    "added intent kept",
    "added release ended",
    "added reservation ended",
    "added reservation kept",
    "added reservation own",
    "added reservation short",
    "expired reservation kept",
    "expired reservation own",
    "expired reservation short",
    "snapshot reservation before",
  ]);
  for (const { event, at } of emitted.filter(({ event }) => event.event_type === "expired")) {
    const late = at - Date.parse(ends.get(event.id ?? "") ?? "");
    assert_(late >= 0 && late < SLACK_MS, `${jsonOf(event).run_id} emitted after ${late} ms`);
  }
});
