/** A process that adds, claims, ends and revives tasks with keys; the test of histories starts several. */
import process from "node:process";
import { Layout } from "../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../src/adapters/fs/segment/mover.ts";
import { transition } from "../../../src/adapters/fs/task/claim_chain.ts";
import { ClaimFiles } from "../../../src/adapters/fs/task/claim_files.ts";
import { stemOfId } from "../../../src/domain/ids.ts";
import { requeue } from "../../../src/domain/task/requeue.ts";
import { tasksByKey } from "../../../src/engine/task/by_key.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { Random } from "../random.ts";
import { type KeyedOutcome, type KeyedRequest, MAX_ATTEMPTS } from "./key_history.ts";
import { sleep } from "./processes.ts";
import { Recorder } from "./recorder.ts";
import { folderOf, isFiles, openTasks } from "./stores.ts";

/** What a worker is given. */
export interface KeyedOrders {
  readonly store: string;
  readonly history: string;
  readonly runId: string;
  readonly seed: number;
  readonly keys: readonly string[];
  /** How many calls it makes. */
  readonly calls: number;
  /** Revives tasks without taking their keys: looks who has it, and waits for that long before it acts. */
  readonly looksAheadMs?: number;
}

const orders = JSON.parse(process.argv[2] ?? "") as KeyedOrders;
const { runId, keys } = orders;
const random = new Random(orders.seed);
const host = await detectHost();
const layout = isFiles(orders.store) ? new Layout(folderOf(orders.store)) : undefined;
const warn = (message: string) => {
  if (!message.includes("already")) console.log(`warned: ${message}`);
};
const clock = Date.now;
const { store, tasks } = await openTasks(orders.store, clock, warn);
const recorder = new Recorder<KeyedRequest, KeyedOutcome>(orders.history, runId);
const mover = layout && new TaskMover(host, layout, warn, { ageMs: -1, bytes: 2 ** 20 });
const call = (request: KeyedRequest, body: () => Promise<KeyedOutcome>) =>
  recorder.call(request, clock, body);

for (let made = 0; made < orders.calls; made++) {
  const choice = random.below(20);
  if (choice < 6) await add(choice === 0 ? keys.length : 1);
  else if (choice < 12) await work();
  else if (choice < 19) await revive();
  else if (orders.looksAheadMs === undefined) await mover?.move(2, 1);
}

async function add(count: number): Promise<void> {
  const chosen = count === 1 ? [random.pick(keys)] : keys;
  const inputs = chosen.map((key) => ({ title: key, runId, key, maxAttempts: MAX_ATTEMPTS }));
  await call({ kind: "add", keys: chosen }, async () => {
    const added = await tasks.enqueueAll(inputs);
    if (!Array.isArray(added)) throw new Error(added.error);
    return { added: added.map(({ task_id: id, created = false }) => ({ id, created })) };
  });
}

async function work(): Promise<void> {
  const outcome = await call({ kind: "claim" }, async () => {
    const claim = await tasks.claim({ runId });
    if (claim.status === "empty") return {};
    const { task_id: id, attempt, task } = claim;
    return { claimed: { id, key: task.key ?? "", attempt } };
  });
  if (!("claimed" in outcome) || outcome.claimed === undefined) return;
  const { id, key } = outcome.claimed;
  const kind = random.pick(["complete", "fail", "fail", "fail", "requeue"] as const);
  await call({ kind, id, key }, async () => {
    if (kind === "requeue") return await requeued(id);
    const { status } = await tasks[kind]({ id, runId });
    return { status };
  });
}

/** Puts a task back that has failed, if there is one. */
async function revive(): Promise<void> {
  const { items } = await tasks.list({ status: "failed", limit: 6 });
  if (items.length === 0) return;
  const { task_id: id, key = "" } = random.pick(items);
  await call({ kind: "requeue", id, key }, async () => {
    const { looksAheadMs: pause } = orders;
    return pause === undefined ? await requeued(id) : await withoutKey(id, key, pause);
  });
}

async function requeued(id: string): Promise<KeyedOutcome> {
  const { tasks: [task] } = await tasks.requeue({ ids: [id], runId });
  return { status: task?.status ?? "" };
}

/** What a process does that looks first and acts then. */
async function withoutKey(id: string, key: string, pauseMs: number): Promise<KeyedOutcome> {
  const { unfinished } = await tasksByKey({ store, clock }, key);
  if (unfinished.length > 0) return { status: "key_conflict" };
  await sleep(random.below(pauseMs));
  const { task } = await tasks.get(id);
  const nonce = crypto.randomUUID();
  const actor = {
    task,
    runId,
    now: clock(),
    nonce,
    delaySeconds: 0,
    force: false,
    isBlocked: false,
  };
  const outcome = transition(
    new ClaimFiles(host.fs, new Layout(folderOf(orders.store)), warn),
    stemOfId(id),
    requeue(actor),
  );
  return { status: outcome.kind === "refuse" ? outcome.refusal.status : "pending" };
}
