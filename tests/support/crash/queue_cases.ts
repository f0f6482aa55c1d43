/** The operations of a queue that are cut off at every step, and what must be true afterwards. */
import { readdirSync, readFileSync } from "node:fs";
import { initWorkspace, Layout } from "../../../src/adapters/fs/layout.ts";
import { FsTaskStore } from "../../../src/adapters/fs/task/store.ts";
import type { TaskClaimed } from "../../../src/engine/task/types.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { HostError, type HostFs } from "../../../src/ports/host.ts";
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
}

const one = (queue: Tasks) => queue.enqueue({ title: "one", runId: "maker" });
const claimed = async (queue: Tasks) => {
  await one(queue);
  await queue.claim({ runId: "A", claimTtl: 10 });
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
  problems.push(...await workOff(workspace, list.total));
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
  const left = readdirSync(`${workspace}/claims`).filter((name) => !/\.(json|end)$/.test(name));
  if (left.length > 0) problems.push(`left over: ${left.map((name) => name.slice(64)).join()}`);
  return [...problems, ...warnings];
}
