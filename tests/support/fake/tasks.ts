/** The queue's operations over one task in memory, on time that moves by hand. */
import type { ClaimRecord, TransitionRule } from "../../../src/domain/task/claim.ts";
import type { TaskRecord } from "../../../src/domain/task/task.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import type { Applied, TaskStore } from "../../../src/ports/tasks.ts";
import { FakeTime } from "./records.ts";

/** A store of at most one task. Nothing notifies, unless `hint` is called. */
export class FakeTasks {
  readonly time = new FakeTime();
  readonly warnings: string[] = [];
  task: TaskRecord | undefined;
  claim: ClaimRecord | undefined;
  /** Seconds by which the machine's clock was set since the start. */
  setBy = 0;
  /** Searches for a task. */
  searches = 0;
  /** What happens in the middle of the next change. */
  meanwhile: (() => void | Promise<void>) | undefined;
  readonly clock = (): number => this.time.clock() + this.setBy * 1000;
  readonly tasks: Tasks;
  hint = (_id: string | undefined): void => {};
  #open = 0;

  constructor() {
    this.tasks = new Tasks({
      store: { tasks: this.store },
      clock: this.clock,
      warn: (message) => void this.warnings.push(message),
      timers: this.time.timers,
    });
  }

  /** How many listen for tasks. */
  get listening(): number {
    return this.#open;
  }

  /** Puts the task there, as another process does. */
  put(): void {
    this.task = {
      task_id: `sha256:${"a".repeat(64)}`,
      title: "x",
      priority: 0,
      queue: "default",
      ttl_seconds: 86_400,
      created_by: "p",
      created_at: new Date(this.clock()).toISOString(),
      tags: [],
      payload: {},
    };
  }

  get store(): TaskStore {
    const missing = () => Promise.reject(new Error("not of use here"));
    return {
      add: missing,
      list: missing,
      find: async () => [],
      get: async (id) => {
        const { task, claim } = this;
        return task?.task_id === id ? { task, claim } : undefined;
      },
      apply: (id, rule) => this.#apply(id, rule),
      claimNext: async ({ rule, now }) => {
        this.searches++;
        const { task, claim } = this;
        if (task === undefined) return undefined;
        if (claim !== undefined && Date.parse(claim.expires_at) > now) return undefined;
        const applied = await this.#apply(task.task_id, rule(task));
        return applied.kind === "written" ? { task, claim: applied.claim } : undefined;
      },
      nextTimeout: async () => this.claim && Date.parse(this.claim.expires_at),
      announce: () => {},
      onTask: (body) => {
        this.#open++;
        this.hint = body;
        return { close: () => void this.#open-- };
      },
      watchClaim: () => ({ close() {} }),
    };
  }

  async #apply(id: string, rule: TransitionRule): Promise<Applied> {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    if (this.task?.task_id !== id) return { kind: "missing" };
    const decision = rule(this.claim);
    if (decision.kind === "refuse") return { kind: "refused", refusal: decision.refusal };
    if (decision.kind === "keep") {
      return { kind: "kept", claim: decision.claim, warning: decision.warning };
    }
    this.claim = decision.next;
    return { kind: "written", claim: decision.next };
  }
}
