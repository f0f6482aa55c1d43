/** A queue on which real processes race. */
import { readdirSync, rmSync } from "node:fs";
import type { ClaimRecord } from "../../../src/domain/task/claim.ts";
import type { TaskRecord } from "../../../src/domain/task/task.ts";
import type { TaskInput } from "../../../src/engine/task/new_task.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Host } from "../../../src/ports/host.ts";
import type { Store } from "../../../src/ports/store.ts";
import { checkHistory, type Entry, type Verdict } from "./history.ts";
import { type Child, sleep, start } from "./processes.ts";
import type { Orders } from "./queue_worker.ts";
import { newSeed } from "../random.ts";
import { readRecorded } from "./recorder.ts";
import { folderOf, newStore, openTasks } from "./stores.ts";
import { makeTempDir } from "../scene/scratch.ts";

/** How a race goes on. */
export interface RaceOptions {
  readonly workers: number;
  /** How much faster than real the workers' clocks run; a claim lasts 1 to 4 of their seconds. */
  readonly speed?: number;
  readonly strict?: boolean;
  /** Seconds in which no task came or ended, after which a worker gives up. */
  readonly limit?: number;
}

/** A workspace, its tasks and its workers. */
export class Race {
  readonly random;
  readonly tasks: TaskRecord[] = [];
  readonly children: Child[] = [];
  readonly warnings: string[] = [];
  readonly #folder = makeTempDir();
  readonly #epoch = Date.now();

  private constructor(
    readonly what: string,
    readonly host: Host,
    readonly url: string,
    readonly store: Store,
    readonly queue: Tasks,
  ) {
    this.random = newSeed(what);
  }

  /** @param url Where an empty workspace is; default a new one in files. */
  static async open(what: string, url = newStore()): Promise<Race> {
    const host = await detectHost();
    const warn = (message: string) => void race.warnings.push(message);
    const { store, tasks: queue } = await openTasks(url, Date.now, warn);
    const race: Race = new Race(what, host, url, store, queue);
    return race;
  }

  /** The folder, where the store is one of files. */
  get workspace(): string {
    return folderOf(this.url);
  }

  /** Enqueues a number of tasks. */
  async enqueue(count: number): Promise<void> {
    const inputs = Array.from({ length: count }, (_, index) => ({
      title: `task ${index}`,
      runId: "maker",
      ttl: 86_400 * 365,
      priority: this.random.below(3),
      queue: this.random.pick(["default", "builds"]),
      tags: ["x", "y", "z"].filter(() => this.random.chance(0.3)),
      // With fewer a timeout might be the last, and no call would have made that transition.
      ...(index % 4 === 0 ? { maxAttempts: 1_000, backoff: "1s" } : {}),
      ...(index % 3 === 0 ? this.#successor() : {}),
    }));
    this.tasks.push(...await this.queue.enqueueAll(inputs));
  }

  /** What makes a task come after one or two that are there, whatever their ends. */
  #successor(): Pick<TaskInput, "after" | "onFailure"> {
    if (this.tasks.length === 0) return {};
    const some = [this.random.pick(this.tasks), this.random.pick(this.tasks)];
    return { after: some.map(({ task_id }) => task_id), onFailure: "run" };
  }

  /** Starts workers that go on until `expected` tasks are there and over. */
  start(expected: number, { workers, speed = 20, strict = true, limit = 60 }: RaceOptions): void {
    for (let worker = 0; worker < workers; worker++) {
      const runId = `worker-${worker}`;
      this.run({ runId, expected, speed, strict, limit });
    }
  }

  run(orders: Omit<Orders, "store" | "history" | "seed" | "epoch">): void {
    this.children.push(start("race/queue_worker.ts", {
      ...orders,
      store: this.url,
      history: `${this.#folder}/${orders.runId}.ndjson`,
      seed: this.random.below(2 ** 31),
      epoch: this.#epoch,
    }));
  }

  /** Waits for the workers; what went wrong with them. */
  async ended(): Promise<string[]> {
    const problems: string[] = [];
    for (const [worker, child] of this.children.entries()) {
      const { code, output } = await child.ended;
      if (code !== 0 && code !== null) problems.push(`worker ${worker} ended with ${code}`);
      if (output !== "") problems.push(`worker ${worker}: ${output}`);
    }
    return [...problems, ...this.warnings];
  }

  /** Waits until the workers have claimed that number of tasks. */
  async underWay(claims: number): Promise<void> {
    const isBefore = async () => {
      const { counts } = await this.store.tasks.list({ limit: 0 });
      return counts.total - counts.pending - counts.delayed - counts.blocked < claims;
    };
    while (await isBefore()) await sleep(1);
  }

  history(): Entry[] {
    return readRecorded(readdirSync(this.#folder).map((name) => `${this.#folder}/${name}`));
  }

  /** Checks the history against the states that the tasks have now. */
  async verdict(): Promise<Verdict> {
    const finals = new Map<string, ClaimRecord | undefined>();
    for (const { task, claim } of (await this.store.tasks.list({})).items) {
      finals.set(task.task_id, claim);
    }
    const lost = this.tasks.filter((task) => !finals.has(task.task_id));
    const history = this.history();
    const verdict = checkHistory(this.tasks, history, finals);
    verdict.problems.push(...lost.map((task) => `lost: ${task.task_id}`));
    console.log(
      `${this.what}: ${this.tasks.length} tasks, ${history.length} calls, ${verdict.grants} grants, ` +
        `${verdict.unanswered} without an answer`,
    );
    return verdict;
  }

  /** What is left over in `claims/` besides the views and the ends. */
  leftovers(): string[] {
    return readdirSync(`${this.workspace}/claims`).filter((name) => !/\.(json|end)$/.test(name));
  }

  removeFolder(name: string): void {
    try {
      rmSync(`${this.workspace}/${name}`, { recursive: true, force: true });
    } catch {
      // Workers fill it while it is being removed; what is left goes the next time.
    }
  }
}
