/** The queue in memory. What one call does happens in one step, so no other call comes between. */
import { stemOfId } from "../../domain/ids.ts";
import {
  type ClaimRecord,
  grant,
  taskStatus,
  type TimedRule,
  type TransitionRule,
} from "../../domain/task/claim.ts";
import {
  listingOf,
  type TaskEntry,
  type TaskFilter,
  type TaskListing,
} from "../../domain/task/listing.ts";
import { compareTasks, orderOf, type TaskRecord } from "../../domain/task/task.ts";
import { parseTime } from "../../domain/time.ts";
import type { Applied, ClaimSearch, TaskStore } from "../../ports/tasks.ts";
import type { MemoryWorkspace } from "./workspace.ts";

export class MemoryTaskStore implements TaskStore {
  /** The instant of the last search: what had timed out by then was among its tasks. */
  #searchedAt = -Infinity;

  constructor(readonly workspace: MemoryWorkspace) {}

  async add(tasks: readonly TaskRecord[]): Promise<void> {
    const { tasks: table } = this.workspace;
    for (const task of tasks) {
      if (!table.has(task.task_id)) table.put(task.task_id, task);
    }
  }

  async get(id: string): Promise<TaskEntry | undefined> {
    return this.#entry(id);
  }

  async find(prefix: string, limit: number): Promise<string[]> {
    return this.workspace.tasks.ids
      .filter((id) => stemOfId(id).toLowerCase().startsWith(prefix))
      .sort().slice(0, limit);
  }

  async apply(taskId: string, rule: TimedRule): Promise<Applied> {
    return this.#apply(taskId, rule(this.workspace.clock()));
  }

  async claimNext({ queue, grant: who }: ClaimSearch): Promise<TaskEntry | undefined> {
    const { tasks, claims, clock } = this.workspace;
    const now = clock();
    this.#searchedAt = now;
    const claimable = [...tasks.rows()].map(([, task]) => task).filter((task) => {
      if (queue !== undefined && task.queue !== queue) return false;
      const status = taskStatus(task, claims.row(task.task_id)?.record, now);
      return status === "pending" || status === "timed_out";
    });
    const byOrder = claimable.map((task) => ({ task, order: orderOf(task) }))
      .sort((a, b) => compareTasks(a.order, b.order));
    for (const { task } of byOrder) {
      const applied = this.#apply(task.task_id, grant({ ...who, task, now }));
      if (applied.kind === "written") return this.#entry(task.task_id);
    }
    return undefined;
  }

  async nextTimeout(): Promise<number | undefined> {
    let next: number | undefined;
    for (const [, { status, expires_at }] of this.workspace.claims.rows()) {
      const ms = parseTime(expires_at) ?? 0;
      if (status !== "claimed" || ms <= this.#searchedAt) continue;
      if (next === undefined || ms < next) next = ms;
    }
    return next;
  }

  async list(filter: TaskFilter): Promise<TaskListing> {
    const { tasks, clock } = this.workspace;
    return listingOf(tasks.ids.flatMap((id) => this.#entry(id) ?? []), filter, clock());
  }

  async announce(id: string): Promise<void> {
    for (const body of this.workspace.waiting) queueMicrotask(() => body(id));
  }

  onTask(body: (id: string | undefined) => void): { close(): void } {
    const { tasks, waiting } = this.workspace;
    let isOpen = true;
    const hint = (id: string) => {
      if (isOpen) body(id);
    };
    waiting.add(hint);
    const added = tasks.listen(hint);
    return {
      close() {
        isOpen = false;
        waiting.delete(hint);
        added.close();
      },
    };
  }

  watchClaim(id: string, onChange: () => void): { close(): void } {
    return this.workspace.claims.listen((changed) => {
      if (changed === id) onChange();
    });
  }

  #entry(id: string): TaskEntry | undefined {
    const task = this.workspace.tasks.get(id);
    return task && { task, claim: this.workspace.claims.get(id) };
  }

  #apply(id: string, rule: TransitionRule): Applied {
    const { tasks, claims } = this.workspace;
    if (!tasks.has(id)) return { kind: "missing" };
    const decision = rule(claims.get(id));
    if (decision.kind === "refuse") return { kind: "refused", refusal: decision.refusal };
    if (decision.kind === "keep") {
      const { claim, warning } = decision;
      return { kind: "kept", claim, warning };
    }
    claims.put(id, decision.next);
    return { kind: "written", claim: claims.get(id) as ClaimRecord };
  }
}
