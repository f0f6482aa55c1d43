/** What racing processes did with tasks that have keys, and whether they may have. */
import type { Recorded } from "./recorder.ts";
import { SLACK_MS } from "./recorder.ts";

export type KeyRequest =
  | { readonly kind: "add"; readonly keys: readonly string[] }
  | { readonly kind: "end"; readonly id: string };

export interface KeyOutcome {
  /** Of each key in its order. */
  readonly added?: readonly { readonly id: string; readonly created: boolean }[];
  readonly isOver?: boolean;
}

/** Between which instants a task surely was unfinished. */
interface Life {
  readonly key: string;
  from: number;
  until: number;
}

/** What is wrong with a history: two tasks of one key at a time, or an answer that was not so. */
export function keyProblems(history: readonly Recorded<KeyRequest, KeyOutcome>[]): string[] {
  const problems: string[] = [];
  const lives = new Map<string, Life>();
  const overSince = new Map<string, number>();
  for (const { request, outcome, invoked, returned } of history) {
    if (request.kind !== "end") continue;
    const { id } = request;
    // A call without an answer may have ended it.
    if (outcome === undefined || outcome.isOver === true) {
      const life = lives.get(id) ?? { key: "", from: Infinity, until: Infinity };
      lives.set(id, { ...life, until: Math.min(life.until, invoked) });
    }
    if (outcome?.isOver === true) {
      overSince.set(id, Math.min(overSince.get(id) ?? Infinity, returned));
    }
  }
  const made = new Set<string>();
  for (const { request, outcome, invoked, returned } of history) {
    if (request.kind !== "add") continue;
    for (const [n, { id, created }] of (outcome?.added ?? []).entries()) {
      const key = request.keys[n] ?? "";
      const { from = Infinity, until = Infinity } = lives.get(id) ?? {};
      lives.set(id, { key, from: Math.min(from, returned), until });
      if (created && made.has(id)) problems.push(`${id} was made twice`);
      if (created) made.add(id);
      const over = overSince.get(id) ?? Infinity;
      if (!created && over + SLACK_MS < invoked) problems.push(`${id} had ended, and was answered`);
    }
  }
  // One that ended before its call was answered was not surely there at any instant.
  const sure = [...lives].filter(([, { key, from, until }]) => key !== "" && from < until);
  const byKey = Map.groupBy(sure, ([, { key }]) => key);
  for (const [key, all] of byKey) {
    const sorted = all.sort(([, a], [, b]) => a.from - b.from);
    for (const [n, [id, { from }]] of sorted.entries()) {
      const before = sorted.slice(0, n).find(([, { until }]) => until > from + SLACK_MS);
      if (before !== undefined) problems.push(`${key} has ${before[0]} and ${id} at a time`);
    }
  }
  return problems;
}
