/**
 * The names in `tasks/segments/`. A segment has a number n. While it grows it is `<n>.log`; from then
 * on it is `<n>.<version>.ndjson`, and the highest version counts. While `<n>.seal` is there, tasks of
 * it may still have files.
 */
import { SEGMENT } from "../../../domain/limits.ts";
import type { HostFs } from "../../../ports/host.ts";

/** What there is of one segment. */
export interface SegmentNames {
  readonly n: number;
  readonly hasLog: boolean;
  readonly isSealing: boolean;
  /** In rising order; none while it grows. */
  readonly versions: readonly number[];
}

/** Listings that may differ before the last one is believed. */
const MAX_LISTINGS = 20;

const NAME = /^(\d{8})\.(?:(log)|(seal)|(\d{1,9})\.ndjson)$/;

function digits(n: number): string {
  return String(n).padStart(8, "0");
}

export function logName(n: number): string {
  return `${digits(n)}.log`;
}

export function sealName(n: number): string {
  return `${digits(n)}.seal`;
}

export function sealedName(n: number, version: number): string {
  return `${digits(n)}.${version}.ndjson`;
}

/** Whether a name is one that {@link sealedName} gives. */
export function isSealedName(name: string): boolean {
  return NAME.exec(name)?.[4] !== undefined;
}

/** Whether the end of this task makes its process look for tasks to move to a segment. */
export function isTimeToMove(stem: string): boolean {
  return Number.parseInt(stem.slice(-4), 16) % SEGMENT.every === 0;
}

/** The version that counts; 0 while a segment grows. */
export function newestOf({ versions }: SegmentNames): number {
  return versions.at(-1) ?? 0;
}

/** The segments at one moment, in rising order: of two listings that are the same, none misses a name. */
export function listSegments(fs: HostFs, folder: string): SegmentNames[] {
  let names = namesIn(fs, folder);
  if (names.length === 0) return [];
  for (let n = 0; n < MAX_LISTINGS; n++) {
    const again = namesIn(fs, folder);
    const isSame = again.join() === names.join();
    names = again;
    if (isSame) break;
  }
  const segments = new Map<number, { n: number } & Omit<SegmentNames, "n">>();
  for (const name of names) {
    const [, number = "", log, seal, version] = NAME.exec(name) ?? [];
    if (number === "") continue;
    const n = Number(number);
    const known = segments.get(n) ?? { n, hasLog: false, isSealing: false, versions: [] };
    segments.set(n, {
      n,
      hasLog: known.hasLog || log !== undefined,
      isSealing: known.isSealing || seal !== undefined,
      versions: version === undefined
        ? known.versions
        : [...known.versions, Number(version)].sort((a, b) => a - b),
    });
  }
  return [...segments.values()].sort((a, b) => a.n - b.n);
}

function namesIn(fs: HostFs, folder: string): string[] {
  return (fs.list(folder) ?? []).flatMap(({ name, isFile }) => isFile ? [name] : []).sort();
}
