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
    enqueue: one.synced,
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
    enqueue: ["tasks/<hex>.json"],
    enqueueAll: [
      "tasks/batches/<uuid>.0.new…/tasks.ndjson",
      "tasks/batches",
      "tasks",
    ],
    claim: [],
    heartbeat: [],
    giveBack: [],
    claimAgain: [],
    complete: ["claims/<hex>.end"],
    repeated: ["claims/<hex>.end"],
    refused: [],
  });
});

it("tasks with keys sync what their answers promise, once, also when another one has the key", async () => {
  const { coord: { tasks }, syncs } = counted();
  const add = async (...keys: readonly string[]) => {
    const inputs = keys.map((key) => ({ title: "x", key }));
    const { answer, synced } = await syncs(() => tasks.enqueueAll(inputs));
    return { answer, synced: synced.map((path) => path.replace(/\.new\.[^/]*/, ".new…")) };
  };
  const first = await add("a");
  const repeated = await add("a");
  const many = await add("b", "c");
  await tasks.claim({ runId: "A" });
  const [{ task_id: id } = { task_id: "" }] = Array.isArray(first.answer) ? first.answer : [];
  await tasks.complete({ id, runId: "A" });
  const next = await add("a");
  assertEquals({ first, repeated, many, next }, {
    first: { ...first, synced: ["tasks/<hex>.json"] },
    repeated: { ...repeated, synced: ["tasks/<hex>.json"] },
    many: {
      ...many,
      synced: [
        "tasks/batches/<uuid>.0.new…/tasks.ndjson",
        "tasks/batches/<uuid>.1.new…/keys-0",
        "tasks/batches",
        "tasks",
      ],
    },
    next: { ...next, synced: ["claims/<hex>.end", "tasks/<hex>.json"] },
  });
});

it("what others wait for is synced once by its own end, and once more by the last end", async () => {
  const { coord: { tasks }, syncs } = counted();
  const [a, b] = await tasks.enqueueAll([{ title: "a" }, { title: "b" }]);
  const after = [a?.task_id ?? "", b?.task_id ?? ""];
  const end = async (id = "") => {
    await tasks.claim({ runId: "A" });
    return (await syncs(() => tasks.complete({ id, runId: "A" }))).synced;
  };
  assertEquals({
    enqueue: (await syncs(() => tasks.enqueue({ title: "c", after }))).synced,
    first: await end(after[0]),
    last: await end(after[1]),
  }, {
    enqueue: ["tasks/<hex>.json"],
    first: ["claims/<hex>.end"],
    last: ["claims/<hex>.end", "claims/<hex>.end"],
  });
});

it("fail() of an attempt that is not the last syncs its state once, also when it is repeated", async () => {
  const { coord: { tasks }, syncs } = counted();
  const { task_id: id } = await tasks.enqueue({ title: "x", maxAttempts: 2, backoff: "9s" });
  await tasks.claim({ runId: "A" });
  const fail = () => tasks.fail({ id, runId: "A" });
  const [first, repeated] = [await syncs(fail), await syncs(fail)];
  assertEquals([first.synced, repeated.synced], [["claims/<hex>.2"], ["claims/<hex>.2"]]);
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
  // With its entries in the address index, and with the name that confirms it.
  const adding = ["reservations/<hex>.json"];
  assertEquals({
    reserve: first.synced,
    refused,
    heartbeat,
    intent,
    notHolder,
    release,
    repeated,
    "reserve after a release": after,
    notice,
  }, {
    reserve: adding,
    refused: [],
    heartbeat: [],
    intent: ["intents/<hex>.json"],
    notHolder: [],
    release: ["releases/<hex>.json"],
    repeated: ["releases/<hex>.json"],
    "reserve after a release": adding,
    notice: adding,
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
    synced: ["tasks", "reservations/order", "reservations"],
  });
});
