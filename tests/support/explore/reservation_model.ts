/** A model of the files of reservations, for the explorer. */
import type { RemovalFiles } from "../../../src/adapters/fs/reservation/removal.ts";
import { canonicalJson } from "../../../src/domain/json.ts";
import type {
  HeartbeatRecord,
  ReleaseRecord,
  ReservationRecord,
} from "../../../src/domain/reservation/reservation.ts";
import type { JournalEntry } from "../../../src/domain/journal/line.ts";
import type { Model } from "./explorer.ts";
import type { Answer } from "./model_files.ts";

/** The files, with an address index in which everything overlaps. */
export interface Files extends RemovalFiles {
  entries(): readonly string[];
  /** The stems of all records. */
  records(): readonly string[];
  enter(stem: string): void;
  /** The journal of the lanes. */
  log(): readonly JournalEntry[];
  /** Appends to it in one write. */
  append(entry: JournalEntry): void;
}

export type Step =
  | { readonly op: "read" | "exists" | "remove" | "list"; readonly name: string }
  | {
    readonly op: "create" | "replace" | "append";
    readonly name: string;
    readonly content: number;
  }
  | { readonly op: "link"; readonly name: string; readonly from: string };

export type Names = ReadonlyMap<string, number>;

/** The folders, as the beginnings of names. */
export const ORDER = "reservations/order/";
export const FLOOR = `${ORDER}floor/`;
export const ENTRIES = "entries/";
export const LOG = "lanes/log";
const NOTHING = -1;

/** The highest slot that a listing shows. */
const HIGHEST = 12;

/** Steps of a process that is alone; many more than any call takes. */
const MAX_STEPS = 1_000;

/** All contents, lists and sets of files met so far, each under a number. */
export class ReservationModel implements Model<Files, Step> {
  readonly #contents: object[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #disks: Names[] = [];
  readonly #diskNumbers = new Map<string, number>();
  readonly #stepNumbers = new Map<string, number>();
  readonly #taken = new Map<number, { disk: number; answer: Answer }>();

  numberOf(content: object): number {
    const json = canonicalJson(content);
    const number = this.#numbers.get(json) ?? this.#contents.push(content) - 1;
    this.#numbers.set(json, number);
    return number;
  }

  content(number: number | undefined): object | undefined {
    return number === undefined ? undefined : this.#contents[number];
  }

  disk(names: Iterable<readonly [string, number]>): number {
    const sorted = [...names].sort(([a], [b]) => a < b ? -1 : 1);
    const key = sorted.map(([name, number]) => `${name}=${number}`).join();
    const disk = this.#diskNumbers.get(key) ?? this.#disks.push(new Map(sorted)) - 1;
    this.#diskNumbers.set(key, disk);
    return disk;
  }

  diskOf(files: Readonly<Record<string, object>>): number {
    return this.disk(
      Object.entries(files).map(([name, content]) => [name, this.numberOf(content)]),
    );
  }

  names(disk: number): Names {
    return this.#disks[disk] as Names;
  }

  stepNumber(step: Step): number {
    const key = canonicalJson(step);
    const number = this.#stepNumbers.get(key) ?? this.#stepNumbers.size;
    this.#stepNumbers.set(key, number);
    return number;
  }

  take(disk: number, step: Step, stepNumber: number): { disk: number; answer: Answer } {
    const key = disk * 65_536 + stepNumber;
    const taken = this.#taken.get(key) ?? this.#take(disk, step);
    this.#taken.set(key, taken);
    return taken;
  }

  #take(disk: number, step: Step): { disk: number; answer: Answer } {
    const names = this.names(disk);
    const there = names.get(step.name);
    const with_ = (content: number | undefined) => {
      const others = [...names].filter(([name]) => name !== step.name);
      return this.disk(content === undefined ? others : [...others, [step.name, content]]);
    };
    switch (step.op) {
      case "read":
        return { disk, answer: there ?? NOTHING };
      case "exists":
        return { disk, answer: there === undefined ? 0 : 1 };
      case "list": {
        const listed = [...names.keys()].filter((name) => name.startsWith(step.name))
          .map((name) => name.slice(step.name.length)).filter((name) => !name.includes("/"));
        return { disk, answer: this.numberOf(listed) };
      }
      case "remove":
        return { disk: with_(undefined), answer: 1 };
      case "create":
        return there === undefined ? { disk: with_(step.content), answer: 1 } : { disk, answer: 0 };
      case "replace":
        return { disk: with_(step.content), answer: 1 };
      case "append": {
        const log = [...(this.content(there) as object[] ?? []), this.content(step.content)];
        return { disk: with_(this.numberOf(log)), answer: 1 };
      }
      case "link": {
        const from = names.get(step.from);
        return there === undefined && from !== undefined
          ? { disk: with_(from), answer: 1 }
          : { disk, answer: 0 };
      }
    }
  }

  view(takeStep: (step: Step) => Answer): Files {
    const read = (name: string) => this.content(takeStep({ op: "read", name }));
    const met = new Map<string, Answer>();
    const list = (name: string) => this.content(takeStep({ op: "list", name })) as string[];
    const create = (name: string, content: object) =>
      takeStep({ op: "create", name, content: this.numberOf(content) }) === 1;
    const replace = (name: string, content: object) =>
      void takeStep({ op: "replace", name, content: this.numberOf(content) });
    return {
      reservation: (name) => read(name) as ReservationRecord | undefined,
      place: (name) => read(name) as ReservationRecord | undefined,
      slot: (name) => {
        const answer = takeStep({ op: "read", name });
        met.set(name, answer);
        return this.content(answer) as HeartbeatRecord | undefined;
      },
      isStill: (name, as) => takeStep({ op: "read", name }) === met.get(as),
      // Name by name, the highest first: so it misses what moves up meanwhile.
      slots: (stem) =>
        Array.from({ length: HIGHEST }, (_, n) => HIGHEST - n)
          .filter((slot) => takeStep({ op: "exists", name: `heartbeats/${stem}.${slot}` }) === 1),
      release: (name) => read(name) as ReleaseRecord | undefined,
      exists: (name) => takeStep({ op: "exists", name }) === 1,
      stage: (content) => ({
        create: (name) => create(name, content),
        replace: (name) => replace(name, content),
        discard: () => {},
      }),
      create,
      link: (from, to) => takeStep({ op: "link", name: to, from }) === 1,
      replace,
      remove: (name) => void takeStep({ op: "remove", name }),
      sync: () => {},
      syncNames: () => {},
      isOver: () => true,
      floor: () => Math.max(0, ...list(FLOOR).map(Number)),
      places: () => list(ORDER).map(Number),
      entries: () => list(ENTRIES),
      records: () => list("reservations/").map((name) => name.replace(/\.json$/, "")),
      enter: (stem) =>
        void takeStep({ op: "link", name: `${ENTRIES}${stem}`, from: `${ORDER}${stem}` }),
      log: () => read(LOG) as JournalEntry[] | undefined ?? [],
      append: (entry) => void takeStep({ op: "append", name: LOG, content: this.numberOf(entry) }),
      leave: (stem) => void takeStep({ op: "remove", name: `${ENTRIES}${stem}` }),
    };
  }

  /** Runs `body` alone on a set of files; what it returned, and the files afterwards. */
  alone<T>(disk: number, body: (files: Files) => T): { value: T; disk: number } {
    let now = disk;
    let steps = 0;
    const value = body(this.view((step) => {
      if (++steps > MAX_STEPS) throw new Error("there is no end of steps");
      const taken = this.take(now, step, this.stepNumber(step));
      now = taken.disk;
      return taken.answer;
    }));
    return { value, disk: now };
  }

  describe(step: Step, answer: Answer): string {
    const show = (number: number) => JSON.stringify(this.content(number)) ?? "nothing";
    const name = step.name.replace("reservations/", "");
    if (step.op === "read" || step.op === "list") return `${step.op} ${name} -> ${show(answer)}`;
    if (step.op === "remove") return `remove ${name}`;
    if (step.op === "exists") return `exists ${name} -> ${answer === 1}`;
    if (step.op === "link") return `link ${step.from} to ${name} -> ${answer === 1}`;
    if (!("content" in step)) return step.op;
    return `${step.op} ${name} as ${show(step.content)} -> ${answer === 1}`;
  }
}
