/** A process that adds tasks with keys, works them off and revives them; the race test of keys starts several. */
import process from "node:process";
import { FsCollector } from "../../../src/adapters/fs/upkeep/gc.ts";
import { Layout } from "../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../src/adapters/fs/segment/mover.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { Random } from "../random.ts";
import type { KeyOutcome, KeyRequest } from "./key_race.ts";
import { Recorder } from "./recorder.ts";
import { folderOf, openTasks } from "./stores.ts";

/** What a worker is given. */
export interface KeyOrders {
  readonly store: string;
  readonly history: string;
  readonly runId: string;
  readonly seed: number;
  readonly keys: readonly string[];
  /** For how long it works, milliseconds. */
  readonly ms: number;
  /** How old a task must be to be removed, milliseconds. */
  readonly ageMs: number;
}

const orders = JSON.parse(process.argv[2] ?? "") as KeyOrders;
const { runId, keys } = orders;
const random = new Random(orders.seed);
const host = await detectHost();
const warn = (message: string) => {
  if (!message.includes("already")) console.log(`warned: ${message}`);
};
const clock = Date.now;
const { tasks } = await openTasks(orders.store, clock, warn);
const recorder = new Recorder<KeyRequest, KeyOutcome>(orders.history, runId);
const limits = { ageMs: -1, bytes: 4_096 };
const mover = new TaskMover(host, new Layout(folderOf(orders.store)), warn, limits);

// A task with a key stays for a day: here for some seconds, which no process sleeps.
const tomorrow = () => clock() + 86_400_000 - orders.ageMs;
const collector = new FsCollector(host, new Layout(folderOf(orders.store)), tomorrow, warn);
const until = Date.now() + orders.ms;

while (Date.now() < until) {
  const choice = random.below(12);
  if (choice < 3) await add(choice === 0 ? 1 + random.below(keys.length) : 1);
  else if (choice < 6) await work();
  else if (choice < 10) await revive();
  else if (choice < 11) await mover.move(8, 1);
  else await collector.sweep({ graceMs: 0, execute: true });
}

async function add(count: number): Promise<void> {
  const chosen = new Set(Array.from({ length: count }, () => random.pick(keys)));
  const inputs = [...chosen].map((key) => ({ title: key, runId, key, ttl: 30 * 86_400 }));
  await recorder.call({ kind: "add", keys: [...chosen] }, clock, async () => {
    const added = await tasks.enqueueAll(inputs);
    if (!Array.isArray(added)) throw new Error(added.error);
    return { added: added.map(({ task_id: id, created = false }) => ({ id, created })) };
  });
}

async function work(): Promise<void> {
  const claim = await tasks.claim({ runId, claimTtl: 1 });
  if (claim.status === "empty") return;
  const { task_id: id, fence } = claim;
  await recorder.call({ kind: "end", id }, clock, async () => {
    const way = random.below(4) === 0 ? "complete" : "fail";
    const status = await orGone(tasks[way]({ id, runId, fence }).then(({ status }) => status));
    return { isOver: ["completed", "failed", "terminal", "gone"].includes(status) };
  });
}

/** Puts back a task that has failed, if there is one. */
async function revive(): Promise<void> {
  const { items } = await tasks.list({ status: "failed", limit: 8 });
  if (items.length === 0) return;
  const { task_id: id, key = "" } = random.pick(items);
  await recorder.call({ kind: "revive", id, key }, clock, async () => {
    const answer = await orGone(tasks.requeue({ ids: [id], runId }));
    return { isBack: answer !== "gone" && answer.status === "requeued" };
  });
}

/** What is answered of a task, unless `gc` has removed it. */
async function orGone<T>(call: Promise<T>): Promise<T | "gone"> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CoordError && error.code === "not_found") return "gone";
    throw error;
  }
}
