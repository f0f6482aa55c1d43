/** The operations of a queue that are cut off at every step, and what must be true afterwards. */
import { readdirSync, readFileSync } from "node:fs";
import { initWorkspace, Layout } from "../../../src/adapters/fs/layout.ts";
import { FsTaskStore } from "../../../src/adapters/fs/task/store.ts";
import type { TaskClaimed } from "../../../src/engine/task/types.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { HostError, type HostFs } from "../../../src/ports/host.ts";
import { leftOver } from "./left_over.ts";
import { makeTempDir, removeTree } from "../scene/scratch.ts";

const host = await detectHost();

/** The real files without waiting for the disk, which proves nothing where no power is cut. */
export const quickFs: HostFs = {
  ...host.fs,
  createNew: (path, bytes) => host.fs.createNew(path, bytes),
  appendSynced: (path, bytes) => {
    if (host.fs.lstat(path) === undefined) return false;
    host.fs.append(path, bytes);
    return true;
  },
  syncFile: (path) => {
    if (host.fs.lstat(path) === undefined) throw new HostError("not_found", "sync", path);
  },
  syncDir: (path) => quickFs.syncFile(path),
  syncNames: (path) => quickFs.syncFile(path),
  syncNamesAsync: async (path) => await quickFs.syncFile(path),
};

/** A queue with a clock of its own. */
export interface Opened {
  readonly queue: Tasks;
  readonly warnings: string[];
}

/** Seconds on the clock, `T0` being 0. */
export const T0 = Date.UTC(2026, 10, 21, 9, 30);

export function openQueue(
  workspace: string,
  second: number,
  fs: HostFs = quickFs,
  Store = FsTaskStore,
): Opened {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const clock = () => T0 + second * 1000;
  const tasks = new Store({ ...host, fs }, new Layout(workspace), clock, warn);
  return { queue: new Tasks({ store: { tasks }, clock, warn }), warnings };
}

/** An operation: it is prepared on a whole queue, then done at `second` and perhaps cut off. */
export interface CrashCase {
  readonly name: string;
  readonly second: number;
  prepare(queue: Tasks, workspace: string): Promise<unknown>;
  act(queue: Tasks, id: string): Promise<unknown>;
  /** How many tasks there are before it, and after it. */
  readonly tasks: readonly [before: number, after: number];
  /** Statuses of the task that it is about, before it and after it, seen at `second`. */
  readonly statuses: readonly string[];
  /** Whether it may be done again, after any end, and changes nothing that it did before. */
  readonly isRepeatable?: true;
}

const one = (queue: Tasks) => queue.enqueue({ title: "one", runId: "maker" });
/** A task that is listed before all others; its id. */
const before = async (queue: Tasks) =>
  (await queue.enqueue({ title: "before", runId: "maker", priority: 9 })).task_id;
const claimed = async (queue: Tasks) => {
  await one(queue);
  await queue.claim({ runId: "A", claimTtl: 10 });
};
const keyed = (...keys: readonly string[]) =>
  keys.map((key) => ({ title: `keyed ${key}`, runId: "maker", key }));
/** A task with the key `a` that has ended. */
const keyEnded = async (queue: Tasks) => {
  await queue.enqueueAll(keyed("a"));
  const { items: [task] } = await queue.list();
  await queue.cancel({ id: task?.task_id ?? "", runId: "X" });
};
const batch = Array.from({ length: 20 }, (_, n) => ({ title: `task ${n}`, runId: "maker" }));

export const CASES: readonly CrashCase[] = [
  {
    name: "enqueue()",
    second: 0,
    prepare: () => Promise.resolve(),
    act: one,
    tasks: [0, 1],
    statuses: [],
  },
  {
    name: "enqueueAll() of 20",
    second: 0,
    prepare: one,
    act: (queue) => queue.enqueueAll(batch),
    tasks: [1, 21],
    statuses: ["pending"],
  },
  {
    name: "enqueue() of a delayed task",
    second: 0,
    prepare: () => Promise.resolve(),
    act: (queue) => queue.enqueue({ title: "later", runId: "maker", delay: 60 }),
    tasks: [0, 1],
    statuses: [],
  },
  {
    name: "enqueue() with a key",
    second: 0,
    prepare: () => Promise.resolve(),
    act: (queue) => queue.enqueueAll(keyed("a")),
    tasks: [0, 1],
    statuses: [],
    isRepeatable: true,
  },
  {
    name: "enqueue() with the key of a task that has ended",
    second: 0,
    prepare: keyEnded,
    act: (queue) => queue.enqueueAll(keyed("a")),
    tasks: [1, 2],
    statuses: ["cancelled"],
    isRepeatable: true,
  },
  {
    name: "enqueueAll() with keys",
    second: 0,
    prepare: keyEnded,
    act: (queue) => queue.enqueueAll(keyed("c", "a", "b")),
    tasks: [1, 4],
    statuses: ["cancelled"],
    isRepeatable: true,
  },
  {
    name: "claim() when a delayed task has become due",
    second: 70,
    prepare: (queue) => queue.enqueue({ title: "later", runId: "maker", delay: 60 }),
    act: (queue) => queue.claim({ runId: "A", claimTtl: 10 }),
    tasks: [1, 1],
    statuses: ["pending", "claimed"],
  },
  {
    name: "claim()",
    second: 1,
    prepare: one,
    act: (queue) => queue.claim({ runId: "A", claimTtl: 10 }),
    tasks: [1, 1],
    statuses: ["pending", "claimed"],
  },
  {
    name: "claim() of a timed-out task",
    second: 20,
    prepare: claimed,
    act: (queue) => queue.claim({ runId: "B", claimTtl: 10 }),
    tasks: [1, 1],
    statuses: ["timed_out", "claimed"],
  },
  {
    name: "heartbeat()",
    second: 5,
    prepare: claimed,
    act: (queue, id) => queue.heartbeat({ id, runId: "A", extension: 20 }),
    tasks: [1, 1],
    statuses: ["claimed"],
  },
  {
    name: "giveBack()",
    second: 5,
    prepare: claimed,
    act: (queue, id) => queue.giveBack({ id, runId: "A" }),
    tasks: [1, 1],
    statuses: ["claimed", "timed_out"],
  },
  {
    name: "complete()",
    second: 5,
    prepare: claimed,
    act: (queue, id) => queue.complete({ id, runId: "A", result: { by: "A" } }),
    tasks: [1, 1],
    statuses: ["claimed", "completed"],
  },
  {
    name: "complete() when the claim's timeout has been noticed",
    second: 20,
    prepare: async (queue, workspace) => {
      await claimed(queue);
      await openQueue(workspace, 15).queue.claim({ runId: "B", queue: "other" });
    },
    act: (queue, id) => queue.complete({ id, runId: "A", result: { by: "A" } }),
    tasks: [1, 1],
    statuses: ["timed_out", "completed"],
  },
  {
    name: "fail() after a heartbeat",
    second: 5,
    prepare: async (queue) => {
      await claimed(queue);
      const { items: [task] } = await queue.list();
      await queue.heartbeat({ id: task?.task_id ?? "", runId: "A", extension: 20 });
    },
    act: (queue, id) => queue.fail({ id, runId: "A", error: "on purpose" }),
    tasks: [1, 1],
    statuses: ["claimed", "failed"],
  },
  {
    name: "fail() of an attempt that is not the last",
    second: 5,
    prepare: async (queue) => {
      await queue.enqueue({ title: "one", runId: "maker", maxAttempts: 2, backoff: "30s" });
      await queue.claim({ runId: "A", claimTtl: 10 });
    },
    act: (queue, id) => queue.fail({ id, runId: "A", error: "on purpose" }),
    tasks: [1, 1],
    statuses: ["claimed", "delayed"],
  },
  {
    name: "claim() when the last attempt has timed out",
    second: 20,
    prepare: async (queue) => {
      await queue.enqueue({ title: "one", runId: "maker", maxAttempts: 1 });
      await queue.claim({ runId: "A", claimTtl: 10 });
    },
    act: (queue) => queue.claim({ runId: "B", claimTtl: 10 }),
    tasks: [1, 1],
    statuses: ["timed_out", "failed"],
  },
  {
    name: "complete() of a task that another one waits for",
    second: 5,
    prepare: async (queue) => {
      const id = await before(queue);
      await queue.claim({ runId: "A", claimTtl: 10 });
      await queue.enqueue({ title: "two", runId: "maker", after: [id] });
    },
    act: (queue, id) => queue.complete({ id, runId: "A" }),
    tasks: [2, 2],
    statuses: ["claimed", "completed"],
  },
  {
    name: "enqueue() of a task with a key that waits for two, one of them completed",
    second: 5,
    prepare: async (queue) => {
      const id = await before(queue);
      await queue.claim({ runId: "A", claimTtl: 10 });
      await queue.complete({ id, runId: "A" });
      await one(queue);
    },
    act: async (queue) => {
      const after = (await queue.list()).items.map(({ task_id }) => task_id);
      await queue.enqueue({ title: "two", runId: "maker", key: "b", after });
    },
    tasks: [2, 3],
    statuses: ["completed"],
  },
  {
    name: "enqueueAll() of tasks that wait for one that is completed",
    second: 5,
    prepare: async (queue) => {
      const id = await before(queue);
      await queue.claim({ runId: "A", claimTtl: 10 });
      await queue.complete({ id, runId: "A" });
    },
    act: (queue, id) =>
      queue.enqueueAll(keyed("c", "d", "e").map((each) => ({ ...each, after: [id] }))),
    tasks: [1, 4],
    statuses: ["completed"],
  },
  {
    name: "cancel() of a task that is to cancel another",
    second: 1,
    prepare: async (queue) => {
      const after = [await before(queue)];
      await queue.enqueue({ title: "two", runId: "maker", after, onFailure: "cancel" });
      await queue.enqueue({ title: "three", runId: "maker", after, onFailure: "run" });
    },
    act: (queue, id) => queue.cancel({ id, runId: "X" }),
    tasks: [3, 3],
    statuses: ["pending", "cancelled"],
  },
  {
    name: "cancel() of a blocked task",
    second: 1,
    prepare: async (queue) => {
      const { task_id: id } = await one(queue);
      await queue.enqueue({ title: "two", runId: "maker", after: [id], priority: 9 });
    },
    act: (queue, id) => queue.cancel({ id, runId: "X" }),
    tasks: [2, 2],
    statuses: ["blocked", "cancelled"],
  },
  {
    name: "cancel() of a pending task",
    second: 1,
    prepare: one,
    act: (queue, id) => queue.cancel({ id, runId: "X" }),
    tasks: [1, 1],
    statuses: ["pending", "cancelled"],
  },
  {
    name: "cancel() by force",
    second: 5,
    prepare: claimed,
    act: (queue, id) => queue.cancel({ id, runId: "X", force: true }),
    tasks: [1, 1],
    statuses: ["claimed", "cancelled"],
  },
];

/** A workspace on which a case is prepared, and the task that it is about. */
export interface Prepared extends Disposable {
  readonly workspace: string;
  readonly id: string;
}

export async function prepare(crash: CrashCase): Promise<Prepared> {
  const folder = makeTempDir();
  const { path: workspace } = initWorkspace(host, folder);
  const { queue } = openQueue(workspace, 0);
  await crash.prepare(queue, workspace);
  const { items: [task] } = await queue.list();
  return {
    workspace,
    id: task?.task_id ?? "",
    [Symbol.dispose]: () => removeTree(folder),
  };
}

/**
 * Looks at a queue after an operation that was cut off or was answered, and works it off.
 *
 * @returns What is wrong.
 */
export async function findings(
  crash: CrashCase,
  { workspace, id }: Prepared,
  answered: boolean,
): Promise<string[]> {
  const problems = halfRecords(workspace);
  const { queue, warnings } = openQueue(workspace, crash.second);
  const list = await queue.list();
  const [before, after] = crash.tasks;
  if (answered ? list.total !== after : list.total < before || list.total > after) {
    problems.push(`there are ${list.total} tasks`);
  }
  const status = list.items.find((item) => item.task_id === id)?.status;
  if (answered ? status !== crash.statuses.at(-1) : id !== "" && !isOneOf(crash.statuses, status)) {
    problems.push(`the task is ${status}`);
  }
  if (crash.isRepeatable) {
    await crash.act(queue, id);
    const { total } = await queue.list();
    if (total !== after) problems.push(`there are ${total} tasks after it was done again`);
  }
  const { total } = await queue.list();
  problems.push(...await workOff(workspace, total));
  return [...problems, ...warnings];
}

function isOneOf(statuses: readonly string[], status: string | undefined): boolean {
  return status !== undefined && statuses.includes(status);
}

/** Records under their final names that are not whole. */
export function halfRecords(workspace: string): string[] {
  const broken: string[] = [];
  for (const folder of ["tasks", "claims"]) {
    for (const entry of readdirSync(`${workspace}/${folder}`, { withFileTypes: true })) {
      if (!entry.isFile() || !/\.(json|end|\d+)$/.test(entry.name)) continue;
      try {
        JSON.parse(readFileSync(`${workspace}/${folder}/${entry.name}`, "utf-8"));
      } catch {
        broken.push(`${folder}/${entry.name} is half written`);
      }
    }
  }
  return broken;
}

/** Claims and completes until nothing is left, when all claims have timed out. */
export async function workOff(workspace: string, total: number, second = 1000): Promise<string[]> {
  const { queue, warnings } = openQueue(workspace, second);
  const problems: string[] = [];
  while (true) {
    const claim = await queue.claim({ runId: "Z" });
    if (claim.status === "empty") break;
    const { task_id, fence } = claim as TaskClaimed;
    const done = await queue.complete({ id: task_id, runId: "Z", fence });
    if (done.status !== "completed") problems.push(`${task_id} is ${done.status}`);
  }
  const { completed, failed, cancelled } = await queue.list();
  if (completed + failed + cancelled !== total) {
    problems.push(`of ${total} tasks ${completed + failed + cancelled} have ended`);
  }
  const left = leftOver(`${workspace}/claims`);
  if (left.length > 0) problems.push(`left over: ${left.map((name) => name.slice(64)).join()}`);
  return [...problems, ...warnings];
}
