/** Random choices that can be repeated. */
import process from "node:process";
import { isHeavy } from "./length.ts";

/** A generator that gives the same numbers for the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0, less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `bound - 1`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError("There is nothing to pick from");
    return from[this.below(from.length)] as T;
  }
}

/** A part of a list, each of it with the same probability; everyday it stands for all, which CI plays. */
export function sample<T>(all: readonly T[], part: number, random: Random): T[] {
  return part >= 1 ? [...all] : all.filter(() => random.chance(part));
}

/** One in a number of cases, other ones each everyday run; all of them in the heavy run. */
export function someOf<T>(what: string, cases: readonly T[], number: number): T[] {
  if (isHeavy()) return [...cases];
  const first = newSeed(what).below(number);
  return cases.filter((_, at) => at % number === first);
}

/** A generator with a seed from the clock or, to repeat a run, from `COORD_SEED`; it is printed. */
export function newSeed(what: string, given = process.env["COORD_SEED"]): Random {
  const seed = given === undefined ? Date.now() % 1_000_000_007 : Number(given);
  console.log(`${what}: COORD_SEED=${seed}`);
  return new Random(seed);
}
