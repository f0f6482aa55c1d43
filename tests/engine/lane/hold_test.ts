import { assert_, assertEquals, assertMatch, it } from "../../deps.ts";
import { openWorkspace } from "../../../mod.ts";
import { FsJournal } from "../../../src/adapters/fs/lane/journal.ts";
import { FsLanes } from "../../../src/adapters/fs/lane/environment.ts";
import { LANE_GRACE_S } from "../../../src/domain/limits.ts";
import { NO_HOLDERS } from "../../../src/engine/hold/exclusion.ts";
import { Lanes } from "../../../src/engine/lane/lanes.ts";
import { EMPTY_CHECKOUT } from "../../support/fake/names.ts";
import { HostError } from "../../../src/ports/host.ts";
import { processesOf } from "../../../src/workspace/processes.ts";
import { sleep } from "../../support/race/processes.ts";
import { workspace } from "../../support/scene/workspace.ts";

const JOURNAL = "lanes/lane-journal.jsonl";

/** A workspace on the real clock, as two agents have it open. */
async function scenes() {
  const scene = await workspace();
  const [mine, theirs] = [
    await openWorkspace({ dir: scene.dir }),
    await openWorkspace({ dir: scene.dir }),
  ];
  const ops = () =>
    scene.read(JOURNAL).trim().split("\n").map((line): string => JSON.parse(line).op);
  return { scene, mine, theirs, ops };
}

/** A workspace, opened by an agent whose clock is late by a number of seconds. */
function late(dir: string, seconds: number) {
  return openWorkspace({ dir, clock: () => Date.now() - seconds * 1000 });
}

/** Why a lease was lost, once it is. */
async function fired(signal: AbortSignal): Promise<string> {
  const end = performance.now() + 10_000;
  while (!signal.aborted && performance.now() < end) await sleep(5);
  return signal.aborted ? (signal.reason as Error).message : "it was not lost";
}

it("acquire() holds a lane until the end of the block", async () => {
  const { mine, theirs, ops } = await scenes();
  {
    await using lease = await mine.lanes.hold({ lane: "api", tree: ["a"], owner: "x" });
    assert_(lease.status === "held");
    assertEquals([lease.lane, lease.fence, lease.lost.aborted], ["api", 1, false]);
    const { leases } = await theirs.lanes.live();
    assertEquals(leases.map(({ holder }) => holder), ["x"]);
    // The process is there to be looked for.
    assertEquals(typeof leases[0]?.pid, "number");
  }
  assertEquals((await theirs.lanes.live()).leases, []);
  assertEquals(ops(), ["ACQUIRE", "RELEASE"]);
});

it("acquire() answers a refusal as a value that ends nothing", async () => {
  const { mine, theirs } = await scenes();
  await using lease = await mine.lanes.hold({ lane: "api", tree: ["a"], owner: "x" });
  {
    await using other = await theirs.lanes.hold({ lane: "b", tree: ["a/b"], owner: "y" });
    assert_(other.status === "refused");
    assertEquals(other.conflicts.map((each) => each.kind === "lane" && [each.lane, each.witness]), [
      ["api", "a/b"],
    ]);
  }
  assertEquals(lease.status === "held" && lease.lost.aborted, false);
  assertEquals((await theirs.lanes.live()).live, 1);
});

it("LaneHold reports at once that another agent adopted the lane, and ends nothing of theirs", async () => {
  const { mine, theirs, ops } = await scenes();
  {
    await using lease = await mine.lanes.hold({ lane: "api", tree: ["a"], owner: "x" });
    assert_(lease.status === "held");
    const lost = fired(lease.lost);
    const start = performance.now();
    await theirs.lanes.adopt({ lane: "api", owner: "boss" });
    assertEquals(await lost, `Lost lane "api": another agent holds it`);
    assert_(performance.now() - start < 2_000, "long before the next beat");
    assertEquals((await lease.release()).status, "stale_fence");
  }
  const { leases } = await theirs.lanes.live();
  assertEquals(leases.map(({ holder }) => holder), ["boss"]);
  assertEquals(ops(), ["ACQUIRE", "ADOPT"]);
});

it("LaneHold reports at once that its lease was evicted or released by others", async () => {
  for (const how of ["SCAVENGE", "RELEASE"]) {
    const { scene, mine, theirs, ops } = await scenes();
    await using lease = await mine.lanes.hold({ lane: "api", tree: ["a"], owner: "x" });
    assert_(lease.status === "held");
    const lost = fired(lease.lost);
    if (how === "RELEASE") await theirs.lanes.release({ lane: "api", owner: "x" });
    else {
      const early = await late(scene.dir, -4_000);
      const grant = await early.lanes.acquire({ lane: "b", tree: ["a/b"], owner: "y" });
      assertEquals(grant.status === "acquired" && grant.scavenged.map(({ fence }) => fence), [
        lease.fence,
      ]);
    }
    assertEquals(await lost, `Lost lane "api": it was released or evicted`);
    assertEquals(ops()[1], how);
    const { lane, fence } = lease;
    assertEquals((await mine.lanes.check({ lane, fence })).status, "stale_fence");
  }
});

it("LaneHold is lost when it could not be kept for the length of its TTL", async () => {
  const { scene, mine } = await scenes();
  const journal = new FsJournal(scene.host, `${scene.path}/${JOURNAL}`, Date.now, () => {});
  await using lease = await mine.lanes.hold({ lane: "api", tree: ["a"], owner: "x", ttl: 1 });
  assert_(lease.status === "held");
  const start = performance.now();
  const writing = await journal.open(0);
  assert_(writing.status === "open");
  {
    using _session = writing.session;
    assertMatch(await fired(lease.lost), /^Cannot keep lane "api": .* has been writing to the/);
  }
  const took = performance.now() - start;
  assert_(took > 700 && took < 4_000, `it took ${took} ms`);
});

it("LaneHold survives that it cannot be kept for a moment", async () => {
  const { scene, mine, ops } = await scenes();
  const journal = new FsJournal(scene.host, `${scene.path}/${JOURNAL}`, Date.now, () => {});
  await using lease = await mine.lanes.hold({ lane: "api", tree: ["a"], owner: "x", ttl: 1 });
  assert_(lease.status === "held");
  const writing = await journal.open(0);
  assert_(writing.status === "open");
  {
    using _session = writing.session;
    await sleep(600); // a beat is due after a third of a second, and gives up after a quarter more
  }
  const end = performance.now() + 10_000;
  while (ops().length < 2 && performance.now() < end) await sleep(20);
  assertEquals([ops(), lease.lost.aborted], [["ACQUIRE", "HEARTBEAT"], false]);
});

it("LaneHold sends heartbeats while its holder waits for others, and names its holder", async () => {
  const { mine, theirs, ops } = await scenes();
  await using lease = await mine.lanes.hold({ lane: "api", tree: ["a"], owner: "x", ttl: 1 });
  assert_(lease.status === "held");
  const { lane, fence, grant } = lease;
  // The caller's work: something that takes far longer than the time between two beats.
  const other = await theirs.lanes.acquire({ lane: "b", tree: ["a"], owner: "y", wait: 0.5 });
  assertEquals(other.status, "refused");
  const beats = () => ops().filter((op) => op === "HEARTBEAT").length;
  const end = performance.now() + 10_000;
  while (beats() < 2 && performance.now() < end) await sleep(20);
  assertEquals([beats() >= 2, lease.lost.aborted], [true, false]);
  assertEquals(await theirs.lanes.check({ lane, fence }), {
    status: "current",
    lane,
    fence: grant.fence,
    owner: "x",
  });
});

it("LaneHold can be released before the block ends", async () => {
  const { mine, ops } = await scenes();
  {
    await using lease = await mine.lanes.hold({ lane: "api", tree: ["a"], owner: "x" });
    assert_(lease.status === "held");
    assertEquals((await lease.release()).status, "released");
  }
  assertEquals(ops(), ["ACQUIRE", "RELEASE"]);
});

it("request() with wait wakes when the lane is released", async () => {
  const { mine, theirs, ops } = await scenes();
  await theirs.lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  const waiting = mine.lanes.acquire({ lane: "b", tree: ["a/b"], owner: "y", wait: 30 });
  await sleep(50);
  const start = performance.now();
  await theirs.lanes.release({ lane: "api", owner: "x" });
  const answer = await waiting;
  assertEquals(answer.status === "acquired" && answer.fence, 3);
  assert_(performance.now() - start < 2_000, "at once");
  assertEquals(ops(), ["ACQUIRE", "RELEASE", "ACQUIRE"]);
});

/** Lanes on a journal of their own, and how often they looked at it. */
function counted(scene: Awaited<ReturnType<typeof workspace>>, warnings: string[] = []) {
  const journal = new FsJournal(scene.host, `${scene.path}/${JOURNAL}`, Date.now, () => {});
  const store = new FsLanes(scene.host, journal, undefined);
  let looks = 0;
  const read = journal.read.bind(journal);
  journal.read = () => (looks++, read());
  const warn = (message: string) => void warnings.push(message);
  const processes = processesOf(scene.host);
  const context = { lanes: store, processes, clock: Date.now, warn };
  const lanes = new Lanes(context, EMPTY_CHECKOUT, NO_HOLDERS);
  return { lanes, store, looks: () => looks };
}

it("request() with wait sleeps until something happens", async () => {
  const { scene, theirs } = await scenes();
  await theirs.lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  const { lanes, looks } = counted(scene);
  const waiting = lanes.acquire({ lane: "api", tree: ["a"], owner: "y", wait: 10 });
  await sleep(300);
  const before = looks();
  assert_(before <= 6, `${before} looks before anything happened`);
  await sleep(300);
  assertEquals(looks(), before);
  await theirs.lanes.release({ lane: "api", owner: "x" });
  assertEquals((await waiting).status, "acquired");
});

it("request() with wait looks now and then where the kernel cannot notify, and says so", async () => {
  const { scene, theirs } = await scenes();
  await theirs.lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  const warnings: string[] = [];
  const { lanes, store } = counted(scene, warnings);
  store.watch = () => {
    throw new HostError("other", "watch", "the journal");
  };
  const waiting = lanes.acquire({ lane: "api", tree: ["a"], owner: "y", wait: 10 });
  await sleep(20);
  await theirs.lanes.release({ lane: "api", owner: "x" });
  assertEquals((await waiting).status, "acquired");
  assertEquals(warnings, [
    'The kernel cannot notify, looking every 500 ms instead: Cannot watch "the journal": the ' +
    "operating system refused",
  ]);
});

it("request() with wait wakes when the lease in its way becomes dead", async () => {
  const { scene, mine, ops } = await scenes();
  const dying = await late(scene.dir, LANE_GRACE_S.default + 0.5);
  await dying.lanes.acquire({ lane: "api", tree: ["a"], owner: "x", ttl: 1 });
  const start = performance.now();
  const answer = await mine.lanes.acquire({ lane: "api", tree: ["a"], owner: "y", wait: 30 });
  assertEquals(answer.status, "acquired");
  assert_(performance.now() - start < 3_000, "when its TTL and its grace have passed");
  assertEquals(ops(), ["ACQUIRE", "SCAVENGE", "ACQUIRE"]);
});

it("acquire() with wait refuses, once, when its time has passed or its signal fires", async () => {
  const { mine, theirs, ops } = await scenes();
  await theirs.lanes.acquire({ lane: "api", tree: ["a"], owner: "x" });
  const input = { lane: "b", tree: ["a"], owner: "y" };
  assertEquals((await mine.lanes.acquire({ ...input, wait: 0.2 })).status, "refused");
  assertEquals(ops(), ["ACQUIRE", "REFUSE"]);
  const stop = new AbortController();
  const waiting = mine.lanes.acquire({ ...input, wait: 3_600, signal: stop.signal });
  await sleep(30);
  stop.abort();
  assertEquals((await waiting).status, "refused");
});

it("request() gives a lane to one of many who wait for it, and to each in turn", async () => {
  const { scene, theirs } = await scenes();
  await theirs.lanes.acquire({ lane: "api", tree: ["a"], owner: "first" });
  const agents = await Promise.all(
    Array.from({ length: 5 }, () => openWorkspace({ dir: scene.dir })),
  );
  let inside = 0;
  const waiting = agents.map(async (coord, n) => {
    const owner = `w${n}`;
    const answer = await coord.lanes.acquire({ lane: "api", tree: ["a"], owner, wait: 30 });
    assertEquals([answer.status, ++inside], ["acquired", 1]);
    await sleep(5);
    inside--;
    assertEquals((await coord.lanes.release({ lane: "api", owner })).status, "released");
  });
  await sleep(50);
  await theirs.lanes.release({ lane: "api", owner: "first" });
  await Promise.all(waiting);
});
