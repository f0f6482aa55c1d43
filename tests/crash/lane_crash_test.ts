import { FsJournal } from "../../src/adapters/fs/lane/journal.ts";
import { FsLanes } from "../../src/adapters/fs/lane/environment.ts";
import { FsMutex } from "../../src/adapters/fs/lane/mutex.ts";
import { CoordError } from "../../src/domain/errors.ts";
import { NO_HOLDERS } from "../../src/engine/hold/exclusion.ts";
import { LaneJournal } from "../../src/engine/lane/journal.ts";
import { Lanes } from "../../src/engine/lane/lanes.ts";
import { detectHost } from "../../src/host/detect.ts";
import { EMPTY_CHECKOUT } from "../support/fake/names.ts";
import { HostError, type HostFs } from "../../src/ports/host.ts";
import { processesOf } from "../../src/workspace/processes.ts";
import { assert_, it } from "../deps.ts";
import { quickFs, T0 } from "../support/crash/queue_cases.ts";
import { cutOffAnywhere, failAnywhere } from "../support/crash/every_fault.ts";
import { type Fault, faulty, PowerOff } from "../support/crash/faulty_fs.ts";
import { checked } from "../support/race/lane_race.ts";
import { isHeavy } from "../support/length.ts";
import { newSeed } from "../support/random.ts";
import { makeTempDir, removeTree } from "../support/scene/scratch.ts";

const host = await detectHost();

interface Scene {
  readonly lanes: Lanes;
  readonly journal: LaneJournal;
}

/** The lanes of a folder at a second; by default after a crash, when no process holds the mutex. */
function open(folder: string, second: number, fs: HostFs = quickFs, staleMs = 0): Scene {
  const path = `${folder}/lane-journal.jsonl`;
  const clock = () => T0 + second * 1000;
  const machine = { ...host, fs };
  const mutex = new FsMutex(machine, `${path}.lock`, staleMs);
  const journal = new FsJournal(machine, path, clock, () => {}, mutex);
  const lanes = new FsLanes(machine, journal, undefined);
  const context = { lanes, processes: processesOf(machine), clock, warn: () => {} };
  return {
    lanes: new Lanes(context, EMPTY_CHECKOUT, NO_HOLDERS),
    journal: new LaneJournal(context),
  };
}

/** An operation at a second, and the holders of lanes before it and after it. */
interface LaneCase {
  readonly name: string;
  readonly second: number;
  prepare(scene: Scene): Promise<unknown>;
  act(scene: Scene): Promise<{ readonly status: string }>;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Those when only the first of two entries got onto the disk. */
  readonly between?: readonly string[];
}

const A = { lane: "a", owner: "A", loopTs: "1", lockTimeout: 1 };
const B = { lane: "b", owner: "B", loopTs: "2", lockTimeout: 1 };
const held = ({ lanes }: Scene) => lanes.acquire({ ...A, tree: ["a/x"], ttl: 10 });

const CASES: readonly LaneCase[] = [
  {
    name: "request() on an empty journal",
    second: 0,
    prepare: () => Promise.resolve(),
    act: held,
    before: [],
    after: ["a of A"],
  },
  {
    name: "request() that evicts a dead lease",
    second: 400,
    prepare: held,
    act: ({ lanes }) => lanes.acquire({ ...B, tree: ["a/**"] }),
    before: ["a of A"],
    after: ["b of B"],
    between: [],
  },
  {
    name: "request() that is refused",
    second: 1,
    prepare: held,
    act: ({ lanes }) => lanes.acquire({ ...B, tree: ["a/**"] }),
    before: ["a of A"],
    after: ["a of A"],
  },
  {
    name: "release()",
    second: 1,
    prepare: held,
    act: ({ lanes }) => lanes.release(A),
    before: ["a of A"],
    after: [],
  },
  {
    name: "heartbeat()",
    second: 1,
    prepare: held,
    act: ({ lanes }) => lanes.heartbeat(A),
    before: ["a of A"],
    after: ["a of A"],
  },
  {
    name: "adopt()",
    second: 1,
    prepare: held,
    act: ({ lanes }) => lanes.adopt({ lane: "a", owner: "C", lockTimeout: 1 }),
    before: ["a of A"],
    after: ["a of C"],
  },
  {
    name: "compact()",
    second: 1,
    prepare: held,
    act: ({ journal }) => journal.compact({ lockTimeout: 1 }),
    before: ["a of A"],
    after: ["a of A"],
  },
];

async function holders({ lanes }: Scene): Promise<string[]> {
  const { leases } = await lanes.live({ all: true });
  return leases.map(({ lane, holder }) => `${lane} of ${holder}`);
}

/** Does a case with a fault in the file system; what came of it, and what is wrong with that. */
async function attempt(kase: LaneCase, fault: Fault) {
  const folder = makeTempDir();
  try {
    await kase.prepare(open(folder, 0));
    const broken = faulty(quickFs, fault);
    let error: unknown;
    let status = "";
    try {
      ({ status } = await kase.act(open(folder, kase.second, broken.fs, 30_000)));
    } catch (reason) {
      error = reason;
    }
    const problems: string[] = [];
    // A failure ends the turn, unless it is of the very link that would; then another process
    // overtakes it.
    const isLeft = fault.kind === "off" || broken.hit === "link";
    const next = open(folder, kase.second, quickFs, isLeft ? 0 : 30_000);
    const found = await holders(next);
    const could = error === undefined
      ? [kase.after]
      : [kase.before, kase.after, ...(kase.between === undefined ? [] : [kase.between])];
    if (!could.some((each) => each.join() === found.join())) {
      problems.push(`${found.join()} after ${status || error}`);
    }
    const far = await next.lanes.acquire({
      ...{ lane: "far", tree: ["e"], owner: "Z", lockTimeout: 0 },
    });
    if (far.status !== "acquired") problems.push(`others cannot go on: ${far.status}`);
    const again = await kase.act(next);
    if (again.status === "lock_busy") problems.push("it cannot be tried again");
    const ended = (await holders(next)).filter((holder) => holder !== "far of Z");
    if (ended.join() !== kase.after.join()) problems.push(`${ended.join()} after another try`);
    problems.push(...checked(`${folder}/lane-journal.jsonl`).problems);
    const { status: soundness, problems: damages } = await next.journal.verify();
    const isTorn = damages.every(({ kind }) => kind === "corrupt" || kind === "torn");
    if (soundness !== "sound" && !(fault.kind === "off" && fault.torn && isTorn)) {
      problems.push(JSON.stringify(damages));
    }
    return { hit: broken.hit, error, problems };
  } finally {
    removeTree(folder);
  }
}

/** The end of a turn fails as well when nothing works any more. */
function isPowerOff(error: unknown): boolean {
  return error instanceof PowerOff ||
    error instanceof SuppressedError && isPowerOff(error.error) && isPowerOff(error.suppressed);
}

/** The interval of operations that a short run tries, from a random one on. */
const STEP = isHeavy() ? 1 : 3;
const random = newSeed("faults of lanes");

for (const kase of CASES) {
  const tries = () => ({
    attempt: (fault: Fault) => attempt(kase, fault),
    stride: () => STEP,
    from: 1 + random.below(STEP),
  });

  it(`${kase.name}, cut off at any operation, is done or not done, and others go on`, async () => {
    const at = await cutOffAnywhere(tries(), isPowerOff, ["appendSynced", "createNew"]);
    assert_(at > 10, `only ${at} operations`);
  });

  it(`${kase.name} rejects with the failure of any operation, and lets go of the mutex`, async () => {
    const at = await failAnywhere(tries(), (error, _code, at) => {
      assert_(error instanceof CoordError || error instanceof HostError, `at ${at}: ${error}`);
    });
    assert_(at > 3, `only ${at} operations`);
  });
}
