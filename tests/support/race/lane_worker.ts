/**
 * A process that takes and ends lanes and writes down what it was answered; the race tests start
 * several. It may be ordered to stop, or to die, right before one of its file operations.
 */
import process from "node:process";
import { FsJournal } from "../../../src/adapters/fs/lane/journal.ts";
import { FsLanes } from "../../../src/adapters/fs/lane/environment.ts";
import { FsMutex } from "../../../src/adapters/fs/lane/mutex.ts";
import { NO_HOLDERS } from "../../../src/engine/hold/exclusion.ts";
import { LaneJournal } from "../../../src/engine/lane/journal.ts";
import { Lanes } from "../../../src/engine/lane/lanes.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { EMPTY_CHECKOUT } from "../fake/names.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { processesOf } from "../../../src/workspace/processes.ts";
import { appendLine } from "./lines.ts";
import { instant } from "./recorder.ts";
import { sleep } from "./processes.ts";
import { Random } from "../random.ts";

/** What happens right before the n-th operation of a name. */
export interface Mishap {
  readonly before: keyof HostFs;
  readonly nth: number;
  /**
   * Stopped until the test continues it; killed; killed after half of what it would have written.
   */
  readonly how: "stop" | "kill" | "tear";
}

/** What a worker is given. */
export interface LaneOrders {
  readonly journal: string;
  readonly report: string;
  readonly worker: string;
  readonly seed: number;
  /** Milliseconds after which a hold of the mutex is stale. */
  readonly staleMs: number;
  /** The clock of leases: where it began, on the machine's clock, and how much faster it runs. */
  readonly epoch: number;
  readonly speed: number;
  /** Leases to take and to end. */
  readonly rounds: number;
  readonly trees: readonly string[];
  readonly mishaps: readonly Mishap[];
  /** How likely a write is preceded by a nap, during which others go on. */
  readonly naps: number;
  /** How likely a round ends with a compaction that nothing else would cause. */
  readonly compaction: number;
}

/** One line of a worker's report; instants are of the machine's clock. */
export type Report =
  | {
    readonly kind: "granted";
    readonly lane: string;
    readonly loop_ts: string;
    readonly tree: readonly string[];
    readonly fence: number;
    readonly returned: number;
  }
  | { readonly kind: "ending"; readonly loop_ts: string; readonly invoked: number }
  | {
    readonly kind: "ended";
    readonly loop_ts: string;
    readonly status: string;
    readonly returned: number;
  }
  | { readonly kind: "refused"; readonly loop_ts: string; readonly returned: number }
  | { readonly kind: "busy"; readonly error: string }
  | { readonly kind: "mishap"; readonly how: Mishap["how"]; readonly at: number };

/** Two leases of one lane are never live together, whatever their trees. */
const LANES = ["", "", "", "one", "two"];

/** Seconds of the leases' clock; with the grace that is 301. */
const TTL_S = 1;

const orders = JSON.parse(process.argv[2] ?? "") as LaneOrders;
const random = new Random(orders.seed);
const host = await detectHost();
const clock = () =>
  Math.floor(
    orders.epoch + (performance.timeOrigin + performance.now() - orders.epoch) * orders.speed,
  );

function report(event: Report): void {
  appendLine(orders.report, event);
}

function endure({ how }: Mishap, name: keyof HostFs, args: unknown[]): void {
  report({ kind: "mishap", how, at: instant() });
  if (how === "stop") return void process.kill(process.pid, "SIGSTOP");
  if (how === "tear" && name === "appendSynced") {
    const [path, bytes] = args as [string, Uint8Array];
    host.fs.append(path, bytes.subarray(0, Math.ceil(bytes.length / 2)));
  }
  process.kill(process.pid, "SIGKILL");
  while (true); // until the signal arrives
}

/** Sleeps in the middle of what must not be interrupted. */
function nap(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const counts = new Map<string, number>();
const fs = new Proxy(host.fs, {
  get(target, name: keyof HostFs) {
    const operation = target[name] as (...args: unknown[]) => unknown;
    return (...args: unknown[]) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      const mishap = orders.mishaps.find(({ before, nth }) => before === name && nth === count);
      if (mishap !== undefined) endure(mishap, name, args);
      if (name === "appendSynced" && random.chance(orders.naps)) nap(random.below(30));
      return operation.apply(target, args);
    };
  },
});

const machine = { ...host, fs };
const mutex = new FsMutex(machine, `${orders.journal}.lock`, orders.staleMs);
const journal = new FsJournal(machine, orders.journal, clock, () => {}, mutex);
const store = new FsLanes(machine, journal, undefined);
const processes = processesOf(machine);
const context = { lanes: store, processes, clock, warn: () => {} };
const lanes = new Lanes(context, EMPTY_CHECKOUT, NO_HOLDERS);

/** Takes a lane and ends it; whether it got one. */
async function round(number: number): Promise<boolean> {
  const loopTs = `${orders.worker}.${number}`;
  const input = {
    lane: random.pick(LANES),
    tree: [random.pick(orders.trees)],
    owner: orders.worker,
    loopTs,
    ttl: TTL_S,
    pid: process.pid,
    lockTimeout: 60,
  };
  const answer = await lanes.acquire(input);
  if (answer.status === "lock_busy") report({ kind: "busy", error: answer.error });
  if (answer.status === "refused") {
    report({ kind: "refused", loop_ts: loopTs, returned: instant() });
  }
  if (answer.status !== "acquired") return false;
  const { lane, tree, fence } = answer;
  report({ kind: "granted", lane, loop_ts: loopTs, tree, fence, returned: instant() });
  const own = { lane, owner: orders.worker, loopTs, lockTimeout: 60 };
  if (random.chance(0.2)) {
    const again = await lanes.acquire(input);
    if (again.status === "acquired" && again.fence !== fence) {
      // It had been lost to its silence, and was granted again.
      report({
        kind: "granted",
        lane,
        loop_ts: loopTs,
        tree,
        fence: again.fence,
        returned: instant(),
      });
    }
  }
  if (random.chance(0.2)) await lanes.heartbeat(own);
  if (random.chance(0.3)) await sleep(random.below(6));
  report({ kind: "ending", loop_ts: loopTs, invoked: instant() });
  const { status } = await lanes.release(own);
  report({ kind: "ended", loop_ts: loopTs, status, returned: instant() });
  return true;
}

let got = 0;
for (let number = 0; got < orders.rounds; number++) {
  if (await round(number)) got++;
  else await sleep(random.below(4));
  if (random.chance(orders.compaction)) await new LaneJournal(context).compact({ lockTimeout: 60 });
}
