/** The protocol of tasks that wait for others on a model of its files, for the explorer. */
import type * as chain from "../../../src/adapters/fs/task/index/after_chain.ts";
import { verdict } from "../../../src/domain/task/after.ts";
import type { Call, CallState, Model, Process, Properties } from "./explorer.ts";

/** The protocol, or a faulty copy of it. */
export type AfterProtocol = Pick<typeof chain, "follow" | "Moved">;

/** How a task may stand; a blocked one is pending here. */
type Status = "pending" | "completed" | "failed" | "cancelled";
const STATUSES: readonly Status[] = ["pending", "completed", "failed", "cancelled"];

/** A task that waits for others. */
export interface Successor {
  readonly task_id: string;
  readonly after: readonly string[];
  readonly on_failure?: "cancel" | "run";
}

/** One atomic operation. Facts are names with values: entries, tasks, ends, what is on the disk, slots. */
export type AfterStep =
  | { readonly op: "create"; readonly name: string; readonly value: string }
  | { readonly op: "remove" | "exists"; readonly name: string }
  | { readonly op: "successors" | "standing"; readonly name: string };

export interface AfterFiles {
  create(name: string, value?: string): boolean;
  remove(name: string): void;
  exists(name: string): boolean;
  successors(stem: string): string[];
  standing(stem: string): Status;
}

const entryOf = (predecessor: string, stem: string) => `after/${predecessor}/${stem}`;
const taskOf = (stem: string) => `tasks/${stem}`;
const slotOf = (stem: string) => `slot/${stem}`;
const lastOf = (stem: string) => `last/${stem}`;

type Facts = ReadonlyMap<string, string>;

/** Where a task stands by the facts: its slot 1 is its end here, unless it was let go. */
function statusIn(facts: Facts, stem: string): Status {
  const slot = facts.get(slotOf(stem));
  return slot === undefined || slot === "let go" ? "pending" : slot as Status;
}

export class AfterModel implements Model<AfterFiles, AfterStep> {
  readonly #disks: Facts[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #steps = new Map<string, number>();

  constructor(readonly tasks: readonly Successor[]) {}

  disk(facts: Iterable<readonly [string, string]>): number {
    const sorted = [...facts].sort(([a], [b]) => a < b ? -1 : 1);
    const key = sorted.map((each) => each.join("=")).join();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#disks.push(new Map(sorted)) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  facts(disk: number): Facts {
    const facts = this.#disks[disk];
    if (facts === undefined) throw new RangeError(`There is no disk ${disk}`);
    return facts;
  }

  stepNumber(step: AfterStep): number {
    const key = JSON.stringify(step);
    const number = this.#steps.get(key) ?? this.#steps.size;
    this.#steps.set(key, number);
    return number;
  }

  take(disk: number, step: AfterStep): { disk: number; answer: number } {
    const facts = this.facts(disk);
    const { name } = step;
    switch (step.op) {
      case "exists":
        return { disk, answer: Number(facts.has(name)) };
      case "standing":
        return { disk, answer: STATUSES.indexOf(statusIn(facts, name)) };
      case "successors": {
        const bits = this.tasks.map(({ task_id }, n) =>
          facts.has(entryOf(name, task_id)) ? 2 ** n : 0
        );
        return { disk, answer: bits.reduce((sum, bit) => sum + bit, 0) };
      }
      case "remove":
        return { disk: this.disk([...facts].filter(([each]) => each !== name)), answer: 1 };
      case "create":
        if (facts.has(name)) return { disk, answer: 0 };
        return { disk: this.disk([...facts, [name, step.value]]), answer: 1 };
    }
  }

  view(takeStep: (step: AfterStep) => number): AfterFiles {
    return {
      create: (name, value = "") => takeStep({ op: "create", name, value }) === 1,
      remove: (name) => void takeStep({ op: "remove", name }),
      exists: (name) => takeStep({ op: "exists", name }) === 1,
      successors: (name) => {
        const bits = takeStep({ op: "successors", name });
        return this.tasks.flatMap(({ task_id }, n) => (bits & 2 ** n) === 0 ? [] : [task_id]);
      },
      standing: (name) => STATUSES[takeStep({ op: "standing", name })] ?? "pending",
    };
  }

  describe(step: AfterStep, answer: number): string {
    return `${step.op} ${step.name}${"value" in step ? ` as ${step.value}` : ""} -> ${answer}`;
  }

  /** Runs `body` alone; the disk afterwards. */
  alone(disk: number, body: (files: AfterFiles) => void): number {
    let now = disk;
    body(this.view((step) => {
      const taken = this.take(now, step);
      now = taken.disk;
      return taken.answer;
    }));
    return now;
  }
}

/** Which side looks before it writes: a fault. */
export type Hasty = "none" | "additions" | "ends";

/** What processes do with these tasks. */
export class AfterCalls {
  constructor(
    readonly protocol: AfterProtocol,
    readonly tasks: readonly Successor[],
    readonly hasty: Hasty = "none",
  ) {}

  add(stem: string): Call<AfterFiles> {
    const task = this.#task(stem);
    const write = (files: AfterFiles) => {
      for (const each of task.after) files.create(entryOf(each, stem));
      files.create(taskOf(stem));
    };
    return this.#call(`add ${stem}`, this.hasty === "additions", write, (moved) => {
      moved.waiting.add(stem);
    });
  }

  end(stem: string, status: Status): Call<AfterFiles> {
    const write = (files: AfterFiles) => {
      const isOwn = files.create(slotOf(stem), status);
      if (isOwn) files.create(lastOf(stem));
      return isOwn;
    };
    return this.#call(`${status} ${stem}`, this.hasty === "ends", write, (moved) => {
      moved.ended.add(stem);
      moved.waiting.add(stem);
      moved.lasting.add(stem);
    });
  }

  /** Another process finds an end that its maker has not synced yet, and dies or goes on there. */
  endSlowly(stem: string, status: Status): Call<AfterFiles> {
    return {
      name: `${status} ${stem} slowly`,
      run: (files) => void (files.create(slotOf(stem), status) && files.create(lastOf(stem))),
    };
  }

  /** What the comparison of index and records does. */
  readonly compare: Call<AfterFiles> = {
    name: "compare",
    run: (files) => {
      const moved = new this.protocol.Moved();
      const awaited = new Set(this.tasks.flatMap(({ after }) => after));
      for (const stem of awaited) if (files.standing(stem) !== "pending") moved.ended.add(stem);
      for (const { task_id: stem, after } of this.tasks) {
        const isThere = files.exists(taskOf(stem)) && !files.exists(slotOf(stem));
        const isWhole = isThere && after.every((each) => files.exists(entryOf(each, stem)));
        if (isThere && !isWhole) moved.lacking.add(stem);
      }
      this.follow(files, moved);
    },
  };

  /** A user removes `index/`. */
  readonly wipe: Call<AfterFiles> = {
    name: "wipe",
    run: (files) => {
      for (const { task_id, after } of this.tasks) {
        for (const each of after) files.remove(entryOf(each, task_id));
      }
    },
  };

  follow(files: AfterFiles, moved: chain.Moved): void {
    const work = this.protocol.follow(this.#waitingFiles(files), moved);
    for (let step = work.next(); step.done !== true;) {
      const { value: id } = step;
      step = work.next(
        id === undefined
          ? undefined
          : { task_id: id, status: files.standing(id), expiresMs: Infinity },
      );
    }
  }

  #call(
    name: string,
    isHasty: boolean,
    write: (files: AfterFiles) => boolean | void,
    look: (moved: chain.Moved) => void,
  ): Call<AfterFiles> {
    return {
      name,
      run: (files) => {
        const moved = new this.protocol.Moved();
        look(moved);
        if (isHasty) {
          this.follow(files, moved);
          write(files);
        } else if (write(files) !== false) this.follow(files, moved);
      },
    };
  }

  #waitingFiles(files: AfterFiles): chain.WaitingFiles<Successor> {
    return {
      successors: (stem) => files.successors(stem),
      enter: (stem) => {
        for (const each of this.#task(stem).after) files.create(entryOf(each, stem));
      },
      task: (stem) => {
        const task = this.tasks.find(({ task_id }) => task_id === stem);
        return task !== undefined && files.exists(taskOf(stem)) ? task : undefined;
      },
      isTouched: (stem) => files.exists(slotOf(stem)),
      sync: (stem) => void files.create(lastOf(stem)),
      letGo: (task, standings) => {
        const outcome = verdict(task, standings);
        if (outcome === "blocked") return false;
        const value = outcome === "cancelled" ? outcome : "let go";
        const isMoved = files.create(slotOf(task.task_id), value);
        if (isMoved && value === "cancelled") files.create(lastOf(task.task_id));
        return isMoved;
      },
      lookLater: () => {},
      drop: ({ task_id, after }) => {
        for (const each of after) files.remove(entryOf(each, task_id));
      },
      forget: () => {},
      failed: (_stem, error) => {
        throw error;
      },
    };
  }

  #task(stem: string): Successor {
    const task = this.tasks.find(({ task_id }) => task_id === stem);
    if (task === undefined) throw new RangeError(`There is no task ${stem}`);
    return task;
  }
}

const COMPARED = "after a comparison";

/** What must hold. */
export class AfterProperties implements Properties<AfterFiles, AfterStep> {
  readonly #compared = new Set<number>();

  constructor(readonly model: AfterModel, readonly calls: AfterCalls) {}

  settled(): boolean {
    return false;
  }

  step(before: number, step: AfterStep, after: number): void {
    if (step.op === "remove" && step.name.startsWith("slot/")) throw new Error("a slot goes");
    if (step.op !== "create" || before === after || !step.name.startsWith("slot/")) return;
    const task = this.calls.tasks.find(({ task_id }) => slotOf(task_id) === step.name);
    if (task === undefined || step.value !== "let go") return;
    const facts = this.model.facts(before);
    if (this.#verdict(facts, task) !== "claimable") throw new Error(`${task.task_id} runs early`);
    for (const each of task.after) {
      if (!facts.has(lastOf(each))) throw new Error(`${task.task_id} runs before ${each} lasts`);
    }
  }

  /** After a crash, one comparison puts all right. */
  crashed(disk: number): void {
    if (this.#compared.has(disk)) return;
    this.#compared.add(disk);
    const compared = this.model.alone(disk, (files) => this.calls.compare.run(files));
    this.#judge(compared, COMPARED);
  }

  ended(disk: number, calls: readonly CallState<AfterFiles>[]): void {
    const others = [this.calls.compare, this.calls.wipe];
    const isPlain = calls.every(({ call }) => !others.includes(call) && !/slowly/.test(call.name));
    if (isPlain) this.#judge(disk, "after all have returned");
  }

  #judge(disk: number, when: string): void {
    const facts = this.model.facts(disk);
    for (const task of this.calls.tasks) {
      const { task_id: stem, after } = task;
      if (!facts.has(taskOf(stem))) continue;
      const entries = after.filter((each) => facts.has(entryOf(each, stem)));
      if (facts.has(slotOf(stem))) {
        // Those of a cancelled task go at the latest with the end of what it waited for.
        const isOver = after.every((each) => statusIn(facts, each) !== "pending");
        const isMet = isOver || when !== COMPARED;
        if (isMet && entries.length > 0) {
          throw new Error(`${when} ${stem} has entries, and waits no more`);
        }
        continue;
      }
      const outcome = this.#verdict(facts, task);
      if (outcome !== "blocked") throw new Error(`${when} ${stem} is lost: it is ${outcome}`);
      if (entries.length < after.length) throw new Error(`${when} ${stem} lacks entries`);
    }
  }

  #verdict(facts: Facts, task: Successor) {
    return verdict(
      task,
      task.after.map((each) => ({ task_id: each, status: statusIn(facts, each) })),
    );
  }
}

/** A process that makes one call after the other. */
export function does(name: string, ...calls: readonly Call<AfterFiles>[]): Process<AfterFiles> {
  return { name, next: (outcomes) => calls[outcomes.length] };
}

/** The facts of tasks that were added. */
export function added(tasks: readonly Successor[]): [string, string][] {
  return tasks.flatMap(({ task_id, after }) => [
    [taskOf(task_id), ""] as [string, string],
    ...after.map((each) => [entryOf(each, task_id), ""] as [string, string]),
  ]);
}
