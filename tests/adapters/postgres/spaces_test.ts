/** What is kept comes back as it was, and in its own space alone. */
import { openPostgres } from "../../../src/adapters/postgres/open.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import { closeOpened, itThere, newSpace, opened } from "../../support/postgres.ts";
import { coordOn } from "../../support/scene/over_store.ts";

afterEach(closeOpened);

async function openNew() {
  const store = opened(await openPostgres(placeOf(await newSpace())));
  return { store, coord: coordOn(store) };
}

itThere("payloads come back as they were: NUL, numbers, and 64 KiB", async () => {
  const { coord: { tasks } } = await openNew();
  const payloads: JsonObject[] = [
    { nul: "a\u0000b", "\u0000": "as a key" },
    { whole: "😀", escape: "\\u0000" },
    { zero: -0.5, tiny: 5e-324, z: 1, a: [null, { "10": 1, "9": 2 }] },
    { long: "é".repeat(32_000) },
  ];
  const texts = payloads.map((payload) => JSON.stringify(payload));
  for (const payload of payloads) await tasks.enqueue({ title: "x", runId: "p", payload });
  const back: string[] = [];
  for (let n = 0; n < payloads.length; n++) {
    const claim = await tasks.claim({ runId: "a" });
    assert_(claim.status === "claimed");
    back.push(JSON.stringify(claim.task.payload));
    const result = payloads[n] ?? {};
    await tasks.complete({ id: claim.task_id, runId: "a", result });
  }
  assertEquals(back.sort(), [...texts].sort());
  const { items } = await tasks.list({ status: "completed" });
  assertEquals(items.length, payloads.length);
});

itThere("two spaces of one data base never see each other", async () => {
  const [one, other] = [await openNew(), await openNew()];
  const { task_id: id } = await one.coord.tasks.enqueue({ title: "x", runId: "p" });
  const { task_id: same } = await other.coord.tasks.enqueue({ title: "y", runId: "p" });
  assertEquals(await other.store.tasks.get(id), undefined);
  assertEquals(await other.store.tasks.find(id.slice(7, 20), 9), []);
  const input = { addresses: ["src"], runId: "a", exclusive: true };
  const lane = { lane: "api", tree: ["src"], owner: "a", loopTs: "1" };
  for (const { coord } of [one, other]) {
    assertEquals(
      (await coord.reservations.reserve({ ...input, addresses: ["lib"] })).status,
      "reserved",
    );
    assertEquals((await coord.lanes.acquire(lane)).status, "acquired");
  }
  const claim = await other.coord.tasks.claim({ runId: "b" });
  assert_(claim.status === "claimed");
  assertEquals(claim.task_id, same);
  assertEquals((await one.coord.tasks.list()).pending, 1);
  const gone = await other.coord.gc({ execute: true, grace: 0 });
  assertEquals(gone.items, []);
  assertEquals((await one.coord.tasks.claim({ runId: "b" })).status, "claimed");
});
