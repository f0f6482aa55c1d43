/** The queue in memory. What one call does happens in one step, so no other call comes between. */
import { stemOfId } from "../../domain/ids.ts";
import {
  type ClaimRecord,
  grant,
  taskStatus,
  type TimedRule,
  type TransitionRule,
} from "../../domain/task/claim.ts";
import { giveUp } from "../../domain/task/requeue.ts";
import { afterOf, isGated, onFailureOf } from "../../domain/task/after.ts";
import { letGo, predecessor } from "../../domain/task/let_go.ts";
import { pendingExpiry, presentTask } from "../../domain/task/pending.ts";
import { isRevival } from "../../domain/task/retry.ts";
import {
  listingOf,
  type TaskEntry,
  type TaskFilter,
  type TaskListing,
} from "../../domain/task/listing.ts";
import {
  claimableFrom,
  CLAIMER_MS,
  compareTasks,
  isClaimable,
  mayTake,
  needsOf,
  orderOf,
  type TaskRecord,
} from "../../domain/task/task.ts";
import { distinct, hindrance, outcomesOf } from "../../domain/task/keeping/adding.ts";
import { heeded } from "../../domain/task/keeping/pause.ts";
import { isKeyed, type KeyedTask, keyTaken, makeWay } from "../../domain/task/key.ts";
import { parseTime } from "../../domain/time.ts";
import type {
  Added,
  Applied,
  ClaimSearch,
  EndedTask,
  Preceding,
  QueuePauses,
  TaskStore,
  UnmetNeeds,
} from "../../ports/tasks.ts";
import type { MemoryWorkspace } from "./workspace.ts";

export class MemoryTaskStore implements TaskStore {
  /** The instant of the last search: what had timed out by then was among its tasks. */
  #searchedAt = -Infinity;

  readonly pauses: QueuePauses;

  constructor(readonly workspace: MemoryWorkspace) {
    const { pauses, resumed } = workspace;
    this.pauses = {
      names: async () => new Set(pauses.keys()),
      all: async () => [...pauses.values()].sort((a, b) => a.queue < b.queue ? -1 : 1),
      async pause(pause) {
        const there = pauses.get(pause.queue);
        if (there === undefined) pauses.set(pause.queue, { ...pause });
        return there;
      },
      async resume(queue) {
        const there = pauses.get(queue);
        if (pauses.delete(queue)) { for (const body of resumed) queueMicrotask(body); }
        return there;
      },
    };
  }

  async add(
    all: readonly TaskRecord[],
    found?: Preceding,
  ): Promise<Added> {
    const { tasks: table, blocked } = this.workspace;
    const once = distinct(all);
    const { tasks, conflict } = once;
    if (conflict !== undefined) return { kind: "conflict", conflict };
    const held = new Map<TaskRecord, TaskRecord>();
    for (const task of tasks) {
      const holder = isKeyed(task) ? this.#holder(task) : undefined;
      if (holder !== undefined) held.set(task, holder);
    }
    const hindered = hindrance(tasks, held, found?.standIns);
    if (hindered !== undefined) return hindered;
    for (const task of tasks) {
      if (held.has(task) || table.has(task.task_id)) continue;
      table.put(task.task_id, task);
      if (isGated(task)) blocked.add(task.task_id);
    }
    this.#letGo(found?.completed);
    return { kind: "added", tasks: outcomesOf(all, once, held) };
  }

  async restore(ended: readonly EndedTask[]): Promise<readonly EndedTask[]> {
    const { tasks, claims } = this.workspace;
    for (const { task, claim } of ended) {
      tasks.put(task.task_id, task);
      claims.put(task.task_id, claim);
    }
    this.#letGo();
    return [];
  }

  async byKey(key: string): Promise<string[]> {
    return [...this.workspace.tasks.rows()].filter(([, task]) => task.key === key)
      .map(([id]) => id);
  }

  /** The unfinished task that has the key of a task. */
  #holder({ key, queue, created_by: runId }: KeyedTask): TaskRecord | undefined {
    const now = this.workspace.clock();
    const sharing = [...this.workspace.tasks.rows()].map(([, task]) => task)
      .filter((task) => task.key === key && task.queue === queue);
    return sharing.find((task) =>
      this.#apply(task.task_id, makeWay({ task, runId, now })).kind === "refused"
    );
  }

  async get(id: string): Promise<TaskEntry | undefined> {
    return this.#entry(id);
  }

  async find(prefix: string, limit: number): Promise<string[]> {
    return this.workspace.tasks.ids
      .filter((id) => stemOfId(id).toLowerCase().startsWith(prefix))
      .sort().slice(0, limit);
  }

  async successors(id: string): Promise<string[]> {
    return this.#blocked().filter((task) => afterOf(task).includes(id))
      .map(({ task_id }) => task_id).sort();
  }

  async apply(taskId: string, rule: TimedRule): Promise<Applied> {
    const applied = this.#apply(taskId, this.#keepingKeys(taskId, rule(this.workspace.clock())));
    this.#letGo();
    return applied;
  }

  /** The same rule, by which no task is revived whose key another one has. */
  #keepingKeys(id: string, rule: TransitionRule): TransitionRule {
    return (current) => {
      const decision = rule(current);
      const task = this.workspace.tasks.get(id);
      if (decision.kind !== "write" || !isRevival(decision.next)) return decision;
      const holder = task && isKeyed(task) ? this.#holder(task) : undefined;
      if (holder === undefined) return decision;
      return { kind: "refuse", refusal: keyTaken(task as KeyedTask, holder, current) };
    };
  }

  async claimNext(asked: ClaimSearch): Promise<TaskEntry | undefined> {
    const { tasks, claims, clock } = this.workspace;
    const search = await heeded(asked, this.pauses);
    const { grant: who } = search;
    const now = clock();
    this.#searchedAt = now;
    const { has = [], queues } = search;
    if (has.length > 0) {
      this.workspace.claimers.set(JSON.stringify([has, queues]), { has, queues, now });
    }
    this.#letGo();
    const claimable = () =>
      [...tasks.rows()].map(([, task]) => task).filter((task) => {
        if (!mayTake(task, search)) return false;
        return isClaimable(taskStatus(task, claims.row(task.task_id)?.record, now));
      });
    for (const task of claimable()) this.#apply(task.task_id, giveUp({ task, now }));
    this.#letGo();
    const present = (task: TaskRecord) => presentTask(task, claims.row(task.task_id)?.record);
    const byOrder = claimable().map((task) => ({ task, order: orderOf(present(task)) }))
      .sort((a, b) => compareTasks(a.order, b.order));
    for (const { task } of byOrder) {
      const applied = this.#apply(task.task_id, grant({ ...who, task, now }));
      const isGranted = applied.kind === "written" && applied.claim.status === "claimed";
      if (isGranted) return this.#entry(task.task_id);
    }
    return undefined;
  }

  async unmetNeeds(): Promise<UnmetNeeds[]> {
    const { tasks, claims, clock, claimers } = this.workspace;
    const now = clock();
    const lately = [...claimers.values()].filter((claimer) => now - claimer.now <= CLAIMER_MS);
    const unmet = new Map<string, UnmetNeeds>();
    for (const [task_id, task] of tasks.rows()) {
      const { queue } = task;
      const needs = needsOf(task);
      const claim = claims.row(task_id)?.record;
      if (needs.length === 0 || !isClaimable(taskStatus(task, claim, now))) continue;
      if (lately.some((claimer) => mayTake(task, claimer))) continue;
      unmet.set(JSON.stringify([queue, needs]), { queue, needs, task_id });
    }
    return [...unmet.values()];
  }

  async nextTimeout(): Promise<number | undefined> {
    let next: number | undefined;
    for (const [, { status, expires_at }] of this.workspace.claims.rows()) {
      const ms = parseTime(expires_at) ?? 0;
      if (status !== "claimed" || ms <= this.#searchedAt) continue;
      if (next === undefined || ms < next) next = ms;
    }
    for (const [id, task] of this.workspace.tasks.rows()) {
      const ms = claimableFrom(task);
      const isWaiting = task.not_before !== undefined && !this.workspace.claims.has(id);
      if (!isWaiting || ms <= this.#searchedAt) continue;
      if (next === undefined || ms < next) next = ms;
    }
    for (const task of this.#blocked()) {
      if (onFailureOf(task) === "block") continue;
      for (const id of afterOf(task)) {
        const entry = this.#entry(id);
        const ms = entry === undefined ? Infinity : pendingExpiry(entry.task, entry.claim);
        if (ms > this.#searchedAt && ms < (next ?? Infinity)) next = ms;
      }
    }
    return next;
  }

  async list(filter: TaskFilter): Promise<TaskListing> {
    const { tasks, clock } = this.workspace;
    return listingOf(tasks.ids.flatMap((id) => this.#entry(id) ?? []), filter, clock());
  }

  async announce(id: string): Promise<void> {
    this.#announce(id);
  }

  #announce(id: string): void {
    for (const body of this.workspace.waiting) queueMicrotask(() => body(id));
  }

  onTask(body: (id: string | undefined) => void): { close(): void } {
    const { tasks, waiting, resumed } = this.workspace;
    let isOpen = true;
    const hint = (id: string) => {
      if (isOpen) body(id);
    };
    const again = () => {
      if (isOpen) body(undefined);
    };
    resumed.add(again);
    waiting.add(hint);
    const added = tasks.listen(hint);
    return {
      close() {
        isOpen = false;
        waiting.delete(hint);
        resumed.delete(again);
        added.close();
      },
    };
  }

  watchClaim(id: string, onChange: () => void): { close(): void } {
    return this.workspace.claims.listen((changed) => {
      if (changed === id) onChange();
    });
  }

  /** The tasks that wait for others. */
  #blocked(): TaskRecord[] {
    const { tasks, blocked } = this.workspace;
    return [...blocked].flatMap((id) => {
      const task = this.workspace.isWaiting(id) ? tasks.row(id)?.record : undefined;
      if (task === undefined) blocked.delete(id);
      return task ?? [];
    });
  }

  /** Lets go all that need not wait any more, and what follows from that. */
  #letGo(completed?: ReadonlySet<string>): void {
    const now = this.workspace.clock();
    for (let isAgain = true; isAgain;) {
      isAgain = false;
      for (const task of this.#blocked()) {
        const predecessors = afterOf(task).map((id) => {
          const entry = this.#entry(id);
          const status = entry && taskStatus(entry.task, entry.claim, now);
          return predecessor(id, status, completed);
        });
        const nonce = crypto.randomUUID();
        const applied = this.#apply(task.task_id, letGo({ task, predecessors, now, nonce }));
        if (applied.kind !== "written") continue;
        isAgain = true;
        if (applied.claim.status === "claimed") this.#announce(task.task_id);
      }
    }
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
