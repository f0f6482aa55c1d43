/** How long something takes by itself, also on a machine on which others work. */
import { readFileSync } from "node:fs";
import process from "node:process";

/** What passed, milliseconds. */
export interface Passed {
  readonly wall: number;
  /** In which this process had a processor. */
  readonly cpu: number;
  /** In which any process waited for a processor, or for a disk; `undefined` where the system does not say. */
  readonly crowded: number | undefined;
}

/** The time that a program took: on a free machine all of it, on a busy one that with a processor at least. */
export function ownTime({ wall, cpu, crowded = wall }: Passed): number {
  return Math.max(cpu, wall - crowded);
}

/** How many times longer something may take where others want the machine as well. */
const CROWDED_TIMES = 10;

/** Whether more than a limit passed, without the time in which processes waited for the machine. */
export function exceeds({ wall, crowded = 0 }: Omit<Passed, "cpu">, limitMs: number): boolean {
  return wall - crowded > limitMs || wall > CROWDED_TIMES * limitMs;
}

/** Milliseconds since the system started in which processes waited, as Linux counts them. */
export function crowdedMs(): number | undefined {
  try {
    return ["cpu", "io"].reduce((sum, of) => {
      const [, total] = /^some .*total=(\d+)/.exec(readFileSync(`/proc/pressure/${of}`, "utf-8")) ??
        [];
      return sum + Number(total) / 1_000;
    }, 0);
  } catch {
    return undefined;
  }
}

/** Begins to measure; what is returned says what passed since. */
export function stopwatch(): () => Passed {
  const [wall, cpu, before] = [performance.now(), process.cpuUsage(), crowdedMs()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    const now = crowdedMs();
    return {
      wall: performance.now() - wall,
      cpu: (user + system) / 1_000,
      crowded: now === undefined || before === undefined ? undefined : now - before,
    };
  };
}

/** Milliseconds for which another process had a processor; `undefined` when it has ended, or without /proc. */
export function cpuOf(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf-8").replace(/^.*\) /, "").split(" ");
    // Fields 14 and 15, in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}
