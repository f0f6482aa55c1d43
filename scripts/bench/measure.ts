/** Measuring: everything is timed side by side with its floor, since the machine is noisy. */

/** One line of the table. */
export interface Row {
  readonly figure: string;
  /** What was measured, with its unit. */
  readonly value: string;
  /** What it is held against. */
  readonly floor: string;
  /** The ratio, or the value itself where the goal is absolute. */
  readonly result: number;
  readonly goal: string;
  readonly met: boolean;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.ceil(sorted.length * percent / 100) - 1);
  return sorted[Math.max(0, at)] ?? NaN;
}

/**
 * Runs the bodies in turn, `rounds` times each with `times` calls, and gives each one's median
 * microseconds a call.
 */
export async function sideBySide<K extends string>(
  bodies: Record<K, (times: number) => Promise<void> | void>,
  rounds: number,
  times: number,
): Promise<Record<K, number>> {
  const names = Object.keys(bodies) as K[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    K,
    number[]
  >;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      await bodies[name](times);
      samples[name].push((performance.now() - start) * 1000 / times);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples[name])])) as Record<
    K,
    number
  >;
}

/** A row whose goal is a ratio to a floor. */
export function ratioRow(
  figure: string,
  value: number,
  floor: number,
  unit: string,
  goal: { atMost?: number; atLeast?: number },
): Row {
  const result = value / floor;
  return {
    figure,
    value: `${format(value)} ${unit}`,
    floor: `${format(floor)} ${unit}`,
    result,
    goal: goal.atMost !== undefined ? `≤ ${goal.atMost} ×` : `≥ ${goal.atLeast} ×`,
    met: goal.atMost !== undefined ? result <= goal.atMost : result >= (goal.atLeast ?? 0),
  };
}

/** A row whose goal is a value. */
export function absoluteRow(figure: string, value: number, unit: string, atMost: number): Row {
  return {
    figure,
    value: `${format(value)} ${unit}`,
    floor: "",
    result: value,
    goal: `≤ ${atMost} ${unit}`,
    met: value <= atMost,
  };
}

export function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
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
