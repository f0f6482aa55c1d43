import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { openOn } from "../../../src/open.ts";
import { assertEquals, it } from "../../deps.ts";
import { makeTempDir } from "../../support/scratch.ts";
import { countingSyncs } from "../../support/syncs.ts";

const JOURNAL = "lanes/lane-journal.jsonl";

const host = await detectHost();

/** A workspace, and what calls there force to the disk. */
function counted() {
  const { path: root } = initWorkspace(host, makeTempDir());
  const { fs, take } = countingSyncs(host.fs, root);
  const coord = openOn({ ...host, fs }, { dir: root });
  /** The answer of a call, and what it synced. */
  const syncs = async <T>(call: Promise<T>) => {
    take();
    const answer = await call;
    return { answer, synced: take() };
  };
  return { coord, syncs };
}

it("the queue syncs what its answers promise, once, and nothing for claims", async () => {
  const { coord: { tasks }, syncs } = counted();
  const titles = Array.from({ length: 12 }, (_, n) => ({ title: `task ${n}` }));
  const one = await syncs(tasks.enqueue({ title: "one", priority: 9 }));
  const { task_id: id } = one.answer;
  assertEquals({
    enqueue: one.synced.map((path) => path.replace(/^index\/ready\/.*/, "index/ready/…")),
    enqueueAll: (await syncs(tasks.enqueueAll(titles))).synced,
    claim: (await syncs(tasks.claim({ runId: "A" }))).synced,
    heartbeat: (await syncs(tasks.heartbeat({ id, runId: "A" }))).synced,
    giveBack: (await syncs(tasks.giveBack({ id, runId: "A" }))).synced,
    claimAgain: (await syncs(tasks.claim({ runId: "A" }))).synced,
    complete: (await syncs(tasks.complete({ id, runId: "A" }))).synced,
    repeated: (await syncs(tasks.complete({ id, runId: "A" }))).synced,
    refused: (await syncs(tasks.complete({ id, runId: "B" }))).synced,
  }, {
    enqueue: ["index/ready/…", "tasks"],
    enqueueAll: ["tasks/batches/<uuid>.ndjson", "tasks/batches", "tasks"],
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
  await lanes.request({ ...input, lane: "web", tree: ["web/**"] });
  assertEquals({
    acquire: (await syncs(lanes.request(input))).synced,
    repeated: (await syncs(lanes.request(input))).synced,
    refused: (await syncs(lanes.request({ ...input, owner: "B" }))).synced,
    heartbeat: (await syncs(lanes.heartbeat(beat))).synced,
    coalesced: (await syncs(lanes.heartbeat({ ...beat, coalesceWithin: 60 }))).synced,
    adopt: (await syncs(lanes.adopt({ lane: "api", owner: "B" }))).synced,
    release: (await syncs(lanes.release({ lane: "api", owner: "B" }))).synced,
    "release of nothing": (await syncs(lanes.release({ lane: "api", owner: "B" }))).synced,
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
