/** A model of the mutex's files, for the explorer, and what must hold for those who use it. */
import type { MutexFiles } from "../../../src/adapters/fs/lane/mutex_chain.ts";
import type { Call, CallState, Model, Process, Properties } from "./explorer.ts";

/** One atomic operation; a file's content is the name of the process that made it. */
export type MutexStep =
  | { readonly op: "list" | "read" | "remove"; readonly name: string }
  | { readonly op: "create" | "put"; readonly name: string; readonly by: string }
  | { readonly op: "rename" | "link" | "become"; readonly name: string; readonly to: string };

/** What code under test works on. */
export interface Machine extends MutexFiles {
  /** Who made a file; `undefined` when there is none. */
  read(name: string): string | undefined;
  /** Makes a file by one exclusive creation; `false` when the name is taken. */
  make(name: string): boolean;
  /** Removes the file of the attempt. */
  unstage(): void;
  /** Writes a file, whether or not it is there. */
  put(name: string): void;
}

/** The file that is replaced under the mutex. */
export const LOG = "log";

/**
 * What a listing shows that the kernel makes in two steps: a name by whether it was there at either.
 * A stop in the middle of one lets any time pass between the two.
 */
export type Listing = (name: string, early: boolean, late: boolean) => boolean;

/** Whatever comes or goes meanwhile is missing. */
export const HAZY: Listing = (_name, early, late) => early && late;

/** Holds 2 and 3 are listed in the second step, all others in the first. */
export const CUT: Listing = (name, early, late) => /^[23](\.|$)/.test(name) ? late : early;

const NOTHING = -1;

export class MutexModel implements Model<(name: string) => Machine, MutexStep> {
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #disks: ReadonlyMap<string, string>[] = [];
  readonly #steps = new Map<string, number>();
  readonly #taken = new Map<number, { disk: number; answer: number }>();

  /** @param listing What a listing of two steps shows; without it a listing is one step. */
  constructor(readonly listing: Listing | undefined) {}

  disk(files: Iterable<readonly [name: string, by: string]>): number {
    const sorted = [...files].sort(([a], [b]) => a < b ? -1 : 1);
    const number = this.#number(sorted.map(([name, by]) => `${name}=${by}`).join());
    this.#disks[number] ??= new Map(sorted);
    return number;
  }

  files(disk: number): ReadonlyMap<string, string> {
    const files = this.#disks[disk];
    if (files === undefined) throw new RangeError(`There are no files ${disk}`);
    return files;
  }

  stepNumber(step: MutexStep): number {
    const key = JSON.stringify(step);
    const number = this.#steps.get(key) ?? this.#steps.size;
    this.#steps.set(key, number);
    return number;
  }

  take(disk: number, step: MutexStep, stepNumber: number): { disk: number; answer: number } {
    const key = disk * 65_536 + stepNumber;
    let taken = this.#taken.get(key);
    if (taken === undefined) {
      const files = new Map(this.files(disk));
      const answer = this.#change(files, step);
      this.#taken.set(key, taken = { disk: this.disk(files), answer });
    }
    return taken;
  }

  #change(files: Map<string, string>, step: MutexStep): number {
    const there = files.get(step.name);
    switch (step.op) {
      case "list":
        return this.#number([...files.keys()].join());
      case "read":
        return there === undefined ? NOTHING : this.#number(there);
      case "remove":
        return files.delete(step.name) ? 1 : 0;
      case "rename":
        if (there === undefined) return 0;
        files.delete(step.name);
        files.set(step.to, there);
        return 1;
      case "link":
      case "become":
        if (there === undefined || files.has(step.to)) return 0;
        files.set(step.to, there);
        if (step.op === "become") files.delete(step.name);
        return 1;
      case "create":
        if (there !== undefined) return 0;
      // falls through
      case "put":
        files.set(step.name, step.by);
        return 1;
    }
  }

  view(takeStep: (step: MutexStep) => number): (by: string) => Machine {
    const text = (answer: number) => answer === NOTHING ? undefined : this.#texts[answer];
    const names = () => (text(takeStep({ op: "list", name: "" })) ?? "").split(",");
    return (by) => ({
      list: () => {
        const { listing } = this;
        const early = names();
        if (listing === undefined) return early;
        const late = names();
        return [...new Set([...early, ...late])]
          .filter((name) => listing(name, early.includes(name), late.includes(name)));
      },
      read: (name) => text(takeStep({ op: "read", name })),
      has: (name) => takeStep({ op: "read", name }) !== NOTHING,
      make: (name) => takeStep({ op: "create", name, by }) === 1,
      // Another name of the file of its last hold says the same.
      stage: () => void takeStep({ op: "put", name: `${by}.new`, by }),
      unstage: () => void takeStep({ op: "remove", name: `${by}.new` }),
      // That it loses its first name in the same step makes for far fewer states, and no difference:
      // with that name it would only be disturbed.
      create: (name) => takeStep({ op: "become", name: `${by}.new`, to: name }) === 1,
      othersIn: (names) => names.filter((name) => /\.new$/.test(name) && name !== `${by}.new`),
      link: (name, to) => takeStep({ op: "link", name, to }) === 1,
      put: (name) => void takeStep({ op: "put", name, by }),
      remove: (name) => void takeStep({ op: "remove", name }),
      moveOut: (name, to) => takeStep({ op: "rename", name, to }) === 1,
    });
  }

  describe(step: MutexStep, answer: number): string {
    const text = answer === NOTHING ? "nothing" : this.#texts[answer];
    if (step.op === "list") return `list -> ${text}`;
    if (step.op === "read") return `read ${step.name} -> ${text}`;
    if (step.op === "remove") return `remove ${step.name}`;
    const to = "to" in step ? ` to ${step.to}` : "";
    return `${step.op} ${step.name}${to} -> ${answer === 1}`;
  }

  #number(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#texts.push(text) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }
}

/** A mutex as the explorer sees it: the process that holds it has a ticket. */
export interface MutexProtocol<Ticket> {
  /** One attempt; `undefined` when there is no getting it now. */
  acquire(files: Machine, mayFollow: (by: string) => boolean): Ticket | undefined;
  isHeld(files: Machine, ticket: Ticket): boolean;
  renew(files: Machine, ticket: Ticket): Ticket | undefined;
  replace(files: Machine, ticket: Ticket): boolean;
  release(files: Machine, ticket: Ticket): void;
  /** The number of a hold, where holds have numbers that grow. */
  numberOf?(ticket: Ticket): number;
}

/** A call that answers what a process has then. */
export interface MutexCall<Ticket> extends Call<(by: string) => Machine> {
  readonly by: string;
  /** `cycle` acquires and releases twice. */
  readonly kind: "acquire" | "renew" | "work" | "replace" | "release" | "cycle";
  readonly ticket: Ticket | undefined;
}

/** What `work` and `replace` answer. */
interface Worked {
  readonly held: boolean;
  readonly problem?: string;
}

/** A process that acquires and then does what `plan` says, until it has no ticket any more. */
export function mutexProcess<Ticket>(
  protocol: MutexProtocol<Ticket>,
  by: string,
  plan: readonly MutexCall<Ticket>["kind"][],
  mayFollow: (by: string) => boolean,
  start?: Ticket,
): Process<(by: string) => Machine> {
  const made = new Map<string, MutexCall<Ticket>>();
  const call = (
    kind: MutexCall<Ticket>["kind"],
    ticket: Ticket | undefined,
    run: (files: Machine) => unknown,
  ): MutexCall<Ticket> => {
    const name = `${kind} by ${by} ${JSON.stringify(ticket)}`;
    let known = made.get(name);
    if (known === undefined) {
      made.set(name, known = { name, by, kind, ticket, run: (files) => run(files(by)) });
    }
    return known;
  };
  return {
    name: by,
    next(outcomes) {
      const kind = plan[outcomes.length];
      if (kind === undefined) return undefined;
      let ticket = start;
      outcomes.forEach((outcome, index) => {
        if (plan[index] === "acquire" || plan[index] === "renew") ticket = outcome as Ticket;
        else if (outcome === false) ticket = undefined;
      });
      if (kind === "acquire") {
        return call(kind, undefined, (files) => protocol.acquire(files, mayFollow));
      }
      if (kind === "cycle") {
        return call(kind, undefined, (files) => {
          for (let round = 0; round < 2; round++) {
            const got = protocol.acquire(files, mayFollow);
            if (got !== undefined) protocol.release(files, got);
          }
        });
      }
      if (ticket === undefined) return undefined;
      const held = ticket;
      switch (kind) {
        case "renew":
          return call(kind, held, (files) => protocol.renew(files, held));
        case "release":
          return call(kind, held, (files) => protocol.release(files, held));
        case "work":
          return call(kind, held, (files): Worked => {
            const first = files.read(LOG);
            const second = files.read(LOG);
            const isHeld = protocol.isHeld(files, held);
            const problem = `${by} saw the log of ${first} become that of ${second}`;
            return isHeld && first !== second ? { held: isHeld, problem } : { held: isHeld };
          });
        case "replace":
          return call(kind, held, (files): Worked => {
            const before = files.read(LOG);
            const replaced = protocol.replace(files, held);
            const after = files.read(LOG);
            const isHeld = protocol.isHeld(files, held);
            if (!isHeld) return { held: false };
            if (replaced && after === by) return { held: true };
            return { held: true, problem: `the log of ${before} is ${after}'s after ${by}'s turn` };
          });
      }
    },
  };
}

/** What must hold in every state. */
export class MutexProperties<Ticket> implements Properties<(by: string) => Machine, MutexStep> {
  constructor(
    readonly model: MutexModel,
    readonly protocol: MutexProtocol<Ticket>,
    /** Who may be overtaken at any time. */
    readonly mayFollow: (by: string) => boolean,
    /** Who holds it from the begin. */
    readonly holders: ReadonlyMap<string, Ticket>,
    /** Whether only grants are judged, and not whether a holder can rely on its own. */
    readonly judged: "all" | "grants" = "all",
  ) {}

  settled(): boolean {
    return false;
  }

  step(): void {}

  crashed(disk: number, calls: readonly CallState<(by: string) => Machine>[]): void {
    if (this.judged === "all") this.#judgeNumbers(calls);
    const tickets = new Map(this.holders);
    for (const state of calls) {
      const { by, kind } = state.call as MutexCall<Ticket>;
      if (state.returned && (kind === "acquire" || kind === "renew")) {
        if (state.outcome === undefined) tickets.delete(by);
        else tickets.set(by, state.outcome as Ticket);
      } else if (kind === "release" || kind === "renew") tickets.delete(by);
      else if (state.returned && kind !== "cycle") {
        const { held, problem } = state.outcome as Worked;
        if (this.judged === "all" && problem !== undefined) throw new Error(problem);
        if (!held && this.mayFollow(by)) tickets.delete(by);
        if (!held && !this.mayFollow(by) && this.judged === "all") {
          throw new Error(`${by} was overtaken`);
        }
      }
    }
    const inside = [...tickets.keys()].filter((by) => !this.mayFollow(by));
    if (inside.length > 1) throw new Error(`two inside: ${inside.join(" and ")}`);
    if (this.judged === "grants") return;
    const valid = [...tickets].filter(([, ticket]) => this.#isHeld(disk, ticket));
    if (valid.length > 1) throw new Error(`two valid: ${valid.map(([by]) => by).join(" and ")}`);
    const lost = inside.find((by) => !valid.some(([other]) => other === by));
    if (lost !== undefined) throw new Error(`${lost} was overtaken`);
  }

  /** What a call begins or finds held is above all that others had got before that call. */
  #judgeNumbers(calls: readonly CallState<(by: string) => Machine>[]): void {
    const { numberOf } = this.protocol;
    if (numberOf === undefined) return;
    const gotBy = ({ call, returned, outcome }: CallState<(by: string) => Machine>) => {
      const { kind } = call as MutexCall<Ticket>;
      const isGot = returned && (kind === "acquire" || kind === "renew") && outcome !== undefined;
      return isGot ? numberOf(outcome as Ticket) : undefined;
    };
    const first = Math.max(0, ...[...this.holders.values()].map(numberOf));
    for (const state of calls) {
      const { ticket } = state.call as MutexCall<Ticket>;
      const isFound = state.returned && (state.outcome as Worked | undefined)?.held === true;
      const number = gotBy(state) ?? (isFound ? numberOf(ticket as Ticket) + 1 : Infinity);
      const earlier = calls.filter(({ bit }) => (state.after & bit) !== 0);
      const highest = Math.max(first, ...earlier.map((other) => gotBy(other) ?? 0));
      if (number <= highest) throw new Error(`${state.call.name} came behind hold ${highest}`);
    }
  }

  /** No process is left out: the next one gets it, when all have gone. */
  ended(disk: number): void {
    const late = this.#alone(disk, "late", (files) => this.protocol.acquire(files, () => true));
    if (late.value === undefined) throw new Error("no process can get it any more");
  }

  #isHeld(disk: number, ticket: Ticket): boolean {
    return this.#alone(disk, "none", (files) => this.protocol.isHeld(files, ticket)).value;
  }

  #alone<T>(disk: number, by: string, body: (files: Machine) => T): { value: T; disk: number } {
    let now = disk;
    const value = body(
      this.model.view((step) => {
        const taken = this.model.take(now, step, this.model.stepNumber(step));
        now = taken.disk;
        return taken.answer;
      })(by),
    );
    return { value, disk: now };
  }
}
