/** The queue's operations over the store in memory, on time that moves by hand. */
import { MemoryTaskStore } from "../../../src/adapters/memory/tasks.ts";
import { MemoryWorkspace } from "../../../src/adapters/memory/workspace.ts";
import type { ClaimRecord } from "../../../src/domain/task/claim.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import type { ClaimSearch, TaskStore } from "../../../src/ports/tasks.ts";
import { changed } from "./changed.ts";
import { FakeTime } from "./time.ts";

const ID = `sha256:${"a".repeat(64)}`;

/** The queue of one agent. Nothing notifies, unless `hint` is called. */
export class TaskBench {
  readonly time = new FakeTime();
  readonly warnings: string[] = [];
  /** Seconds by which the machine's clock was set since the start. */
  setBy = 0;
  readonly clock = (): number => this.time.clock() + this.setBy * 1000;
  readonly records = new MemoryWorkspace({ clock: this.clock });
  readonly tasks: Tasks;
  /** Searches for a task. */
  searches = 0;
  /** How many listen for tasks. */
  listening = 0;
  hint = (_id: string | undefined): void => {};

  /** @param faults What the store does instead. */
  constructor(faults: (store: TaskStore) => Partial<TaskStore> = () => ({})) {
    const store = new MemoryTaskStore(this.records);
    const silent: Partial<TaskStore> = {
      claimNext: (search: ClaimSearch) => {
        this.searches++;
        return store.claimNext(search);
      },
      onTask: (body) => {
        this.listening++;
        this.hint = body;
        return { close: () => void this.listening-- };
      },
    };
    this.tasks = new Tasks({
      store: { tasks: changed<TaskStore>(store, { ...silent, ...faults(store) }) },
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
