/** Measuring: everything is timed side by side with its floor, since the machine is noisy. */
import process from "node:process";

/** One figure, with what it is held against. */
export interface Row {
  readonly figure: string;
  /** `ms` for all times, however short. */
  readonly unit: string;
  /** The median, or the percentile that the figure names. */
  readonly value: number;
  /** The median of what it is held against; absent where the goal is a value. */
  readonly floor?: number;
  /** The value by its floor, or the value itself. */
  readonly result: number;
  /** The middle half of the results, round by round. */
  readonly spread: readonly [from: number, to: number];
  readonly goal: Goal;
  /** What ran it, where that is not the runtime of the bench. */
  readonly runtime?: string;
}

/** What a result must be; one of the two, or neither where it stands for comparison. */
export interface Goal {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** Whether a figure is as good as its goal. */
export function isMet({ result, goal }: Row): boolean {
  return result <= (goal.atMost ?? Infinity) && result >= (goal.atLeast ?? -Infinity);
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.ceil(sorted.length * percent / 100) - 1);
  return sorted[Math.max(0, at)] ?? NaN;
}

/** Whether the bench is to take minutes, and not a quarter of an hour. */
const QUICK = process.argv.includes("--quick");

/** How much a row measures: much, or little with `--quick`. What it measures is the same. */
export function sized(full: number, quick: number): number {
  return QUICK ? quick : full;
}

/** Runs the bodies in turn, `rounds` times each with `times` calls; milliseconds of a call, by round. */
export async function sideBySide<K extends string>(
  bodies: Record<K, (times: number) => Promise<void> | void>,
  rounds: number,
  times: number,
): Promise<Record<K, number[]>> {
  const names = Object.keys(bodies) as K[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    K,
    number[]
  >;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      await bodies[name](times);
      samples[name].push((performance.now() - start) / times);
    }
  }
  return samples;
}

/** A row whose goal is a ratio to a floor, which was measured in the same rounds. */
export function ratioRow(
  figure: string,
  values: readonly number[],
  floors: readonly number[],
  unit: string,
  goal: Goal,
): Row {
  const [value, floor] = [median(values), median(floors)];
  const ratios = values.map((value, round) => value / (floors[round] ?? NaN));
  return { figure, unit, value, floor, result: value / floor, spread: middle(ratios), goal };
}

/** A row whose goal is a value. */
export function absoluteRow(
  figure: string,
  values: readonly number[],
  unit: string,
  atMost: number,
): Row {
  const value = median(values);
  return { figure, unit, value, result: value, spread: middle(values), goal: { atMost } };
}

/** How many parts of a tail its spread is taken from. */
const PARTS = 5;

/** A row whose goal is for 99 of 100 times; the spread is that of its fifths. */
export function tailRow(figure: string, times: readonly number[], atMost: number): Row {
  const value = percentile(times, 99);
  const spread = middle(tails(times));
  return { figure, unit: "ms", value, result: value, spread, goal: { atMost } };
}

/** The same, by the median of a floor that was measured in the same rounds. */
export function tailRatioRow(
  figure: string,
  times: readonly number[],
  floors: readonly number[],
  goal: Goal,
): Row {
  const [value, floor] = [percentile(times, 99), median(floors)];
  const spread = middle(tails(times).map((tail) => tail / floor));
  return { figure, unit: "ms", value, floor, result: value / floor, spread, goal };
}

/** The tail of each part. */
function tails(times: readonly number[]): number[] {
  const size = Math.ceil(times.length / PARTS);
  return Array.from(
    { length: PARTS },
    (_, part) => percentile(times.slice(part * size, (part + 1) * size), 99),
  );
}

/** The middle half of some values. */
export function middle(values: readonly number[]): [from: number, to: number] {
  return [percentile(values, 25), percentile(values, 75)];
}

/** CPU time of a process and its threads so far, milliseconds (Linux). */
export function cpuMs(pid: number): number {
  let ns = 0;
  for (const thread of Deno.readDirSync(`/proc/${pid}/task`)) {
    try {
      ns += Number(
        Deno.readTextFileSync(`/proc/${pid}/task/${thread.name}/schedstat`).split(" ")[0],
      );
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // the thread has ended
    }
  }
  return ns / 1e6;
}
