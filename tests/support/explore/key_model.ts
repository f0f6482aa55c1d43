/**
 * A model of one key, for the explorer: its names, and the tasks that they speak of. A task is a letter;
 * one that comes by a batch is a capital. `o+` is the pledge of the revival of task `o`, which ended once.
 */
import type * as chain from "../../../src/adapters/fs/key/chain.ts";
import {
  type Call,
  type CallState,
  inTurn,
  type Model,
  type Process,
  type Properties,
} from "./explorer.ts";
import { Numbers } from "./numbers.ts";

/** One atomic operation on a name, or on a task. */
export interface KeyStep {
  readonly op:
    | "numbers"
    | "read"
    | "link"
    | "lift"
    | "make"
    | "bury"
    | "remove"
    | "stand"
    | "void"
    | "commit"
    | "end"
    | "revive"
    | "archive"
    | "drop";
  readonly number: number;
  readonly task: string;
}

/**
 * A task has its definition, has ended, can no longer be revived, and has lost its files. Or it was revived
 * when it had ended, and ended once more. Or its batch was given up.
 */
type Stage = "made" | "ended" | "revived" | "over" | "archived" | "gone" | "void";

const UNFINISHED: readonly (Stage | undefined)[] = ["made", "revived"];

interface Disk {
  /** What each name holds: a task, or the number of a tombstone. */
  readonly names: Readonly<Record<string, string | number>>;
  readonly tasks: Readonly<Record<string, Stage>>;
}

/** The names of the key as one process has them, and what it may do to tasks. */
export interface Machine {
  as(task: string): chain.KeyFiles<string>;
  stand(task: string): chain.Standing | "undecided";
  /** Takes the process of a batch for dead; `false` when it was not. */
  void(task: string): boolean;
  commit(task: string): boolean;
  end(task: string): boolean;
  revive(task: string): void;
  /** Keeps it from being revived; `false` when it was. */
  archive(task: string): boolean;
  drop(task: string): void;
}

export type Protocol = typeof chain;

export function isOfBatch(task: string): boolean {
  return task !== task.toLowerCase();
}

export function isRevival(task: string): boolean {
  return task.endsWith("+");
}

/** The task that a name speaks of. */
function taskOf(holder: string): string {
  return holder.slice(0, 1);
}

export class KeyModel extends Numbers implements Model<Machine, KeyStep> {
  disk(number: number): Disk {
    return JSON.parse(this.text(number) ?? "");
  }

  stepNumber(step: KeyStep): number {
    return this.number(step);
  }

  take(disk: number, { op, number, task }: KeyStep): { disk: number; answer: number } {
    const { names, tasks } = this.disk(disk);
    const { [number]: there, ...others } = names;
    const stage = tasks[taskOf(task)];
    const say = (answer: unknown) => ({ disk, answer: this.number(answer) });
    const put = (next: Partial<Disk>) => ({
      disk: this.number({ names: sorted(next.names ?? names), tasks: sorted(next.tasks ?? tasks) }),
      answer: this.number(true),
    });
    const become = (next: Stage) => put({ tasks: { ...tasks, [taskOf(task)]: next } });
    switch (op) {
      case "numbers":
        return say(Object.keys(names).map(Number));
      case "read":
        return say(there ?? null);
      case "link":
        // The folder of a batch that was given up has another name.
        if (stage === "void") return say("lost");
        return there === undefined ? put({ names: { ...names, [number]: task } }) : say(false);
      case "lift":
        return there === undefined || names[number + 1] !== undefined
          ? say(false)
          : put({ names: { ...names, [number + 1]: there } });
      case "make":
        // A task without a definition gets one, whatever became of it before.
        if (there !== task || stage !== undefined && stage !== "gone") return say(false);
        return become(stage === "gone" ? "void" : "made");
      case "bury":
        return there === undefined ? put({ names: { ...names, [number]: number } }) : say(false);
      case "remove":
        return there === undefined ? say(false) : put({ names: others });
      case "stand":
        if (UNFINISHED.includes(stage)) return say("unfinished");
        if (isRevival(task) && stage === "ended") return say("unmade");
        if (stage !== undefined) return say("ended");
        return say(isOfBatch(task) ? "undecided" : "unmade");
      case "void":
        return stage === undefined ? become("void") : say(false);
      case "commit":
        return stage === undefined ? become("made") : say(false);
      case "end":
        if (stage === "revived") return become("over");
        return stage === "made" ? become("ended") : say(false);
      case "revive":
        return stage === "ended" ? become("revived") : say(false);
      case "archive":
        if (stage === "archived") return say(true);
        return stage === "ended" || stage === "over" ? become("archived") : say(false);
      case "drop":
        return stage === undefined || UNFINISHED.includes(stage) ? say(false) : become("gone");
    }
  }

  view(takeStep: (step: KeyStep) => number): Machine {
    const ask = (op: KeyStep["op"], number: number, task = "") =>
      JSON.parse(this.text(takeStep({ op, number, task })) ?? "null");
    return {
      as: (task) => ({
        numbers: () => ask("numbers", 0),
        read(number) {
          const there = ask("read", number);
          if (there === null) return undefined;
          return typeof there === "number"
            ? { kind: "tombstone", number: there }
            : { kind: "holder", holder: there };
        },
        link(number) {
          const linked = ask("link", number, task);
          if (linked === "lost") throw new LostBatch();
          return linked;
        },
        lift: (number) => void ask("lift", number),
        make(number, holder) {
          if (!isRevival(holder)) return void ask("make", number, holder);
          // Between the sync of the name and the slot others may do anything.
          if (ask("read", number) === holder) ask("revive", 0, holder);
        },
        bury: (number) => void ask("bury", number),
        remove: (number) => void ask("remove", number),
      }),
      stand: (task) => ask("stand", 0, task),
      void: (task) => ask("void", 0, task),
      commit: (task) => ask("commit", 0, task),
      end: (task) => ask("end", 0, task),
      revive: (task) => void ask("revive", 0, task),
      archive: (task) => ask("archive", 0, task),
      drop: (task) => void ask("drop", 0, task),
    };
  }

  describe({ op, number, task }: KeyStep, answer: number): string {
    return `${op} ${number === 0 ? "" : number} ${task} -> ${this.text(answer)}`;
  }
}

/** A batch was given up by another process. */
class LostBatch extends Error {}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => a < b ? -1 : 1));
}

function toEnd<R>(machine: Machine, work: Generator<string, R, chain.Standing>): R {
  let step = work.next();
  while (step.done !== true) {
    const stands = machine.stand(step.value);
    // A process that waits for a batch takes its process for dead in the end.
    if (stands === "undecided") machine.void(step.value);
    else step = work.next(stands);
  }
  return step.value;
}

/** What a process may do to a task. */
export const ACTS = {
  /** Adds it; the task that has the key, or its own. */
  add: (protocol: Protocol, task: string) => (machine: Machine) => {
    const files = machine.as(task);
    const own = isOfBatch(task) ? undefined : task;
    try {
      const taken = toEnd(machine, protocol.takeKey(files, own));
      if ("holder" in taken) return taskOf(taken.holder);
      if (!isOfBatch(task)) files.make(taken.number, task);
      return isOfBatch(task) && !machine.commit(task) ? "lost" : task;
    } catch (error) {
      if (!(error instanceof LostBatch)) throw error;
      return "lost";
    }
  },
  /** Revives it, where it has ended once; where that stands, or the task that has the key. */
  revive: (protocol: Protocol, task: string) => (machine: Machine) => {
    const own = `${task}+`;
    const files = machine.as(own);
    if (machine.stand(own) === "unmade") {
      const taken = toEnd(machine, protocol.takeKey(files, own));
      if ("number" in taken) files.make(taken.number, own);
      else if (taskOf(taken.holder) !== task) return taskOf(taken.holder);
    }
    return machine.stand(own);
  },
  /** Finishes it, where it is there. */
  end: (_: Protocol, task: string) => (machine: Machine) => machine.end(task),
  /** Removes its files, where it has ended. */
  remove: (protocol: Protocol, task: string) => (machine: Machine) => {
    if (machine.stand(task) !== "ended" || !machine.archive(task)) return;
    protocol.forgetKey(machine.as(""), (holder) => taskOf(holder) === task);
    machine.drop(task);
  },
} as const;

type Acts = Readonly<
  Record<string, (protocol: Protocol, task: string) => (machine: Machine) => unknown>
>;

/** Acts with a fault in them. */
export const FAULTY_ACTS: Readonly<Record<string, Acts>> = {
  "a revival without a pledge": {
    revive: (protocol, task) => (machine) => {
      const found = toEnd(machine, protocol.findHolder(machine.as(task)));
      if (!("holder" in found)) machine.revive(task);
    },
  },
  "a revival though another task has the key": {
    revive: (protocol, task) => (machine) => {
      if (machine.stand(task) !== "ended") return;
      toEnd(machine, protocol.takeKey(machine.as(`${task}+`), `${task}+`));
      machine.revive(task);
    },
  },
  "a pledge that others take for nothing": {
    add: (protocol, task) => (machine) =>
      ACTS.add(protocol, task)({
        ...machine,
        stand(holder) {
          const standing = machine.stand(holder);
          return isRevival(holder) && standing === "unmade" ? "ended" : standing;
        },
      }),
  },
  "files that go of a task whose end was not archived": {
    remove: (protocol, task) => (machine) => {
      if (machine.stand(task) !== "ended") return;
      protocol.forgetKey(machine.as(""), (holder) => taskOf(holder) === task);
      machine.drop(task);
    },
  },
  "a task that counts as ended after its revival": {
    add: (protocol, task) => (machine) =>
      ACTS.add(protocol, task)({
        ...machine,
        stand: (holder) => isRevival(holder) ? "ended" : machine.stand(holder),
      }),
  },
};

/** What a process does: `add a`, one after the other. */
export function actor(
  protocol: Protocol,
  name: string,
  acts: readonly string[],
  faulty: Acts = {},
): Process<Machine> {
  const all: Acts = { ...ACTS, ...faulty };
  const calls = acts.map((act): Call<Machine> => {
    const [verb = "", task = ""] = act.split(" ");
    const run = all[verb];
    if (run === undefined) throw new RangeError(`There is no act ${verb}`);
    return { name: act, run: run(protocol, task) };
  });
  return inTurn(name, calls);
}

export class KeyProperties implements Properties<Machine, KeyStep> {
  constructor(readonly model: KeyModel, readonly protocol: Protocol) {}

  settled(): boolean {
    return false;
  }

  step(before: number, step: KeyStep, after: number): void {
    const was = this.model.disk(before).tasks[step.task];
    if (step.op === "make" && was === "gone") {
      throw new Error("a task that had ended and was removed came back");
    }
    this.#once(after);
  }

  /** Whatever processes have stopped: the key has one unfinished task at most, and can be had. */
  crashed(disk: number, _calls: readonly CallState<Machine>[]): void {
    const had = this.#alone(disk, ACTS.add(this.protocol, "z"));
    if (!UNFINISHED.includes(this.model.disk(had.disk).tasks[String(had.answer)])) {
      throw new Error(`the key is had by ${had.answer}, which is no task`);
    }
    for (const [task, stage] of Object.entries(this.model.disk(disk).tasks)) {
      if (stage !== "ended") continue;
      const { answer } = this.#alone(disk, ACTS.revive(this.protocol, task));
      if (answer === "unmade") throw new Error(`${task} has ended and cannot be revived`);
    }
  }

  /** What one process does to a disk that all others have left. */
  #alone<T>(disk: number, act: (machine: Machine) => T): { disk: number; answer: T } {
    let now = disk;
    const machine = this.model.view((step) => {
      const taken = this.model.take(now, step);
      if (taken.disk !== now) this.step(now, step, taken.disk);
      now = taken.disk;
      return taken.answer;
    });
    const answer = act(machine);
    return { disk: now, answer };
  }

  ended(disk: number, calls: readonly CallState<Machine>[]): void {
    const { tasks } = this.model.disk(disk);
    for (const { call, outcome } of calls) {
      if (outcome === "unmade") throw new Error(`${call.name} has done nothing`);
      if (!call.name.startsWith("add ") || outcome === "lost") continue;
      const stage = tasks[String(outcome)];
      if (stage === undefined || stage === "void") {
        throw new Error(`${call.name} answers ${outcome}, which never was a task`);
      }
    }
  }

  #once(disk: number): void {
    const { tasks } = this.model.disk(disk);
    const unfinished = Object.keys(tasks).filter((task) => UNFINISHED.includes(tasks[task]));
    if (unfinished.length > 1) throw new Error(`the key has ${unfinished.join(" and ")}`);
  }
}
