/** A process that adds tasks with keys and works them off; the race test of keys starts several. */
import process from "node:process";
import { Layout } from "../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../src/adapters/fs/segment/mover.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { Random } from "../random.ts";
import type { KeyOutcome, KeyRequest } from "./key_race.ts";
import { Recorder } from "./recorder.ts";
import { folderOf, openStore } from "./stores.ts";

/** What a worker is given. */
export interface KeyOrders {
  readonly store: string;
  readonly history: string;
  readonly runId: string;
  readonly seed: number;
  readonly keys: readonly string[];
  /** For how long it works, milliseconds. */
  readonly ms: number;
}

const orders = JSON.parse(process.argv[2] ?? "") as KeyOrders;
const { runId, keys } = orders;
const random = new Random(orders.seed);
const host = await detectHost();
const warn = (message: string) => {
  if (!message.includes("already")) console.log(`warned: ${message}`);
};
const clock = Date.now;
const tasks = new Tasks({ store: await openStore(orders.store, clock, warn), clock, warn });
const recorder = new Recorder<KeyRequest, KeyOutcome>(orders.history, runId);
const limits = { ageMs: -1, bytes: 4_096 };
const mover = new TaskMover(host, new Layout(folderOf(orders.store)), warn, limits);

const until = Date.now() + orders.ms;

while (Date.now() < until) {
  const choice = random.below(8);
  if (choice < 4) await add(choice === 0 ? 1 + random.below(keys.length) : 1);
  else if (choice < 7) await work();
  else await mover.move(8, 1);
}

async function add(count: number): Promise<void> {
  const chosen = new Set(Array.from({ length: count }, () => random.pick(keys)));
  const inputs = [...chosen].map((key) => ({ title: key, runId, key }));
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
    const { status } = await tasks.complete({ id, runId, fence });
    return { isOver: status === "completed" || status === "terminal" };
  });
}
