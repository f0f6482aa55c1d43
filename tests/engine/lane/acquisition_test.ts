import { assertEquals, assertMatch, it, itIf } from "../../deps.ts";
import type { CoordError } from "../../../mod.ts";
import { FsJournal } from "../../../src/adapters/fs/lane/journal.ts";
import { FsLanes } from "../../../src/adapters/fs/lane/environment.ts";
import { NO_HOLDERS } from "../../../src/engine/hold/exclusion.ts";
import { Lanes } from "../../../src/engine/lane/lanes.ts";
import { EMPTY_CHECKOUT } from "../../support/fake/names.ts";
import { processesOf } from "../../../src/workspace/processes.ts";
import { start } from "../../support/race/processes.ts";
import { makeTempDir, mountSmallDisk, remountReadOnly } from "../../support/scene/scratch.ts";
import { workspace } from "../../support/scene/workspace.ts";

type Scene = Awaited<ReturnType<typeof workspace>>;

const JOURNAL = "lanes/lane-journal.jsonl";

const ops = (scene: Scene): string[] =>
  scene.read(JOURNAL).trim().split("\n").map((line) => JSON.parse(line).op);

function journalOf(scene: Scene): FsJournal {
  return new FsJournal(scene.host, `${scene.path}/${JOURNAL}`, scene.clock.now, () => {});
}

it("every writer answers lock_busy while another one writes, and does nothing", async () => {
  const scene = await workspace();
  const { lanes, journal } = scene.coord;
  await lanes.acquire({ lane: "api", tree: ["a"], owner: "a" });
  const outcome = await journalOf(scene).open(0);
  if (outcome.status !== "open") throw new Error("the journal is busy");
  using _session = outcome.session;
  const holder = { lane: "api", owner: "a", lockTimeout: 0 };
  const answers = [
    await lanes.acquire({ lane: "b", tree: ["b"], owner: "b", lockTimeout: 0 }),
    await lanes.release(holder),
    await lanes.heartbeat(holder),
    await lanes.adopt(holder),
    await lanes.spawn(holder),
    await lanes.halt({ handle: "h", lockTimeout: 0 }),
    await journal.compact({ lockTimeout: 0.01 }),
  ];
  assertEquals([...new Set(answers.map(({ status }) => status))], ["lock_busy"]);
  assertMatch(
    "error" in answers[0]! ? answers[0].error : "",
    new RegExp(`^Cannot acquire lane "b": process ${scene.host.pid} .*has been writing`),
  );
  assertEquals(ops(scene), ["ACQUIRE"]);
  // Readers wait for no other process.
  assertEquals((await lanes.live()).live, 1);
  assertEquals((await lanes.arbitrate({ lane: "b", tree: ["b"], owner: "b" })).status, "free");
});

it("acquire() refuses an owner with a line in it, without waiting for the mutex", async () => {
  const scene = await workspace();
  const { lanes } = scene.coord;
  const wrong = await lanes.acquire({ lane: "b", tree: ["b"], owner: "a\nb" }).catch((e) => e);
  assertEquals((wrong as CoordError).code, "bad_args");
  const input = { lane: "b", tree: ["b"], owner: "a b", lockTimeout: 0 };
  assertEquals((await lanes.acquire(input)).status, "acquired");
  const mine = { lane: "b", owner: "a b", lockTimeout: 0 };
  assertEquals((await lanes.release(mine)).status, "released");
});

const procfs = (await workspace()).host;
const canTell = procfs.processIdentity().start !== undefined;

itIf(canTell, "no /proc")(
  "acquire() evicts a holder at once when its process has gone, and its fence is stale",
  async () => {
    const scene = await workspace();
    const { lanes } = scene.coord;
    const child = start("race/sleeper.ts", 600);
    try {
      const held = { lane: "api", tree: ["a"], owner: "dead", ttl: 3_000, pid: child.pid };
      assertEquals((await lanes.acquire(held)).status, "acquired");
      const mine = { lane: "b", tree: ["a"], owner: "b" };
      assertEquals((await lanes.acquire(mine)).status, "refused");
      child.kill();
      await child.ended;
      const grant = await lanes.acquire(mine);
      assertEquals(
        grant.status === "acquired" && grant.scavenged.map(({ evidence }) => evidence.pid_alive),
        [false],
      );
      const old = { lane: "api", owner: "dead", fence: 1 };
      assertEquals(
        [(await lanes.heartbeat(old)).status, (await lanes.release(old)).status],
        ["stale_fence", "stale_fence"],
      );
    } finally {
      child.kill();
    }
  },
);

itIf(canTell, "no /proc")(
  "acquire() leaves a holder alone whose process it cannot know",
  async () => {
    const scene = await workspace();
    const { lanes } = scene.coord;
    const child = start("race/sleeper.ts", 0);
    await child.ended;
    const held = { lane: "api", tree: ["a"], owner: "short", pid: child.pid };
    assertEquals((await lanes.acquire(held)).status, "acquired");
    scene.clock.advance(3_300);
    const mine = { lane: "b", tree: ["a"], owner: "b" };
    assertEquals((await lanes.acquire(mine)).status, "refused");
    scene.clock.advance(1);
    assertEquals((await lanes.acquire(mine)).status, "acquired");
  },
);

itIf(canTell, "no /proc")(
  "liveness() lets a process that has gone only take from the answer, and asks for no short one",
  async () => {
    const scene = await workspace();
    const { lanes } = scene.coord;
    const child = start("race/sleeper.ts", 600);
    try {
      await lanes.acquire({ lane: "long", tree: ["a"], owner: "x", pid: child.pid });
      await lanes.acquire({ lane: "short", tree: ["b"], owner: "x" });
      scene.clock.advance(10);
      const judged = async (lane: string, grace: number) => {
        const { verdict, evidence: { pid_alive } } = await lanes.liveness({ lane, grace });
        return [verdict, pid_alive];
      };
      assertEquals(await judged("long", 0), ["SPINNING", true]);
      assertEquals(await judged("long", 60), ["ADVANCING", true]);
      child.kill();
      await child.ended;
      assertEquals(await judged("long", 0), ["STALLED", false]);
      assertEquals(await judged("long", 60), ["STALLED", false]);
      // The process that ran the command has ended as well, and that says nothing.
      assertEquals(await judged("short", 0), ["SPINNING", null]);
      scene.clock.advance(1_000);
      assertEquals(await judged("short", 0), ["STALLED", null]);
    } finally {
      child.kill();
    }
  },
);

const probe = makeTempDir();
const mounted = mountSmallDisk(probe, 64);
mounted?.unmount();

itIf(mounted !== undefined, "mounting a small file system is not allowed here")(
  "request() grants nothing on a disk that is full or can only be read",
  async () => {
    const scene = await workspace();
    const folder = makeTempDir();
    const disk = mountSmallDisk(folder, 64);
    if (disk === undefined) throw new Error("it could be mounted a moment ago");
    try {
      const { fs } = scene.host;
      const journal = new FsJournal(scene.host, `${folder}/j.jsonl`, scene.clock.now, () => {});
      const context = {
        lanes: new FsLanes(scene.host, journal, undefined),
        processes: processesOf(scene.host),
        clock: scene.clock.now,
        warn: () => {},
      };
      const lanes = new Lanes(context, EMPTY_CHECKOUT, NO_HOLDERS);
      const input = { lane: "a", tree: ["a"], owner: "a", lockTimeout: 1 };
      assertEquals((await lanes.acquire(input)).status, "acquired");
      const chunk = new Uint8Array(1024);
      try {
        for (;;) fs.append(`${folder}/filler`, chunk);
      } catch {
        // full
      }
      // What fits into the last block of the log is granted still.
      const granted = ["a"];
      let failed: unknown;
      for (let n = 0; failed === undefined && n < 100; n++) {
        const lane = `lane${n}`;
        const wanted = { lane, tree: [lane], owner: "a", lockTimeout: 1 };
        const answer = await lanes.acquire(wanted).catch((error) => {
          failed = error;
        });
        if (answer?.status === "acquired") granted.push(lane);
      }
      assertEquals((failed as CoordError).code, "io_error");
      assertEquals((await lanes.live()).leases.map(({ lane }) => lane).sort(), granted.sort());
      fs.remove(`${folder}/filler`);
      const other = { lane: "b", tree: ["b"], owner: "b", lockTimeout: 1 };
      assertEquals((await lanes.acquire(other)).status, "acquired");
      remountReadOnly(folder);
      const unwritable = await lanes.acquire({ ...other, lane: "c", tree: ["c"] })
        .catch((error) => error);
      assertEquals((unwritable as CoordError).code, "io_error");
      assertEquals((await lanes.live()).live, granted.length + 1);
    } finally {
      disk.unmount();
    }
  },
);
