/** What a process does with a queue in a story, and what is promised by its answers. */
import { BatchCollector } from "../../../src/adapters/fs/task/batch_settling.ts";
import { FsCollector } from "../../../src/adapters/fs/upkeep/gc.ts";
import { initWorkspace, Layout } from "../../../src/adapters/fs/layout.ts";
import { TaskMover } from "../../../src/adapters/fs/segment/mover.ts";
import { FsTaskStore } from "../../../src/adapters/fs/task/store.ts";
import type { Tasks } from "../../../src/engine/task/tasks.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { openQueue, quickFs, T0, workOff } from "./queue_cases.ts";
import { makeTempDir, removeTree } from "../scene/scratch.ts";
import type { Story } from "./two_processes.ts";

const host = await detectHost();

/** What was answered. */
interface Promised {
  readonly tasks: Set<string>;
  /** How a task ended. */
  readonly over: Map<string, string>;
  /** Tasks that were put back into the queue. */
  readonly back: Set<string>;
  /** The priorities that tasks were given. */
  readonly priorities: Map<string, number>;
}

/** One process with a queue. */
interface Actor {
  readonly queue: Tasks;
  readonly fs: HostFs;
  readonly workspace: string;
  readonly promised: Promised;
}

const ENDS: readonly string[] = ["completed", "failed", "cancelled"];

export type Act = (actor: Actor, id: string) => Promise<unknown>;

/** The files' own time, since a claim that was torn hides its task for a minute of it. */
export function presently(): number {
  return (Date.now() - T0) / 1000;
}

export function story(
  name: string,
  prepare: (queue: Tasks, workspace: string) => Promise<unknown>,
  first: Act,
  second: Act,
  Store = FsTaskStore,
  missing: readonly string[] = [],
): Story {
  return {
    name,
    async begin() {
      const parent = makeTempDir();
      const { path: workspace } = initWorkspace(host, parent);
      const now = presently() + 5;
      const { queue } = openQueue(workspace, now - 5);
      await prepare(queue, workspace);
      const { items } = await queue.list({ limit: 10_000 });
      const id = items[0]?.task_id ?? "";
      const promised: Promised = {
        tasks: new Set(items.map((item) => item.task_id)),
        over: new Map(),
        back: new Set(),
        priorities: new Map(),
      };
      for (const folder of missing) removeTree(`${workspace}/${folder}`);
      const act = (act: Act) => (fs: HostFs) =>
        act({ queue: openQueue(workspace, now, fs, Store).queue, fs, workspace, promised }, id);
      return {
        folder: workspace,
        fs: quickFs,
        first: act(first),
        second: act(second),
        lost: () => lost(workspace, now, promised),
        [Symbol.dispose]: () => removeTree(parent),
      };
    },
  };
}

async function lost(workspace: string, second: number, promised: Promised): Promise<string[]> {
  const problems = await settle(workspace);
  for (const at of [second, second + 1000]) {
    const { queue } = openQueue(workspace, at);
    const list = await queue.list({ limit: 10_000 });
    const found = new Map(list.items.map((item) => [item.task_id, item.status]));
    for (const id of promised.tasks) {
      if (!found.has(id)) problems.push(`task ${id.slice(7, 13)} is lost`);
    }
    for (const [id, status] of promised.over) {
      // A task that no caller was promised may be gone, and its end with it; it never comes back.
      const now = found.get(id) ?? (promised.tasks.has(id) ? "lost" : status);
      if (now !== status) problems.push(`task ${id.slice(7, 13)} is ${now}, not ${status}`);
    }
    for (const { task_id, status } of list.items) {
      if (status === "blocked") continue;
      for (const each of (await queue.get(task_id)).task.after ?? []) {
        const before = found.get(each);
        if (before !== "completed") problems.push(`${status} after a task that is ${before}`);
      }
    }
    for (const id of promised.back) {
      const now = found.get(id);
      if (now === "failed" || now === "cancelled") {
        problems.push(`task ${id.slice(7, 13)} is ${now}`);
      }
    }
    for (const [id, priority] of promised.priorities) {
      const now = list.items.find(({ task_id }) => task_id === id)?.priority;
      if (now !== priority) problems.push(`task ${id.slice(7, 13)} has priority ${now}`);
    }
    problems.push(...await sharedKeys(queue));
    if (at === second) {
      await queue.enqueueAll(keyed);
      problems.push(...await sharedKeys(queue));
      const { total } = await queue.list();
      const others = await workOff(workspace, total, second + 1000);
      problems.push(...others.filter((message) => !EXPECTED.test(message)));
    }
  }
  return problems;
}

/** The keys that more than one unfinished task has. */
async function sharedKeys(queue: Tasks): Promise<string[]> {
  const { items } = await queue.list({ limit: 10_000 });
  const unfinished = items.filter(({ status }) => !ENDS.includes(status));
  return KEYS.flatMap((key) => {
    const sharing = unfinished.filter((item) => item.key === key).length;
    return sharing > 1 ? [`${sharing} unfinished tasks have the key ${key}`] : [];
  });
}

/** Settles the batches after the power cut, which no process has outlived; what was warned of. */
async function settle(workspace: string): Promise<string[]> {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const machine = { ...host, fs: quickFs, isAlive: () => false };
  await new BatchCollector(machine, new Layout(workspace), warn).settleAll();
  return warnings;
}

/** A removal that was undone may leave a slot beside the end, which overrules it. */
const EXPECTED =
  /^(left over: |claims\/.*(counts as a claim without a holder|unless its slots say otherwise)$|tasks\/.*skipped$)/;

export const nothing = () => Promise.resolve();
export const one = (queue: Tasks) => queue.enqueue({ title: "one", runId: "maker" });
export const claimed = async (queue: Tasks) => {
  await one(queue);
  await queue.claim({ runId: "A", claimTtl: 10 });
};

/** Ends a task and notes it when that was answered. */
function ending(end: (queue: Tasks, id: string) => Promise<{ readonly status: string }>): Act {
  return async ({ queue, promised }, id) => {
    const { status } = await end(queue, id);
    if (ENDS.includes(status)) promised.over.set(id, status);
  };
}

export const complete = ending((queue, id) =>
  queue.complete({ id, runId: "A", result: { by: "A" } })
);
export const fail = ending((queue, id) => queue.fail({ id, runId: "A", error: "on purpose" }));
export const cancel = ending((queue, id) => queue.cancel({ id, runId: "X" }));
export const force = ending((queue, id) => queue.cancel({ id, runId: "X", force: true }));

/** Puts a task back, whatever its end was, and notes it when that was answered. */
export const requeue: Act = async ({ queue, promised }, id) => {
  promised.over.delete(id);
  const { tasks: [task] } = await queue.requeue({ ids: [id], runId: "R" });
  if (task?.status === "pending") promised.back.add(id);
};
/** Changes the priority, and notes it when that was answered. */
export const aim = (priority: number): Act => async ({ queue, promised }, id) => {
  promised.priorities.delete(id);
  const { tasks: [task] } = await queue.reprioritize({ ids: [id], runId: "R", priority });
  if (task !== undefined && "was" in task) promised.priorities.set(id, priority);
};
export const failed = async (queue: Tasks) => {
  await claimed(queue);
  const { items: [task] } = await queue.list();
  await queue.fail({ id: task?.task_id ?? "", runId: "A", error: "on purpose" });
};

export const failedOnce = async (queue: Tasks) => {
  const { task_id: id } = await queue.enqueue({ title: "one", runId: "maker", maxAttempts: 9 });
  await queue.claim({ runId: "A", claimTtl: 10 });
  await queue.fail({ id, runId: "A" });
};
export const blocked = async (queue: Tasks) => {
  const { task_id: id } = await queue.enqueue({ title: "one", runId: "maker" });
  await queue.enqueue({ title: "two", runId: "maker", after: [id], priority: 1 });
};

/** Claims and completes all there is. */
export const work: Act = async ({ queue, promised }) => {
  for (;;) {
    const claim = await queue.claim({ runId: "B", claimTtl: 60 });
    if (claim.status === "empty") return;
    const { task_id: id } = claim;
    promised.over.set(id, (await queue.complete({ id, runId: "B" })).status);
  }
};

export const enqueue: Act = async ({ queue, promised }) => {
  promised.tasks.add((await one(queue)).task_id);
};

const KEYS = ["a", "b", "c"];
const keyed = KEYS.map((key) => ({ title: `keyed ${key}`, runId: "maker", key }));

/** A task for each key, all at once or one by one. */
export const enqueueKeyedAtOnce: Act = async ({ queue, promised }) => {
  const added = await queue.enqueueAll(keyed);
  if (!Array.isArray(added)) throw new Error(added.error);
  for (const { task_id } of added) promised.tasks.add(task_id);
};
export const enqueueKeyed: Act = async ({ queue, promised }) => {
  for (const input of keyed.slice(0, 2)) {
    const added = await queue.enqueue(input);
    if (!("title" in added)) throw new Error(added.error);
    promised.tasks.add(added.task_id);
    if (!added.created) promised.back.add(added.task_id);
  }
};

/** Tasks that wait for earlier ones of the call, and would be cancelled if these were gone. */
const PLAN = [
  { title: "fetch", runId: "maker", key: "a" },
  { title: "lint", runId: "maker", key: "b", after: ["a"], onFailure: "cancel" as const },
  {
    title: "publish",
    runId: "maker",
    after: ["a", "key:b"],
    key: "c",
    onFailure: "cancel" as const,
  },
];
export const plan: Act = async ({ queue, promised }) => {
  const added = await queue.enqueueAll(PLAN);
  if (!Array.isArray(added)) throw new Error(added.error);
  for (const { task_id } of added) promised.tasks.add(task_id);
};
export const keyedClaimed = async (queue: Tasks) => {
  await queue.enqueueAll(keyed.slice(0, 1));
  await queue.claim({ runId: "A", claimTtl: 10 });
};

export const enqueueMany: Act = async ({ queue, promised }) => {
  const inputs = Array.from({ length: 12 }, (_, n) => ({ title: `task ${n}`, runId: "maker" }));
  for (const { task_id } of await queue.enqueueAll(inputs)) promised.tasks.add(task_id);
};

/** Removes all that has ended, which may be gone then. */
export const collect: Act = async ({ queue, fs, workspace, promised }) => {
  const { items } = await queue.list();
  for (const { task_id, status } of items) {
    if (ENDS.includes(status)) promised.tasks.delete(task_id);
  }
  const later = () => Date.now() + 60_000;
  const gc = new FsCollector({ ...host, fs }, new Layout(workspace), later, () => {});
  await gc.sweep({ graceMs: 0, execute: true });
};

/** Moves all that has ended to segments, and seals each. */
export const move: Act = async ({ fs, workspace }) => {
  const limits = { ageMs: -1, bytes: 0 };
  const mover = new TaskMover({ ...host, fs }, new Layout(workspace), () => {}, limits);
  while (await mover.move(8, 1));
};

/** One after the other. */
export function both(...acts: readonly Act[]): Act {
  return async (actor, id) => {
    for (const act of acts) await act(actor, id);
  };
}
