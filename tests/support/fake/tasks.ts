/** The queue's operations over the store in memory, on time that moves by hand. */
import { MemoryTaskStore } from "../../../src/adapters/memory/tasks.ts";
import { MemoryWorkspace } from "../../../src/adapters/memory/workspace.ts";
import type { ClaimRecord, TimedRule } from "../../../src/domain/task/claim.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import type { TaskEntry } from "../../../src/domain/task/listing.ts";
import type { Applied, ClaimSearch } from "../../../src/ports/tasks.ts";
import { FakeTime } from "./time.ts";

const ID = `sha256:${"a".repeat(64)}`;

/** The queue of one agent. Nothing notifies, unless `hint` is called. */
export class FakeTasks {
  readonly time = new FakeTime();
  readonly warnings: string[] = [];
  /** Seconds by which the machine's clock was set since the start. */
  setBy = 0;
  readonly clock = (): number => this.time.clock() + this.setBy * 1000;
  readonly records = new MemoryWorkspace({ clock: this.clock });
  readonly store = new SilentTasks(this.records);
  readonly tasks: Tasks;

  constructor() {
    this.tasks = new Tasks({
      store: { tasks: this.store },
      clock: this.clock,
      warn: (message) => void this.warnings.push(message),
      timers: this.time.timers,
    });
  }

  /** The claim of the one task. */
  get claim(): ClaimRecord | undefined {
    return this.records.claims.get(ID);
  }

  /** Puts the task there, as another process does. */
  put(): void {
    this.records.tasks.put(ID, {
      task_id: ID,
      title: "x",
      priority: 0,
      queue: "default",
      ttl_seconds: 86_400,
      created_by: "p",
      created_at: new Date(this.clock()).toISOString(),
      tags: [],
      payload: {},
    });
  }
}

/** The store in memory, which hints at nothing by itself, with a hand in what comes between. */
class SilentTasks extends MemoryTaskStore {
  /** Searches for a task. */
  searches = 0;
  /** How many listen for tasks. */
  listening = 0;
  /** What happens in the middle of the next change. */
  meanwhile: (() => void | Promise<void>) | undefined;
  hint = (_id: string | undefined): void => {};

  override async claimNext(search: ClaimSearch): Promise<TaskEntry | undefined> {
    this.searches++;
    await this.#interrupt();
    return super.claimNext(search);
  }

  override async apply(id: string, rule: TimedRule): Promise<Applied> {
    await this.#interrupt();
    return super.apply(id, rule);
  }

  override onTask(body: (id: string | undefined) => void): { close(): void } {
    this.listening++;
    this.hint = body;
    return { close: () => void this.listening-- };
  }

  async #interrupt(): Promise<void> {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
  }
}
