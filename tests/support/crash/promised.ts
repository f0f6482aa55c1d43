/** What a queue has answered, and what a power cut must leave of it. */
import { Layout } from "../../../src/adapters/fs/layout.ts";
import { BatchCollector } from "../../../src/adapters/fs/task/batch_settling.ts";
import { KEPT_BEATS } from "../../../src/domain/limits.ts";
import type { Tasks } from "../../../src/engine/task/tasks.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import type { Random } from "../random.ts";
import type { PowerCut } from "./power_cut.ts";
import { openQueue, quickFs, workOff } from "./queue_cases.ts";

const host = await detectHost();

/** Of files that were not synced, and of slots beside an end, which overrules them. */
const EXPECTED =
  /^(left over: |claims\/.*(counts as a claim without a holder|unless its slots say otherwise)$|tasks\/.*skipped$)/;

const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);

export function batchOf(count: number) {
  return Array.from({ length: count }, (_, n) => ({ title: `task ${n}`, runId: "maker" }));
}

/** Settles the batches after a power cut; what was warned of. */
export async function settle(workspace: string, fs: HostFs = quickFs): Promise<string[]> {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const machine = { ...host, fs, isAlive: () => false };
  await new BatchCollector(machine, new Layout(workspace), warn).settleAll();
  return warnings;
}

/** What has been answered, and must be true after any power cut. */
export class Promised {
  readonly #tasks: string[] = [];
  readonly #over = new Map<string, string>();

  /** Works on a queue until that throws; with batches, or one task at a time. */
  async work(queue: Tasks, random: Random, batches = true): Promise<never> {
    while (true) {
      const choice = random.below(6);
      if (choice === 1 && !batches) continue;
      if (choice === 0) {
        const after = this.#tasks.length > 0 && random.chance(0.5)
          ? [random.pick(this.#tasks), random.pick(this.#tasks)]
          : undefined;
        const waiting = after === undefined ? {} : { after, onFailure: "run" as const };
        const task = await queue.enqueue({ title: "one", runId: "maker", ...waiting });
        this.#tasks.push(task.task_id);
      } else if (choice === 1) {
        const tasks = await queue.enqueueAll(batchOf(9 + random.below(3)));
        this.#tasks.push(...tasks.map((task) => task.task_id));
      } else if (choice === 2) {
        const id = this.#tasks.length > 0 ? random.pick(this.#tasks) : undefined;
        if (id === undefined || this.#over.has(id)) continue;
        const cancelled = await queue.cancel({ id, runId: "X", force: true });
        this.#over.set(id, cancelled.status);
      } else {
        const claim = await queue.claim({ runId: "A", claimTtl: 60 });
        if (claim.status === "empty") continue;
        const { task_id: id } = claim;
        // Of more than a few the slots go again.
        const beats = choice === 3 ? random.pick([1, 1, 2 * KEPT_BEATS + 2]) : 0;
        for (let n = 0; n < beats; n++) {
          await queue.heartbeat({ id, runId: "A", extension: 90 });
        }
        if (choice === 4) this.#over.set(id, (await queue.complete({ id, runId: "A" })).status);
        if (choice === 5) this.#over.set(id, (await queue.fail({ id, runId: "A" })).status);
      }
    }
  }

  /**
   * Looks after a power cut what of it is true, and works off what is left.
   *
   * @param second The queue's time, in seconds.
   */
  async judge(workspace: string, second: number): Promise<PowerCut> {
    const lost = await settle(workspace);
    const { queue, warnings } = openQueue(workspace, second);
    const list = await queue.list({ limit: 10_000 });
    const found = new Map(list.items.map((item) => [item.task_id, item.status]));
    lost.push(...this.#tasks.filter((id) => !found.has(id)).map((id) => `task ${id} is lost`));
    for (const [id, status] of this.#over) {
      if (found.get(id) !== status) lost.push(`task ${id} is ${found.get(id)}, not ${status}`);
    }
    for (const { task_id: id, after = [], attempt } of list.items) {
      const open = attempt === 0 ? [] : after.filter((each) => !ENDED.has(found.get(each) ?? ""));
      lost.push(...open.map((each) => `task ${id} was claimed, and ${each} has not ended`));
    }
    // An end that was torn did not happen.
    for (const id of found.keys()) {
      const { claim } = await queue.get(id);
      if (claim?.error?.includes("cannot be read")) lost.push(`task ${id} ended by a torn file`);
    }
    const others = [...warnings, ...await workOff(workspace, list.total, second + 1000)];
    lost.push(...others.filter((message) => !EXPECTED.test(message)));
    return { answers: this.#tasks.length + this.#over.size, lost };
  }
}
