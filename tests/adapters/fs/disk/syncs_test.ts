import { initWorkspace } from "../../../../src/adapters/fs/layout.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { openFilesOn } from "../../../../src/workspace/open.ts";
import { assertEquals, it } from "../../../deps.ts";
import { makeTempDir, setMtime } from "../../../support/scene/scratch.ts";
import { countingSyncs } from "../../../support/crash/syncs.ts";

const JOURNAL = "lanes/lane-journal.jsonl";

const host = await detectHost();

/** A workspace, and what calls there force to the disk. */
function counted() {
  const { path: root } = initWorkspace(host, makeTempDir());
  const { fs, take } = countingSyncs(host.fs, root);
  const coord = openFilesOn({ ...host, fs }, { dir: root });
  /** The answer of a call, and what it synced. */
  const syncs = async <T>(call: () => Promise<T>) => {
    take();
    const answer = await call();
    return { answer, synced: take() };
  };
  return { coord, root, syncs };
}

it("the queue syncs what its answers promise, once, and nothing for claims", async () => {
  const { coord: { tasks }, syncs } = counted();
  const titles = Array.from({ length: 12 }, (_, n) => ({ title: `task ${n}` }));
  const one = await syncs(() => tasks.enqueue({ title: "one", priority: 9 }));
  const { task_id: id } = one.answer;
  assertEquals({
    enqueue: one.synced.map((path) => path.replace(/^index\/ready\/.*/, "index/ready/…")),
    enqueueAll: (await syncs(() => tasks.enqueueAll(titles))).synced
      .map((path) => path.replace(/\.0\.new\.[^/]*/, ".0.new…")),
    claim: (await syncs(() => tasks.claim({ runId: "A" }))).synced,
    heartbeat: (await syncs(() => tasks.heartbeat({ id, runId: "A" }))).synced,
    giveBack: (await syncs(() => tasks.giveBack({ id, runId: "A" }))).synced,
    claimAgain: (await syncs(() => tasks.claim({ runId: "A" }))).synced,
    complete: (await syncs(() => tasks.complete({ id, runId: "A" }))).synced,
    repeated: (await syncs(() => tasks.complete({ id, runId: "A" }))).synced,
    refused: (await syncs(() => tasks.complete({ id, runId: "B" }))).synced,
  }, {
    enqueue: ["index/ready/…", "tasks"],
    enqueueAll: [
      "tasks/batches/<uuid>.0.new…/tasks.ndjson",
      "tasks/batches/<uuid>.0.new…",
      "tasks/batches",
      "tasks",
    ],
    claim: [],
    heartbeat: [],
    giveBack: [],
    claimAgain: [],
    complete: ["tmp/<uuid>", "claims"],
    repeated: ["claims/<hex>.end", "claims"],
    refused: [],
  });
});

it("lanes sync their journal once for each answer, and nothing for one that promises nothing", async () => {
  const { coord: { lanes }, syncs } = counted();
  const input = { lane: "api", tree: ["src/**"], owner: "A", loopTs: "1" };
  const beat = { lane: "api", owner: "A" };
  await lanes.acquire({ ...input, lane: "web", tree: ["web/**"] });
  assertEquals({
    acquire: (await syncs(() => lanes.acquire(input))).synced,
    repeated: (await syncs(() => lanes.acquire(input))).synced,
    refused: (await syncs(() => lanes.acquire({ ...input, owner: "B" }))).synced,
    heartbeat: (await syncs(() => lanes.heartbeat(beat))).synced,
    coalesced: (await syncs(() => lanes.heartbeat({ ...beat, coalesceWithin: 60 }))).synced,
    adopt: (await syncs(() => lanes.adopt({ lane: "api", owner: "B" }))).synced,
    release: (await syncs(() => lanes.release({ lane: "api", owner: "B" }))).synced,
    "release of nothing": (await syncs(() => lanes.release({ lane: "api", owner: "B" }))).synced,
  }, {
    acquire: [JOURNAL],
    repeated: [JOURNAL],
    refused: [JOURNAL],
    heartbeat: [JOURNAL],
    coalesced: [],
    adopt: [JOURNAL],
    release: [JOURNAL],
    "release of nothing": [JOURNAL],
  });
});

it("reservations sync what their answers promise, once, and nothing for those that promise nothing", async () => {
  const { coord, syncs } = counted();
  const { reservations } = coord;
  const input = { addresses: ["src/a.ts"], runId: "A", exclusive: true };
  const reserve = async (runId: string) => {
    const { answer, synced } = await syncs(() => reservations.reserve({ ...input, runId }));
    return { id: answer.status === "reserved" ? answer.reservation_id : "", synced };
  };
  const before = await reserve("A");
  await reservations.release({ id: before.id, runId: "A" });

  const first = await reserve("A");
  const mine = { id: first.id, runId: "A" };
  const refused = (await reserve("B")).synced;
  const heartbeat = (await syncs(() => reservations.heartbeat(mine))).synced;
  const intent =
    (await syncs(() =>
      reservations.intent({ addresses: ["src/a.ts"], runId: "A", operation: "modify" })
    )).synced;
  const notHolder = (await syncs(() => reservations.release({ ...mine, runId: "B" }))).synced;
  const release = (await syncs(() => reservations.release(mine))).synced;
  const repeated = (await syncs(() => reservations.release(mine))).synced;
  const after = (await reserve("B")).synced;
  const notice =
    (await syncs(() => reservations.reserve({ addresses: ["src/a.ts"], runId: "N" }))).synced;
  const index = (path: string) => path.replace(/^(reservations.addresses)\/.*/, "$1/…");
  const adding = [
    ...Array(3).fill("reservations/addresses/…"),
    "reservations/addresses",
    "reservations",
    "reservations/order/<hex>",
    "reservations",
    // What confirms an exclusive one.
    "heartbeats",
  ];
  assertEquals({
    reserve: first.synced.map(index),
    refused,
    heartbeat,
    intent,
    notHolder,
    release,
    repeated,
    "reserve after a release": after.map(index),
    notice: notice.map(index),
  }, {
    reserve: adding,
    refused: [],
    heartbeat: [],
    intent: ["tmp/<uuid>", "intents"],
    notHolder: [],
    release: ["tmp/<uuid>", "releases"],
    repeated: ["releases"],
    "reserve after a release": adding,
    notice: [
      "reservations/addresses/…",
      "reservations/addresses/…",
      "reservations/addresses/…",
      "reservations/addresses",
      "reservations",
      "tmp/<uuid>",
      "reservations",
    ],
  });
});

it("gc syncs the floor, then the removal, before what ends a reservation goes", async () => {
  const { coord, syncs } = counted();
  const { reservations } = coord;
  const released = async (exclusive: boolean) => {
    const answer = await reservations.reserve({ addresses: ["a"], runId: "A", exclusive });
    const id = answer.status === "reserved" ? answer.reservation_id : "";
    await reservations.release({ id, runId: "A" });
  };
  const collect = async () => (await syncs(() => coord.gc({ grace: 0, execute: true }))).synced;
  const order = "reservations/order";
  await released(false);
  assertEquals(await collect(), [order, "reservations"], "a notice has no place");
  for (let n = 0; n < 2; n++) await released(true);
  // The first one is of the folder of floors, which is new.
  assertEquals(await collect(), [order, `${order}/floor`, order, order, "reservations"]);
});

it("gc syncs that a record is gone before it removes what belongs to it", async () => {
  const { coord, root, syncs } = counted();
  const { task_id } = await coord.tasks.enqueue({ title: "one" });
  await coord.tasks.claim({ runId: "A" });
  await coord.tasks.complete({ id: task_id, runId: "A" });
  const { reservation_id: id } = await coord.reservations.reserve({ addresses: ["a"], runId: "A" });
  await coord.reservations.release({ id, runId: "A" });
  // As by a process that removed the records and died.
  host.fs.remove(`${root}/tasks/${task_id.slice(7)}.json`);
  host.fs.remove(`${root}/reservations/${id.slice(7)}.json`);
  for (const path of [`claims/${task_id.slice(7)}.json`, `claims/${task_id.slice(7)}.end`]) {
    setMtime(`${root}/${path}`, Date.now() - 3_600_000);
  }
  const { answer, synced } = await syncs(() => coord.gc({ grace: 0, execute: true }));
  assertEquals({ counts: answer.counts, synced }, {
    counts: { release: 1, claim: 1 },
    synced: ["tasks", "reservations"],
  });
});
