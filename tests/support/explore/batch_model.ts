/**
 * A model of one batch of one task, for the explorer: its folder, the task's name, and what `gc`
 * took.
 */
import type * as chain from "../../../src/adapters/fs/task/batch_chain.ts";
import type { Batch, BatchState } from "../../../src/adapters/fs/task/batch_name.ts";
import {
  type Call,
  type CallState,
  inTurn,
  type Model,
  type Process,
  type Properties,
} from "./explorer.ts";
import { Numbers } from "./numbers.ts";

/** One atomic operation; a folder is `<turn>.<state>`. */
export interface BatchStep {
  readonly op: "list" | "move" | "read" | "look" | "stage" | "link" | "put" | "enter" | "clear";
  readonly name: string;
  readonly to?: string;
}

/** And those by which things go. */
type Removal = { readonly op: "unlist" | "removeFolder" | "collect"; readonly name: string };

export type Step = BatchStep | Removal;

interface Disk {
  /** What each folder holds. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
  readonly task: boolean;
  /** Whether `gc` has removed the task, which had ended. */
  readonly collected: boolean;
}

/** The one line of the batch. */
const LINE: chain.BatchLine = { stem: "t", next: 1 };

export interface Machine extends chain.BatchFiles<chain.BatchLine> {
  list(): readonly string[];
  look(line: chain.BatchLine): "whole" | "missing";
  /** Gives the task its name, wherever the batch is. */
  put(): boolean;
  collect(): void;
}

export type Protocol = typeof chain;

export class BatchModel extends Numbers implements Model<Machine, Step> {
  disk(number: number): Disk {
    return JSON.parse(this.text(number) ?? "");
  }

  stepNumber(step: Step): number {
    return this.number(step);
  }

  take(disk: number, step: Step): { disk: number; answer: number } {
    const { folders, task, collected } = this.disk(disk);
    const { [step.name]: there, ...others } = folders;
    const put = (next: Partial<Disk>, answer = 1) => ({
      disk: this.number({ folders, task, collected, ...next }),
      answer,
    });
    const hold = (files: readonly string[]) => ({
      folders: Object.fromEntries(Object.entries({ ...others, [step.name]: files }).sort()),
    });
    const no = { disk, answer: 0 };
    switch (step.op) {
      case "list":
        return { disk, answer: this.number(Object.keys(folders)) };
      case "look":
        return { disk, answer: task ? 1 : 0 };
      case "put":
        return put({ task: true });
      case "collect":
        return put({ task: false, collected: true });
      case "read":
        return { disk, answer: there?.includes("lines") ? 1 : 0 };
      case "move":
        if (there === undefined) return no;
        return put({
          folders: Object.fromEntries(Object.entries({ ...others, [step.to ?? ""]: there }).sort()),
        });
      case "stage":
        return there === undefined ? no : put(hold([...new Set([...there, "staged"])].sort()));
      case "link":
        return there?.includes("staged") ? put({ task: true }) : no;
      case "enter":
      case "clear":
        return there === undefined ? no : put(hold(there.filter((file) => file !== "staged")));
      case "unlist":
        return there === undefined ? no : put(hold(there.filter((file) => file !== "lines")));
      case "removeFolder":
        return there?.length === 0 ? put({ folders: others }) : no;
    }
  }

  view(takeStep: (step: Step) => number): Machine {
    const at = (op: Step["op"], batch: Batch) =>
      takeStep({ op, name: nameOf(batch) } as Step) === 1;
    return {
      list: () => JSON.parse(this.text(takeStep({ op: "list", name: "" })) ?? ""),
      move: (from, to) => takeStep({ op: "move", name: nameOf(from), to: nameOf(to) }) === 1,
      *lines(turn) {
        if (at("read", turn.batch)) yield LINE;
      },
      look: () => takeStep({ op: "look", name: "" }) === 1 ? "whole" : "missing",
      stage: (batch) => at("stage", batch),
      link: (batch) => at("link", batch),
      replace: (batch) => at("link", batch),
      put: () => takeStep({ op: "put", name: "" }) === 1,
      enter: (batch) => void at("enter", batch),
      clear: (batch) => void at("clear", batch),
      sync: () => {},
      syncNames: () => {},
      keep: () => {},
      remove(batch) {
        at("unlist", batch);
        at("clear", batch);
        at("removeFolder", batch);
      },
      collect: () => void takeStep({ op: "collect", name: "" }),
    };
  }

  describe(step: Step, answer: number): string {
    const to = "to" in step ? ` to ${step.to}` : "";
    const text = step.op === "list" ? this.text(answer) : answer;
    return `${step.op} ${step.name}${to} -> ${text}`;
  }
}

const STAMP = { at: 0, who: "p" };

function nameOf({ turn, state }: Batch): string {
  return `${turn}.${state}`;
}

/** The batches that a process may think no process is at work on. */
function batchesOf(files: Machine): Batch[] {
  return files.list().flatMap((name) => {
    const [turn = "", state = ""] = name.split(".");
    const batch = { id: "b", turn: Number(turn), state: state as BatchState, done: 0, ...STAMP };
    return state === "new" || state === "void" ? [] : [batch];
  });
}

/**
 * Whether a batch may give the task its name again; a folder that got another name is looked for.
 */
function isNamed(files: Machine): boolean {
  for (let again = true; again;) {
    again = false;
    for (const batch of batchesOf(files)) {
      if ([...files.lines({ batch })].length > 0) return true;
      if (!files.list().includes(nameOf(batch))) again = true;
    }
  }
  return false;
}

function toEnd(work: Generator<number, boolean>): boolean {
  while (true) {
    const { value, done } = work.next();
    if (done === true) return value;
  }
}

/** What a process may do, once. */
export const ACTS = {
  /** Makes the batch exist and gives its task its name. */
  add: (protocol: Protocol) => (files: Machine) => {
    const first: Batch = { id: "b", turn: 0, state: "new", done: 0, ...STAMP };
    const turn = protocol.takeTurn(files, first, "links", STAMP);
    if (turn === undefined || !toEnd(protocol.linkTasks(files, turn, [LINE]))) return;
    protocol.takeTurn(files, turn.batch, "linked", STAMP);
  },
  repair: (protocol: Protocol) => (files: Machine) => {
    for (const batch of batchesOf(files)) {
      const turn = protocol.takeTurn(files, batch, "repair", STAMP);
      if (turn === undefined || !toEnd(protocol.repairTasks(files, turn))) continue;
      protocol.takeTurn(files, turn.batch, "linked", STAMP);
    }
  },
  settle: (protocol: Protocol) => (files: Machine) => {
    for (const batch of batchesOf(files)) {
      const turn = protocol.takeTurn(files, batch, "settling", STAMP);
      if (turn !== undefined && toEnd(protocol.settleTasks(files, turn))) {
        protocol.retire(files, turn);
      }
    }
  },
  pause: (protocol: Protocol) => (files: Machine) => {
    for (const batch of batchesOf(files)) {
      const turn = protocol.takeTurn(files, batch, "settling", STAMP);
      if (turn === undefined) continue;
      protocol.settleTasks(files, turn).next();
      protocol.pauseSettling(files, turn, 0, STAMP);
    }
  },
  /** Finishes the task where it is there, and removes it unless a batch may name it again. */
  collect: () => (files: Machine) => {
    if (files.look(LINE) !== "whole") return;
    if (!isNamed(files)) files.collect();
  },
  /** The same with the two looks the other way round, which is wrong. */
  collectEarly: () => (files: Machine) => {
    if (!isNamed(files) && files.look(LINE) === "whole") files.collect();
  },
} as const;

export function actor(
  protocol: Protocol,
  name: string,
  acts: readonly (keyof typeof ACTS)[],
): Process<Machine> {
  const calls = acts.map((act): Call<Machine> => ({ name: act, run: ACTS[act](protocol) }));
  return inTurn(name, calls);
}

export class BatchProperties implements Properties<Machine, Step> {
  constructor(readonly model: BatchModel, readonly protocol: Protocol) {}

  settled(): boolean {
    return false;
  }

  step(_before: number, _step: Step, after: number): void {
    const { task, collected } = this.model.disk(after);
    if (task && collected) throw new Error("a task that had ended and was removed came back");
  }

  /** Whatever processes have stopped: the task is there or was removed, or it never was added. */
  crashed(disk: number, _calls: readonly CallState<Machine>[]): void {
    let now = disk;
    ACTS.settle(this.protocol)(this.model.view((step) => {
      const taken = this.model.take(now, step);
      now = taken.disk;
      return taken.answer;
    }));
    const { folders, task, collected } = this.model.disk(now);
    const isNew = Object.keys(folders).some((name) => name.endsWith(".new"));
    if (!task && !collected && !isNew) throw new Error("the task is lost");
    if (task && collected) throw new Error("a task that had ended and was removed came back");
  }

  ended(): void {}
}
