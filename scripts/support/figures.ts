/** Figures as text, and what they were measured on. */
import { BUSY, type Machine } from "../bench/machine.ts";

/** Three digits, or all that stand before the point. */
export function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A value with its unit, of times the one that fits. */
export function quantity(value: number, unit: string): string {
  if (unit === "ms" && Math.abs(value) < 1) return `${short(value * 1000)} µs`;
  if (unit === "ms" && value >= 1000) return `${short(value / 1000)} s`;
  return `${short(value)} ${unit}`;
}

/** A run of a bench. */
export interface Run extends Machine {
  readonly at: string;
  readonly length: "full" | "quick";
  readonly seconds: number;
}

/** When and where a run was, and whether it was alone. */
export function measuredOn(run: Run): string {
  const { at, length, seconds, coord, deno, cpu, cores, memory_gb, system, file_system } = run;
  return `Measured on ${
    at.slice(0, 10)
  }, in a ${length} run of ${seconds} s, with coord ${coord} ` +
    `and Deno ${deno}, on ${cores} cores (${cpu}), ${memory_gb} GB, ${system}, ${file_system}. ` +
    loadOf(run);
}

/** Whether other processes were at work meanwhile. */
export function loadOf({ load }: Machine): string {
  return load <= BUSY
    ? `The machine was quiet (load ${load}).`
    : `**Other processes were at work (load ${load}): a quiet machine shows better figures.**`;
}

/** Four digits are more than a measurement is good for; for `JSON.stringify`. */
export function withFewDigits(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}
