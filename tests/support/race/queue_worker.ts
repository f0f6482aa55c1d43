/** A process that works on a queue and writes down what it does; the race tests start several. */
import process from "node:process";
import { ClaimFiles } from "../../../src/adapters/fs/task/claim_files.ts";
import { Layout } from "../../../src/adapters/fs/layout.ts";
import { grant } from "../../../src/domain/task/claim.ts";
import { KEPT_BEATS } from "../../../src/domain/limits.ts";
import { stemOfId } from "../../../src/domain/ids.ts";
import { mayTake, type TaskRecord } from "../../../src/domain/task/task.ts";
import type { TaskCounts } from "../../../src/domain/task/listing.ts";
import type { TaskClaimed } from "../../../src/engine/task/types.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Outcome, Request } from "./history.ts";
import { sleep } from "./processes.ts";
import { Random } from "../random.ts";
import { instant, Recorder } from "./recorder.ts";
import { folderOf, openTasks } from "./stores.ts";
import { transition } from "../explore/seed_protocol.ts";

/** What a worker is given. */
export interface Orders {
  /** Where the store is. */
  readonly store: string;
  readonly history: string;
  readonly runId: string;
  readonly seed: number;
  /** How much faster than real its clock runs from `epoch` on, so that claims time out soon. */
  readonly speed: number;
  readonly epoch: number;
  /** Works until that number of tasks is there and all have ended. */
  readonly expected: number;
  /** Whether "empty" is held to be wrong while a task is pending. */
  readonly strict: boolean;
  /** Seconds in which no task came or ended, after which it gives up. */
  readonly limit: number;
  /** Instead of all this: claims until there is nothing left. */
  readonly drains?: true;
  /** Instead of all this: claims these tasks one a millisecond in the seed's way. */
  readonly seeded?: {
    readonly tasks: readonly TaskRecord[];
    readonly from: number;
    readonly pauseMs: number;
  };
}

const TTL_S = [1, 2, 4] as const;
const EXTENSION_S = [1, 2] as const;

/** What claims ask for; most ask for nothing. */
const WANTED = [
  {},
  {},
  {},
  { tag: "x" },
  { tag: "y", queues: ["builds", "default"] },
  { queues: ["builds"] },
] as const;

const orders = JSON.parse(process.argv[2] ?? "") as Orders;
const { runId } = orders;
const random = new Random(orders.seed);
const host = await detectHost();
const recorder = new Recorder<Request, Outcome>(orders.history, runId);
const warn = (message: string) => {
  if (!message.includes("already")) console.log(`warned: ${message}`);
};
let now = 0;
const clock = () => now;
const { tasks } = await openTasks(orders.store, clock, warn);

try {
  if (orders.drains) await drain();
  else if (orders.seeded === undefined) await work();
  else await workAsTheSeed(orders.seeded);
} catch (error) {
  console.log(error instanceof Error ? `${error.name}: ${error.message}` : error);
  process.exit(1);
}

/** One call, with the time standing still while it lasts. */
function call<T extends Outcome>(request: Request, body: () => Promise<T>): Promise<T> {
  const tick = () => now = Math.floor(orders.epoch + (Date.now() - orders.epoch) * orders.speed);
  return recorder.call(request, tick, body);
}

async function drain(): Promise<void> {
  const claim = () => tasks.claim({ runId, claimTtl: 3600 });
  while ((await call({ kind: "claim", ttl: 3600 }, claim)).status === "claimed");
}

async function work(): Promise<void> {
  const met: string[] = [];
  let pending: ReadonlySet<string> = new Set();
  let wanted = random.pick(WANTED);
  let [moved, movedAt] = [0, Date.now()];
  while (true) {
    const ttl = random.pick(TTL_S);
    const outcome = await call(
      { kind: "claim", ttl, wanted },
      () => tasks.claim({ runId, claimTtl: ttl, ...wanted }),
    );
    if (outcome.status === "claimed") {
      met.push(outcome.task_id);
      await treat(outcome);
      if (random.chance(0.05)) await cancelAny(random.pick(met));
      pending = new Set();
      wanted = random.pick(WANTED);
      continue;
    }
    const list = await tasks.list({ status: "pending", limit: 10_000 });
    // A task that was pending before a claim began and still is must not have been overlooked.
    const overlooked = list.items.find((item) => pending.has(item.task_id));
    if (orders.strict && overlooked !== undefined) {
      throw new Error(`answered empty while ${overlooked.task_id} was pending`);
    }
    if (list.total >= orders.expected && isOver(list)) return;
    const count = list.total + list.completed + list.failed + list.cancelled;
    if (count > moved) [moved, movedAt] = [count, Date.now()];
    if (Date.now() > movedAt + orders.limit * 1000) {
      throw new Error(`nothing ends: ${JSON.stringify(list)}`);
    }
    // The same is asked again; with nothing of it pending, all are.
    const fitting = list.items.filter((item) => mayTake(item, wanted));
    pending = new Set(fitting.map((item) => item.task_id));
    if (pending.size > 0) continue;
    if (list.pending === 0) await sleep(5);
    wanted = random.pick(WANTED);
  }
}

function isOver(counts: TaskCounts): boolean {
  return counts.pending + counts.claimed + counts.timed_out + counts.delayed +
      counts.blocked === 0;
}

/** What becomes of a claim. */
async function treat({ task_id: id, fence }: TaskClaimed): Promise<void> {
  const complete = (result: string, held?: number) =>
    call(
      { kind: "complete", id, fence: held, result: { result } },
      () => tasks.complete({ id, runId, fence: held, result: { result } }),
    );
  const beat = () => {
    const extension = random.pick(EXTENSION_S);
    return call(
      { kind: "heartbeat", id, fence, extension },
      () => tasks.heartbeat({ id, runId, fence, extension }),
    );
  };
  const choice = random.below(100);
  if (choice < 50) await complete("done", fence);
  else if (choice < 65) {
    // Of more than a few the slots go again.
    for (let n = random.chance(0.1) ? 2 * KEPT_BEATS + 4 : 1; n > 0; n--) await beat();
    await complete("done after a heartbeat", fence);
  } else if (choice < 70) {
    await call(
      { kind: "fail", id, error: "on purpose" },
      () => tasks.fail({ id, runId, error: "on purpose" }),
    );
  } else if (choice < 76) return; // it times out
  else if (choice < 82) {
    await call({ kind: "giveBack", id, fence }, () => tasks.giveBack({ id, runId, fence }));
  } else if (choice < 88) {
    await complete("twice");
    await complete("twice");
  } else if (choice < 92) await cancelAny(id);
  else {
    await sleep(random.below(3000) / orders.speed); // perhaps too long
    if (choice < 96) await beat();
    await complete("late", fence);
  }
}

async function cancelAny(id: string): Promise<void> {
  const force = random.chance(0.5);
  await call({ kind: "cancel", id, force }, () => tasks.cancel({ id, runId, force }));
}

/** Meets the others at each task's instant, so that they race for it. */
async function workAsTheSeed(
  { tasks, from, pauseMs }: NonNullable<Orders["seeded"]>,
): Promise<void> {
  const files = new ClaimFiles(host.fs, new Layout(folderOf(orders.store)), warn);
  let slot = from;
  for (const task of tasks) {
    slot++;
    waitUntil(slot);
    const nonce = crypto.randomUUID();
    await call({ kind: "claim", ttl: 3600 }, () => {
      const rule = grant({ task, runId, now, ttlSeconds: 3600, nonce });
      const pause = () => pauseMs > 0 && waitUntil(instant() + pauseMs);
      const outcome = transition(files, stemOfId(task.task_id), rule, pause);
      return Promise.resolve<Outcome>(
        outcome.kind === "written"
          ? { ...outcome.claim, status: "claimed", task }
          : { status: "empty", queue: null },
      );
    });
  }
}

function waitUntil(at: number): void {
  while (instant() < at);
}
