/**
 * A model of the files of one task, for the explorer: a set of files is a number, a step on it
 * gives another number, and a call that runs on it can be stopped before each step and run again
 * from its start.
 */
import type {
  ClaimChainFiles,
  StagedClaim,
} from "../../../src/adapters/fs/task/claim/chain_files.ts";
import type { ClaimRecord } from "../../../src/domain/task/claim.ts";
import { canonicalJson } from "../../../src/domain/json.ts";

/** One atomic operation on the files. */
export type Step =
  | { readonly op: "read" | "exists" | "remove" | "drop"; readonly name: string }
  | {
    readonly op: "create" | "replace" | "overwrite";
    readonly name: string;
    readonly state: ClaimRecord;
  };

/**
 * The files as another tool uses them: it replaces and removes a view without a look at the slots.
 */
export interface ForeignFiles {
  read(name: string): ClaimRecord | undefined;
  overwrite(name: string, state: ClaimRecord): void;
  drop(name: string): void;
}

/** What a step answers: a record's number for `read`, and 0 or 1 for `exists` and `create`. */
export type Answer = number;
const NOTHING: Answer = -1;

/** The highest slot that a listing shows. */
const HIGHEST = 9;

/** Takes steps for a protocol under test. */
export type TakeStep = (step: Step) => Answer;

/** All sets of files and all records met so far, each under a number. */
export class ModelFiles {
  readonly #records: ClaimRecord[] = [];
  readonly #recordNumbers = new Map<string, number>();
  readonly #disks: ReadonlyMap<string, number>[] = [];
  readonly #diskNumbers = new Map<string, number>();
  readonly #stepNumbers = new Map<string, number>();
  readonly #taken = new Map<number, { disk: number; answer: Answer }>();

  /** The number of a record; equal records have equal numbers. */
  numberOf(record: ClaimRecord): number {
    const json = canonicalJson(record);
    let number = this.#recordNumbers.get(json);
    if (number === undefined) {
      number = this.#records.push(record) - 1;
      this.#recordNumbers.set(json, number);
    }
    return number;
  }

  /** The record of a number, `undefined` for what `read` answers when there is no file. */
  record(number: number): ClaimRecord | undefined {
    return this.#records[number];
  }

  /** The number of a set of files. */
  disk(files: Iterable<readonly [name: string, record: number]>): number {
    const sorted = [...files].sort(([a], [b]) => a < b ? -1 : 1);
    const key = sorted.map(([name, record]) => `${name}=${record}`).join();
    let number = this.#diskNumbers.get(key);
    if (number === undefined) {
      number = this.#disks.push(new Map(sorted)) - 1;
      this.#diskNumbers.set(key, number);
    }
    return number;
  }

  /** The files of a number: names and record numbers. */
  files(disk: number): ReadonlyMap<string, number> {
    const files = this.#disks[disk];
    if (files === undefined) throw new RangeError(`There are no files ${disk}`);
    return files;
  }

  /** A number that separates steps. */
  stepNumber(step: Step): number {
    const key = "state" in step
      ? `${step.op} ${step.name} ${this.numberOf(step.state)}`
      : `${step.op} ${step.name}`;
    const number = this.#stepNumbers.get(key) ?? this.#stepNumbers.size;
    this.#stepNumbers.set(key, number);
    return number;
  }

  /** Takes a step, whose number is given so that it is not worked out every time. */
  take(disk: number, step: Step, stepNumber: number): { disk: number; answer: Answer } {
    const key = disk * 65_536 + stepNumber;
    let taken = this.#taken.get(key);
    if (taken === undefined) {
      taken = this.#take(disk, step);
      this.#taken.set(key, taken);
    }
    return taken;
  }

  #take(disk: number, step: Step): { disk: number; answer: Answer } {
    const files = this.files(disk);
    const there = files.get(step.name);
    switch (step.op) {
      case "read":
        return { disk, answer: there ?? NOTHING };
      case "exists":
        return { disk, answer: there === undefined ? 0 : 1 };
      case "remove":
      case "drop":
        return { disk: this.disk([...files].filter(([name]) => name !== step.name)), answer: 1 };
      case "create":
        if (there !== undefined) return { disk, answer: 0 };
        break;
      case "replace":
      case "overwrite":
    }
    const others = [...files].filter(([name]) => name !== step.name);
    return { disk: this.disk([...others, [step.name, this.numberOf(step.state)]]), answer: 1 };
  }

  /** The protocol's view of the files, where `takeStep` decides when and on what a step is taken. */
  view(takeStep: TakeStep): ClaimChainFiles & ForeignFiles {
    const met = new Map<string, Answer>();
    const read = (name: string) => {
      const answer = takeStep({ op: "read", name });
      met.set(name, answer);
      return this.record(answer);
    };
    return {
      read,
      readAgain: read,
      isBroken: () => false,
      isUnchanged: (name) => takeStep({ op: "read", name }) === met.get(name),
      sync: () => {},
      exists: (name) => takeStep({ op: "exists", name }) === 1,
      hasTask: () => true,
      remove: (name) => void takeStep({ op: "remove", name }),
      replace: (name, state) => void takeStep({ op: "replace", name, state }),
      overwrite: (name, state) => void takeStep({ op: "overwrite", name, state }),
      drop: (name) => void takeStep({ op: "drop", name }),
      link: (name, other) => {
        const state = this.record(takeStep({ op: "read", name }));
        return state !== undefined && takeStep({ op: "create", name: other, state }) === 1;
      },
      // Name by name, the highest first: so it misses what moves up meanwhile.
      slots: (stem) => {
        const names = Array.from({ length: HIGHEST - 1 }, (_, i) => `${stem}.${HIGHEST - i}`);
        return names.filter((name) => takeStep({ op: "exists", name }) === 1);
      },
      stage: (state): StagedClaim => ({
        create: (name) => takeStep({ op: "create", name, state }) === 1,
        replace: (name) => void takeStep({ op: "replace", name, state }),
        discard: () => {},
      }),
    };
  }

  /** A step and its answer for people. */
  describe(step: Step, answer: Answer): string {
    const show = (number: number) => {
      const record = this.record(number);
      return record === undefined
        ? "nothing"
        : `#${record.transition} ${record.status} by ${record.claimer_run_id}`;
    };
    const name = step.name.replace(/^[^.]*/, "T");
    if (step.op === "read") return `read ${name} -> ${show(answer)}`;
    if (step.op === "remove" || step.op === "drop") return `${step.op} ${name}`;
    if (!("state" in step)) return `exists ${name} -> ${answer === 1}`;
    const state = show(this.numberOf(step.state));
    if (step.op !== "create") return `${step.op} ${name} by ${state}`;
    return `create ${name} as ${state} -> ${answer === 1}`;
  }

  /** Runs `body` alone on a set of files; what it returned, and the files afterwards. */
  alone<T>(disk: number, body: (files: ClaimChainFiles) => T): { value: T; disk: number } {
    let now = disk;
    const value = body(this.view((step) => {
      const taken = this.take(now, step, this.stepNumber(step));
      now = taken.disk;
      return taken.answer;
    }));
    return { value, disk: now };
  }
}
