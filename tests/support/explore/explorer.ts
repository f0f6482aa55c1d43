/**
 * Exhaustive exploration of everything that a few processes can do to a few files.
 *
 * The code under test is run as it is. A process is known by the answers that its steps got so far:
 * to find its next step it is run again from its start with these answers, up to the step that has
 * none yet, where an exception stops it. So a state of the whole is the files and a position of
 * each process, and every order of steps is followed from every state, each state once.
 *
 * A crash is a process that takes no further step. The states in which some processes have stopped
 * without end are thus among those explored, for any number of crashes at any steps, and in each of
 * them everybody that is under way is taken to have crashed there.
 */
import type { ClaimChainFiles } from "../../../src/adapters/fs/task/claim/chain_files.ts";
import type { Answer, Step as ClaimStep } from "./model_files.ts";
import type { Random } from "../random.ts";

/**
 * The files that are explored: a set of them is a number, and a step on it gives another number.
 */
export interface Model<Files, Step> {
  take(disk: number, step: Step, stepNumber: number): { disk: number; answer: Answer };
  stepNumber(step: Step): number;
  /**
   * What the code under test works on, where `takeStep` decides when and on what a step is taken.
   */
  view(takeStep: (step: Step) => Answer): Files;
  /** A step and its answer for people. */
  describe(step: Step, answer: Answer): string;
}

/** One call of the code under test. */
export interface Call<Files = ClaimChainFiles> {
  readonly name: string;
  run(files: Files): unknown;
}

/** A process: its calls one after the other, each chosen in the light of what the earlier answered. */
export interface Process<Files = ClaimChainFiles> {
  readonly name: string;
  next(outcomes: readonly unknown[]): Call<Files> | undefined;
}

/** A process that makes these calls, whatever they answer. */
export function inTurn<Files>(name: string, calls: readonly Call<Files>[]): Process<Files> {
  return { name, next: (outcomes) => calls[outcomes.length] };
}

/** A call as it stands in some state. */
export interface CallState<Files = ClaimChainFiles> {
  readonly process: string;
  readonly call: Call<Files>;
  /** Whether it has returned, and then what. */
  readonly returned: boolean;
  readonly outcome: unknown;
  /** Bits of the calls that had returned before this one took its first step. */
  readonly after: number;
  /** The bit of this call. */
  readonly bit: number;
}

/** What is asserted. Each throws an Error that says what is wrong. */
export interface Properties<Files = ClaimChainFiles, Step = ClaimStep> {
  /** Whether the answer to a step that changes nothing is the same from now on. */
  settled(disk: number, step: Step): boolean;
  /** About one step. */
  step(before: number, step: Step, after: number): void;
  /** About a state, if every call that has not returned never will. */
  crashed(disk: number, calls: readonly CallState<Files>[]): void;
  /** About a state in which all calls have returned. */
  ended(disk: number, calls: readonly CallState<Files>[]): void;
}

/** What was explored. */
export interface Explored {
  states: number;
  /** Orders of steps from the start to an end. */
  interleavings: number;
  /** Distinct states in which something had crashed. */
  crashes: number;
  /** What went wrong first, with the steps that led there. */
  violation?: { message: string; trail: string[] };
}

const MAX_STEPS = 200;
const MAX_CALLS = 4;

/** What one number holds: the positions of all processes as its digits. */
const MAX_NUMBER = 2 ** 52;
const MAX_BEGINS = 2 ** 20;

class Stopped extends Error {}

/** A position of a process: the answers so far, and what follows. */
interface Position<Files, Step> {
  readonly answers: readonly Answer[];
  /** What has returned so far; `key` separates what a property may separate. */
  readonly outcomes: readonly unknown[];
  readonly calls: readonly Call<Files>[];
  readonly key: number;
  /** The step that comes next; `undefined` when the process has ended. */
  readonly step: Step | undefined;
  readonly stepNumber: number;
  /** Whether that step is the first one of a call. */
  readonly first: boolean;
  readonly children: Map<Answer, Position<Files, Step>>;
  readonly number: number;
}

/** What is known of a process; the rest hangs on its positions. */
interface Known<Files, Step> {
  start: Position<Files, Step> | undefined;
  /** The keys of its positions by what they stand for. */
  readonly keys: Map<string, number>;
  /** Its positions between two calls and after the last, by their keys. */
  readonly between: Map<number, Position<Files, Step>>;
  count: number;
}

/** For each call that has begun, by process: the bits of the calls that had returned before. */
interface Begun {
  readonly masks: readonly (readonly number[])[];
  readonly number: number;
}

/** What is known of the states that have the same files and the same calls begun. */
interface Place {
  /** Interleavings from each state to the ends. */
  readonly ends: Map<number, number>;
  readonly judged: Set<number>;
}

/** Explores; keeps positions, so that processes which occur in many combinations are run only once. */
export class Explorer<Files = ClaimChainFiles, Step = ClaimStep> {
  readonly #processes = new Map<Process<Files>, Known<Files, Step>>();
  readonly #begins = new Map<string, Begun>();

  constructor(readonly files: Model<Files, Step>) {}

  explore(
    disk: number,
    processes: readonly Process<Files>[],
    properties: Properties<Files, Step>,
  ): Explored {
    const explored: Explored = { states: 0, interleavings: 0, crashes: 0 };
    const places = new Map<number, Place>();
    const radix = Math.floor(MAX_NUMBER ** (1 / processes.length));
    const trail: { process: Process<Files>; step: Step; answer: Answer }[] = [];

    const visit = (disk: number, at: readonly Position<Files, Step>[], begun: Begun): number => {
      const placeKey = disk * MAX_BEGINS + begun.number;
      let place = places.get(placeKey);
      if (place === undefined) {
        places.set(placeKey, place = { ends: new Map(), judged: new Set() });
      }
      let key = 0;
      let judgedKey = 0;
      for (const position of at) {
        key = key * radix + position.number;
        judgedKey = judgedKey * radix + position.key;
        if (position.number >= radix) throw new RangeError("Too many positions for one number");
      }
      const known = place.ends.get(key);
      if (known !== undefined) return known;
      explored.states++;
      if (!place.judged.has(judgedKey)) {
        place.judged.add(judgedKey);
        this.#judge(disk, processes, at, begun, properties, explored);
      }
      const settled = at.findIndex((position, index) =>
        position.step !== undefined && !position.first &&
        properties.settled(disk, position.step) &&
        !this.#returns(processes[index] as Process<Files>, position, disk)
      );
      let ends = 0;
      let running = false;
      for (let index = 0; index < at.length; index++) {
        const position = at[index] as Position<Files, Step>;
        if (position.step === undefined) continue;
        running = true;
        if (settled >= 0 && settled !== index) continue;
        const process = processes[index] as Process<Files>;
        const taken = this.files.take(disk, position.step, position.stepNumber);
        trail.push({ process, step: position.step, answer: taken.answer });
        if (taken.disk !== disk) properties.step(disk, position.step, taken.disk);
        const next = at.slice();
        next[index] = this.#follow(process, position, taken.answer);
        ends += visit(taken.disk, next, position.first ? this.#begin(begun, at, index) : begun);
        trail.pop();
      }
      if (!running) ends = 1;
      place.ends.set(key, ends);
      return ends;
    };

    try {
      const starts = processes.map((process) => this.#start(process));
      explored.interleavings = visit(disk, starts, this.#begun(processes.map(() => [])));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      explored.violation = {
        message: error.message,
        trail: trail.map(({ process, step, answer }) =>
          `${process.name}: ${this.files.describe(step, answer)}`
        ),
      };
    }
    return explored;
  }

  /**
   * Follows orders of steps by chance, where there are too many to follow all; each process goes on
   * for a while before another does, so that some sleep while others come far.
   *
   * @returns What went wrong first.
   */
  walk(
    disk: number,
    processes: readonly Process<Files>[],
    properties: Properties<Files, Step>,
    { rounds, random }: { rounds: number; random: Random },
  ): Explored["violation"] {
    const explored: Explored = { states: 0, interleavings: 0, crashes: 0 };
    for (let round = 0; round < rounds; round++) {
      const trail: string[] = [];
      let files = disk;
      const at = processes.map((process) => this.#start(process));
      let begun = this.#begun(processes.map(() => []));
      try {
        while (true) {
          const running = at.flatMap(({ step }, index) => step === undefined ? [] : [index]);
          if (running.length === 0) break;
          const index = random.pick(running);
          const process = processes[index] as Process<Files>;
          for (let steps = 1 + random.below(random.pick([2, 4, 30])); steps > 0; steps--) {
            const position = at[index] as Position<Files, Step>;
            if (position.step === undefined) break;
            const taken = this.files.take(files, position.step, position.stepNumber);
            trail.push(`${process.name}: ${this.files.describe(position.step, taken.answer)}`);
            if (taken.disk !== files) properties.step(files, position.step, taken.disk);
            if (position.first) begun = this.#begin(begun, at, index);
            files = taken.disk;
            at[index] = this.#follow(process, position, taken.answer);
          }
          if (random.chance(0.1)) this.#judge(files, processes, at, begun, properties, explored);
        }
        this.#judge(files, processes, at, begun, properties, explored);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return { message: error.message, trail };
      }
    }
    return undefined;
  }

  #judge(
    disk: number,
    processes: readonly Process<Files>[],
    at: readonly Position<Files, Step>[],
    begun: Begun,
    properties: Properties<Files, Step>,
    explored: Explored,
  ): void {
    const calls = at.flatMap((position, index) =>
      (begun.masks[index] as number[]).map((mask, nth): CallState<Files> => ({
        process: (processes[index] as Process<Files>).name,
        call: position.calls[nth] as Call<Files>,
        returned: nth < position.outcomes.length,
        outcome: position.outcomes[nth],
        after: mask,
        bit: 1 << (index * MAX_CALLS + nth),
      }))
    );
    if (calls.some((call) => !call.returned)) explored.crashes++;
    properties.crashed(disk, calls);
    if (at.every(({ step }) => step === undefined)) properties.ended(disk, calls);
  }

  /** Whether the next step of a process is the last one of a call. */
  #returns(process: Process<Files>, position: Position<Files, Step>, disk: number): boolean {
    if (position.step === undefined) return false;
    const { answer } = this.files.take(disk, position.step, position.stepNumber);
    return this.#follow(process, position, answer).outcomes.length > position.outcomes.length;
  }

  /** The process at `index` takes the first step of a call. */
  #begin(begun: Begun, at: readonly Position<Files, Step>[], index: number): Begun {
    let mask = 0;
    at.forEach((position, place) => {
      mask |= ((1 << position.outcomes.length) - 1) << (place * MAX_CALLS);
    });
    return this.#begun(begun.masks.map((masks, i) => i === index ? [...masks, mask] : masks));
  }

  #begun(masks: readonly (readonly number[])[]): Begun {
    const key = masks.join(":");
    let begun = this.#begins.get(key);
    if (begun === undefined) {
      begun = { number: this.#begins.size, masks };
      this.#begins.set(key, begun);
    }
    return begun;
  }

  #known(process: Process<Files>): Known<Files, Step> {
    let known = this.#processes.get(process);
    if (known === undefined) {
      known = { start: undefined, keys: new Map(), between: new Map(), count: 0 };
      this.#processes.set(process, known);
    }
    return known;
  }

  #start(process: Process<Files>): Position<Files, Step> {
    return this.#known(process).start ??= this.#run(process, []);
  }

  #follow(
    process: Process<Files>,
    position: Position<Files, Step>,
    answer: Answer,
  ): Position<Files, Step> {
    let child = position.children.get(answer);
    if (child === undefined) {
      child = this.#run(process, [...position.answers, answer]);
      position.children.set(answer, child);
    }
    return child;
  }

  /** Runs a process from its start until it needs an answer that it has not got. */
  #run(process: Process<Files>, answers: readonly Answer[]): Position<Files, Step> {
    if (answers.length > MAX_STEPS) throw new Error(`${process.name} takes no end of steps`);
    let used = 0;
    let startedAt = 0;
    let step: Step | undefined;
    const files = this.files.view((wanted) => {
      const answer = answers[used];
      if (answer === undefined) {
        step = wanted;
        throw new Stopped();
      }
      used++;
      return answer;
    });
    const outcomes: unknown[] = [];
    const calls: Call<Files>[] = [];
    try {
      while (true) {
        const call = process.next(outcomes);
        if (call === undefined) break;
        calls.push(call);
        startedAt = used;
        const outcome = call.run(files);
        if (step !== undefined) throw new Error(`${call.name} swallows the explorer's exception`);
        if (startedAt === used) throw new Error(`${call.name} takes no step`);
        outcomes.push(outcome);
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
    if (used !== answers.length || calls.length > MAX_CALLS) {
      throw new Error(`${process.name} takes other steps when it is run again`);
    }
    const first = step !== undefined && used === startedAt;
    const known = this.#known(process);
    const shown = JSON.stringify([outcomes, first ? null : calls.length]);
    const key = known.keys.get(shown) ?? known.keys.size;
    known.keys.set(shown, key);
    // Between two calls all that a process knows is what the calls answered.
    const between = step === undefined || first;
    const same = between ? known.between.get(key) : undefined;
    if (same !== undefined) return same;
    const position: Position<Files, Step> = {
      answers,
      outcomes,
      calls,
      key,
      step,
      stepNumber: step === undefined ? -1 : this.files.stepNumber(step),
      first,
      children: new Map(),
      number: known.count++,
    };
    if (between) known.between.set(key, position);
    return position;
  }
}
